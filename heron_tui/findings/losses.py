"""The observer's own limits, said: what was missing in the capture or could not be followed."""

from collections.abc import Iterable

from ..model.finding import Finding, Severity
from ..model.flow import Damage, Flow
from ..model.http import Trouble
from ..model.packet import Source

SEVERITY: dict[str, Severity] = {
    "tcp.gap": "warning",
    "tcp.midstream": "note",
    "h2.desync": "warning",
    "http.desync": "warning",
    "websocket.desync": "warning",
    "capture.lost": "warning",
    "body.truncated": "warning",
    "process.unknown": "note",
}


def gaps(flows: Iterable[Flow]) -> list[Finding]:
    """`tcp.gap` and `tcp.midstream` of the flows given; a flow that loses more replaces its finding."""
    found = []
    for flow in flows:
        if flow.gaps:
            holes = "1 gap" if flow.gaps == 1 else f"{flow.gaps} gaps"
            text = f"{flow.lost_bytes} bytes in {holes} of {flow.client} → {flow.server} are not in the capture"
            found.append(Finding("tcp.gap", SEVERITY["tcp.gap"], flow.t_start_us, "flow", flow.id, text))
        if flow.midstream and flow.bytes_client + flow.bytes_server:
            text = f"the capture begins inside the connection {flow.client} → {flow.server}"
            severity = SEVERITY["tcp.midstream"]
            found.append(Finding("tcp.midstream", severity, flow.t_start_us, "flow", flow.id, text, flow.first_packet))
    return found


def nameless(flows: Iterable[Flow]) -> list[Finding]:
    """`process.unknown` of the flows given, which made calls while this host was watched."""
    severity = SEVERITY["process.unknown"]
    return [
        Finding(
            "process.unknown",
            severity,
            flow.t_start_us,
            "flow",
            flow.id,
            f"no process was found behind {flow.client} → {flow.server}: it had ended, or it is another user's",
            flow.first_packet,
        )
        for flow in flows
    ]


def damage(items: Iterable[Damage]) -> list[Finding]:
    """`capture.lost`: packets that could not be read below TCP."""
    return [_lost(item.time_us, item.what, item.what, item.packet) for item in items]


def dropped(sources: Iterable[Source], time_us: int) -> list[Finding]:
    """`capture.lost`: packets that the capturing side itself says it lost."""
    return [
        _lost(time_us, one.id, f"{one.dropped:,} packets of {one.name} were dropped while it was captured")
        for one in sources
        if one.dropped
    ]


def unread(sources: Iterable[Source], time_us: int) -> list[Finding]:
    """`capture.lost`: files that could not be read to their end."""
    return [
        _lost(time_us, f"{one.id}/end", f"{one.name} could not be read to its end: {one.note}")
        for one in sources
        if one.note
    ]


def _lost(time_us: int, ref: str, text: str, packet: int | None = None) -> Finding:
    return Finding("capture.lost", SEVERITY["capture.lost"], time_us, "capture", ref, text, packet)


def trouble(event: Trouble) -> Finding:
    """What a decoder of the http floor could not follow."""
    scope, ref = ("exchange", event.exchange) if event.exchange else ("flow", event.flow)
    severity = SEVERITY.get(event.code, "warning")
    return Finding(event.code, severity, event.time_us, scope, ref, event.text, event.packet)
