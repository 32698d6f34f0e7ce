"""Waterfalls, plots and wrapped text: what is drawn, as text."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.geometry import Size
from textual.strip import Strip

from heron_tui.tui import theme
from heron_tui.tui.app import HeronApp
from heron_tui.tui.document import Part, lay_out, wrap
from heron_tui.tui.plot import curve, resample, sparkline
from heron_tui.tui.waterfall import Span, bar, cells
from tests.tui.conftest import press, running, settle

S = 1_000_000


def drawn(spans: list[Span], width: int, *, idle: bool = False) -> str:
    return "".join(part.text for part in bar(cells(spans, 0, 10 * S, width, idle=idle), theme.DARK))


def test_a_turn_tells_waiting_generating_tool_and_idle_apart():
    spans = [
        Span(0, 2 * S, "wait"),
        Span(2 * S, 4 * S, "model"),
        Span(4 * S, 6 * S, "tool"),
        Span(8 * S, 10 * S, "model"),
    ]
    assert drawn(spans, 10, idle=True) == "▓▓██━━··██"
    assert drawn(spans, 10) == "▓▓██━━  ██"


def test_the_shortest_call_still_shows():
    assert drawn([Span(5 * S, 5 * S + 1, "model")], 10) == "     █    "


def test_each_kind_has_its_own_colour_too():
    parts = bar(["model", "wait", "tool", "idle"], theme.DARK)
    assert len({part.style for part in parts}) == 4


@given(
    st.lists(
        st.tuples(st.integers(-5 * S, 20 * S), st.integers(0, 10 * S), st.sampled_from(["model", "wait", "tool"]))
    ),
    st.integers(0, 60),
    st.booleans(),
)
def test_a_bar_always_has_its_width(spans: list[tuple[int, int, str]], width: int, idle: bool):
    made = [Span(start, start + length, kind) for start, length, kind in spans]  # type: ignore[arg-type]
    assert len(drawn(made, width, idle=idle)) == width


def test_sparklines():
    assert sparkline([0, 1, 2, 4, 8, None], 6) == "▁▁▂▄█ "
    assert sparkline([], 4) == "    "
    assert resample([1, 5, 2, 3], 2) == [5, 3]
    assert resample([1, 2], 4) == [1, 1, 2, 2]


def test_curves_fill_from_the_base():
    top, bottom = curve([8, 8, 0, 4], 2, 2)
    assert top == "⣿ "
    assert bottom[0] == "⣿"
    assert curve([None, None], 1, 1) == [" "]


@given(st.text(max_size=300), st.integers(8, 80))
def test_wrapped_lines_fit_and_lose_nothing_but_space(text: str, width: int):
    lines = list(wrap(text, width))
    assert all(cell_len(line) <= width for line in lines)


def test_wrapping_breaks_at_spaces_and_keeps_words():
    assert list(wrap("the quick brown fox jumps", 12)) == ["the quick", "brown fox", "jumps"]
    assert list(wrap("a" * 25, 10)) == ["a" * 10, "a" * 10, "a" * 5]
    assert list(wrap("eins\n\nzwei\r\n", 10)) == ["eins", "", "zwei", ""]


def test_facts_stand_in_as_many_columns_as_fit():
    part = Part(facts=[("TTFT", "412 ms", "base"), ("E2E", "2.31 s", "base"), ("finish", "end_turn", "base")])
    wide = ["".join(text for text, _ in line.runs) for line in lay_out([part], 80)]
    narrow = lay_out([part], 20)
    assert len(wide) == 1
    assert len(narrow) == 3
    assert wide[0].split() == ["TTFT", "412", "ms", "E2E", "2.31", "s", "finish", "end_turn"]


def test_a_long_part_says_how_much_is_not_shown():
    last = lay_out([Part(text="x" * 400_010)], 80)[-1]
    assert last.runs[0][0] == "… 10 characters more"


async def test_what_waits_to_be_painted_is_painted_though_the_layout_changes(make_app: Callable[..., HeronApp]):
    app = make_app("openai-sdk")
    async with running(app, (160, 50)) as pilot:
        rows, tree = app.main.packets.list, app.main.packets.forest.tree
        drawn: list[str] = []

        class Watched(type(rows)):  # type: ignore[misc]
            def render_line(self, y: int) -> Strip:
                strip = super().render_line(y)
                drawn.append(strip.text)
                return strip

        rows.__class__ = Watched
        for n in range(4):
            drawn.clear()
            rows.title = f"title {n}"
            rows.refresh()
            tree.virtual_size = Size(10, 100 + n)
            await settle(pilot)
            assert any(rows.title in text for text in drawn)


async def test_a_cursor_that_moves_on_a_page_draws_two_rows(make_app: Callable[..., HeronApp]):
    app = make_app("openai-sdk")
    async with running(app, (160, 50)) as pilot:
        await press(pilot, "j j")
        rows = app.main.packets.list
        drawn: list[int] = []

        class Watched(type(rows)):  # type: ignore[misc]
            def render_line(self, y: int) -> Strip:
                drawn.append(y)
                return super().render_line(y)

        rows.__class__ = Watched
        rows.move(rows.cursor + 1)
        app.pacing.release()
        await pilot.pause()
        assert set(drawn) == {rows.cursor, rows.cursor + 1}
