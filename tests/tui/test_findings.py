"""Findings name what they are about as other views do: numbers, agents, models; ids are for scripts."""

import re
from collections.abc import Callable
from pathlib import Path

from heron_tui.store.reader import Reader
from heron_tui.tui import telling
from heron_tui.tui.app import HeronApp
from tests.tui.conftest import press, running, screen_text

Make = Callable[..., HeronApp]
ID = re.compile(r"\b[a-z][0-9a-f]{15}\b")


async def test_a_finding_names_calls_and_turns_by_number(make_app: Make, stores: Callable[[str], Path]):
    reader = Reader(stores("anthropic-sdk-faults"))
    found = reader.rows("finding", 0, 99)
    calls = {call["id"]: call for call in reader.rows("call", 0, 999)}
    turns = {turn["id"]: turn for turn in reader.rows("turn", 0, 999)}
    reader.close()
    assert {"call", "turn"} <= {row["scope"] for row in found}
    for size in ((80, 24), (120, 40), (160, 50)):
        app = make_app("anthropic-sdk-faults")
        async with running(app, size) as pilot:
            await press(pilot, "6 g g")
            for row in found:
                text = screen_text(app)
                assert not ID.search(text)
                known = (calls if row["scope"] == "call" else turns)[row["ref"]]
                line = app.main.views["findings"].list.row
                assert telling.about(line) == f"{row['scope']} {known['n']}"
                assert re.search(rf"about +{row['scope']} {known['n']}\b", text)
                assert known["agent"] in text
                await press(pilot, "j")


async def test_what_has_no_number_is_named_by_what_it_is():
    about = {"tool": "Bash", "call": 12, "agent": "claude-code", "model": "claude-opus-4-1"}
    assert telling.about({"scope": "tool", "about": about}) == "call 12 Bash"
    assert telling.whose({"scope": "tool", "about": about}) == "claude-code claude-opus-4-1"
    flow = {"flow": 3, "client": "10.0.0.1:4711", "server": "10.0.0.2:443"}
    assert telling.about({"scope": "flow", "about": flow}) == "flow 3"
    assert telling.whose({"scope": "flow", "about": flow}) == "10.0.0.1:4711 → 10.0.0.2:443"
    assert telling.about({"scope": "exchange", "about": {"request": "GET /x", "call": None}}) == "GET /x"
    assert telling.about({"scope": "capture", "about": None}) == "capture"
