"""The observer's own limits, as findings."""

from heron_tui.findings import losses
from heron_tui.model.flow import Damage, Flow
from heron_tui.model.http import Trouble


def flow(**more) -> Flow:
    return Flow(0, "f1", "10.0.0.1:4000", "10.0.0.2:80", 1_000, 2_000, 7, **more)


def test_a_flow_with_holes_is_one_finding_that_counts_them():
    [found] = losses.gaps([flow(gaps=2, lost_bytes=2896)])
    assert (found.code, found.severity, found.scope, found.ref) == ("tcp.gap", "warning", "flow", "f1")
    assert found.text == "2896 bytes in 2 gaps of 10.0.0.1:4000 → 10.0.0.2:80 are not in the capture"


def test_a_whole_flow_is_none():
    assert losses.gaps([flow(bytes_client=100)]) == []


def test_a_flow_joined_midway_is_said_once_it_carries_bytes():
    assert losses.gaps([flow(midstream=True)]) == []
    [found] = losses.gaps([flow(midstream=True, bytes_server=5)])
    assert (found.code, found.severity, found.packet) == ("tcp.midstream", "note", 7)


def test_damage_and_trouble_keep_their_packet_and_time():
    [found] = losses.damage([Damage("bad IPv4 header", 9, 5_000)])
    assert (found.code, found.packet, found.t_us) == ("capture.lost", 9, 5_000)
    found = losses.trouble(Trouble("h2.desync", "f1", None, "header table unknown", 11, 6_000))
    assert (found.code, found.severity, found.scope, found.ref) == ("h2.desync", "warning", "flow", "f1")
    found = losses.trouble(Trouble("http.desync", "f1", "x1", "lost its way", 11, 6_000))
    assert (found.scope, found.ref) == ("exchange", "x1")
