"""What the helper says of each client's connection is what the server received and sent, byte for byte."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bpf.server import Server
from tests.bpf.watching import Conn, Watch

pytestmark = pytest.mark.xdist_group("bpf")

SYNC = """
import http.client, ssl, sys
port, pem = int(sys.argv[1]), sys.argv[2]
c = http.client.HTTPSConnection("localhost", port, context=ssl.create_default_context(cafile=pem))
for size in (5, 3000, 200_000):
    c.request("POST", f"/{size}", body=b"x" * size)
    assert len(c.getresponse().read()) == size
c.close()
"""
ASYNC = """
import asyncio, ssl, sys
port, pem = int(sys.argv[1]), sys.argv[2]
async def one(n):
    r, w = await asyncio.open_connection("localhost", port, ssl=ssl.create_default_context(cafile=pem))
    for size in (n, 50_000 + n):
        head = b"POST /%d HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Length: %d\\r\\n\\r\\n"
        w.write(head % (size, size) + b"y" * size)
        await w.drain()
        await r.readuntil(b"\\r\\n\\r\\n")
        await r.readexactly(size)
    w.close()
async def main():
    await asyncio.gather(*(one(n) for n in range(10)))
asyncio.run(main())
"""
HTTP2 = """
import socket, ssl, sys, h2.connection, h2.events
port, pem = int(sys.argv[1]), sys.argv[2]
context = ssl.create_default_context(cafile=pem)
context.set_alpn_protocols(["h2"])
s = context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="localhost")
c = h2.connection.H2Connection()
c.initiate_connection()
for stream in (1, 3):
    c.send_headers(stream, [(":method", "POST"), (":path", "/"), (":scheme", "https"), (":authority", "localhost")])
    c.send_data(stream, b"two " * 1000, end_stream=True)
s.sendall(c.data_to_send())
ended = 0
while ended < 2:
    for event in c.receive_data(s.recv(65536)):
        ended += isinstance(event, h2.events.StreamEnded)
    s.sendall(c.data_to_send())
s.close()
"""
NODE = """
const https = require("https"), fs = require("fs");
const [port, pem] = [process.argv[2], process.argv[3]];
const agent = new https.Agent({keepAlive: true, ca: fs.readFileSync(pem)});
async function call(size) {
  return new Promise((done, bad) => {
    const r = https.request({host: "localhost", port, path: "/" + size, method: "POST", agent}, (res) => {
      let n = 0; res.on("data", (d) => n += d.length); res.on("end", () => done(n));
    });
    r.on("error", bad); r.end("n".repeat(size));
  });
}
(async () => { for (const s of [5, 3000, 200000]) if (await call(s) !== s) process.exit(1); agent.destroy(); })();
"""


def run(server: Server, *command: str) -> int:
    """The client's pid, after it has ended well."""
    client = subprocess.Popen([*command, str(server.port), str(server.pem)], stderr=subprocess.PIPE)
    _, errors = client.communicate(timeout=60)
    assert client.returncode == 0, errors.decode()
    return client.pid


def same(watch: Watch, server: Server, pid: int, count: int) -> list[Conn]:
    """The process's connections are those of the server, and carry the same bytes."""
    assert len(server.truth) == count

    def whole() -> list[Conn] | None:
        found = watch.of(pid)
        done = [c for c in found if c.closed and c.info["local"] and c.info["local"][1] in server.truth]
        return found if len(done) == count else None

    conns: list[Conn] = watch.wait(whole, f"{count} closed connections of {pid}")
    assert len(conns) == count
    for conn in conns:
        truth = server.truth[conn.info["local"][1]]
        assert conn.info["local"][0] == conn.info["remote"][0] == "127.0.0.1"
        assert conn.info["remote"][1] == server.port
        assert conn.stream(1) == truth.received
        assert conn.stream(0) == truth.sent
        assert not conn.cut
        assert conn.times == sorted(conn.times)
    return conns


def test_python_sync(watch: Watch, server: Server) -> None:
    pid = run(server, "/usr/bin/python3", "-c", SYNC)
    (conn,) = same(watch, server, pid, 1)
    assert conn.info["stack"] == "openssl"
    assert conn.info["address_from"] in ("send", "recv")
    assert conn.info["fresh"]
    process = next(p for p in watch.said["PROCESS"] if p["pid"] == pid)
    assert process["cmdline"][:2] == ["/usr/bin/python3", "-c"]
    assert process["exe"].startswith("/usr/bin/python3")
    assert process["parents"][0]["pid"] == process["ppid"]


def test_python_asyncio_concurrent(watch: Watch, server: Server) -> None:
    same(watch, server, run(server, "/usr/bin/python3", "-c", ASYNC), 10)


def test_python_http2(watch: Watch, server: Server) -> None:
    (conn,) = same(watch, server, run(server, sys.executable, "-c", HTTP2), 1)
    assert conn.stream(1).startswith(b"PRI * HTTP/2.0")


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_curl(watch: Watch, server: Server, version: str) -> None:
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    url = f"https://localhost:{server.port}/70000"
    client = subprocess.Popen(["curl", "-sS", version, "--cacert", str(server.pem), "-o", "/dev/null", url])
    assert client.wait(60) == 0
    same(watch, server, client.pid, 1)


def test_node(watch: Watch, server: Server, tmp_path: Path) -> None:
    if not shutil.which("node"):
        pytest.skip("node is not installed")
    script = tmp_path / "client.js"
    script.write_text(NODE)
    with subprocess.Popen(["node", "-e", "setTimeout(() => {}, 60000)"]) as first:
        watch.attached("/node")  # a file is looked into once: probes stand in time for the next process
        pid = run(server, "node", str(script))
        first.kill()
    same(watch, server, pid, 1)
