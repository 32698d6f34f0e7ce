"""A model server over TLS: python -m tests.agents_live.mock PEM TRUTH PORT. Each request becomes a line in TRUTH:
the answer's id, the client's port, path, bytes and transport of the request, and the process that asked."""

from __future__ import annotations

import itertools
import json
import ssl
import sys
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.agents_live import answers, websocket
from tests.agents_live.owner import owner

NUMBERS = itertools.count(1)


def reply(path: str, body: dict[str, Any]) -> tuple[str, bytes, bool] | None:
    """(response id, answer, streamed), or None for what is not a model's API."""
    model, stream = str(body.get("model", "unknown")), bool(body.get("stream"))
    route = path.split("?", 1)[0]
    if route.endswith("/v1/messages"):
        turn = answers.plan(next(NUMBERS), *answers.anthropic_request(body))
        return turn.id, answers.anthropic(turn, model, stream), stream
    if route.endswith("/responses"):
        turn = answers.plan(next(NUMBERS), *answers.responses_request(body))
        return turn.id, answers.responses(turn, model), True
    if route.endswith("/chat/completions"):
        turn = answers.plan(next(NUMBERS), *answers.chat_request(body))
        return turn.id, answers.chat(turn, model, stream), stream
    if route.endswith((":generateContent", ":streamGenerateContent")):
        turn = answers.plan(next(NUMBERS), *answers.gemini_request(body))
        stream = "stream" in route
        return turn.id, answers.gemini(turn, route.rsplit("/", 1)[-1].split(":")[0], stream), stream
    return None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    truth: Path

    def do_GET(self) -> None:
        if self.headers.get("Upgrade", "").lower() == "websocket" and self.path.endswith("/responses"):
            self.close_connection = True
            websocket.serve(self, self._message)
            return
        self._send(404, b'{"error": {"message": "not here"}}', "application/json")

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        raw = self._body()
        if self.headers.get("Content-Encoding") == "gzip":
            raw = zlib.decompress(raw, 31)
        try:
            body = json.loads(raw or b"{}")
        except ValueError:
            body = {}
        answer = reply(self.path, body) if isinstance(body, dict) else None
        if answer is None:
            self._send(404, b'{"error": {"message": "not here"}}', "application/json")
            return
        id, data, streamed = answer
        self._note(id, len(raw), "http")
        self._send(200, data, "text/event-stream" if streamed else "application/json")

    def _message(self, text: str) -> list[str]:
        """The events that answer one `response.create`."""
        body = json.loads(text)
        turn = answers.plan(next(NUMBERS), *answers.responses_request(body))
        self._note(turn.id, len(text), "websocket")
        events = answers.responses_events(turn, str(body.get("model", "unknown")), body.get("generate") is not False)
        return [json.dumps(event) for event in events]

    def _note(self, id: str, size: int, transport: str) -> None:
        port = self.client_address[1]
        line = {"id": id, "port": port, "path": self.path, "request": size, "transport": transport}
        with self.truth.open("a") as f:
            f.write(json.dumps({**line, "process": owner(port)}) + "\n")

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        out = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            out += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return out

    def _send(self, status: int, data: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    pem, truth, port = sys.argv[1:4]
    Handler.truth = Path(truth)
    server = ThreadingHTTPServer(("127.0.0.1", int(port)), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
