"""Several captures in one run: silence is only what somebody listened to."""

from collections.abc import Sequence
from pathlib import Path

from heron_tui.engine.run import replay
from heron_tui.store.reader import Reader
from tests.engine import reshape
from tests.engine.truth import CAPTURES

HALF = 25
"""Packets of curl.pcap, the last of which is in the middle of a stream."""


def later(packets: Sequence[reshape.Packet], seconds: int) -> list[reshape.Packet]:
    return [(time + seconds, micros, data) for time, micros, data in packets]


def analysed(tmp_path: Path, *files: Sequence[reshape.Packet]) -> tuple[list[dict], list[dict]]:
    header, _ = reshape.read(CAPTURES / "curl.pcap")
    names = []
    for number, packets in enumerate(files):
        names.append(tmp_path / f"{number}.pcap")
        reshape.write(names[-1], header, list(packets))
    replay(list(map(str, names)), tmp_path / "s.store")
    reader = Reader(tmp_path / "s.store")
    found = reader.rows("call", 0, 99, full=True), reader.rows("finding", 0, 99)
    reader.close()
    return found


def test_a_stream_that_is_open_where_its_file_ends_is_not_silent(tmp_path: Path):
    _, packets = reshape.read(CAPTURES / "curl.pcap")
    _, others = reshape.read(CAPTURES / "openai-sdk.pcap")
    ahead = packets[0][0] - others[0][0]
    calls, findings = analysed(tmp_path, packets[:HALF], later(others, ahead + 3600))
    assert calls[0]["outcome"] == "in_progress"
    assert calls[0]["content_events"]
    assert not [f for f in findings if f["code"] == "stream.stall"]


def test_hours_later_it_is_still_open(tmp_path: Path):
    _, packets = reshape.read(CAPTURES / "curl.pcap")
    _, others = reshape.read(CAPTURES / "openai-sdk.pcap")
    ahead = packets[0][0] - others[0][0]
    calls, findings = analysed(tmp_path, packets[:HALF], later(others, ahead + 9 * 3600))
    assert calls[0]["outcome"] == "in_progress"
    assert not {f["code"] for f in findings if f["ref"] == calls[0]["id"]}


def test_pieces_of_one_capture_go_on_where_the_one_before_ended(tmp_path: Path):
    """A connection that both hold shows it: a stream that stood still meanwhile did stand still."""
    _, packets = reshape.read(CAPTURES / "curl.pcap")
    _, others = reshape.read(CAPTURES / "openai-sdk.pcap")
    others = later(others, packets[0][0] - others[0][0])
    calls, findings = analysed(tmp_path, [*others[:40], *later(packets[:HALF], 10)], later(others[40:], 60))
    [stalled] = [f["ref"] for f in findings if f["code"] == "stream.stall" and "goes on" in f["text"]]
    assert next(call for call in calls if call["id"] == stalled)["path"] == "/v1/chat/completions"
