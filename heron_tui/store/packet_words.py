"""What a packet is in the agent's terms, in a few words."""

from collections.abc import Sequence

from ..model.headers import header
from ..model.packet_kind import Kind
from .event_reader import Events
from .json_text import loads
from .shapes import Record

KINDS = {
    Kind.ACK: "ACK",
    Kind.SYN: "SYN",
    Kind.FIN: "FIN",
    Kind.RST: "RST",
    Kind.RETRANSMISSION: "retransmission",
    Kind.OUT_OF_ORDER: "out of order",
    Kind.KEEPALIVE: "keep-alive",
    Kind.UDP: "UDP",
    Kind.ICMP: "ICMP",
    Kind.OTHER: "other protocol",
    Kind.FRAGMENT: "IP fragment",
    Kind.BROKEN: "broken",
    Kind.DOUBLED: "doubled",
}
STREAMS = {"sse": "SSE", "ndjson": "NDJSON", "websocket": "WebSocket", "aws-events": "event", "json-array": "JSON"}


def below_http(kind: int, side: int, protocol: str | None) -> str:
    """For a packet that carries nothing of an exchange."""
    if kind == Kind.SYN and side == 1:
        return "SYN ACK"
    return KINDS.get(kind) or ("TLS data" if protocol == "tls" else "data")


def request(number: int, exchange: Record) -> str:
    """For a packet with bytes of a request."""
    if number == exchange["request_first"]:
        model = f" {exchange['model']}" if exchange["model"] else ""
        return f"{exchange['method']} {exchange['path']}{model}"
    return "request headers" if number <= exchange["request_head_last"] else "request body"


def response(number: int, exchange: Record, events: Events | None, begun: Sequence[int], going_on: int | None) -> str:
    """For a packet with bytes of a response.

    Args:
        events: those of the response. begun: indexes of those that begin in the packet. going_on: index of the one
            that began before and goes on in it.
    """
    words = []
    head = exchange["response_head_last"]
    if number == exchange["response_first"] and exchange["status"] is not None:
        kind = header(loads(exchange["response_headers"]) or (), "content-type") or ""
        words.append(f"{exchange['status']} {kind.partition(';')[0].strip()}".strip())
    elif head is not None and number <= head:
        words.append("response headers")
    if events is not None and begun:
        words.append(_events(events, begun))
    elif events is not None and going_on is not None:
        words.append(f"{_event(events, going_on)} (goes on)")
    if words:
        return " · ".join(words)
    if events is not None and number == exchange["response_last"] and exchange["state"] != "open":
        return "end of response"
    return "response body"


def _events(events: Events, begun: Sequence[int]) -> str:
    tools = [events.tools[index] for index in begun if index in events.tools]
    more = f" +{len(begun) - max(len(tools), 1)}" if len(begun) > max(len(tools), 1) else ""
    return (f"tool_use {', '.join(tools)}" if tools else _event(events, begun[0])) + more


def _event(events: Events, index: int) -> str:
    return f"{STREAMS.get(events.kind, events.kind)} {events.name(index) or 'data'}"
