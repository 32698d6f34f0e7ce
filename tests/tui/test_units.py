import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from heron_tui.tui import units
from heron_tui.tui.columns import Column, fit, sized


@pytest.mark.parametrize(
    ("us", "text"),
    [
        (None, "–"),
        (0, "0 µs"),
        (999, "999 µs"),
        (1_500, "1.5 ms"),
        (412_400, "412 ms"),
        (999_600, "1.00 s"),
        (2_310_000, "2.31 s"),
        (59_900_000, "59.9 s"),
        (59_999_000, "1m00s"),
        (62_000_000, "1m02s"),
        (11_220_000_000, "3h07m"),
        (200_000_000_000, "55h33m"),
        (900_000_000_000, "10d10h"),
    ],
)
def test_durations(us: int | None, text: str):
    assert units.duration(us) == text


@given(st.integers(0, 8 * 10**13))
def test_a_duration_fits_its_column(us: int):
    assert len(units.duration(us)) <= 7


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (0.25, "0.2"), (812, "812"), (999.6, "1000"), (12_345, "12.3k"), (999_600, "1.0M"), (4_100_000, "4.1M")],
)
def test_short_counts(number: float, text: str):
    assert units.short(number) == text


def test_sizes_and_shares():
    assert units.size(812) == "812 B"
    assert units.size(12_300) == "12.3 kB"
    assert units.percent(None) == "–"
    assert units.percent(0.021) == "2.1%"
    assert units.percent(0.914) == "91%"


def test_terminals_never_see_control_characters_from_the_wire():
    assert units.clean("a\x1b[31mb\x07\u202ec\nd") == "a·[31mb··c d"


@given(st.text(max_size=60), st.integers(0, 40), st.booleans())
def test_a_cell_has_exactly_its_width(text: str, width: int, right: bool):
    shown = sized(text, width, right=right)
    assert cell_len(shown) == width
    assert not any(ord(c) < 32 or ord(c) == 127 for c in shown)


def test_columns_that_matter_most_stay():
    def cell(row: object) -> tuple[str, str]:
        return str(row), ""

    columns = [
        Column("a", "A", 6, cell),
        Column("b", "B", 10, cell, priority=3),
        Column("c", "C", 20, cell, flex=True),
        Column("d", "D", 8, cell, priority=2),
    ]
    assert [(c.key, w) for c, w in fit(columns, 80)] == [("a", 6), ("b", 10), ("c", 53), ("d", 8)]
    assert [(c.key, w) for c, w in fit(columns, 40)] == [("a", 6), ("c", 24), ("d", 8)]
    assert [c.key for c, _ in fit(columns, 30)] == ["a", "c"]
    assert [c.key for c, _ in fit(columns, 5)] == ["a", "c"]


def test_times_in_three_forms(monkeypatch: pytest.MonkeyPatch):
    from heron_tui.tui.times import Times

    times = Times(origin_us=1_000_000)
    assert times.show(13_034_512) == "12.034512"
    times.next_mode()
    assert len(times.show(13_034_512)) == len("00:00:13.034")
    times.next_mode()
    assert times.show(13_034_512, 13_000_000) == "+0.034512"
