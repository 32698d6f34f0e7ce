"""Finding: text, expressions and bytes, in lists, trees, texts, bytes and in all bodies."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heron_tui.core.errors import UsageError
from heron_tui.store.reader import Reader
from heron_tui.tui.app import HeronApp
from heron_tui.tui.document import Part, lay_out
from heron_tui.tui.find.joined import Joined
from heron_tui.tui.find.query import query
from heron_tui.tui.screens.find import FindScreen
from heron_tui.tui.views.stream import StreamView
from tests.tui.conftest import press, running, screen_text, settle

Make = Callable[..., HeronApp]


def test_case_counts_where_it_is_typed():
    assert query("bash", "text").words.search("a Bash tool")
    assert not query("Bash", "text").words.search("a bash tool")
    assert query("a.c", "text").words.search("a.c") and not query("a.c", "text").words.search("abc")
    assert query("two words", "text").words.search("two  \n words")
    assert query("a.c", "regex").words.search("abc")
    assert query("50 4f53:54", "hex").raw.search(b"x POST y")


@pytest.mark.parametrize(
    ("typed", "kind", "words"),
    [(" ", "text", "nothing to find"), ("a(", "regex", "no regular expression"), ("5g", "hex", "write it as 50 4f")],
)
def test_what_cannot_be_found_is_told(typed: str, kind: str, words: str):
    with pytest.raises(UsageError, match=words):
        query(typed, kind)


def test_all_bodies_are_looked_through_once(stores: Callable[[str], Path]):
    reader = Reader(stores("claude-code"))
    raw = query("hello-from-lab", "text").raw
    at, hits = 0, []
    while True:
        found = reader.find_in_bodies(raw, at)
        at = found.at
        if found.hit:
            hits.append(found.hit)
        elif found.at == found.last:
            break
    assert hits
    for hit in hits:
        assert raw.search(reader.body(hit.exchange, hit.side))
    assert reader.find_in_bodies(query("no such text anywhere", "text").raw).hit is None
    reader.close()


async def find(app: HeronApp, pilot, typed: str, keys: str = "") -> None:
    await press(pilot, "ctrl+f")
    assert isinstance(app.screen, FindScreen)
    await press(pilot, f"{keys} {' '.join('space' if letter == ' ' else letter for letter in typed)} enter")
    await settle(pilot)


async def test_rows_of_a_list_there_and_back(make_app: Make):
    app = make_app()
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "1")
        await find(app, pilot, "POST")
        rows = app.main.current.list
        first = rows.row.packet.number
        assert "POST /v1/messages" in rows.row_text(rows.row)
        await press(pilot, "n")
        second = rows.row.packet.number
        assert second > first
        await press(pilot, "N")
        assert rows.row.packet.number == first
        await press(pilot, "N")
        assert rows.row.packet.number > second, "it goes on at the other end"
        await find(app, pilot, "nothing like it")
        assert "not found in packet list" in screen_text(app)


async def test_trees_details_and_bytes(make_app: Make):
    app = make_app()
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "3 j +")
        await find(app, pilot, "hello-from-lab")
        assert "hello-from-lab" in app.main.current.turns.row_text(app.main.current.turns.row)
        await press(pilot, "1 4G tab")
        await find(app, pilot, "time to live")
        assert app.main.current.detail.node.record.name == "time to live"
        await press(pilot, "tab")
        await find(app, pilot, "504f5354", "tab tab")
        shown = app.main.current.bytes
        start, end = shown._marks[0]
        assert shown.data[start:end] == b"POST"


async def test_a_stream_is_searched_to_its_end(make_app: Make):
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "3 j + j s")
        view = app.main.current
        assert isinstance(view, StreamView)
        await press(pilot, "/")
        assert isinstance(app.screen, FindScreen)
        await press(pilot, "m e s s a g e _ s t o p enter")
        assert "message_stop" in view.text.copy_text()
        here = view.text.cursor
        await press(pilot, "n")
        assert view.text.cursor != here
        await press(pilot, "n")
        assert view.text.cursor == here, "it goes on from the top"
        await press(pilot, "4v")
        await find(app, pilot, "zzzz not there")
        assert "not found" in screen_text(app)


async def test_bodies_lead_to_their_stream(make_app: Make):
    app = make_app()
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "1")
        await find(app, pilot, "hello-from-lab", "ctrl+f")
        view = app.main.current
        assert isinstance(view, StreamView)
        assert "hello-from-lab" in view.text.copy_text()
        first = view.scope.exchange
        await press(pilot, "n")
        await settle(pilot)
        assert "hello-from-lab" in view.text.copy_text() or view.scope.exchange != first
        await press(pilot, "escape")
        assert app.main.current.title == "packets"


async def test_an_answer_is_found_that_no_event_holds(make_app: Make, stores: Callable[[str], Path]):
    reader = Reader(stores("claude-code"))
    call, phrase = next(
        (call, phrase)
        for call in reader.rows("call", 0, 99, full=True)
        for words in [(call["text"] or "").split()]
        for phrase in [" ".join(words[1:])]
        if len(words) > 9 and reader.find_in_bodies(query(phrase, "text").raw).hit is None
    )
    reader.close()
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "1")
        await find(app, pilot, phrase, "ctrl+f")
        turns = app.main.current
        assert turns.title == "turns"
        assert turns.turns.node.key == call["id"]
        assert turns.text.has_focus
        assert turns.text._marked
        await press(pilot, "n")
        assert "no further body" in screen_text(app)
        await press(pilot, "escape")
        assert app.main.current.title == "packets"


async def test_a_stream_says_that_the_answer_as_a_whole_has_it(make_app: Make, stores: Callable[[str], Path]):
    reader = Reader(stores("claude-code"))
    call = reader.rows("call", 0, 99, full=True)[1]
    reader.close()
    app = make_app()
    async with running(app, (160, 50)) as pilot:
        await press(pilot, "7 j s")
        await find(app, pilot, " ".join(call["text"].split()[1:]))
        assert "in the answer as a whole: t goes to it" in screen_text(app)
        await press(pilot, "t")
        assert app.main.current.turns.node.key == call["id"]


@given(st.text("ab é字\n", max_size=200), st.integers(8, 30))
def test_wrapped_lines_are_searched_as_they_were(text: str, width: int):
    lines = lay_out([Part(text=text)], width)
    joined = Joined(lines)
    assert joined.text == (f"{text}\n" if text else "")
    for word in {text[at : at + 9] for at in range(0, len(text), 7)}:
        first, marked = joined.find(re.compile(re.escape(word)))
        assert bool(first) == bool(word)
        assert set(first) <= set(marked)


async def test_a_wrong_expression_is_told_where_it_is_typed(make_app: Make):
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "ctrl+f tab ( enter")
        assert isinstance(app.screen, FindScreen)
        assert "no regular expression" in screen_text(app)
        await press(pilot, "escape")
        assert not isinstance(app.screen, FindScreen)


async def test_rows_that_become_fewer_while_they_are_searched(make_app: Make):
    app = make_app("claude-code")
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "2")
        for by in (1, -1):
            app.finding = object()
            app.main.flows.list.search(query("nowhere", "text"), by)
            app.filtering.apply("packet.length > 1000000")
            await settle(pilot)
            while not app.filtering.idle:
                await pilot.pause()
            await settle(pilot)
            assert app.finding is None
            app.filtering.apply("")
            await settle(pilot)
