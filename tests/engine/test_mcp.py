"""Answers of MCP servers on another exchange than the question: the open stream of HTTP+SSE, and resumed streams."""

import json
from pathlib import Path

import pytest

from heron_tui.engine.run import replay
from heron_tui.store.reader import Reader
from tests.net.build import Conversation, Packet, pcap

HOST = ("10.0.0.2", 8000)
SESSION = "Mcp-Session-Id: s-1\r\n"
SSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def post(path: str, id: int | None, method: str = "tools/call", headers: str = "", **params: object) -> bytes:
    message = {"jsonrpc": "2.0", "method": method, "params": params} | ({} if id is None else {"id": id})
    body = json.dumps(message).encode()
    return f"POST {path} HTTP/1.1\r\nHost: tools\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


def get(path: str, headers: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: tools\r\nAccept: text/event-stream\r\n{headers}\r\n".encode()


def event(data: object, name: str = "message") -> bytes:
    text = data if isinstance(data, str) else json.dumps(data)
    whole = f"event: {name}\r\ndata: {text}\r\n\r\n".encode()
    return f"{len(whole):x}\r\n".encode() + whole + b"\r\n"


def result(id: int, text: str) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": id, "result": {"content": [{"type": "text", "text": text}]}}


def analysed(folder: Path, *talks: Conversation) -> tuple[list[dict], list[dict]]:
    packets: list[Packet] = sorted((one for talk in talks for one in talk.packets), key=lambda one: one.time_us)
    (folder / "mcp.pcap").write_bytes(pcap(packets))
    replay([str(folder / "mcp.pcap")], folder / "s.store")
    reader = Reader(folder / "s.store")
    found = reader.rows("call", 0, 99, full=True), reader.rows("finding", 0, 99)
    reader.close()
    return found


def test_a_resumed_stream_brings_the_answer(tmp_path: Path):
    asked = Conversation(("10.0.0.1", 40000), HOST).open()
    asked.send(0, post("/mcp", 7, headers=SESSION, name="get", arguments={})).wait(1000)
    asked.send(1, SSE + event({"jsonrpc": "2.0", "method": "notifications/progress", "params": {}})).close(1)
    again = Conversation(("10.0.0.1", 40001), HOST, isn=(1, 2), time_us=asked.time_us + 2_000_000).open()
    again.send(0, get("/mcp", SESSION + "Last-Event-ID: 4\r\n")).wait(500_000)
    again.send(1, SSE + event(result(6, "old")) + event(result(7, "rain")))
    [call], findings = analysed(tmp_path, asked, again)
    assert (call["operation"], call["outcome"], call["text"]) == ("tools/call", "ok", "rain")
    assert call["t_end_us"] == again.packets[-2].time_us
    assert not [one for one in findings if one["code"] in ("stream.cut", "call.no_response")]


def test_a_cut_stream_that_nobody_resumed_stays_one(tmp_path: Path):
    asked = Conversation(("10.0.0.1", 40000), HOST).open()
    asked.send(0, post("/mcp", 7, headers=SESSION, name="get", arguments={})).wait(1000)
    asked.send(1, SSE + event({"jsonrpc": "2.0", "method": "notifications/progress", "params": {}})).close(1)
    other = Conversation(("10.0.0.1", 40001), HOST, isn=(1, 2), time_us=asked.time_us + 2_000_000).open()
    other.send(0, get("/mcp", "Mcp-Session-Id: s-2\r\n")).send(1, SSE + event(result(7, "of another session")))
    [call], findings = analysed(tmp_path, asked, other)
    assert (call["outcome"], call["text"]) == ("truncated", "")
    assert [one["code"] for one in findings] == ["stream.cut"]


@pytest.mark.parametrize("endpoint", ["/messages?sid=1", "http://tools/messages?sid=1"])
@pytest.mark.parametrize("early", [False, True], ids=["accepted first", "answered first"])
def test_the_open_stream_brings_all_answers(endpoint: str, early: bool, tmp_path: Path):
    stream = Conversation(("10.0.0.1", 40000), HOST).open()
    stream.send(0, get("/sse")).send(1, SSE + event(endpoint, "endpoint"))
    asked = Conversation(("10.0.0.1", 40001), HOST, isn=(1, 2), time_us=stream.time_us + 1000).open()
    accepted = b"HTTP/1.1 202 Accepted\r\nContent-Length: 8\r\n\r\nAccepted"
    for id, text in ((1, "rain"), (2, "snow")):
        asked.wait(1000).send(0, post("/messages?sid=1", id, name="get", arguments={}))
        if not early:
            asked.wait(1000).send(1, accepted)
        stream.wait(max(asked.time_us - stream.time_us, 0) + 50_000).send(1, event(result(id, text)))
        asked.wait(stream.time_us - asked.time_us + 1000)
        if early:
            asked.send(1, accepted)
    calls, findings = analysed(tmp_path, stream, asked)
    assert [(call["status"], call["outcome"], call["text"]) for call in calls] == [
        (202, "ok", "rain"),
        (202, "ok", "snow"),
    ]
    assert all(50_000 <= call["e2e_us"] < 60_000 for call in calls)
    assert not findings


def test_a_capture_of_a_real_client(stores):
    reader = Reader(stores("mcp-sse"))
    ran = [call for call in reader.rows("call", 0, 99, full=True) if call["operation"] == "tools/call"]
    assert [(call["outcome"], call["text"]) for call in ran] == [
        ("ok", "Oslo: rain for 2 days"),
        ("ok", "Rome: rain for 1 days"),
        ("error", "Error executing tool broken"),
    ]
    tools = {tool["mcp_call"]: tool for tool in reader.rows("tool", 0, 9)}
    reader.close()
    for call in ran:
        assert call["t_end_us"] <= tools[call["id"]]["t_end_us"]
