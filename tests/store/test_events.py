"""Events: when they came and in which packets; their data from the body, or kept until there is one."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heron_tui.model.http import EventBatch
from heron_tui.store.event_reader import sse_data
from heron_tui.store.events import MOST_SEGMENTS
from heron_tui.store.reader import Reader
from heron_tui.store.tool_events import tools_begun
from heron_tui.store.writer import Writer
from tests.store import made

Read = Callable[[], Reader]


def stream(sizes: list[int]) -> list[EventBatch]:
    """Batches of one stream, with so many events each."""
    batches: list[EventBatch] = []
    index = start = 0
    for size in sizes:
        names = [("delta", "ping")[n % 2] for n in range(index, index + size)]
        data = [f'{{"n":{n}}}'.encode() for n in range(index, index + size)]
        batches.append(made.sse(names, data, index, start, packet=4 + index))
        index, start = index + size, batches[-1].ends.item(-1)
    return batches


@pytest.mark.parametrize("sizes", [[3], [1, 2, 3], [1] * (MOST_SEGMENTS + 5)])
@pytest.mark.parametrize("ended", [True, False])
def test_events_come_back_however_they_came(writer: Writer, read: Read, sizes: list[int], ended: bool) -> None:
    batches = stream(sizes)
    for batch in batches[:-1]:
        writer.put_exchange(made.request(), made.response(), None, [batch], [], None)
        writer.commit()
    end = made.end(body=body, last=400) if (body := made.body_of(*batches)) and ended else None
    writer.put_exchange(made.request(), made.response(), end, [batches[-1]], [], None)
    writer.commit()
    reader = read()
    rows = reader.events("x1")
    assert [row.index for row in rows] == list(range(sum(sizes)))
    assert [row.name for row in rows] == [name for batch in batches for name in batch.names]
    assert [row.first_packet for row in rows] == [n for batch in batches for n in batch.first_packet]
    assert [(row.start, row.end) for row in rows] == [
        pair for batch in batches for pair in zip(batch.starts, batch.ends, strict=True)
    ]
    assert [reader.event_data("x1", n) for n in range(sum(sizes))] == [d for batch in batches for d in batch.data]
    assert reader.event_data("x1", sum(sizes)) == b""
    (exchange,) = reader.rows("exchange", 0, 1)
    assert (exchange["events"], exchange["state"]) == (sum(sizes), "complete" if ended else "open")
    assert reader.body("x1", "response") == (body if ended else b"")


def test_data_is_not_kept_twice(writer: Writer, path: Path) -> None:
    batches = stream([4, 4])
    writer.put_exchange(made.request(), made.response(), None, [batches[0]], [], None)
    writer.commit()
    ask = sqlite3.connect(path).execute
    assert ask("SELECT count(data) FROM events").fetchone() == (1,)
    end = made.end(body=made.body_of(*batches))
    writer.put_exchange(made.request(), made.response(), end, [batches[1]], [], None)
    writer.commit()
    assert ask("SELECT count(data), count(*) FROM events").fetchone() == (0, 2)


def test_events_beyond_a_body_that_was_cut_keep_their_data(writer: Writer, read: Read) -> None:
    batches = stream([4, 4])
    writer.put_exchange(made.request(), made.response(), None, [batches[0]], [], None)
    end = made.end(body=made.body_of(*batches)[:50])
    writer.put_exchange(made.request(), made.response(), end, [batches[1]], [], None)
    writer.commit()
    assert [read().event_data("x1", n) for n in range(8)] == [d for batch in batches for d in batch.data]


def test_a_stream_read_again_replaces_the_first_reading(path: Path, read: Read) -> None:
    batches = stream([2, 2, 2])
    for cuts in ([1, 2, 3], [2, 3], [3]):
        writer = Writer(path)
        given = 0
        for cut in cuts:
            end = made.end(body=made.body_of(*batches)) if cut == 3 else None
            writer.put_exchange(made.request(), made.response(), end, batches[given:cut], [], None)
            given = cut
            writer.commit()
        writer.close()
        assert [row.index for row in read().events("x1")] == list(range(6))


NAMES = st.sampled_from(("", "delta"))
LINES = st.sampled_from((b"\n", b"\r\n", b"\r"))
TEXTS = st.lists(st.binary(max_size=20).filter(lambda b: not set(b) & {10, 13}), min_size=1, max_size=4)


@given(TEXTS, LINES, st.booleans(), st.booleans())
def test_data_of_any_event(lines: list[bytes], ends: bytes, space: bool, named: bool) -> None:
    lead = b"data: " if space else b"data:"
    lines = [line if space else line.lstrip(b" ") for line in lines]
    raw = ends.join([*([b"event: x"] if named else []), *(lead + line for line in lines), b"id: 7", b"", b""])
    assert sse_data(raw) == b"\n".join(lines)


@pytest.mark.parametrize(
    ("name", "data", "tool"),
    [
        ("content_block_start", b'{"content_block":{"type":"tool_use","id":"t","name":"Bash","input":{}}}', "Bash"),
        ("content_block_start", b'{"content_block":{"type":"text","text":""}}', None),
        ("response.output_item.added", b'{"item":{"type":"function_call","name": "shell"}}', "shell"),
        ("", b'{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"get","arguments":""}}]}}]}', "get"),
        ("", b'{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]}}]}', None),
        ("", b'{"parts":[{"functionCall":{"name":"read_file","args":{}}}]}', "read_file"),
        ("", b'{"choices":[{"delta":{"content":"the \\"name\\": \\"x\\" of it"}}]}', None),
    ],
)
def test_names_the_tool_that_an_event_begins_to_call(name: str, data: bytes, tool: str | None) -> None:
    assert tools_begun(made.sse([name], [data], index=5)) == ({5: tool} if tool else {})


def rows_of(writer: Writer, reader: Reader, packets: int = 12) -> list[str]:
    writer.put_source(made.source())
    writer.put_flows([made.flow()])
    batch, columns = made.packets(packets)
    columns.side[:] = [0, 0] + [1] * (packets - 2)
    writer.put_packets(batch, columns)
    writer.commit()
    return [row.info for row in reader.packets(0, packets)]


def test_says_what_each_packet_is(writer: Writer, read: Read) -> None:
    tool = b'{"content_block":{"type":"tool_use","name":"Bash"}}'
    names = ["message_start", "ping", "content_block_start", "delta", "delta"]
    batch = made.sse(names, [b"{}", b"{}", tool, b"{}", b"{}"])
    batch.first_packet = np.array([4, 4, 5, 6, 6])
    batch.last_packet = np.array([4, 4, 5, 6, 8])
    end = made.end(body=made.body_of(batch), last=9)
    writer.put_exchange(made.request(), made.response(), end, [batch], [], "c1")
    writer.put_calls([made.call(t_us=made.T0 + 6000 - 300_000)])
    reader = read()
    assert rows_of(writer, reader) == [
        "POST /v1/messages model-a",
        "request body",
        "200 text/event-stream",
        "SSE message_start +1",
        "tool_use Bash",
        "SSE delta +1",
        "SSE delta (goes on)",
        "SSE delta (goes on)",
        "end of response",
        "data",
        "data",
        "data",
    ]
    rows = reader.packets(0, 12)
    assert [row.event for row in rows] == [None, None, None, 0, 2, 3, 4, 4, None, None, None, None]
    assert [row.call for row in rows] == ["c1"] * 9 + [None] * 3
    assert [row.ttft_us for row in rows if row.ttft_us] == [200_000]
    assert (rows[5].ttft_us, rows[8].output_tokens, rows[7].output_tokens) == (200_000, 5, None)
    assert reader.exchange_packets("x1") == list(range(1, 10))
    assert (reader.exchange_at(5), reader.exchange_at(12)) == ("x1", None)


def test_an_exchange_under_way_is_followed(writer: Writer, read: Read) -> None:
    reader = read()
    batches = stream([2, 2])
    writer.put_exchange(made.request(), made.response(), None, [batches[0]], [], None)
    assert rows_of(writer, reader, 5)[2:] == ["200 text/event-stream", "SSE delta", "SSE ping"]
    writer.put_exchange(made.request(), made.response(), None, [batches[1]], [], None)
    batch, columns = made.packets(2, first=6)
    columns.side[:] = 1
    writer.put_packets(batch, columns)
    writer.commit()
    assert [row.event for row in reader.packets(0, 9)] == [None, None, None, 0, 1, 2, 3]
    assert reader.event_data("x1", 3) == b'{"n":3}'
