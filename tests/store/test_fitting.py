"""Filters on a store: packets by masks, windows of what fits, growth, and stopping."""

import threading
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heron_tui.filter.parser import parse
from heron_tui.model.turn import Story
from heron_tui.store import functions
from heron_tui.store.fitting import Stopped
from heron_tui.store.reader import Reader
from heron_tui.store.writer import Writer
from tests.store import made


def numbers(reader, text: str) -> list[int]:
    fit = reader.fit("packet", parse(text))
    return [row.number for row in reader.fit_packets(fit, 0, fit.count)]


def fill(writer, count: int = 40) -> None:
    writer.put_source(made.source())
    writer.put_flows([made.flow(0), made.flow(1)])
    writer.put_packets(*made.packets(count, flow=[n % 4 // 2 for n in range(count)]))
    writer.commit()


def test_fields_of_packets_are_compared_as_columns(writer, read):
    fill(writer)
    reader = read()
    assert numbers(reader, "packet.number in {3, 5..7, 39..99}") == [3, 5, 6, 7, 39, 40]
    assert numbers(reader, "packet.number <= 3 and packet.length == 80") == [1, 2, 3]
    assert numbers(reader, "packet.number > 38.5") == [39, 40]
    assert numbers(reader, "packet.number >= 99999999999999999999") == []
    assert numbers(reader, "packet.number ~ r'^1.$' and not packet.number contains '5'") == [
        10, 11, 12, 13, 14, 16, 17, 18, 19
    ]  # fmt: skip
    assert numbers(reader, 'flow.id == "f1"') == [n for n in range(1, 41) if (n - 1) % 4 // 2]
    assert numbers(reader, 'flow.id != "f1" and packet.number < 6') == [1, 2, 5]


def test_packets_of_a_call_are_those_that_carried_it(writer, read):
    fill(writer)
    writer.put_exchange(
        made.request(first=5, last=9), made.response(first=17), made.end(first=17, last=29), [], [], "c1"
    )
    writer.put_calls([made.call(request_packets=(5, 9), response_packets=(17, 29))])
    writer.commit()
    reader = read()
    expected = [5, 9] + [n for n in range(17, 30) if (n - 1) % 4 // 2 == 0 and n % 2 == 0]
    assert numbers(reader, 'call.model == "model-a"') == expected
    assert numbers(reader, "http.status == 200") == expected
    assert numbers(reader, "call.outcome != error") == expected
    assert numbers(reader, "call.model == nothing or packet.number == 1") == [1]
    assert len(numbers(reader, "not call.model == 'model-a'")) == 40 - len(expected)


def test_a_fit_grows_with_the_store_and_looks_only_at_blocks_that_changed(writer, read, monkeypatch):
    fill(writer, 20_000)
    reader = read()
    node = parse("packet.number > 10 and flow.id == f0")
    first = reader.fit("packet", node)
    looked = []
    from heron_tui.store import packet_filter

    real = packet_filter.PacketFilter.mask
    monkeypatch.setattr(
        packet_filter.PacketFilter, "mask", lambda self, p: looked.append(len(p["number"])) or real(self, p)
    )
    assert reader.fit("packet", node).count == first.count
    assert looked == []
    writer.put_packets(*made.packets(10, first=20_001))
    writer.commit()
    assert reader.fit("packet", node).count == first.count + 10
    assert looked == [20_010 - (1 << 14)]


def test_windows_and_places_of_what_fits(writer, read):
    fill(writer)
    calls = [made.call(f"c{n}", f"x{n}", made.T0 + n, status=200 + n % 2) for n in range(9)]
    writer.put_calls(calls)
    writer.commit()
    reader = read()
    fit = reader.fit("call", parse("call.status == 201"))
    assert (fit.count, fit.total) == (4, 9)
    assert [row["id"] for row in reader.fit_rows(fit, 1, 3)] == ["c3", "c5"]
    assert reader.fit_position(fit, "c5") == 2
    assert reader.fit_position(fit, "c4") is None
    down = reader.fit("call", parse("call.status == 201"), order="-t_request_us")
    assert [row["id"] for row in reader.fit_rows(down, 0, 9)] == ["c7", "c5", "c3", "c1"]
    packets = reader.fit("packet", parse("packet.number in {4, 9}"))
    assert [reader.fit_position(packets, number) for number in (4, 5, 10)] == [0, 1, 2]


@pytest.mark.parametrize("kind", ["packet", "call"])
def test_an_evaluation_can_be_stopped_and_begun_again(kind, writer, read):
    fill(writer)
    writer.put_calls([made.call(f"c{n}", f"x{n}", made.T0 + n) for n in range(3000)])
    writer.commit()
    reader = read()
    stop = threading.Event()
    stop.set()
    node = parse('call.text contains "t" and call.model contains "x"')
    with pytest.raises(Stopped):
        reader.fit(kind, node, stop=stop)
    stop.clear()
    assert reader.fit(kind, node, stop=stop).count == 0
    assert np.array_equal(reader.fit(kind, parse("call.n > 99999"), stop=stop).keys, [])


WORDS = st.sampled_from(["", "alpha", "Beta gamma", "gamma\x00delta", "ALPHA beta " * 50])
ASKED = [
    'call.text contains "alpha"',
    'call.text ~ r"be?ta"',
    'not call.text contains "gamma"',
    'all call.thinking contains "alpha"',
    'tool.arguments contains "beta"',
    'turn.prompt contains "alpha" or turn.answer contains "beta"',
    'call.text contains "alpha" and turn.prompt contains "gamma"',
]


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 5), WORDS, WORDS, st.integers(0, 2)), min_size=1, max_size=4),
        min_size=1,
        max_size=5,
    )
)
def test_what_is_remembered_of_long_texts_is_what_is_found_anew(tmp_path_factory, steps):
    """A reader that stays open answers after each commit as one that is opened then."""
    path = tmp_path_factory.mktemp("kept") / "run.store"
    writer = Writer(path)
    writer.put_source(made.source())
    writer.put_flows([made.flow(0)])
    writer.commit()
    staying = Reader(path)
    nodes = [parse(text) for text in ASKED]
    for step in steps:
        for n, text, other, turn in step:
            call = made.call(f"c{n}", f"x{n}", made.T0 + n)
            writer.put_calls([replace(call, response=replace(call.response, text=text, thinking=other or None))])
            gone = (f"u{(turn + 1) % 3}",) if text == "alpha" else ()
            gone_tools = (f"t{(n + 1) % 6}",) if other == "alpha" else ()
            writer.put_story(
                Story(
                    parts=[made.part(f"c{n}", f"u{turn}")],
                    turns=[made.turn(f"u{turn}", made.T0 + turn, (f"c{n}",), prompt=other, answer=text)],
                    tools=[made.tool(f"t{n}", f"c{n}", turn=f"u{turn}", arguments={"a": text + other})],
                    gone_turns=gone,
                    gone_tools=gone_tools,
                )
            )
        writer.commit()
        fresh = Reader(path)
        for node in nodes:
            for kind in ("call", "turn", "tool", "session", "flow"):
                kept, anew = staying.fit(kind, node), fresh.fit(kind, node)
                assert kept.keys.tolist() == anew.keys.tolist(), (kind, node)
        fresh.close()
    staying.close()
    writer.close()


def test_a_long_text_is_looked_through_once_until_it_is_written_again(writer, read, monkeypatch):
    looked = []
    real = functions._contains
    monkeypatch.setattr(functions, "_contains", lambda needle, text: looked.append(text) or real(needle, text))
    calls = [made.call(f"c{n}", f"x{n}", made.T0 + n) for n in range(20)]
    writer.put_calls(calls)
    writer.commit()
    reader = read()
    node = parse('call.text contains "new"')
    for kind in ("call", "turn", "call", "flow"):
        assert reader.fit(kind, node).count == 0
    assert len(looked) == 20
    writer.put_calls([replace(calls[3], response=replace(calls[3].response, text="a new text"))])
    writer.commit()
    assert reader.fit("call", node).count == 1
    assert len(looked) == 21
