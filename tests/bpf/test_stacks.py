"""Other TLS stacks than the system's OpenSSL: Bun's BoringSSL (stripped, found by structure), GnuTLS, Go."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.bpf.server import Server
from tests.bpf.test_clients import same
from tests.bpf.watching import Watch

pytestmark = pytest.mark.xdist_group("bpf")

BUN = """
const [port, pem] = process.argv.slice(2);
const ca = await Bun.file(pem).text();
for (const size of [5, 3000, 200000]) {
  const r = await fetch(`https://localhost:${port}/${size}`, {method: "POST", body: "b".repeat(size), tls: {ca}});
  if ((await r.text()).length !== size) process.exit(1);
}
process.exit(0);
"""


@pytest.fixture(scope="module")
def bun() -> Path:
    """Bun from npm, kept between runs in the cache directory of whoever runs the tests."""
    if not shutil.which("npm"):
        pytest.skip("npm is not installed: it fetches Bun")
    cache = Path(pwd.getpwuid(os.getuid()).pw_dir) / ".cache" / "heron-tui-tests" / "bun"
    found = [*cache.glob("node_modules/bun/bin/bun.exe"), *cache.glob("node_modules/bun/bin/bun")]
    if not found:
        cache.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(cache), "bun@1"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        found = [*cache.glob("node_modules/bun/bin/bun.exe"), *cache.glob("node_modules/bun/bin/bun")]
        if done.returncode or not found:
            pytest.skip(f"npm could not install Bun: {done.stderr.strip()[-200:]}")
    return found[0].resolve()


def test_bun(watch: Watch, server: Server, bun: Path, tmp_path: Path) -> None:
    script = tmp_path / "client.mjs"
    script.write_text(BUN)
    with subprocess.Popen([bun, "-e", "await Bun.sleep(60000)"]) as first:
        said = watch.attached(str(bun))
        first.kill()
    assert (said["stack"], said["how"]) == ("boringssl", "error-sites")
    client = subprocess.Popen([bun, script, str(server.port), str(server.pem)])
    assert client.wait(60) == 0
    (conn,) = same(watch, server, client.pid, 1)
    assert conn.info["library"] == "BoringSSL"


def test_gnutls(watch: Watch, server: Server) -> None:
    if not shutil.which("gnutls-cli"):
        pytest.skip("gnutls-cli is not installed")
    command = ["gnutls-cli", "--x509cafile", str(server.pem), "-p", str(server.port), "localhost"]
    request = b"POST /70000 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello"
    client = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    client.communicate(request, timeout=60)
    (conn,) = same(watch, server, client.pid, 1)
    assert conn.info["stack"] == "gnutls"


@pytest.mark.soak  # building crypto/tls takes minutes where it was never built
def test_go(watch: Watch, server: Server, tmp_path: Path) -> None:
    go = shutil.which("go")
    if not go:
        pytest.skip("no Go toolchain")
    source = Path(__file__).with_name("client.go")
    home = pwd.getpwuid(os.getuid()).pw_dir
    env = {**os.environ, "HOME": home, "GO111MODULE": "off", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}
    subprocess.run([go, "build", "-o", tmp_path / "client", source], check=True, env=env, timeout=600)
    client = subprocess.Popen([tmp_path / "client", str(server.port), str(server.pem)])
    watch.attached(str(tmp_path / "client"))
    assert client.wait(60) == 0
    for conn in same(watch, server, client.pid, 4):
        assert conn.info["stack"] == "go"
        assert conn.info["library"].startswith("Go 1.")
