"""Copying: what there is to copy of each thing, and that it is what it says."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from heron_tui.core import paths
from heron_tui.store.reader import Kind, Reader
from heron_tui.tui import clipboard, curl
from heron_tui.tui.app import HeronApp
from heron_tui.tui.copying import Copyable, copyables
from heron_tui.tui.screens.copy import CopyScreen
from heron_tui.tui.subject import Subject
from tests.tui.conftest import press, running, screen_text, type_key

Make = Callable[..., HeronApp]


@pytest.fixture
def reader(stores: Callable[[str], Path]) -> Iterator[Reader]:
    made = Reader(stores("claude-code"))
    yield made
    made.close()


def choices(reader: Reader, kind: Kind, place: int = 0) -> dict[str, Copyable]:
    record = reader.rows(kind, place, place + 1)[0]
    return {one.name: one for one in copyables(reader, Subject(kind, record), "value")}


def test_a_call_has_everything(reader: Reader):
    found = choices(reader, "call", 2)
    assert list(found) == ["value", "JSON", "curl", "request", "response", "text", "filter"]
    call = reader.rows("call", 2, 3, full=True)[0]
    assert json.loads(found["JSON"].text) == call
    assert found["request"].text.encode() == reader.body(call["exchange"], "request")
    assert found["response"].text.encode() == reader.body(call["exchange"], "response")
    assert found["text"].text == call["text"]


@pytest.mark.parametrize("kind", ["call", "turn", "session", "tool", "flow"])
def test_the_filter_selects_what_it_was_copied_from(kind: Kind, reader: Reader, stores: Callable[[str], Path]):
    record = reader.rows(kind, 0, 1)[0]
    chosen = choices(reader, kind)["filter"].text
    about = ["query", str(stores("claude-code")), f"{kind}s", "-Y", chosen, "--json"]
    command = [sys.executable, "-m", "heron_tui", *about]
    done = subprocess.run(command, capture_output=True, check=True)
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == [record["id"]]


def test_turns_and_tools_have_their_texts(reader: Reader):
    turn = reader.rows("turn", 0, 1, full=True)[0]
    assert choices(reader, "turn")["text"].text == f"{turn['prompt']}\n\n{turn['answer']}"
    assert choices(reader, "tool")["text"].text == "hello-from-lab"


def test_a_packet_is_copied_with_what_it_carried(reader: Reader):
    row = next(packet for packet in reader.packets(0, 200) if packet.call)
    found = {one.name: one for one in copyables(reader, Subject("packet", row), "")}
    assert "value" not in found
    assert json.loads(found["JSON"].text)["number"] == row.number
    assert found["filter"].text == f"packet.number == {row.number}"
    assert "curl" in found


class Asked(BaseHTTPRequestHandler):
    """Keeps what it was asked."""

    seen: list[tuple[str, dict[str, str], bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.mark.parametrize("name", ["claude-code", "gemini-cli", "openai-sdk-h2", "codex-http"])
def test_curl_asks_the_same_again(name: str, stores: Callable[[str], Path]):
    reader = Reader(stores(name))
    call = reader.rows("call", 0, 1)[0]
    exchange = reader.get("exchange", call["exchange"])
    assert exchange is not None
    body = reader.body(exchange["id"], "request")
    reader.close()
    Asked.seen = []
    server = HTTPServer(("127.0.0.1", 0), Asked)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    command = curl.command({**exchange, "host": f"127.0.0.1:{server.server_port}"}, body, tls=False)
    assert command is not None
    assert "[redacted:" not in command
    done = subprocess.run(["bash", "-c", command], env={"API_KEY": "k'1\"", "PATH": "/usr/bin:/bin"}, check=False)
    server.shutdown()
    server.server_close()
    assert done.returncode == 0
    ((path, headers, sent),) = Asked.seen
    assert path == exchange["target"]
    assert sent.rstrip(b"\n") == body.rstrip(b"\n")
    kept = {n.lower(): v for n, v in exchange["request_headers"] if n.lower() not in curl.OWN and n[0] != ":"}
    for header, value in kept.items():
        assert headers[header] == curl.REDACTED.sub("k'1\"", value)


def test_curl_quotes_what_the_shell_would_read():
    exchange = {
        "transport": "http/1.1",
        "method": "POST",
        "host": "h",
        "server": "h:80",
        "target": '/a?key=[redacted:0a0b0c0d]&b=$(x)`y`"',
        "path": "/a",
        "request_headers": [["x-note", "it's $HOME"], ["authorization", "Bearer [redacted:0a0b0c0d]"]],
    }
    command = curl.command(exchange, b"END_OF_BODY", tls=True) or ""
    assert '"https://h/a?key=$API_KEY&b=\\$(x)\\`y\\`\\""' in command
    assert "'x-note: it'\\''s $HOME'" in command
    assert '"authorization: Bearer $API_KEY"' in command
    assert command.endswith("<<'END_OF_BODY_'\nEND_OF_BODY\nEND_OF_BODY_\n")


def test_what_curl_cannot_ask_is_not_offered():
    exchange = {"transport": "websocket", "method": "GET"}
    assert curl.command(exchange, b"{}", tls=False) is None
    assert curl.command(exchange | {"transport": "http/1.1"}, b"\xff", tls=False) is None


def test_what_is_too_long_goes_into_a_private_file(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("STY", raising=False)
    monkeypatch.delenv("TERM_PROGRAM", raising=False)
    sent: list[str] = []
    assert "copied value" in clipboard.put("short", "value", "txt", sent.append)
    assert sent == ["short"]
    said = clipboard.put("x" * 80_000, "request", "json", sent.append)
    path = paths.state_dir() / "copied" / "copied.json"
    assert str(path) in said
    assert path.read_text() == "x" * 80_000
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert sent == ["short"]
    monkeypatch.setenv("TERM", "linux")
    assert "no clipboard" in clipboard.put("short", "value", "txt", sent.append)
    assert (path.parent / "copied.txt").read_text() == "short"


async def test_y_opens_the_choices_and_enter_copies(make_app: Make, monkeypatch: pytest.MonkeyPatch):
    app = make_app()
    copied: list[str] = []
    monkeypatch.setattr(app, "copy_to_clipboard", copied.append)
    monkeypatch.setenv("TERM", "xterm-256color")
    async with running(app) as pilot:
        await press(pilot, "j y")
        assert isinstance(app.screen, CopyScreen)
        assert "Copy of this turn" in screen_text(app)
        await press(pilot, "escape")
        assert app.screen is app.main
        await press(pilot, "y j enter")
        assert json.loads(copied[0])["prompt"] == "Please do lab:echo now"
        assert "copied JSON" in screen_text(app)


async def test_yy_copies_the_value_however_fast(make_app: Make, monkeypatch: pytest.MonkeyPatch):
    app = make_app()
    copied: list[str] = []
    monkeypatch.setattr(app, "copy_to_clipboard", copied.append)
    monkeypatch.setenv("TERM", "xterm-256color")
    async with running(app) as pilot:
        await press(pilot, "j y y")
        assert copied == ["Please do lab:echo now"]
        type_key(app, "y", 1.0)
        type_key(app, "y", 1.01)
        await press(pilot, "escape")
        assert copied == ["Please do lab:echo now"] * 2
        assert app.screen is app.main
