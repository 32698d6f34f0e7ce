"""What a screen claims of a call, and the captured bytes that say so."""

import re
from collections.abc import Callable, Sequence
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from ...core.errors import SourceError
from ...store.reader import Reader
from ...store.shapes import EventRow, Record
from . import spans
from .carried import Range, Spot
from .wire import Found, Side, Wire

NUMBERS = {
    "input": rb"input_tokens|cache_read_input_tokens|cache_creation_input_tokens|prompt_tokens|promptTokenCount"
    rb"|prompt_eval_count",
    "cached": rb"cache_read_input_tokens|cached_tokens|cachedContentTokenCount",
    "output": rb"output_tokens|completion_tokens|candidatesTokenCount|thoughtsTokenCount|eval_count",
    "reasoning": rb"reasoning_tokens|thoughtsTokenCount",
}
"""Names of token counts on the wire, by the figure that they add up to."""
WORDS = {
    "model": rb"model|modelVersion",
    "finish": rb"stop_reason|finish_reason|finishReason|done_reason|status",
    "error": rb"error",
}
STRING = rb'\s*:\s*"(?:[^"\\]|\\.)*"'
GOES_ON = (b"input_json_delta", b"function_call_arguments.delta", b'"tool_calls"')
MOST_TEXT = 100_000


class Claim(Struct, frozen=True):
    """Something that is shown of a call.

    Attributes:
        what: a name in `FINDERS`. key: which one, where there are several (a tool call's id, a message's number).
        words: as it is on screen (`TTFT 1.2 s`).
    """

    call: str
    what: str
    key: str = ""
    words: str = ""


class Evidence(Struct, frozen=True):
    """Where a claim stands on the wire.

    Attributes:
        spots: packets with the bytes that say it; first: which of them to look at first.
        how: why the bytes are more than the claim, or why there are none.
        text: the same, decoded.
    """

    claim: Claim
    spots: Sequence[Spot] = ()
    first: int = 0
    how: str = ""
    text: str = ""

    def ranges(self, packet: int) -> Sequence[Range]:
        """The bytes of a packet that are part of it."""
        return next((spot.ranges for spot in self.spots if spot.packet == packet), ())


def find(reader: Reader, claim: Claim) -> Evidence:
    """The evidence of a claim; without spots, and with the reason in `how`, where there is none."""
    call = reader.get("call", claim.call, full=False)
    exchange = reader.get("exchange", call["exchange"]) if call and call.get("exchange") else None
    if call is None or exchange is None:
        return Evidence(claim, how="the call is not in this store")
    try:
        found = FINDERS[claim.what](_Call(reader, call, exchange), claim.key)
    except SourceError as error:
        return Evidence(claim, how=str(error))
    found = replace(found, claim=claim)
    return found if found.spots else replace(found, how=found.how or "the bytes that say so were not captured")


class _Call:
    """A call whose two sides are put together when they are asked for."""

    def __init__(self, reader: Reader, call: Record, exchange: Record) -> None:
        self._reader, self.call, self._exchange = reader, call, exchange

    @cached_property
    def request(self) -> Wire:
        return self._wire("request")

    @cached_property
    def response(self) -> Wire:
        return self._wire("response")

    @cached_property
    def events(self) -> list[EventRow]:
        return self._reader.events(self._exchange["id"])

    def _wire(self, side: Side) -> Wire:
        body = self._reader.body(self._exchange["id"], side)
        return Wire(self._reader, self._exchange, side, body)

    def said(self, wire: Wire, ranges: Sequence[Range]) -> Evidence:
        """The evidence that ranges of a body are."""
        packets = self._packets(ranges) if wire.side == "response" else None
        found = wire.find(ranges, packets) if ranges else Found(())
        text = "\n".join(wire.text[start:end].decode("utf-8", "replace") for start, end in ranges)
        return Evidence(NOTHING, found.spots, 0, found.how, text[:MOST_TEXT])

    def _packets(self, ranges: Sequence[Range]) -> Range | None:
        """The first and last packet of the events that ranges of the answer lie in."""
        inside = [
            event for event in self.events if any(event.start < end and event.end > start for start, end in ranges)
        ]
        if not inside:
            return None
        return min(event.first_packet for event in inside), max(event.last_packet for event in inside)

    def event_at(self, place: int) -> int | None:
        """The number in `events` of the one that holds a byte of the answer."""
        return next((n for n, event in enumerate(self.events) if event.start <= place < event.end), None)


