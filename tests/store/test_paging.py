"""Lists by key: whole in any page size, stable while the store grows, and what changed since a version."""

from collections.abc import Callable
from pathlib import Path

import pytest

from heron_tui.core.errors import UsageError
from heron_tui.filter.parser import parse
from heron_tui.store.paging import Key
from heron_tui.store.reader import Kind, Reader
from heron_tui.store.stopping import Stopped
from heron_tui.store.writer import Writer
from tests.store import made

NAME = "claude-code-agents"


def walk(reader: Reader, kind: Kind, size: int, **more) -> list[dict]:
    found: list[dict] = []
    after: Key | None = None
    while page := list(reader.paging.behind(kind, after, size, **more)):
        found += [record for _, record in page]
        after = page[-1][0]
    return found


@pytest.fixture(scope="module")
def reader(stores):
    made_reader = Reader(stores(NAME))
    yield made_reader
    made_reader.close()


@pytest.mark.parametrize("kind", ["call", "turn", "session", "tool", "flow", "exchange", "finding"])
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_pages_by_key_are_the_list(reader: Reader, kind: Kind, size: int):
    assert walk(reader, kind, size) == reader.rows(kind, 0, 1000, full=True)


@pytest.mark.parametrize("order", ["-t_request_us", "e2e_us", "-e2e_us", "subagent", "-subagent", "retry_of", "text"])
def test_pages_by_key_follow_any_order(reader: Reader, order: str):
    assert walk(reader, "call", 2, order=order, full=False) == reader.rows("call", 0, 1000, order=order)


def test_the_gravest_findings_come_first(stores):
    reader = Reader(stores("anthropic-sdk-faults"))
    found = walk(reader, "finding", 2, order="severity")
    assert found == reader.rows("finding", 0, 1000, order="severity", full=True)
    assert found[0]["severity"] == "error"
    reader.close()


def test_a_filter_keeps_what_fits(reader: Reader):
    where = reader.where("call", parse('tool.name == "Bash" or call.status == 200'))
    assert walk(reader, "call", 2, where=where) == reader.rows("call", 0, 1000, where=where, full=True)


def test_an_order_that_is_none_is_refused(reader: Reader):
    with pytest.raises(UsageError, match="modle"):
        list(reader.paging.behind("call", None, 1, order="modle"))


def test_rows_that_are_added_before_a_page_move_nothing(path: Path, read: Callable[[], Reader], writer: Writer):
    writer.put_calls([made.call(f"c{n}", f"x{n}", made.T0 + n * 10) for n in range(1, 6)])
    writer.commit()
    reader = read()
    first = list(reader.paging.behind("call", None, 2))
    writer.put_calls([made.call("c0", "x0", made.T0), made.call("c9", "x9", made.T0 + 90)])
    writer.commit()
    rest = [record["id"] for _, record in reader.paging.behind("call", first[-1][0], 100)]
    assert [record["id"] for _, record in first] + rest == ["c1", "c2", "c3", "c4", "c5", "c9"]


def test_changes_name_what_is_new_rewritten_and_gone(path: Path, read: Callable[[], Reader], writer: Writer):
    writer.put_calls([made.call(f"c{n}", f"x{n}", made.T0 + n * 10) for n in range(1, 4)])
    first = writer.commit()
    reader = read()
    assert reader.paging.changes("call", 0, 10).ids == ["c1", "c2", "c3"]
    assert reader.paging.changes("call", first, 10).ids == []
    writer.put_calls([made.call("c4", "x4", made.T0 + 40), made.call("c2", "x2", made.T0 + 20, status=500)])
    second = writer.commit()
    assert sorted(reader.paging.changes("call", first, 10).ids) == ["c2", "c4"]
    assert [r["id"] for _, r in reader.paging.behind("call", None, 10, since=first)] == ["c2", "c4"]
    few = reader.paging.changes("call", 0, 2)
    assert (len(few.ids), few.more) == (2, True)
    assert reader.paging.changes("call", second, 10).ids == []


def test_what_was_taken_back_is_gone_until_it_comes_again(path: Path, read: Callable[[], Reader], writer: Writer):
    from heron_tui.model.turn import Story

    writer.put_calls([made.call("c1", "x1", made.T0)])
    writer.put_story(Story(turns=[made.turn("u1")], sessions=[made.session()]))
    first = writer.commit()
    writer.put_story(Story(gone_turns=["u1"]))
    second = writer.commit()
    reader = read()
    assert reader.paging.changes("turn", first, 10).gone == ["u1"]
    assert reader.paging.changes("turn", second, 10).gone == []
    writer.put_story(Story(turns=[made.turn("u1")]))
    writer.commit()
    again = reader.paging.changes("turn", first, 10)
    assert (again.ids, again.gone) == (["u1"], [])


def test_a_number_that_moves_is_a_change(path: Path, read: Callable[[], Reader], writer: Writer):
    writer.put_calls([made.call("c2", "x2", made.T0 + 20)])
    first = writer.commit()
    writer.put_calls([made.call("c1", "x1", made.T0)])
    writer.commit()
    assert sorted(read().paging.changes("call", first, 10).ids) == ["c1", "c2"]


def test_a_question_can_be_stopped(reader: Reader):
    class Now:
        def is_set(self) -> bool:
            return True

    where = reader.where("call", parse('body contains "nothing like it"'))
    with pytest.raises(Stopped), reader.stoppable(Now()):
        for _ in range(1000):
            list(reader.paging.behind("call", None, 10, where=where))
