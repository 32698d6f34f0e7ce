"""Long texts: where lines break, and motion through sections of which some are not read."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from heron_tui.tui.long.passages import MOST, Lines, Paragraph, Prose
from heron_tui.tui.long.walk import LAST, Position, Walk
from heron_tui.tui.long.wrapping import breaks

WORDS = st.text(alphabet="ab c\u4e00\u0301é ", max_size=200)


@given(WORDS, st.integers(4, 40))
def test_lines_fit_and_nothing_but_a_space_is_left_out(text: str, width: int):
    found = breaks(text, width)
    at = 0
    for start, end in found:
        assert text[at:start] in ("", " ")
        assert cell_len(text[start:end]) <= max(width, 2)
        at = end
    assert text[at:] in ("", " ")


@given(st.lists(st.sampled_from(["", "one", "é" * 3000, "x" * 9000, "\u4e00" * 1500]), max_size=6))
def test_paragraphs_are_lines_and_long_ones_go_on(parts: list[str]):
    data = "\n".join(parts).encode()
    prose = Prose(data)
    shown = [prose.paragraph(index).text for index in range(len(prose))]
    assert "".join(shown) == "".join(parts)
    assert all(len(text.encode()) <= MOST for text in shown)
    assert all("\ufffd" not in text for text in shown)
    for index in range(len(prose)):
        start, end = prose.span(index)
        if end > start:
            assert prose.index(start) == prose.index(end - 1) == index


def walk(lengths: list[list[int] | None]) -> Walk:
    """Sections whose paragraphs have lines of these numbers; None for one that is not read."""
    passages = [None if section is None else Lines([Paragraph("x" * (10 * n)) for n in section]) for section in lengths]
    made = Walk(lambda number: passages[number])
    made.count, made.width = len(lengths), 10
    return made


SECTIONS = st.lists(st.one_of(st.none(), st.lists(st.integers(1, 4), max_size=4)), min_size=1, max_size=5)


@given(SECTIONS)
def test_the_way_down_is_the_way_up(sections: list[list[int] | None]):
    made = walk(sections)
    top = made.clamp(Position())
    down = [top, *made.after(top)]
    assert len(down) == sum(max(sum(section), 1) if section is not None else 1 for section in sections)
    last = made.clamp(Position(len(sections) - 1, LAST, LAST))
    up = [last, *made.before(last)]
    assert [made.clamp(place)[:1] for place in reversed(up)] == [place[:1] for place in down]
    known = [place for place in down if sections[place.section] is not None]
    assert [place for place in reversed(up) if sections[place.section] is not None and place.line != LAST] == [
        place for place in known if sections[place.section]
    ] or any(section == [] for section in sections)


@given(SECTIONS, st.integers(-30, 30))
def test_steps_end_where_the_text_ends(sections: list[list[int] | None], by: int):
    made = walk(sections)
    place = made.step(Position(), by)
    assert 0 <= place.section < len(sections)
    assert made.clamp(place) == place
