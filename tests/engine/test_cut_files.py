"""Files that end too soon or are damaged: the loss is counted, found, and stays with the store."""

from pathlib import Path

import pytest

from heron_tui.engine.run import replay
from heron_tui.store.reader import Reader
from tests.engine.truth import CAPTURES


@pytest.mark.parametrize("how", ["cut", "damaged"])
def test_a_file_that_cannot_be_read_to_its_end_is_a_loss(how: str, tmp_path: Path):
    data = bytearray((CAPTURES / "hermes.pcap").read_bytes())
    capture, store = tmp_path / f"{how}.pcap", tmp_path / "run.store"
    if how == "damaged":
        at = 24
        for _ in range(40):
            at += 16 + int.from_bytes(data[at + 8 : at + 12], "little")
        data[at + 8 : at + 12] = b"\xff\xff\xff\x7f"
    else:
        del data[120_000:]
    capture.write_bytes(data)
    replay([str(capture)], store)
    reader = Reader(store)
    counted = reader.counters()["damaged"]
    said = [row for row in reader.rows("finding", 0, 999) if row["code"] == "capture.lost"]
    reader.close()
    assert counted == 1
    assert len(said) == 1
    assert "could not be read to its end" in said[0]["text"] and how in said[0]["text"]


def test_a_whole_file_is_none(tmp_path: Path):
    store = tmp_path / "run.store"
    replay([str(CAPTURES / "curl.pcap")], store)
    reader = Reader(store)
    assert reader.counters()["damaged"] == 0
    assert not [row for row in reader.rows("finding", 0, 999) if row["code"] == "capture.lost"]
    reader.close()
