"""What the API gives is what `heron-tui query` prints, in pages of any size."""

import io
import json
from pathlib import Path
from urllib.parse import quote

import pytest

from heron_tui import query
from heron_tui.store.contract import FIELDS
from tests.api.serving import Server

KINDS = sorted(FIELDS)
LISTS = [kind for kind in KINDS if kind != "metrics"]
CAPTURES = ("claude-code-agents", "codex-ws", "anthropic-sdk-faults", "litellm-claude-code", "gemini-cli")


def printed(store: Path, kind: str, full: bool = True, fields=None, where: str | None = None) -> list[dict]:
    out = io.BytesIO()
    node = query.read_filter(where)
    query.run_store(store, kind, fields=fields, form="json", full=full, out=out, where=node)
    return [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", CAPTURES)
def test_records_are_those_of_query(name: str, kind: str, servers, stores):
    found = servers(name).walk(kind) if kind != "metrics" else servers(name).ask(kind)["records"]
    assert found == printed(stores(name), kind)


@pytest.mark.parametrize("kind", LISTS)
def test_pages_of_any_size_are_the_list(kind: str, server: Server, stores):
    size = 97 if kind == "packets" else 1
    assert server.walk(kind, limit=size) == printed(stores("claude-code-agents"), kind)


@pytest.mark.parametrize(
    ("kind", "where"),
    [
        ("calls", 'tool.name == "Agent"'),
        ("turns", 'turn.agent == "claude-code" and call.ttft > 1ms'),
        ("packets", "call.n == 2"),
        ("packets", "packet.length > 1000"),
        ("exchanges", 'body contains "lab"'),
        ("metrics", "call.n < 3"),
        ("flows", "call.status == 500"),
    ],
)
def test_a_filter_keeps_what_query_keeps(kind: str, where: str, server: Server, stores):
    found = server.ask(kind, filter=where)["records"] if kind == "metrics" else server.walk(kind, filter=where)
    assert found == printed(stores("claude-code-agents"), kind, where=where)


def test_fields_are_chosen_and_texts_cut_as_query_does(server: Server, stores):
    store = stores("claude-code-agents")
    names = ["n", "usage.output_tokens", "evidence"]
    assert server.walk("calls", fields=",".join(names)) == printed(store, "calls", fields=names)
    assert server.walk("calls", full="no") == printed(store, "calls", full=False)


def test_lists_are_sorted_in_either_direction(server: Server):
    for order in ("e2e_us", "input_tokens"):
        rising = [call[order] for call in server.walk("calls", sort=order, limit=3)]
        falling = [call[order] for call in server.walk("calls", sort=f"-{order}", limit=3)]
        known = [value for value in rising if value is not None]
        missing = [None] * (8 - len(known))
        assert rising == sorted(known) + missing
        assert falling == sorted(known, reverse=True) + missing
    numbers = [packet["number"] for packet in server.walk("packets", sort="-number", limit=100)]
    assert numbers == list(range(650, 0, -1))
    assert [p["number"] for p in server.walk("packets", sort="-number", limit=2, filter="packet.number < 6")] == [
        5, 4, 3, 2, 1,
    ]  # fmt: skip


def test_a_page_is_capped(server: Server):
    assert len(server.ask("packets", limit=999999)["records"]) == 650
    assert len(server.ask("packets")["records"]) == 100


@pytest.mark.parametrize("kind", LISTS)
def test_one_by_its_id_is_the_one_of_the_list(kind: str, server: Server):
    for record in server.walk(kind)[:3]:
        id = record["number"] if kind == "packets" else record["id"]
        assert server.ask(f"{kind}/{quote(str(id), safe='')}") == record


def test_what_is_not_there_is_not_found(server: Server):
    for path in (
        "calls/c0",
        "calls/c0/request",
        "exchanges/x/packets",
        "packets/999999",
        "packets/x",
        "packets/1e9/bytes",
    ):
        answer = server.get(f"/api/v1/{path}")
        assert answer.status == 404
        assert answer.json["error"]["message"]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("calls?limit=0", "limit"),
        ("calls?limit=x", "limit"),
        ("calls?limt=5", "limit"),
        ("calls?limit=5&limit=6", "twice"),
        ("calls?sort=modle", "modle"),
        ("calls?fields=modle", "request_model"),
        ("calls?after=nonsense", "after"),
        ("calls?after=W10", "after"),
        ("calls?since=-1", "since"),
        ("calls?since=99999999", "version"),
        ("calls?full=maybe", "full"),
        ("packets?since=1", "since"),
        ("packets?sort=info", "sort"),
        ("packets?after=W251bGwsIngiLCJ4Il0", "after"),
        ("calls/x/packets?data=base64", "data"),
        ("metrics?limit=1", "limit"),
        ("events?kinds=packets", "packets"),
        ("health?x=1", "x"),
        ("export?format=doc", "format"),
        ("export?format=sft&tools=maybe", "tools"),
        ("export?format=sft&nothing=1", "nothing"),
        ("export?format=sft&id=nobody", "nobody"),
        (f"calls?filter={'(' * 3000}", "filter"),
        (f"calls?filter={'x' * 9000}", "filter"),
    ],
)
def test_a_mistake_is_told_and_named(path: str, words: str, server: Server):
    answer = server.get(f"/api/v1/{path}")
    assert answer.status == 400
    assert words in answer.json["error"]["message"]


def test_a_filter_that_cannot_be_read_is_told_with_its_place(server: Server):
    error = server.get("/api/v1/calls?filter=" + quote("call.status == ")).json["error"]
    assert error["message"].startswith("filter: ")
    assert error["at"] == len("call.status == ")
    assert error["filter"] == "call.status == "


def test_a_cursor_is_for_its_own_order(server: Server):
    page = server.ask("calls", limit=2, sort="e2e_us")
    answer = server.get(f"/api/v1/calls?limit=2&after={page['next']}")
    assert answer.status == 400
    assert "sort" in answer.json["error"]["message"]


def test_every_route_of_the_description_answers(server: Server):
    described = server.ask("")
    assert described["openapi"].startswith("3.1")
    call = server.ask("calls", limit=1)["records"][0]
    ids = {kind: (server.walk(kind) or [{}])[0].get("id") for kind in LISTS} | {
        "packets": call["evidence"]["request"][0]
    }
    for path, route in described["paths"].items():
        if "/exports/" in path or path == "/api/v1/events":
            continue
        kind = path.split("/")[3] if path.count("/") > 2 else ""
        asked = path.replace("{id}", str(ids.get(kind))) + ("?format=calls" if path.endswith("/export") else "")
        answer = server.get(asked)
        assert answer.status == 200, path
        assert route["get"]["summary"]
        for parameter in route["get"]["parameters"]:
            assert parameter["in"] == "path" or parameter["description"]


def test_every_route_is_documented(server: Server):
    text = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text()
    for path in server.ask("")["paths"]:
        parts = [part for part in path.removeprefix("/api/v1").split("/") if part and "{" not in part]
        assert all(f"/{part}" in text for part in parts), path


def test_fields_are_those_of_the_filter(server: Server):
    from heron_tui.filter.fields import FIELDS as OF_FILTER

    found = server.ask("fields")
    assert [field["name"] for field in found["filter"]] == list(OF_FILTER)
    assert found["records"]["calls"] == list(FIELDS["calls"])


def test_head_says_what_get_says_without_a_body(server: Server):
    whole, head = server.get("/api/v1/calls"), server.get("/api/v1/calls", "HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == whole.headers["content-length"]
