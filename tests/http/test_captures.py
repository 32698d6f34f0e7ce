"""Real agents' traffic: sizes, encodings and events as the server logged them, over HTTP/1.1, HTTP/2 and WebSocket."""

import json
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from heron_tui.capture.sources import open_sources
from heron_tui.http.decoder import Decoder
from heron_tui.model.flow import Chunk, FlowEvent, Marks
from heron_tui.net.tracker import Tracker

from .play import Played, Talk, gather

CAPTURES = Path(__file__).resolve().parent.parent / "captures"
NAMES = sorted(path.stem for path in CAPTURES.glob("*.pcap"))


def flow_events(name: str) -> list[FlowEvent]:
    sources = open_sources([str(CAPTURES / f"{name}.pcap")], spool=None)
    tracker = Tracker()
    results = [tracker.feed(batch)[1] for batch in sources.batches() if batch is not None]
    sources.close()
    return list(chain.from_iterable(result.events for result in (*results, tracker.close())))


def decode(events: list[FlowEvent]) -> Played:
    decoder = Decoder()
    told = [event for step in events for event in decoder.feed(step)] + decoder.close()
    return gather(told, decoder.counters)


def truth(name: str) -> list[dict[str, Any]]:
    """What the server logged of each exchange, in order of arrival."""
    records = [json.loads(line) for line in (CAPTURES / f"{name}.truth.jsonl").read_text().splitlines()]
    return sorted(records, key=lambda record: float(record["t_arrival"]))


def pairs(records: list[dict[str, Any]], played: Played) -> list[tuple[dict[str, Any], Talk]]:
    """Each record with its exchange: those of one client port come in the same order. Exchanges begun together on one
    HTTP/2 connection are told apart by their sizes."""
    left = list(played.talks)
    found = []
    for record in records:
        client = f"{record['client'][0]}:{record['client'][1]}"
        near = [t for t in left if t.request.client == client]
        near = [t for t in near if abs(t.request.place.t_first_us / 1e6 - record["t_arrival"]) < 0.5]
        if len({t.request.stream for t in near}) > 1 and near[0].request.transport == "http/2":
            near = [t for t in near if len(t.body) == record["res_bytes"]]
        if near:
            found.append((record, near[0]))
            left.remove(near[0])
    return found


def agree(record: dict[str, Any], talk: Talk) -> None:
    request, end = talk.request, talk.end
    assert end and (request.method, request.target) == (record["method"], record["path"])
    assert request.error is None and end.error is None
    size, asked, events = record.get("res_bytes"), record.get("req_bytes"), record.get("events")
    assert asked in (None, request.raw_size)
    if end.state != "complete" or size is None:
        return
    if request.transport == "websocket":
        assert len(talk.body) - len(talk.data) == size
    elif request.method != "HEAD":
        assert end.raw_size == size
        assert talk.response and (talk.response.encoding or "") == (record["res_encoding"] or "")
    if events and record["stream"]:
        assert len(talk.data) == events


@pytest.mark.parametrize("name", NAMES)
def test_sizes_encodings_and_events_are_those_of_the_server(name: str):
    played = decode(flow_events(name))
    found = pairs(truth(name), played)
    assert len(found) >= len(truth(name)) // 2
    for record, talk in found:
        agree(record, talk)
    counters = played.counters
    assert (counters.bytes_skipped, counters.desyncs, counters.bodies_cut) == (0, 0, 0) and not played.troubles


@pytest.mark.parametrize("name", ["anthropic-sdk", "claude-code-gzip", "codex-ws", "openai-sdk-h2", "curl"])
def test_segment_by_segment_the_same_is_told(name: str):
    events = flow_events(name)
    whole = decode(events)
    single = decode([part for event in events for part in segments(event)])
    assert single.contents() == whole.contents()
    assert [talk.packets for talk in single.talks] == [talk.packets for talk in whole.talks]
    assert [talk.times for talk in single.talks] == [talk.times for talk in whole.talks]


def segments(event: FlowEvent) -> list[FlowEvent]:
    """A chunk as its segments."""
    if not isinstance(event, Chunk):
        return [event]
    starts = event.marks.starts.tolist()
    ends = [*starts[1:], event.offset + len(event.data)]
    return [
        Chunk(
            event.flow,
            event.side,
            start,
            event.data[start - event.offset : end - event.offset],
            Marks(np.array([start]), np.array([n]), np.array([t])),
        )
        for start, end, n, t in zip(starts, ends, event.marks.packets, event.marks.times, strict=True)
    ]
