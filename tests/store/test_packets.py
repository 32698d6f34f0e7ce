"""Packets: columns in blocks, found by place and by number; their bytes come from the capture file."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from heron_tui.core.errors import SourceError
from heron_tui.model.packet import PacketBatch, PacketColumns
from heron_tui.store.packet_blocks import BLOCK
from heron_tui.store.packet_pages import PacketPages
from heron_tui.store.reader import Reader
from heron_tui.store.writer import Writer
from tests.store import made

Read = Callable[[], Reader]


def random_packets(count: int, seed: int) -> tuple[PacketBatch, PacketColumns]:
    chance = np.random.default_rng(seed)
    flow = chance.integers(-1, 3, count)
    number = np.arange(1, count + 1, dtype=np.int64)
    one = lambda low, high: chance.integers(low, high, count)  # noqa: E731
    batch = PacketBatch(
        b"",
        number,
        made.T0 + one(0, 1 << 33),
        number,
        one(40, 1500),
        one(40, 70_000),
        one(0, 280),
        one(0, 2),
        one(0, 1 << 40),
    )
    return batch, PacketColumns(flow, np.where(flow < 0, -1, one(0, 2)), one(0, 1460), one(0, 14))


def part(batch: PacketBatch, columns: PacketColumns, start: int, stop: int) -> tuple[PacketBatch, PacketColumns]:
    def cut(record):
        names = [name for name in record.__slots__ if isinstance(getattr(record, name), np.ndarray)]
        return {name: getattr(record, name)[start:stop] for name in names}

    return PacketBatch(data=b"", **cut(batch)), PacketColumns(**cut(columns))


def test_columns_come_back_whatever_the_batches_and_commits(writer: Writer, path: Path, read: Read) -> None:
    count = 3 * BLOCK + 123
    batch, columns = random_packets(count, 1)
    writer.put_source(made.source("s1", 0))
    writer.put_source(made.source("s2", 1))
    writer.put_flows([made.flow(n) for n in range(3)])
    cuts = [0, 1, 5000, BLOCK, BLOCK + 1, 2 * BLOCK + 77, 3 * BLOCK, count]
    for place, (start, stop) in enumerate(pairwise(cuts)):
        writer.put_packets(*part(batch, columns, start, stop))
        if place % 2:
            writer.commit()
    writer.commit()
    reader = read()
    assert reader.packet_count() == count
    stored = {name: np.array(column) for name, column in PacketPages(reader._connection).page(0, count).items()}
    for name in ("number", "time_us", "length", "caplen", "link", "file_pos"):
        assert np.array_equal(stored[name], getattr(batch, name)), name
    for name in ("side", "payload", "kind"):
        assert np.array_equal(stored[name], getattr(columns, name)), name
    assert np.array_equal(np.where(stored["flow"] < 0, -1, stored["flow"] - 1), columns.flow)
    assert np.array_equal(stored["file"] - 1, batch.file)


def test_windows_and_places(writer: Writer, read: Read) -> None:
    writer.put_source(made.source())
    writer.put_flows([made.flow()])
    writer.put_packets(*made.packets(BLOCK + 100))
    writer.commit()
    reader = read()
    assert [row.number for row in reader.packets(BLOCK - 2, BLOCK + 2)] == list(range(BLOCK - 1, BLOCK + 3))
    assert [row.number for row in reader.packets(BLOCK + 98, BLOCK + 500)] == [BLOCK + 99, BLOCK + 100]
    assert reader.packets(BLOCK + 100, BLOCK + 101) == []
    assert [reader.packet_position(number) for number in (1, 2, BLOCK + 1, BLOCK + 100)] == [0, 1, BLOCK, BLOCK + 99]
    assert reader.packet_position(10**9) == BLOCK + 100
    assert reader.meta()["origin_us"] == made.T0 + 1000
    assert reader.now_us() == made.T0 + (BLOCK + 100) * 1000
    (row,) = reader.packets(0, 1)
    assert (row.flow, row.client, row.server, row.file) == ("f0", "10.0.0.0:40000", "10.9.0.1:80", "s1")


def test_a_reader_sees_the_last_block_grow(writer: Writer, read: Read) -> None:
    writer.put_source(made.source())
    writer.put_flows([made.flow()])
    writer.put_packets(*made.packets(10))
    writer.commit()
    reader = read()
    assert (reader.packet_count(), len(reader.packets(0, 50))) == (10, 10)
    writer.put_packets(*made.packets(20, first=11))
    assert reader.packet_count() == 10
    writer.commit()
    assert (reader.packet_count(), len(reader.packets(0, 50))) == (30, 30)


def write_run(path: Path, source: str, flows: list[str], count: int) -> None:
    writer = Writer(path)
    writer.put_source(made.source(source))
    writer.put_flows([made.flow(n, id) for n, id in enumerate(flows)])
    writer.put_packets(*made.packets(count, flow=[n % len(flows) for n in range(count)]))
    exchange = f"x-{source}"
    writer.put_exchange(made.request(exchange, flows[0], 1, 2), None, made.end(exchange, first=3, last=4), [], [], None)
    writer.commit()
    writer.close()


def test_packets_of_several_runs_stand_one_behind_the_other(path: Path, read: Read) -> None:
    for _ in range(2):  # again: nothing is added
        write_run(path, "sA", ["fa", "fb"], 100)
        write_run(path, "sB", ["fc", "fa"], 50)
        reader = read()
        assert reader.packet_count() == 150
        assert [row.number for row in reader.packets(98, 102)] == [99, 100, 101, 102]
        assert [row.flow for row in reader.packets(98, 102)] == ["fa", "fb", "fc", "fa"]
        assert [row.file for row in reader.packets(99, 101)] == ["sA", "sB"]
        second = reader.get("exchange", "x-sB")
        assert second is not None
        assert second["evidence"] == {"request": [101, 102], "response": [103, 104]}
        assert [reader.exchange_at(number) for number in (1, 101)] == ["x-sA", "x-sB"]
        assert reader.flow_packets("fb") == list(range(2, 101, 2))


def test_a_capture_that_outgrows_its_place_is_refused(path: Path) -> None:
    write_run(path, "sA", ["fa"], 100)
    write_run(path, "sB", ["fb"], 50)
    with pytest.raises(SourceError, match="new store"):
        write_run(path, "sA", ["fa"], 101)


def test_a_shorter_reading_of_the_same_capture_takes_nothing_away(path: Path, read: Read) -> None:
    write_run(path, "sA", ["fa"], 100)
    write_run(path, "sA", ["fa"], 60)
    assert read().packet_count() == 100


def capture_file(tmp_path: Path, text: bytes = bytes(range(256)) * 100) -> Path:
    file = tmp_path / "a.pcap"
    file.write_bytes(text)
    return file


def test_bytes_of_a_packet(writer: Writer, read: Read, tmp_path: Path) -> None:
    file = capture_file(tmp_path)
    writer.put_source(made.source(path=file))
    writer.put_flows([made.flow()])
    writer.put_packets(*made.packets(20))
    writer.commit()
    reader = read()
    assert reader.packet_bytes(7) == (file.read_bytes()[700:760], 1)
    with pytest.raises(SourceError, match="no packet 21"):
        reader.packet_bytes(21)
    with file.open("ab") as grown:
        grown.write(b"more")
    assert reader.packet_bytes(7) == (file.read_bytes()[700:760], 1)
    file.write_bytes(b"x" * 25_600)
    with pytest.raises(SourceError, match="has changed"):
        reader.packet_bytes(7)


def test_a_capture_file_that_is_gone_or_was_never_there(path: Path, read: Read, tmp_path: Path) -> None:
    file = capture_file(tmp_path)
    writer = Writer(path)
    writer.put_source(made.source("s1", 0, file))
    writer.put_source(made.source("s2", 1))
    writer.put_packets(*made.packets(1, file=0, flow=-1))
    writer.put_packets(*made.packets(1, first=2, file=1, flow=-1))
    writer.commit()
    writer.close()
    file.unlink()
    reader = read()
    with pytest.raises(SourceError, match=r"a\.pcap cannot be read any more: No such file"):
        reader.packet_bytes(1)
    with pytest.raises(SourceError, match=r"packets of s2\.pcap were not kept"):
        reader.packet_bytes(2)


@pytest.mark.parametrize("name", ["claude-code", "anthropic-sdk-faults", "codex-http"])
def test_order_by_what_rows_say_of_answers(name, stores):
    reader = Reader(stores(name))
    rows = reader.packets(0, 10_000)

    def tokens(row):
        return None if row.input_tokens is None or row.output_tokens is None else row.input_tokens + row.output_tokens

    for by, value in (("status", lambda row: row.status), ("ttft", lambda row: row.ttft_us), ("tokens", tokens)):
        for down in (False, True):
            there = [row for row in rows if value(row) is not None]
            there.sort(key=lambda row: (-value(row) if down else value(row), row.number))
            expected = [row.number for row in there] + [row.number for row in rows if value(row) is None]
            assert there
            assert reader.packet_order(by, down=down).tolist() == expected
