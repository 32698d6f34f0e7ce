"""`heron-tui doctor --probe`: TLS clients of this host talk to a local server, and the helper is asked what it saw."""

import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from ..core.errors import SourceError
from ..engine.live import LiveCapture
from ..engine.recording import record
from ..engine.run import replay
from ..model.live import Live
from ..store.reader import Reader

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
READY_S = 40.0
TALK_S = 15.0
PYTHON = "import ssl, sys, urllib.request as r; r.urlopen(sys.argv[1], context=ssl._create_unverified_context()).read()"
FETCH = "process.env.NODE_TLS_REJECT_UNAUTHORIZED='0'; fetch(process.argv.at(-1)).then(r => r.text())"
BUN = "await fetch(process.argv.at(-1), {tls: {rejectUnauthorized: false}}).then(r => r.text())"
RUBY = "u = URI(ARGV[0]); Net::HTTP.start(u.host, u.port, use_ssl: true, verify_mode: 0) { |h| h.get(u) }"
CLIENTS: dict[str, list[str]] = {
    "python3": ["-c", PYTHON],
    "curl": ["-ks", "--http1.1"],
    "wget": ["-q", "-O", "-", "--no-check-certificate"],
    "node": ["-e", FETCH],
    "bun": ["-e", BUN],
    "ruby": ["-rnet/http", "-e", RUBY],
}


def probe(keeper: socket.socket) -> Iterator[tuple[str, bool | None]]:
    """Clients and whether their plaintext was seen; None where they are not installed.

    Raises:
        HeronError: the helper cannot work, or there is no openssl to make a certificate with.
    """
    present = {name: path for name in CLIENTS if (path := shutil.which(name))}
    yield from ((name, None) for name in CLIENTS if name not in present)
    with tempfile.TemporaryDirectory(prefix="heron-tui-") as place, Server(Path(place)) as port:
        file = Path(place) / "probe.pcapng"
        ends = time.monotonic() + READY_S
        talked: list[threading.Thread] = []

        def talk() -> None:
            for name, path in present.items():
                command = [path, *CLIENTS[name], f"https://127.0.0.1:{port}/probe/{name}"]
                try:
                    subprocess.run(command, capture_output=True, timeout=TALK_S, check=False)
                except subprocess.TimeoutExpired:
                    continue
            time.sleep(1.0)

        def stopped() -> bool:
            if not talked and ready:
                talked.append(threading.Thread(target=talk))
                talked[0].start()
            return bool(talked and not talked[0].is_alive()) or time.monotonic() > ends

        ready: list[bool] = []

        def look(capture: LiveCapture) -> None:
            if not ready and capture.plaintext and capture.plaintext.probes is not None:
                ready.append(True)

        record(Live(interfaces=(), must_tls=True, write=str(file)), keeper, stopped, look)
        replay([str(file)], Path(place) / "probe.store")
        reader = Reader(Path(place) / "probe.store")
        seen = {str(row["path"]) for row in reader.rows("exchange", 0, 1000)}
        reader.close()
    yield from ((name, f"/probe/{name}" in seen) for name in present)


class Server:
    """A TLS server on loopback that answers anything; its port."""

    def __init__(self, place: Path) -> None:
        openssl = shutil.which("openssl")
        if openssl is None:
            raise SourceError("--probe needs openssl for a certificate: sudo apt install openssl")
        key, certificate = place / "key.pem", place / "cert.pem"
        made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-days", "2"]
        subprocess.run([openssl, *made, "-keyout", str(key), "-out", str(certificate)], capture_output=True, check=True)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        self._socket = socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> int:
        threading.Thread(target=self._serve, daemon=True).start()
        port: int = self._socket.getsockname()[1]
        return port

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(client,), daemon=True).start()

    def _answer(self, client: socket.socket) -> None:
        client.settimeout(TALK_S)
        try:
            with self._context.wrap_socket(client, server_side=True) as talk:
                asked = b""
                while b"\r\n\r\n" not in asked and (more := talk.recv(4096)):
                    asked += more
                talk.sendall(ANSWER)
        except OSError:
            return
