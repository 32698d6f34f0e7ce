"""gzip and zstd: the same packets as plain, the spool, damage, bombs."""

import gzip
import stat
import zlib
from pathlib import Path

import pytest
import zstandard

from heron_tui.capture import expand, open_sources, spool, stream
from heron_tui.core.errors import SourceError
from tests.capture.by_hand import packets, pcap, pcap_header, pcapng, read, read_bytes

SENT = packets(3000)
PLAIN = pcap(SENT)
HALF = len(PLAIN) // 2
COMPRESS = {"gzip": gzip.compress, "zstd": zstandard.ZstdCompressor(write_checksum=True).compress}
SKIPPABLE = b"\x52\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"hello"


@pytest.mark.parametrize("compress", COMPRESS.values(), ids=COMPRESS)
@pytest.mark.parametrize("limit", [100, 32768])
def test_compressed_equals_plain(tmp_path, compress, limit):
    plain = read_bytes(tmp_path, PLAIN, limit=limit)
    packed = read_bytes(tmp_path, compress(PLAIN), "named.pcap", limit=limit, spool=tmp_path / "spool")
    assert packed.packets == plain.packets
    assert packed.places == plain.places
    assert packed.notes == []
    assert packed.sources[0].id == plain.sources[0].id
    assert packed.sources[0].size == len(PLAIN)


@pytest.mark.parametrize("compress", COMPRESS.values(), ids=COMPRESS)
def test_several_members_or_frames(tmp_path, compress):
    pieces = [PLAIN[:10], PLAIN[10:HALF], b"", PLAIN[HALF:]]
    reading = read_bytes(tmp_path, b"".join(map(compress, pieces)))
    assert reading.contents == [(time_us, data) for data, time_us in SENT]
    assert reading.notes == []


def test_gzip_padding_and_zstd_skippable_frames_are_no_damage(tmp_path):
    padded = gzip.compress(PLAIN[:HALF]) + bytes(512) + gzip.compress(PLAIN[HALF:]) + bytes(512)
    skipping = SKIPPABLE + COMPRESS["zstd"](PLAIN[:HALF]) + SKIPPABLE + COMPRESS["zstd"](PLAIN[HALF:])
    for data in (padded, skipping):
        reading = read_bytes(tmp_path, data)
        assert len(reading.packets) == len(SENT)
        assert reading.notes == []


def test_the_spool_is_private_and_named_by_content(tmp_path):
    reading = read_bytes(tmp_path, gzip.compress(PLAIN), spool=tmp_path / "spool")
    source = reading.sources[0]
    path = tmp_path / "spool" / f"{source.id}.pcap"
    assert source.raw_path == str(path)
    assert path.read_bytes() == PLAIN
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_plain_files_need_no_spool(tmp_path):
    reading = read_bytes(tmp_path, PLAIN, spool=tmp_path / "spool")
    assert reading.sources[0].raw_path == str(tmp_path / "capture")
    assert not (tmp_path / "spool").exists()


def test_without_a_spool_nothing_is_written(tmp_path):
    reading = read_bytes(tmp_path, gzip.compress(PLAIN))
    assert len(reading.packets) == len(SENT)
    assert reading.sources[0].raw_path is None


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_compressed_data_cut_anywhere_gives_what_is_before_the_cut(tmp_path, name):
    data = COMPRESS[name](pcap(packets(40, size=20)))
    whole = read_bytes(tmp_path, data).contents
    found = []
    for length in range(0, len(data), 1):
        try:
            reading = read_bytes(tmp_path, data[:length])
        except SourceError:
            found.append(0)
            continue
        assert reading.contents == whole[: len(reading.contents)]
        assert f"the {name} data ends in its midst" in reading.notes[0]
        found.append(len(reading.contents))
    assert found == sorted(found)


