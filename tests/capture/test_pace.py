"""Replay in capture time, with a sleep that only counts."""

from heron_tui.capture import open_sources
from heron_tui.capture.pace import LEAP_US, STEP, paced
from tests.capture.by_hand import pcap, read_bytes

START = 1_700_000_000_000_000


def replay(tmp_path, moments, speed):
    """(seconds slept before it came, time of the packet in seconds) for each packet."""
    path = tmp_path / "capture"
    path.write_bytes(pcap([(b"x", START + int(moment * 1_000_000)) for moment in moments]))
    sources = open_sources([str(path)], spool=None)
    naps = []
    arrived = []
    for batch in paced(sources.batches(), speed, naps.append):
        if batch is not None:
            arrived += [(sum(naps), (time_us - START) / 1_000_000) for time_us in batch.time_us.tolist()]
    sources.close()
    assert set(naps) <= {STEP}
    return arrived


def test_packets_come_when_they_are_due(tmp_path):
    moments = [0, 0.01, 0.02, 0.5, 0.5, 1.2, 3]
    for speed in (1, 10):
        arrived = replay(tmp_path, moments, speed)
        assert [moment for _, moment in arrived] == moments
        for slept, moment in arrived:
            assert 0 <= slept * speed - moment < STEP * speed + 1e-6


def test_steps_back_in_time_do_not_wait(tmp_path):
    arrived = replay(tmp_path, [1, 0.2, 1.05], 1)
    assert [moment for _, moment in arrived] == [1, 0.2, 1.05]
    assert arrived[-1][0] < 0.2


def test_a_leap_of_years_is_not_waited_for(tmp_path):
    assert replay(tmp_path, [0, LEAP_US / 1_000_000 * 400], 1)[-1][0] < 1


def test_pace_changes_nothing_but_the_time(tmp_path):
    moments = [index / 30 for index in range(100)]
    replay(tmp_path, moments, 1)
    sources = open_sources([str(tmp_path / "capture")], spool=None)
    batches = [batch for batch in paced(sources.batches(), 2, lambda _: None) if batch is not None]
    sources.close()
    assert [n for batch in batches for n in batch.number.tolist()] == list(range(1, 101))
    plain = read_bytes(tmp_path, (tmp_path / "capture").read_bytes())
    assert [t for batch in batches for t in batch.time_us.tolist()] == [time_us for time_us, _ in plain.contents]
