"""A TLS server on loopback that keeps what it truly received and sent, by the client's port."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

import h2.config
import h2.connection
import h2.events


def certificate(directory: Path) -> Path:
    """A key and a certificate for localhost in one file, made by openssl(1)."""
    path = directory / "localhost.pem"
    key = directory / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(path)]
    subprocess.run([*command.split(), *names, *files], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + key.read_bytes())
    return path


@dataclass
class Truth:
    received: bytes = b""
    sent: bytes = b""


class Server:
    """Answers `POST /N` and `GET /N` with N bytes, over HTTP/1.1 or HTTP/2 as ALPN says; other bytes with an echo."""

    def __init__(self, pem: Path) -> None:
        self.pem = pem
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(pem)
        self._context.set_alpn_protocols(["h2", "http/1.1"])
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self.truth: dict[int, Truth] = {}
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                raw, (_, port) = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(raw, port), daemon=True).start()

    def _serve(self, raw: socket.socket, port: int) -> None:
        with contextlib.suppress(OSError), self._context.wrap_socket(raw, server_side=True) as tls:
            truth = self.truth[port] = Truth()
            if tls.selected_alpn_protocol() == "h2":
                self._serve_h2(tls, truth)
            else:
                self._serve_h1(tls, truth)

    def _serve_h1(self, tls: ssl.SSLSocket, truth: Truth) -> None:
        pending = b""
        while data := self._receive(tls, truth):
            pending += data
            while b"\r\n\r\n" in pending:
                head, rest = pending.split(b"\r\n\r\n", 1)
                lines = head.split(b"\r\n")
                fields = {k.lower(): v.strip() for k, _, v in (line.partition(b":") for line in lines[1:])}
                length = int(fields.get(b"content-length", b"0"))
                while len(rest) < length:
                    rest += self._receive(tls, truth)
                pending = rest[length:]
                size = int(lines[0].split(b" ")[1].strip(b"/") or b"5")
                body = bytes(i * 7 & 0x7F for i in range(256)) * (size // 256 + 1)
                self._send(tls, truth, b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + body[:size])

    def _serve_h2(self, tls: ssl.SSLSocket, truth: Truth) -> None:
        h2c = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        h2c.initiate_connection()
        self._send(tls, truth, h2c.data_to_send())
        while data := self._receive(tls, truth):
            for event in h2c.receive_data(data):
                if isinstance(event, h2.events.DataReceived):
                    h2c.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                elif isinstance(event, h2.events.StreamEnded):
                    h2c.send_headers(event.stream_id, [(":status", "200"), ("content-type", "text/plain")])
                    h2c.send_data(event.stream_id, b"hello over two", end_stream=True)
            self._send(tls, truth, h2c.data_to_send())

    @staticmethod
    def _receive(tls: ssl.SSLSocket, truth: Truth) -> bytes:
        data = tls.recv(65536)
        truth.received += data
        return data

    @staticmethod
    def _send(tls: ssl.SSLSocket, truth: Truth, data: bytes) -> None:
        if data:
            truth.sent += data
            tls.sendall(data)
