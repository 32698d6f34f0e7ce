"""All calls in one list, and what is wrong with them said where one looks first."""

from collections.abc import Callable
from pathlib import Path

from heron_tui.store.reader import Reader
from heron_tui.tui.app import HeronApp
from tests.tui.conftest import press, running, screen_text, settle

Make = Callable[..., HeronApp]


async def test_the_slowest_call_stands_first_and_leads_to_its_bytes(make_app: Make):
    app = make_app("claude-code-agents")
    async with running(app) as pilot:
        await press(pilot, "7")
        calls = app.main.views["calls"]
        await press(pilot, "o j j j j j j j enter")
        assert (calls.list.sorted_by, calls.list.descending, calls.list.cursor) == ("ttft_us", True, 0)
        waited = [row["ttft_us"] for row in calls.list.source.window(0, calls.list.count)]
        assert waited == sorted(waited, reverse=True)
        await press(pilot, "enter")
        assert calls.text.has_focus
        line = next(n for n, line in enumerate(calls.text._lines) if "TTFT" in "".join(text for text, _ in line.runs))
        calls.text._to(line)
        await press(pilot, "enter")
        assert app.main.current.title == "packets"
        assert app.main.current.list.row.packet.ttft_us == waited[0]
        await press(pilot, "escape")
        assert app.main.current is calls
        await press(pilot, "escape t")
        assert app.main.current.title == "turns"
        assert app.main.current.turns.node.record["ttft_us"] == waited[0]


async def test_a_filter_leaves_calls_out_and_the_empty_list_says_so(make_app: Make):
    app = make_app("anthropic-sdk-faults")
    async with running(app) as pilot:
        await press(pilot, "7")
        calls = app.main.views["calls"].list
        every = calls.count
        app.do("filter")
        app.main.filter_bar.line.value = "call.error"
        await press(pilot, "enter")
        await settle(pilot)
        while app.filtering.working:
            await settle(pilot)
        assert 0 < calls.count < every
        app.filtering.apply("call.e2e > 1h")
        while app.filtering.working:
            await settle(pilot)
        assert f"none of {every} calls fits the filter" in screen_text(app)


async def test_trouble_is_on_the_first_screen(make_app: Make, stores: Callable[[str], Path]):
    reader = Reader(stores("anthropic-sdk-faults"))
    found, troubles = reader.severities(), reader.troubles()
    session = next(row for row in reader.rows("session", 0, 99) if troubles.get(row["id"]))
    reader.close()
    app = make_app("anthropic-sdk-faults")
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "3")
        lines = screen_text(app).splitlines()
        assert f"6 Findings ✗{found['error']} !{found['warning']}" in lines[0]
        tree = app.main.views["turns"].turns
        row = lines[1 + tree.find(session["id"]) + 1]
        warnings = troubles[session["id"]].warnings
        assert f"! {warnings} warning" in row or "✗" in row


def test_troubles_count_what_is_below(stores: Callable[[str], Path]):
    reader = Reader(stores("anthropic-sdk-faults"))
    troubles = reader.troubles()
    bad = [row for row in reader.rows("finding", 0, 999) if row["severity"] in ("error", "warning")]
    sessions = {row["id"] for row in reader.rows("session", 0, 999)}
    reader.close()
    assert bad
    assert sum(t.errors + t.warnings for id, t in troubles.items() if id in sessions) == len(bad)


async def test_a_call_that_failed_says_why_first(make_app: Make, stores: Callable[[str], Path]):
    reader = Reader(stores("anthropic-sdk-faults"))
    call = next(row for row in reader.rows("call", 0, 99) if row["error_message"])
    reader.close()
    app = make_app("anthropic-sdk-faults")
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "7")
        app.show_call(call["id"])
        await settle(pilot)
        text = app.main.views["turns"].text
        first = "".join(words for words, _ in text._lines[0].runs)
        assert "call.error" in first and first[0] in "!✗i"
        assert call["error_message"] in text.text


async def test_a_sub_agent_says_what_it_used(make_app: Make):
    app = make_app("claude-code-agents")
    async with running(app) as pilot:
        await press(pilot, "3 * * *")
        await settle(pilot)
        agents = [node for node in app.main.views["turns"].turns.shown.nodes if node.kind == "subagent"]
        assert len(agents) == 2
        for agent in agents:
            calls = [node.record for node in agent.children if node.kind == "call"]
            assert agent.record["input_tokens"] == sum(call["input_tokens"] for call in calls) > 0
            assert agent.record["output_tokens"] == sum(call["output_tokens"] for call in calls) > 0


async def test_along_calls_and_turns_in_the_tree_and_in_packets(make_app: Make):
    app = make_app("claude-code")
    async with running(app) as pilot:
        await press(pilot, "3 j + j ]")
        tree = app.main.views["turns"].turns
        assert tree.node.kind == "call"
        first = tree.node.record["n"]
        await press(pilot, "]")
        assert (tree.node.kind, tree.node.record["n"]) == ("call", first + 1)
        await press(pilot, "[")
        assert tree.node.record["n"] == first
        await press(pilot, "}")
        assert tree.node.kind == "turn"
        await press(pilot, "1 g g }")
        packets = app.main.views["packets"].list
        begun = [packets.row.packet.number]
        await press(pilot, "}")
        begun.append(packets.row.packet.number)
        assert begun[0] < begun[1]
        assert packets.row.packet.info.startswith("POST")
        await press(pilot, "{")
        assert packets.row.packet.number == begun[0]
        await press(pilot, "9}")
        assert "no further turn" in screen_text(app)
