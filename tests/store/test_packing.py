"""Columns come back as they were given."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from heron_tui.store import packed
from heron_tui.store.packing import pack, unpack

SPANS = st.sampled_from((0, 1, 200, 60_000, 1 << 31, 1 << 50, 1 << 60))


@st.composite
def tables(draw: st.DrawFn) -> np.ndarray:
    span = draw(SPANS)
    shape = (draw(st.integers(1, 4)), draw(st.integers(0, 40)))
    return draw(arrays(np.int64, shape, elements=st.integers(-span, span)))


@given(tables())
def test_round_trip(table: np.ndarray) -> None:
    names = tuple(f"column{place}" for place in range(len(table)))
    columns = unpack(pack(names, table))
    assert list(columns) == list(names)
    for place, name in enumerate(names):
        assert columns[name].tolist() == table[place].tolist()


@given(tables(), st.integers(0, 40), st.integers(0, 45))
def test_any_part_of_a_column_alone(table: np.ndarray, start: int, stop: int) -> None:
    names = tuple(f"column{place}" for place in range(len(table)))
    columns = packed.decode(pack(names, table))
    for place, name in enumerate(names):
        assert columns.values(name, start, stop) == table[place, start:stop].tolist()
        assert columns.values(name) == table[place].tolist()


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_values(count: int) -> None:
    table = np.arange(count * 2, dtype=np.int64).reshape(2, count)
    assert [values.tolist() for values in unpack(pack(("a", "b"), table)).values()] == table.tolist()


def test_regular_columns_take_no_room() -> None:
    table = np.stack([np.arange(16384), np.full(16384, 7), np.arange(16384) * 1500 + (1 << 40)]).astype(np.int64)
    assert len(pack(("number", "file", "time"), table)) < 100
