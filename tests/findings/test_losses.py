"""The observer's own limits, as findings."""

from dataclasses import replace

from heron_tui.findings import losses
from heron_tui.findings.holes import MOST, Holes
from heron_tui.model.flow import Damage, Flow
from heron_tui.model.http import Trouble
from tests.agents.build import T0, call, result, says, user, uses
from tests.findings.test_sessions import looping
from tests.findings.watching import Watching, codes, found, headers, order


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


ENDS = ("10.0.0.1:5000", "10.0.0.2:443")


def watched(*calls, lost_ms: int) -> list:
    watching = Watching().put(*calls)
    watching.watch.lose(ENDS, T0 + lost_ms * 1000)
    return order(watching.tell(3_600_000, final=True))


def test_a_call_that_lost_its_end_in_the_capture_accuses_nobody():
    lost = replace(call("a", 0, user("x"), answer=says("Do"), outcome="unknown"), lossy=True)
    [ended] = watched(lost, lost_ms=50)
    assert (ended.code, ended.severity) == ("turn.no_final", "note")
    assert "the capture lost bytes" in ended.text


def test_silence_in_which_the_capture_lost_bytes_is_no_stall():
    still = call("a", 0, user("x"))
    still.response = replace(still.response, max_gap_us=20_000_000)
    assert codes(found(still)) == ["stream.stall"]
    assert found(replace(still, lossy=True)) == []


def test_a_result_may_be_what_the_capture_lost():
    asks = says("", uses("t1"), uses("t2", "Read", path="x"))
    first = call("a", 0, user("go"), answer=asks, headers=headers())
    calls = [first, call("b", 1000, user("go"), asks, result("t1"), headers=headers())]
    assert codes(found(*calls)) == ["tool.no_result"]
    assert watched(*calls, lost_ms=500) == []
    assert codes(watched(*calls, lost_ms=-60_000)) == ["tool.no_result"]


def test_arguments_with_holes_make_no_loop():
    calls = looping(3)
    assert codes(found(*calls)) == ["turn.loop"]
    assert found(*[replace(one, lossy=True) for one in calls]) == []


def test_losses_are_kept_by_address_and_time_and_bounded():
    holes = Holes()
    assert holes.add(("a", "b"), 10_000_000)
    assert not holes.add(("a", "b"), 10_400_000)
    assert holes.between({"b"}, 9_000_000, 12_000_000)
    assert not holes.between({"b"}, 20_000_000, None)
    assert not holes.between({"c"}, 0, None)
    for second in range(MOST + 5):
        holes.add(("a",), (100 + second) * 2_000_000)
    assert not holes.between({"a"}, 0, 150_000_000)
    assert holes.between({"a"}, 0, None)
