"""Damaged and hostile captures, and secrets: nothing raises, nothing leaks."""

import random
from pathlib import Path

import pytest
import zstandard

from heron_tui.core.errors import SourceError
from heron_tui.engine.run import replay
from heron_tui.store import opening
from heron_tui.store.reader import Reader
from tests.conftest import CAPTURES

SMALL = ("anthropic-sdk-faults", "curl", "openai-sdk-h2", "codex-ws", "openclaw")


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", SMALL)
def test_flipped_bytes_never_stop_a_replay(name: str, seed: int, tmp_path: Path):
    rng = random.Random(seed)
    data = bytearray((CAPTURES / f"{name}.pcap").read_bytes())
    for _ in range(len(data) // 2000 + 1):
        data[rng.randrange(24, len(data))] = rng.randrange(256)
    capture = tmp_path / "damaged.pcap"
    capture.write_bytes(data)
    counters = replay([str(capture)], tmp_path / "s.store")
    reader = Reader(tmp_path / "s.store")
    assert counters.packets == reader.packet_count() > 0
    for kind in ("call", "turn", "session", "tool", "flow", "exchange", "finding"):
        assert len(reader.rows(kind, 0, 1000, full=True)) == reader.count(kind)
    assert len(reader.packets(0, 100)) == min(100, counters.packets)


@pytest.mark.parametrize("size", [0, 3, 23, 24, 31, 40, 1000])
def test_a_capture_cut_anywhere_is_read_up_to_there(size: int, tmp_path: Path):
    capture = tmp_path / "cut.pcap"
    capture.write_bytes((CAPTURES / "curl.pcap").read_bytes()[:size])
    if size < 24:
        with pytest.raises(SourceError, match=r"cut\.pcap"):
            replay([str(capture)], tmp_path / "s.store")
        assert not (tmp_path / "s.store").exists()
    else:
        assert replay([str(capture)], tmp_path / "s.store").packets == {24: 0, 31: 0, 40: 0, 1000: 8}[size]


@pytest.mark.parametrize("name", sorted(path.stem for path in CAPTURES.glob("*.pcap")))
def test_no_key_reaches_the_store(name: str, stores):
    raw = (CAPTURES / f"{name}.pcap").read_bytes()
    keys = [key for key in (b"sk-lab-fake", b"lab-fake") if key in raw]
    connection = opening.open_for_reading(stores(name))
    tables = [row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")]
    for table in tables:
        for row in connection.execute(f'select * from "{table}"'):
            for value in row:
                assert not any(key in _plain(value) for key in keys), f"{table} holds a key"


def _plain(value: object) -> bytes:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    if isinstance(value, bytes) and value[:4] == zstandard.FRAME_HEADER:
        return zstandard.ZstdDecompressor().decompressobj().decompress(value)
    return value if isinstance(value, bytes) else b""