NOTHING = Claim("", "")


def _joined(*parts: Evidence, first: int = 0) -> Evidence:
    """Several as one. `first`: which part to look at first."""
    spots: list[Spot] = []
    begin = 0
    for place, part in enumerate(parts):
        if place == first:
            begin = len(spots)
        spots += part.spots
    how = "; ".join(dict.fromkeys(part.how for part in parts if part.how))
    at = min(begin, max(len(spots) - 1, 0))
    return Evidence(NOTHING, _merged(spots), at, how, "\n".join(part.text for part in parts if part.text))


def _merged(spots: Sequence[Spot]) -> list[Spot]:
    merged: dict[int, list[Range]] = {}
    for spot in spots:
        mine = merged.setdefault(spot.packet, [])
        mine += [part for part in spot.ranges if part not in mine]
    return [Spot(packet, ranges) for packet, ranges in merged.items()]


def _bare(found: Found, text: str = "") -> Evidence:
    return Evidence(NOTHING, found.spots, 0, found.how, text)


def _request(call: _Call, _key: str) -> Evidence:
    return _bare(call.request.whole())


def _response(call: _Call, _key: str) -> Evidence:
    return _bare(call.response.whole())


def _asked_line(call: _Call, _key: str) -> Evidence:
    return _bare(call.request.start_line(), f"{call.call['method']} {call.call['path']}")


def _status(call: _Call, _key: str) -> Evidence:
    return _bare(call.response.start_line(), str(call.call.get("status") or ""))


def _numbers(call: _Call, name: str) -> Evidence:
    """The last count of each name: a later one replaces an earlier one in all APIs."""
    pattern = re.compile(rb'"(' + NUMBERS[name] + rb')"\s*:\s*\d+')
    last = {found[1]: found.span() for found in pattern.finditer(call.response.text)}
    return call.said(call.response, sorted(last.values()))


def _usage(call: _Call, _key: str) -> Evidence:
    text = call.response.text
    at = max(text.rfind(name) for name in (b'"usage"', b'"usageMetadata"', b'"prompt_eval_count"'))
    begin = text.find(b"{", at) if at >= 0 and not text.startswith(b'"prompt_eval_count"', at) else at
    if begin < 0:
        return call.said(call.response, [])
    return call.said(call.response, [spans.around(text, begin, _line(text, begin))])


def _line(text: bytes, at: int) -> Range:
    """The line around a place: an event's data is one line in all APIs; a body that is none has its end there."""
    end = text.find(b"\n", at)
    return text.rfind(b"\n", 0, at) + 1, end if end >= 0 else len(text)


def _ttft(call: _Call, _key: str) -> Evidence:
    """The last byte of the request, and the first event with content (the head, where nothing is streamed)."""
    end = call.request.carried.pieces[-1:]
    asked = [Spot(piece.packet, [(piece.at, piece.at + piece.end - piece.start)]) for piece in end]
    first = call.call.get("t_first_token_us")
    event = next((event for event in call.events if event.t_us == first), None) if first else None
    answer = call.said(call.response, [(event.start, event.end)]) if event else _bare(call.response.start_line())
    return _joined(Evidence(NOTHING, asked), answer, first=1)


def _whole_call(call: _Call, _key: str) -> Evidence:
    """The first byte of the request, and the last of the response."""
    asked = _bare(call.request.start_line())
    end = [Spot(p.packet, [(p.at, p.at + p.end - p.start)]) for p in call.response.carried.pieces[-1:]]
    return _joined(asked, Evidence(NOTHING, end), first=1)


def _word(call: _Call, name: str, side: Side, *, last: bool) -> Evidence:
    wire = call.request if side == "request" else call.response
    found = [match.span() for match in re.finditer(rb'"(?:' + WORDS[name] + rb')"' + STRING, wire.text)]
    return call.said(wire, found[-1:] if last else found[:1])


