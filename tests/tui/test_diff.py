"""The diff of two calls: lines and words, where the prefix broke, and the way to the bytes."""

from collections.abc import Callable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from heron_tui.store.reader import Reader
from heron_tui.tui.app import HeronApp
from heron_tui.tui.prompts import diff
from heron_tui.tui.prompts.lines import below, beside, pairs
from heron_tui.tui.subject import Subject
from heron_tui.tui.views.diff import DiffView
from tests.tui.conftest import press, running, screen_text, settle

Make = Callable[..., HeronApp]
TEXTS = st.lists(st.sampled_from(["one two", "three", "", "four five", "\u4e00\u4e00", "x" * 50]), max_size=12).map(
    "\n".join
)


@given(TEXTS, TEXTS)
def test_every_line_is_shown_or_counted(before: str, after: str):
    shown = [old for _, old, _ in pairs(before, after) if old]
    left_out = sum(int(line.text.split()[1]) - 1 for line in shown if line.text.startswith("⋯"))
    assert len(shown) + left_out == len(before.splitlines())
    news = [line.text for mark, _, line in pairs(before, after) if line and mark == "~"]
    assert all(line in after.splitlines() for line in news)


@given(TEXTS, TEXTS, st.integers(40, 120))
def test_two_columns_have_their_width(before: str, after: str, width: int):
    for paragraph in beside(list(pairs(before, after)), width):
        assert cell_len(paragraph.text) <= width
        left, bar, _ = paragraph.text.partition("│")
        assert not bar or cell_len(left) == 2 + (width - 5) // 2


def test_lines_that_differ_are_marked_without_colour():
    shown = [paragraph.text for paragraph in below(list(pairs("a\nb 1\nc", "a\nb 2\nc")))]
    assert shown == ["  a", "- b 1", "+ b 2", "  c"]
    marked = [p.text[start:end] for p in below(list(pairs("a\nb 1\nc", "a\nb 2\nc"))) for start, end, _ in p.runs]
    assert marked == ["- ", "1", "+ ", "2"]


def test_a_real_prompt_that_was_cut_in_its_middle(stores: Callable[[str], Path]):
    """OpenClaw puts what is new before a last message that comes with every call."""
    reader = Reader(stores("openclaw"))
    first, second = reader.rows("call", 0, 2)
    found = diff.compare(reader, second["id"])
    assert not isinstance(found, str)
    assert found.before["id"] == first["id"]
    assert found.broken is not None
    assert found.broken.place == "message 2 assistant, tool call"
    assert [change.status for change in found.changes if change.element.kind == "message"] == [
        "same",
        "new",
        "new",
        "same",
    ]
    assert diff.compare(reader, first["id"]) == "there is no call before this one in its conversation"
    assert diff.compare(reader, first["id"], second["id"]) == found, "the earlier one is the one before"
    reader.close()


def test_a_history_that_the_provider_holds_is_compared_too(stores: Callable[[str], Path]):
    reader = Reader(stores("codex-ws"))
    compared = [diff.compare(reader, call["id"]) for call in reader.rows("call", 0, 8)]
    found = [one for one in compared if not isinstance(one, str)]
    reader.close()
    assert len(found) >= 5
    assert all(one.broken is None for one in found)


async def test_changes_folds_and_bytes(make_app: Make):
    app = make_app("openclaw")
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "3 j + j G D")
        view = app.main.views["diff"]
        assert isinstance(view, DiffView)
        text = screen_text(app)
        assert "✗ prefix broke at message 2 assistant, tool call: cached tokens 0 → 9,037" in text
        assert "the prefix ends here" in text
        await press(pilot, "]")
        assert "11 tools, 1 to 11: the same" in view.text.copy_text()
        folded = len(view.text.passage())
        await press(pilot, "+")
        assert len(view.text.passage()) > folded
        await press(pilot, "-")
        assert len(view.text.passage()) == folded
        await press(pilot, "n")
        assert view.text.sections[view.text.cursor.section].status == "new"
        await press(pilot, "j enter")
        packets = app.main.current
        assert packets.title == "packets"
        marked = b"".join(packets.bytes.data[start:end] for start, end in packets.bytes._marks)
        assert b"I will use a tool for that." in marked
        await press(pilot, "escape escape")
        assert app.main.current.title == "turns"


async def test_a_first_call_has_nothing_to_be_compared_with(make_app: Make):
    app = make_app("openclaw")
    async with running(app) as pilot:
        await press(pilot, "3 j + j D")
        assert "no call before this one" in screen_text(app)
        view = app.main.current
        assert isinstance(view, DiffView)
        view.show_diff(Subject("session", {"id": "none"}))
        await settle(pilot)
        assert "no call to a model is selected" in screen_text(app)


async def test_two_marked_calls_are_compared(make_app: Make):
    app = make_app("claude-code")
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "3 *")
        tree = app.main.current.turns
        calls = [node for node in tree.shown.nodes if node.kind == "call"]
        for node in (calls[0], calls[-1]):
            tree.center(tree.find(node.key))
            await settle(pilot)
            await press(pilot, "m")
        await press(pilot, "D")
        view = app.main.current
        assert isinstance(view, DiffView)
        assert [view.comparison.before["id"], view.comparison.after["id"]] == [calls[0].key, calls[-1].key]
