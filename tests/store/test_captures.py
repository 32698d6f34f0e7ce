"""Real captures, read by the whole engine into a store."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from heron_tui.engine.run import replay
from heron_tui.store.reader import Reader

CAPTURES = Path(__file__).resolve().parent.parent / "captures"
LAB_KEYS = (b"sk-lab-fake", b"lab-fake")
RECORDS = (
    "calls",
    "turns",
    "sessions",
    "tools",
    "flows",
    "exchanges",
    "findings",
    "sources",
    "bodies",
    "packets",
    "runs",
)
NAMES = ("claude-code", "claude-code-agents", "openai-sdk", "gemini-cli", "codex-http", "opencode-run")


def contents(path: Path) -> dict[str, list[tuple]]:
    """All rows; which version wrote them is no content."""
    connection = sqlite3.connect(path)
    tables = {}
    for table in RECORDS:
        names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[1] != "changed"]
        tables[table] = connection.execute(f"SELECT {', '.join(names)} FROM {table} ORDER BY 1, 2").fetchall()
    tables["events"] = connection.execute("SELECT exchange, sum(count) FROM events GROUP BY 1 ORDER BY 1").fetchall()
    tables["chunks"] = connection.execute("SELECT hash, size FROM chunks ORDER BY 1").fetchall()
    connection.close()
    return tables


@pytest.mark.parametrize("name", NAMES)
def test_a_replay_adds_nothing(name: str, tmp_path: Path) -> None:
    path = tmp_path / "run.store"
    replay([str(CAPTURES / f"{name}.pcap")], path)
    once = contents(path)
    replay([str(CAPTURES / f"{name}.pcap")], path)
    twice = contents(path)
    for table, rows in once.items():
        assert twice[table] == rows, table


def test_captures_side_by_side_in_one_store(tmp_path: Path) -> None:
    together, path = tmp_path / "run.store", tmp_path / "alone.store"
    names = ("claude-code", "openai-sdk")
    for name in (*names, names[0]):
        replay([str(CAPTURES / f"{name}.pcap")], together)
    reader = Reader(together)
    calls = reader.rows("call", 0, 1000)
    assert [call["n"] for call in calls] == list(range(1, len(calls) + 1))
    for name in names:
        path.unlink(missing_ok=True)
        replay([str(CAPTURES / f"{name}.pcap")], path)
        alone = Reader(path)
        for call in alone.rows("call", 0, 1000):
            same = reader.get("call", call["id"], full=False)
            assert same is not None
            assert {k: v for k, v in same.items() if k not in ("n", "evidence")} == {
                k: v for k, v in call.items() if k not in ("n", "evidence")
            }
            first, there = call["evidence"]["request"][0], same["evidence"]["request"][0]
            assert alone.packet_bytes(first) == reader.packet_bytes(there)
        alone.close()
    reader.close()


@pytest.mark.parametrize("name", ["claude-code", "openai-sdk", "gemini-cli", "codex-http"])
def test_keys_never_reach_a_store(name: str, stores: Callable[[str], Path]) -> None:
    assert any(key in (CAPTURES / f"{name}.pcap").read_bytes() for key in LAB_KEYS)
    path = stores(name)
    for file in path.parent.glob(f"{path.name}*"):
        if file.is_file():
            assert not any(key in file.read_bytes() for key in LAB_KEYS), file
    reader = Reader(path)
    for exchange in reader.rows("exchange", 0, 1000):
        text = (
            repr(exchange).encode() + reader.body(exchange["id"], "request") + reader.body(exchange["id"], "response")
        )
        assert not any(key in text for key in LAB_KEYS)
    reader.close()


@pytest.mark.parametrize("name", NAMES)
def test_every_packet_of_a_call_leads_to_its_bytes(name: str, stores: Callable[[str], Path]) -> None:
    reader = Reader(stores(name))
    raw = (CAPTURES / f"{name}.pcap").read_bytes()
    rows = reader.packets(0, reader.packet_count())
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    calls = reader.rows("call", 0, 1000)
    assert calls
    for call in calls:
        first = call["evidence"]["request"][0]
        begins = rows[first - 1]
        assert begins.info.startswith(f"{call['method']} {call['path']}")
        assert (begins.call, begins.side, begins.status) == (call["id"], 0, None)
        data, _ = reader.packet_bytes(first)
        assert call["method"].encode() in data
        assert data in raw
        assert all(rows[number - 1].call == call["id"] for number in reader.exchange_packets(call["exchange"]))
        events = reader.events(call["exchange"])
        if events and call["outcome"] == "ok":
            body = reader.body(call["exchange"], "response")
            assert events[-1].end <= len(body)
            assert any(row.ttft_us == call["ttft_us"] for row in rows if row.call == call["id"])
            tools = [row.info for row in rows if row.call == call["id"] and "tool_use" in row.info]
            assert all(any(asked["name"] in info for info in tools) for asked in call["tool_calls"])
            assert rows[call["evidence"]["response"][1] - 1].output_tokens == call["output_tokens"]
    reader.close()


def test_measures_the_calls_of_a_capture(stores: Callable[[str], Path]) -> None:
    reader = Reader(stores("claude-code"))
    chats = [call for call in reader.rows("call", 0, 1000) if call["operation"] == "chat"]
    whole = reader.metrics()
    assert whole is not None
    assert (whole.started, whole.ended) == (len(chats), len(chats))
    assert whole.output_tokens == sum(call["output_tokens"] for call in chats)
    assert whole.ttft is not None
    assert whole.ttft.largest == max(call["ttft_us"] for call in chats)
    assert set(reader.metrics_by("model")) == {call["response_model"] for call in chats}
    steps = reader.series(1_000_000)
    assert sum(step.started for step in steps) == len(chats)
    recent = reader.metrics(1_000_000, now_us=chats[0]["t_end_us"])
    assert recent is not None
    assert recent.ended == sum(0 <= chats[0]["t_end_us"] - call["t_end_us"] < 1_000_000 for call in chats)
    table = reader.metrics_table()
    assert {row["window"] for row in table} == {"1m", "5m", "15m", "1h", "all"}
    assert {row["by"] for row in table} == {None, "model", "route"}
    reader.close()


def test_a_call_seen_on_two_legs_is_one_call_of_its_turn(tmp_path: Path) -> None:
    path = tmp_path / "run.store"
    replay([str(CAPTURES / "litellm-claude-code.pcap")], path)
    reader = Reader(path)
    calls = {call["id"]: call for call in reader.rows("call", 0, 100)}
    inner = {id: call for id, call in calls.items() if call["leg_of"]}
    assert len(calls) == 6
    assert [len(turn["calls"]) for turn in reader.rows("turn", 0, 10)] == [2, 1]
    assert [session["calls"] for session in reader.rows("session", 0, 10)] == [3]
    assert reader.metrics().started == 3
    assert {call["path"] for call in inner.values()} == {"/v1/messages", "/v1/responses"}
    for id, call in inner.items():
        outer = calls[call["leg_of"]]
        assert [leg["call"] for leg in outer["legs"]] == [id]
        assert (call["turn"], call["session"]) == (None, outer["session"])


@pytest.mark.parametrize("name", ["codex-ws", "claude-code-agents", "curl"])
def test_a_stream_is_its_events_in_one(name: str, stores):
    """Also of responses that have not ended: their data stands with the events, not in a body."""
    reader = Reader(stores(name))
    for row in reader.rows("exchange", 0, 1000):
        each = [(event.name, reader.event_data(row["id"], event.index)) for event in reader.events(row["id"])]
        assert reader.stream(row["id"]) == each
    reader.close()
