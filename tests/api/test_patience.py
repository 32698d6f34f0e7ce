"""Limits on clients that send nothing or read nothing, with short times."""

import asyncio
import threading
from pathlib import Path

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from heron_tui.api import patience
from heron_tui.api.patience import Patience
from heron_tui.api.problems import Left, TooSlow, as_json
from heron_tui.api.readers import Readers


async def _app(scope, receive, send) -> None:
    if scope["path"] == "/much":

        async def much():
            for _ in range(2000):
                yield b"x" * 65536

        await StreamingResponse(much())(scope, receive, send)
    else:
        await Response(b"hello")(scope, receive, send)


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(patience, "HEAD_S", 0.3)
    monkeypatch.setattr(patience, "STALLED_S", 0.3)
    server = uvicorn.Server(uvicorn.Config(_app, port=0, http=Patience, ws="none", lifespan="off", log_config=None))
    running = asyncio.ensure_future(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await running


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /"])
async def test_half_a_request_ends(said: bytes, port: int):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(said)
    answer = await asyncio.wait_for(reader.read(), 60)
    assert answer.count(b"hello") == said.count(b"\r\n\r\n")
    writer.close()


async def test_a_client_that_reads_nothing_is_let_go(port: int):
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    writer.write(b"GET /much HTTP/1.1\r\nHost: x\r\n\r\n")
    await asyncio.sleep(1.5)
    size = 0
    try:
        while piece := await asyncio.wait_for(reader.read(1 << 20), 60):
            size += len(piece)
    except ConnectionResetError:
        pass
    assert size < 2000 * 65536
    writer.close()


async def test_a_slow_reader_gets_everything(port: int):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /much HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    size = 0
    while piece := await asyncio.wait_for(reader.read(4 << 20), 60):
        size += len(piece)
        await asyncio.sleep(0.001)
    assert size > 2000 * 65536
    writer.close()


def _request(leaves: threading.Event) -> Request:
    async def receive() -> dict:
        while not leaves.is_set():
            await asyncio.sleep(0.01)
        return {"type": "http.disconnect"}

    return Request({"type": "http"}, receive)


async def test_a_question_ends_when_its_client_leaves_or_when_it_is_too_slow(stores):
    readers = Readers(Path(stores("claude-code-agents")), 1)
    begun, ended = threading.Event(), threading.Event()

    def endless(reader, stop):
        begun.set()
        try:
            rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
            reader._connection.execute(rows).fetchone()
        finally:
            ended.set()

    with pytest.raises(Left):
        await readers.ask(endless, _request(begun))
    assert await asyncio.to_thread(ended.wait, 60)
    ended.clear()
    with pytest.raises(TooSlow):
        await readers.ask(endless, _request(threading.Event()), within_s=0.1)
    assert await asyncio.to_thread(ended.wait, 60)
    assert await readers.ask(lambda reader, _: reader.count("call")) == 8
    readers.close()


def test_whatever_came_from_the_wire_can_be_told():
    assert as_json({"text": "\ud800", "count": 1 << 80}).body == b'{"text":"?","count":9223372036854775807}'
