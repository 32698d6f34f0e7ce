"""Questions to the store off the loop."""

import asyncio
import threading
from typing import Any

from heron_tui.tui.reading import Reading
from heron_tui.tui.rows import PAGE, PagedRows


class Numbers:
    """A reader whose rows are their own numbers."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []
        self.closed = False

    def rows(self, start: int, stop: int) -> list[int]:
        self.asked.append((start, stop))
        return list(range(start, stop))

    def close(self) -> None:
        self.closed = True


class Desk:
    """A reading with what came back from it."""

    def __init__(self, reader: Any) -> None:
        loop = asyncio.get_running_loop()
        self.errors: list[Exception] = []
        self.reading = Reading(lambda: reader, loop.call_soon_threadsafe, self.errors.append)

    async def settle(self) -> None:
        while not self.reading.idle:
            await asyncio.sleep(0.001)


async def test_answers_come_back_on_the_loop():
    desk = Desk(Numbers())
    threads: list[int] = []
    answers: list[list[int]] = []
    desk.reading.ask("a", lambda reader: threads.append(threading.get_ident()) or reader.rows(0, 3), answers.append)
    await desk.settle()
    assert answers == [[0, 1, 2]]
    assert threads != [threading.get_ident()]
    desk.reading.close()


async def test_a_newer_question_of_a_kind_replaces_one_that_waits():
    desk = Desk(Numbers())
    gate = threading.Event()
    answers: list[int] = []
    desk.reading.ask("gate", lambda reader: gate.wait(5), lambda _: None)
    for number in range(100):
        desk.reading.ask("cursor", lambda reader, n=number: n, answers.append)
    gate.set()
    await desk.settle()
    assert answers == [99]
    desk.reading.close()


async def test_an_error_is_told_and_the_next_question_is_answered():
    desk = Desk(Numbers())
    answers: list[int] = []
    desk.reading.ask("bad", lambda reader: 1 // 0, answers.append)
    desk.reading.ask("good", lambda reader: 7, answers.append)
    await desk.settle()
    assert answers == [7]
    assert [type(error) for error in desk.errors] == [ZeroDivisionError]
    desk.reading.close()


async def test_a_store_that_is_not_there_yet_is_opened_when_it_is():
    attempts: list[int] = []
    numbers = Numbers()

    def open_reader() -> Numbers:
        attempts.append(1)
        if len(attempts) == 1:
            raise OSError("not yet")
        return numbers

    loop = asyncio.get_running_loop()
    errors: list[Exception] = []
    reading = Reading(open_reader, loop.call_soon_threadsafe, errors.append)
    answers: list[int] = []
    for _ in range(2):
        reading.ask("x", lambda reader: 1, answers.append)
        while not reading.idle:
            await asyncio.sleep(0.001)
    assert answers == [1]
    assert len(errors) == 1
    reading.close()
    assert numbers.closed


async def test_rows_come_in_pages_and_only_those_that_are_looked_at():
    numbers = Numbers()
    desk = Desk(numbers)
    arrived: list[int] = []
    rows = PagedRows(desk.reading, "rows", Numbers.rows, lambda: arrived.append(1))
    rows.changed(1_000_000)
    assert list(rows.window(500_000, 500_003)) == [None, None, None]
    await desk.settle()
    assert list(rows.window(500_000, 500_003)) == [500_000, 500_001, 500_002]
    assert arrived
    assert numbers.asked == [(500_000 // PAGE * PAGE, 500_000 // PAGE * PAGE + PAGE)]
    desk.reading.close()


async def test_a_page_that_may_have_grown_is_shown_until_the_new_one_is_there():
    numbers = Numbers()
    desk = Desk(numbers)
    rows = PagedRows(desk.reading, "rows", Numbers.rows, lambda: None)
    rows.changed(10)
    rows.window(0, 10)
    await desk.settle()
    rows.changed(20)
    assert list(rows.window(8, 12)) == [8, 9, None, None]
    await desk.settle()
    assert list(rows.window(8, 12)) == [8, 9, 10, 11]
    rows.changed(5)
    assert list(rows.window(0, 12)) == [0, 1, 2, 3, 4]
    desk.reading.close()
