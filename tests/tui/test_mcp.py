"""What is read of a tool that an MCP server ran, and of who serves a call."""

from collections.abc import Callable
from pathlib import Path

from heron_tui.store.reader import Reader
from heron_tui.tui import reading_text


def facts(reader: Reader, kind: str, record: dict) -> dict[str, str]:
    return {name: value for part in reading_text.parts(reader, kind, record) for name, value, _ in part.facts}


def test_a_tool_names_the_server_s_own_time(stores: Callable[[str], Path]):
    reader = Reader(stores("mcp-json"))
    ran = {tool["id"]: facts(reader, "tool", tool).get("ran at") for tool in reader.rows("tool", 0, 9)}
    reader.close()
    assert ran == {
        "call_1": "127.0.0.1:18082 in 180 ms",
        "call_2": "127.0.0.1:18082 in 77 ms",
        "call_3": "127.0.0.1:18082 in 29 ms",
    }


def test_an_answer_on_another_exchange_gives_it_too(stores: Callable[[str], Path]):
    reader = Reader(stores("mcp-sse"))
    ran = [facts(reader, "tool", tool)["ran at"] for tool in reader.rows("tool", 0, 9)]
    reader.close()
    assert len(ran) == 3
    assert all(one.startswith("127.0.0.1:18086 in ") for one in ran)


def test_a_call_says_how_its_provider_is_known(stores: Callable[[str], Path]):
    reader = Reader(stores("litellm-claude-code"))
    known = {(call["provider"], facts(reader, "call", call).get("known by")) for call in reader.rows("call", 0, 99)}
    reader.close()
    assert ("litellm", "response header x-litellm-call-id") in known
