"""What became of headers between a call and its legs."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from heron_tui.model.turn import Leg, Story
from heron_tui.store.reader import Reader
from heron_tui.store.writer import Writer
from tests.store import made

Read = Callable[[], Reader]
Head = tuple[tuple[str, str], ...]


def put(writer: Writer, number: int, asked: Head, answered: Head | None) -> None:
    exchange = f"x{number}"
    response = made.response(exchange)
    said = None if answered is None else replace(response, headers=answered)
    writer.put_exchange(made.request(exchange, headers=asked), said, made.end(exchange), [], (), f"c{number}")
    writer.put_calls([made.call(f"c{number}", exchange)])


def leg(number: int, of: int, role: Any = "upstream") -> Leg:
    return Leg(f"c{number}", f"f{number}", "10.0.0.2:5000", "10.0.0.3:80", role=role, of=f"c{of}")


def test_of_each_leg_against_the_one_that_it_was_made_of(writer: Writer, read: Read):
    put(writer, 1, (("Host", "proxy"), ("X-Session", "s"), ("Accept", "a"), ("accept", "b")), (("X-Took", "9"),))
    put(writer, 2, ((":authority", "inner"), ("accept", "a, b"), ("x-hop", "1")), (("Server", "u"), ("Date", "d")))
    put(writer, 3, (("host", "last"), ("accept", "a, b"), ("x-hop", "2"), ("content-length", "7")), (("server", "v"),))
    writer.put_story(Story(parts=[made.part("c1", legs=(leg(2, 1), leg(3, 2)))]))
    writer.commit()
    first, second = next(call for call in read().rows("call", 0, 9, full=True) if call["id"] == "c1")["legs"]
    assert first["request_headers"] == {
        "added": {"x-hop": "1"},
        "removed": {"x-session": "s"},
        "changed": {"host": ["proxy", "inner"]},
    }
    assert first["response_headers"] == {"added": {"x-took": "9"}, "removed": {"server": "u"}, "changed": {}}
    assert second["request_headers"] == {
        "added": {},
        "removed": {},
        "changed": {"host": ["inner", "last"], "x-hop": ["1", "2"]},
    }
    assert second["response_headers"]["changed"] == {"server": ["v", "u"]}


def test_nothing_is_said_of_heads_that_were_not_seen_and_of_mirrors(writer: Writer, read: Read):
    put(writer, 1, (("host", "proxy"),), None)
    put(writer, 2, (("host", "inner"),), (("server", "u"),))
    put(writer, 3, (("host", "proxy"),), None)
    writer.put_story(Story(parts=[made.part("c1", legs=(leg(2, 1), leg(3, 1, "mirror")))]))
    writer.commit()
    upstream, mirror = next(call for call in read().rows("call", 0, 9, full=True) if call["id"] == "c1")["legs"]
    assert upstream["request_headers"]["changed"] == {"host": ["proxy", "inner"]}
    assert upstream["response_headers"] is None
    assert "request_headers" not in mirror


def test_lists_do_not_read_them(writer: Writer, read: Read):
    put(writer, 1, (("host", "proxy"),), None)
    put(writer, 2, (("host", "inner"),), None)
    writer.put_story(Story(parts=[made.part("c1", legs=(leg(2, 1),))]))
    writer.commit()
    (found,) = next(call for call in read().rows("call", 0, 9) if call["id"] == "c1")["legs"]
    assert "request_headers" not in found