def _model(call: _Call, _key: str) -> Evidence:
    """What was asked for (in the body, else in the path) and what the answer names."""
    asked = _word(call, "model", "request", last=False)
    answered = _word(call, "model", "response", last=False)
    return _joined(asked if asked.spots else _asked_line(call, ""), answered, first=1 if answered.spots else 0)


def _finish(call: _Call, _key: str) -> Evidence:
    said = call.call.get("finish") or ""
    wire = call.response
    pattern = rb'"(?:' + WORDS["finish"] + rb')"\s*:\s*"' + re.escape(said.encode()) + rb'"'
    found = [match.span() for match in re.finditer(pattern, wire.text)]
    return call.said(wire, found[-1:])


def _error(call: _Call, _key: str) -> Evidence:
    wire = call.response
    at = wire.text.find(b'"error"')
    if at < 0:
        return _joined(_status(call, ""), _bare(wire.whole()))
    begin = wire.text.find(b"{", at)
    return call.said(wire, [spans.around(wire.text, begin, _line(wire.text, begin)) if begin > 0 else (at, at + 7)])


def _content(call: _Call, _key: str) -> Evidence:
    """The events with content; the whole body where nothing is streamed."""
    first, last = call.call.get("t_first_token_us"), call.call.get("t_last_content_us")
    inside = [event for event in call.events if first and first <= event.t_us <= (last or event.t_us)]
    wire = call.response
    return call.said(wire, [(inside[0].start, inside[-1].end)] if inside else [(0, len(wire.text))])


def _event(call: _Call, key: str) -> Evidence:
    event = next((event for event in call.events if str(event.index) == key), None)
    return call.said(call.response, [(event.start, event.end)] if event else [])


def _message(call: _Call, key: str) -> Evidence:
    found = spans.messages(call.request.text)
    place = int(key)
    return call.said(call.request, [found[place]] if -len(found) <= place < len(found) else [])


def _part(call: _Call, key: str) -> Evidence:
    """A member of the request: its system prompt, its tools."""
    found = spans.request_members(call.request.text)
    return call.said(call.request, [found[name] for name in key.split("|") if name in found][:1])


def _tool_call(call: _Call, key: str) -> Evidence:
    """The events (or the object) of an answer that ask for a tool."""
    text = call.response.text
    at = text.find(b'"' + key.encode() + b'"')
    if at < 0:
        return call.said(call.response, [])
    number = call.event_at(at)
    if number is None:
        return call.said(call.response, [spans.around(text, at, (0, len(text)))])
    begin = end = call.events[number]
    for event in call.events[number + 1 :]:
        data = text[event.start : event.end]
        if not any(word in data for word in GOES_ON) or (b'"tool_calls"' in data and b'"id":"' in data):
            break
        end = event
    return call.said(call.response, [(begin.start, end.end)])


def _tool_result(call: _Call, key: str) -> Evidence:
    """The object in the conversation that carries the result of a tool call (by id, or by the tool's name)."""
    text = call.request.text
    for start, end in reversed(spans.messages(text)):
        for name in dict.fromkeys((key, key.replace("_", ""))):
            at = text.find(b'"' + name.encode() + b'"', start, end)
            if at >= 0:
                return call.said(call.request, [spans.around(text, at, (start, end))])
    return call.said(call.request, [])


def _number_finder(name: str) -> "Finder":
    return lambda call, _key: _numbers(call, name)


Finder = Callable[[_Call, str], Evidence]
FINDERS: dict[str, Finder] = {
    "request": _request,
    "response": _response,
    "target": _asked_line,
    "status": _status,
    "model": _model,
    "finish": _finish,
    "error": _error,
    "ttft": _ttft,
    "e2e": _whole_call,
    "usage": _usage,
    "content": _content,
    "event": _event,
    "message": _message,
    "part": _part,
    "tool_call": _tool_call,
    "tool_result": _tool_result,
    **{name: _number_finder(name) for name in NUMBERS},
}
