"""Pages of any list, in any order of asking, are the list."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heron_tui.store.reader import Reader
from heron_tui.store.where import Where
from heron_tui.store.writer import Writer
from tests.store import made

COUNT = 120
WHERES = (None, Where("call.status = ?", (200,)), Where("call.n % 2 = ?", (1,)), Where("call.status = 1 OR 0"))


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory):
    path: Path = tmp_path_factory.mktemp("listing") / "run.store"
    writer = Writer(path)
    for n in range(COUNT):  # three calls at each time
        status = (200, 429, None)[n % 3]
        writer.put_calls([made.call(f"c{n * 37 % COUNT:03}", f"x{n}", made.T0 + n // 3 * 1000, status=status)])
    writer.commit()
    writer.close()
    made_reader = Reader(path)
    yield made_reader
    made_reader.close()


Pages = st.lists(st.tuples(st.integers(0, COUNT + 5), st.integers(0, 40)), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(WHERES), st.sampled_from((None, "-t_request_us", "status")), Pages)
def test_pages_are_parts_of_the_list(reader: Reader, where: Where | None, order: str | None, pages) -> None:
    everything = [row["id"] for row in reader.rows("call", 0, COUNT * 2, where=where, order=order)]
    assert len(everything) == reader.count("call", where)
    for start, size in pages:
        page = [row["id"] for row in reader.rows("call", start, start + size, where=where, order=order)]
        assert page == everything[start : start + size]
    for place in range(0, len(everything), 17):
        assert reader.position("call", everything[place], where=where, order=order) == place


def test_a_page_follows_what_was_written_meanwhile(path: Path, read: Callable[[], Reader]) -> None:
    writer = Writer(path)
    where = Where("call.status = 200")
    writer.put_calls([made.call(f"c{n}", f"x{n}", made.T0 + n * 10) for n in range(1, 9)])
    writer.commit()
    reader = read()
    assert [row["id"] for row in reader.rows("call", 4, 6, where=where)] == ["c5", "c6"]
    writer.put_calls([made.call("c0", "x0", made.T0)])
    writer.commit()
    assert [row["id"] for row in reader.rows("call", 4, 6, where=where)] == ["c4", "c5"]
    writer.close()
