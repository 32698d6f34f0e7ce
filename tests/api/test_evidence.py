"""From a record to what was sent: bodies, events, packets and their bytes."""

import json

import pytest

from heron_tui.store.reader import Reader
from tests.api.serving import Server


@pytest.mark.parametrize("name", ["claude-code-gzip", "codex-ws", "openai-sdk-h2", "gemini-cli"])
def test_bodies_are_those_of_the_store(name: str, servers, stores):
    server, reader = servers(name), Reader(stores(name))
    for call in server.walk("calls"):
        for side in ("request", "response"):
            answer = server.get(f"/api/v1/calls/{call['id']}/{side}")
            assert answer.status == 200
            assert answer.body == reader.body(call["exchange"], side)
            assert answer.body == server.get(f"/api/v1/exchanges/{call['exchange']}/{side}").body
            assert answer.headers["content-type"].split(";")[0] in (
                "application/json",
                "text/plain",
                "application/octet-stream",
            )
    reader.close()


def test_events_have_their_packets_and_data(server: Server, stores):
    reader = Reader(stores("claude-code-agents"))
    call = server.ask("calls", limit=1)["records"][0]
    found = server.ask(f"calls/{call['id']}/events")
    assert found["events"] == len(found["records"]) == len(reader.events(call["exchange"]))
    assert found["records"][0]["name"] == "message_start"
    assert json.loads(found["records"][0]["data"])["type"] == "message_start"
    rest = server.ask(f"calls/{call['id']}/events", after=1, limit=2)
    assert [event["index"] for event in rest["records"]] == [1, 2]
    assert rest["more"]
    reader.close()


def test_the_packets_of_a_call_hold_its_bytes(server: Server):
    call = server.ask("calls", limit=1)["records"][0]
    found = server.ask(f"calls/{call['id']}/packets", data="hex", limit=1000)
    numbers = [packet["number"] for packet in found["records"]]
    assert numbers == sorted(numbers)
    assert found["packets"] == len(numbers)
    assert set(call["evidence"]["request"]) <= set(numbers)
    sent = b"".join(bytes.fromhex(packet["data"]) for packet in found["records"] if packet["side"] == 0)
    assert b"POST /v1/messages" in sent
    first = found["records"][0]
    raw = server.get(f"/api/v1/packets/{first['number']}/bytes")
    assert raw.body.hex() == first["data"]
    assert raw.headers["heron-link-type"] == str(first["link"])
    page = server.ask(f"calls/{call['id']}/packets", limit=1)
    assert "data" not in page["records"][0]
    following = server.ask(f"calls/{call['id']}/packets", limit=1, after=page["next"])
    assert following["records"][0]["number"] == numbers[1]


def test_a_conversation_is_told_in_one_form(servers):
    for name in ("claude-code-agents", "codex-ws", "gemini-cli", "openai-sdk"):
        server = servers(name)
        call = next(call for call in server.walk("calls") if call["operation"] == "chat" and call["text"])
        found = server.ask(f"calls/{call['id']}/conversation", last=2)
        assert found["count"] >= len(found["messages"]) > 0
        said = "".join(part["text"] for part in found["answer"]["parts"] if part["kind"] == "text")
        assert said == call["text"]
