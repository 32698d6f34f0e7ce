"""A server of its own process, asked over a real socket."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import quote, urlsplit

PATIENCE_S = 60


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Server:
    """`heron-tui serve` with these arguments, on a free port."""

    def __init__(self, *arguments: object) -> None:
        command = [sys.executable, "-m", "heron_tui", "serve", "--port", "0", *map(str, arguments)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert self.process.stderr is not None
        self.said: list[str] = []
        for line in self.process.stderr:
            self.said.append(line.decode())
            if "listening on" in self.said[-1]:
                break
        else:
            raise AssertionError("".join(self.said))
        parts = urlsplit(self.said[-1].split()[-1])
        assert parts.hostname and parts.port
        self.host, self.port, self.token = parts.hostname, parts.port, parts.query.removeprefix("token=")

    def open(self, path: str, method: str = "GET", headers: dict[str, str | None] | None = None) -> HTTPResponse:
        """`headers` are put over those of a client that may come in; None leaves one out."""
        connection = HTTPConnection(self.host, self.port, timeout=PATIENCE_S)
        given = {"Host": f"127.0.0.1:{self.port}", "Authorization": f"Bearer {self.token}"} | (headers or {})
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in given.items():
            if value is not None:
                connection.putheader(name, value)
        connection.endheaders()
        return connection.getresponse()

    def get(self, path: str, method: str = "GET", headers: dict[str, str | None] | None = None) -> Answer:
        response = self.open(path, method, headers)
        body = response.read()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, body)

    def ask(self, path: str, **parameters: object) -> Any:
        """The JSON of an answer that is one."""
        query = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in parameters.items())
        answer = self.get(f"/api/v1/{path}".rstrip("/") + (f"?{query}" if query else ""))
        assert answer.status == 200, answer.body
        return answer.json

    def walk(self, kind: str, **parameters: object) -> list[Any]:
        """All records of a kind, page by page."""
        found: list[Any] = []
        page = self.ask(kind, **parameters)
        while True:
            found += page["records"]
            if not page["more"]:
                return found
            page = self.ask(kind, **parameters, after=page["next"])

    def until(self, test: Any, path: str = "health") -> Any:
        """The first answer that passes a test."""
        until = time.monotonic() + PATIENCE_S
        while not test(found := self.ask(path)):
            assert time.monotonic() < until, found
            time.sleep(0.05)
        return found

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Its exit code, and what it said since it listened."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        _, said = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, said.decode()