def test_what_is_before_a_wrong_byte_is_read(tmp_path):
    data = bytearray(gzip.compress(PLAIN))
    data[-6] ^= 1  # the check sum
    reading = read_bytes(tmp_path, bytes(data))
    assert len(reading.packets) == len(SENT)
    assert "the gzip data is damaged (incorrect data check)" in reading.notes[0]
    first = COMPRESS["zstd"](PLAIN)
    reading = read_bytes(tmp_path, first + b"no frame at all")
    assert len(reading.packets) == len(SENT)
    assert "the zstd data is damaged" in reading.notes[0]


@pytest.mark.parametrize("compress", COMPRESS.values(), ids=COMPRESS)
def test_compressed_noise_is_no_capture(tmp_path, compress):
    with pytest.raises(SourceError, match="not a capture"):
        read_bytes(tmp_path, compress(b"a" * 1000), spool=tmp_path / "spool")
    assert not (tmp_path / "spool").exists()


def test_a_bomb_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(stream, "BOMB_SIZE", 8 << 20)
    bomb = zlib.compressobj(9, wbits=31)
    pieces = [bomb.compress(pcap_header())] + [bomb.compress(bytes(1 << 20)) for _ in range(96)] + [bomb.flush()]
    packed = tmp_path / "bomb"
    packed.write_bytes(b"".join(pieces))
    sources = open_sources([str(packed)], spool=tmp_path / "spool")
    assert sum(1 for batch in sources.batches() if batch is not None)
    assert "expands more than 500-fold" in sources.notes[0]
    assert Path(sources.sources[0].raw_path).stat().st_size < 64 << 20
    sources.close()


def test_a_zstd_bomb_is_expanded_in_small_steps():
    bomb = COMPRESS["zstd"](bytes(200 << 20))
    pieces = [len(piece) for piece in expand.Zstd().feed(bomb)]
    assert sum(pieces) == 200 << 20
    assert max(pieces) <= 64 << 20


def test_the_spool_ends_at_its_limit_and_reading_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(spool.Spool, "__init__", _limited(spool.Spool.__init__, HALF))
    monkeypatch.setattr(stream, "READ", 256)
    packed = tmp_path / "capture.gz"
    packed.write_bytes(gzip.compress(PLAIN))
    sources = open_sources([str(packed)], spool=tmp_path / "spool")
    count = sum(len(batch) for batch in sources.batches() if batch is not None)
    assert count == len(SENT)
    assert "are not kept: its limit of" in sources.notes[0]
    raw = tmp_path / "spool" / f"{sources.sources[0].id}.pcap"
    assert raw.read_bytes() == PLAIN[: raw.stat().st_size]
    assert raw.stat().st_size <= HALF
    sources.close()


def _limited(init, limit):
    def limited(self, path):
        init(self, path, limit)

    return limited


def test_the_spool_leaves_room_on_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(spool, "RESERVE", 1 << 60)
    packed = tmp_path / "capture.gz"
    packed.write_bytes(gzip.compress(pcapng(SENT)))
    sources = open_sources([str(packed)], spool=tmp_path / "spool")
    assert sum(len(batch) for batch in sources.batches() if batch is not None) == len(SENT)
    assert "are not kept: the disk is almost full" in sources.notes[0]
    sources.close()


def test_a_spool_that_cannot_be_made_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SourceError, match="raw packets cannot be kept there"):
        read_bytes(tmp_path, gzip.compress(PLAIN), spool=tmp_path / "file" / "spool")


def test_the_same_bytes_have_the_same_id_whatever_they_are_wrapped_in(tmp_path):
    other = read_bytes(tmp_path, pcap(packets(10, size=64)), "other").sources[0].id
    ids = {read_bytes(tmp_path, wrap(PLAIN), "same").sources[0].id for wrap in (bytes, *COMPRESS.values())}
    assert len(ids) == 1 and other not in ids
    assert next(iter(ids)).startswith("s") and len(next(iter(ids))) == 16
    assert read(tmp_path / "same", tmp_path / "other").sources[1].id == other
