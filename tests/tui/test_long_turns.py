"""A turn of a thousand calls opens as one of ten does: what grows with its history is read when it is looked at."""

from collections.abc import Callable
from pathlib import Path

import pytest

from heron_tui.model.turn import Story
from heron_tui.store.reader import Reader
from heron_tui.store.writer import Writer
from heron_tui.tui.app import HeronApp
from heron_tui.tui.widgets import turn_tree
from tests.store import made
from tests.tui.conftest import press, running

Make = Callable[..., HeronApp]
COUNT = 1000


@pytest.fixture(scope="module")
def long_turn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one turn, whose calls ask for a tool each."""
    path = tmp_path_factory.mktemp("long") / "run.store"
    ids = [f"c{n:04}" for n in range(COUNT)]
    writer = Writer(path)
    writer.put_source(made.source())
    writer.put_flows([made.flow(0)])
    writer.put_calls([made.call(id, f"x{id}", made.T0 + n * 1_000_000) for n, id in enumerate(ids)])
    story = Story(
        parts=[made.part(id) for id in ids],
        turns=[made.turn(calls=ids, t_end_us=made.T0 + COUNT * 1_000_000)],
        sessions=[made.session()],
        tools=[made.tool(f"t{id}", id, t_start_us=made.T0 + n * 1_000_000 + 900_000) for n, id in enumerate(ids)],
    )
    writer.put_story(story)
    writer.commit()
    writer.close()
    return path


def test_the_tree_of_a_turn_is_without_what_its_calls_repeat(long_turn: Path):
    reader = Reader(long_turn)
    tree = reader.turn_tree("u1")
    assert tree is not None and len(tree.calls) == COUNT
    assert all("tool_results" not in node.call and node.call["tool_calls"] for node in tree.calls)
    assert "tool_results" not in reader.rows("call", 0, 1, lean=True)[0]
    assert reader.rows("call", 0, 1)[0]["tool_results"], "whoever asks for all of it has it"
    reader.close()


async def test_its_bar_is_made_up_once_and_bodies_are_read_where_they_are_shown(
    long_turn: Path, monkeypatch: pytest.MonkeyPatch
):
    spans: list[int] = []
    bodies: list[str] = []
    real_cells, real_body = turn_tree.cells, Reader.body
    monkeypatch.setattr(turn_tree, "cells", lambda s, *a, **k: spans.append(len(s)) or real_cells(s, *a, **k))
    monkeypatch.setattr(Reader, "body", lambda self, id, side: bodies.append(id) or real_body(self, id, side))
    app = HeronApp(long_turn, lambda: Reader(long_turn), title="made")
    async with running(app, (160, 50)) as pilot:
        await press(pilot, "3")
        tree = app.main.views["turns"].turns
        assert tree.count == 2 * COUNT + 2
        assert bodies == []
        assert 3 * COUNT in spans
        spans.clear()
        await press(pilot, "j j j k k ctrl+d ctrl+u g g")
        assert max(spans) <= 2, "only the bars of single calls and tools"
        seen = {f"x{node.record['id']}" for node in tree.shown.nodes[:60] if node.kind == "call"}
        assert set(bodies) <= seen
        await press(pilot, "j h")
        assert tree.count == 2
        await press(pilot, "l G")
        assert tree.cursor == 2 * COUNT + 1
