"""The detail tree of a packet: its own layers, then what of an exchange, a call and a turn it carries."""

from collections.abc import Sequence

from ..store.shapes import Record
from . import leg_words, telling
from .evidence.claims import Evidence
from .evidence.packet import Said
from .layers import Field, dissect
from .layers.http import is_secret
from .packet_words import words
from .questions import PacketView
from .times import Times
from .units import NONE, date, duration, first_line, since, whole

NEEDLE = 48
MOST_SPOTS = 100
MOST_LINES = 200


def fields(
    packet: PacketView, times: Times, evidence: Evidence | None = None
) -> tuple[list[Field], list[tuple[int, int]]]:
    """Layers for the detail tree, and the ranges of bytes to mask. `evidence` is what is being looked for."""
    found = dissect(packet.data, packet.link)
    layers = [_frame(packet, times), *found.layers]
    if packet.note:
        layers.append(Field("No bytes", packet.note))
    if evidence and evidence.ranges(packet.packet.number):
        layers.insert(0, _evidence(evidence, packet.packet.number))
    layers += [_said(frame) for frame in packet.contents.frames]
    if packet.contents.request:
        layers.append(_request(packet))
    if packet.events:
        layers.append(_events(packet))
    if packet.exchange:
        layers.append(_exchange(packet.exchange))
    if packet.call:
        layers.append(_call(packet.call))
    if packet.turn:
        layers.append(_turn(packet.turn, packet.call))
    return layers, found.secrets


def _frame(view: PacketView, times: Times) -> Field:
    packet = view.packet
    cut = f", {whole(packet.caplen)} captured" if packet.caplen < packet.length else ""
    layer = Field("Packet", f"{whole(packet.number)}, {whole(packet.length)} bytes{cut}", 0, len(view.data))
    layer.add("time", f"{date(packet.time_us)}.{packet.time_us % 1_000_000:06}")
    layer.add("since the first packet", f"{since(packet.time_us - times.origin_us)} s")
    layer.add("to TCP", words(packet.kind)[0])
    if packet.process:
        layer.add("process", f"{packet.process.get('comm')} (pid {packet.process.get('pid')})")
    if packet.client:
        layer.add("flow", f"{packet.client} → {packet.server}")
    return layer


def _events(view: PacketView) -> Field:
    count = view.event_count
    layer = Field("Events", f"{count} in this packet" if count > 1 else "one in this packet", open=count <= 3)
    for row, data in view.events:
        child = layer.add(row.name or "data", telling.event(data, 200))
        child.put(view.contents.events.get(row.index) or locate(view, data))
        if row.first_packet != row.last_packet:
            child.value += f"  (packets {row.first_packet} to {row.last_packet})"
            child.link = ("claim", f"event {row.index}")
    if count > len(view.events):
        layer.add("…", f"{count - len(view.events)} more")
    return layer


def _evidence(evidence: Evidence, number: int) -> Field:
    """What was asked for: the bytes here, the other packets that carried it, and the same decoded."""
    packets = len(evidence.spots)
    layer = Field("Evidence", evidence.claim.words or evidence.claim.what, open=True)
    layer.put(evidence.ranges(number))
    for spot in evidence.spots[:MOST_SPOTS]:
        count = sum(end - start for start, end in spot.ranges)
        child = layer.add(f"packet {whole(spot.packet)}", f"{whole(count)} bytes")
        if spot.packet == number:
            child.value += " (here)"
            child.put(spot.ranges)
        else:
            child.link = ("evidence", str(spot.packet))
    if packets > MOST_SPOTS:
        layer.add("…", f"{packets - MOST_SPOTS} more packets")
    if evidence.how:
        layer.add("bytes", evidence.how)
    if evidence.text:
        lines = evidence.text.strip().splitlines()
        decoded = layer.add("decoded", first_line(evidence.text, 400) if len(lines) == 1 else f"{len(lines)} lines")
        decoded.open = True
        for line in lines[:MOST_LINES] if len(lines) > 1 else ():
            decoded.add(first_line(line, 400))
    return layer


def _said(said: Said) -> Field:
    layer = Field(said.name, said.value).put(said.ranges)
    if said.claim[0]:
        layer.link = ("claim", " ".join(said.claim).strip())
    layer.children = [_said(part) for part in said.parts]
    return layer


def _request(view: PacketView) -> Field:
    layer = Field("Request body", "its parts in this packet")
    layer.children = [_said(said) for said in view.contents.request]
    return layer


def _exchange(record: Record) -> Field:
    status = record.get("status")
    layer = Field("Exchange", f"{record['method']} {record['path']} → {status if status is not None else 'no answer'}")
    layer.add("host", record.get("host") or "")
    for side in ("request", "response"):
        headers = record.get(f"{side}_headers") or ()
        if headers:
            branch = layer.add(f"{side} headers", f"{len(headers)}")
            for name, value in headers:
                branch.add(name, value).secret = is_secret(name) and not str(value).endswith("]")
    return layer


def _call(record: Record) -> Field:
    layer = Field(
        "Call", f"{record['n']}  {telling.model(record)}  {record['outcome']}  {telling.answer(record)}", open=True
    )
    layer.link = ("call", record["id"])
    layer.add("API", f"{record['wire_api']}, {record['operation']}" + (", streamed" if record.get("streaming") else ""))
    shown = (
        ("status", record.get("status") or "", "status"),
        ("model", telling.model(record), "model"),
        ("TTFT", duration(record.get("ttft_us")), "ttft"),
        ("E2E", duration(record.get("e2e_us")), "e2e"),
        ("input tokens", whole(record.get("input_tokens")), "input"),
        ("cached tokens", whole(record.get("cache_read_tokens")), "cached"),
        ("output tokens", whole(record.get("output_tokens")), "output"),
        ("finish", record.get("finish") or "", "finish"),
        ("error", record.get("error_type") or "", "error"),
    )
    for name, value, what in shown:
        if value not in ("", NONE):
            layer.add(name, value).link = ("claim", what)
    for tool in record.get("tool_calls") or ():
        said = f"{tool['name']} {telling.arguments(tool.get('arguments'), 120)}"
        layer.add("tool call", said).link = ("claim", f"tool_call {tool.get('id') or ''}")
    for result in record.get("tool_results") or ():
        failed = " (failed)" if result.get("error") else ""
        layer.add("tool result", f"{result['id']}{failed}").link = ("claim", f"tool_result {result['id']}")
    for leg in record.get("legs") or ():
        layer.add("leg", leg_words.leg(leg)).link = ("call", leg["call"])
    for side in ("request", "response"):
        first, last = (record.get("evidence") or {}).get(side) or (None, None)
        if first:
            layer.add(f"{side} packets", f"{whole(first)} to {whole(last)}").link = ("packet", str(first))
    return layer


def _turn(record: Record, call: Record | None) -> Field:
    layer = Field("Turn", f"{record['n']}  {first_line(record['prompt'], 200)}")
    if call:
        layer.link = ("call", call["id"])
    layer.add("agent", record["agent"])
    layer.add("status", record["status"])
    layer.add("calls", len(record["calls"]))
    layer.add("time", duration(record["t_end_us"] - record["t_start_us"]))
    return layer


def locate(packet: PacketView, text: bytes) -> Sequence[tuple[int, int]]:
    """Where `text` (an event's data, a head) stands in the packet's payload, whole or in part.

    It may begin in an earlier packet or go on in a later one; if it is not there as such (compressed bodies), the whole
    payload is the answer: the text is in these bytes, but not to be read.
    """
    payload = dissect(packet.data, packet.link).payload
    if payload is None:
        return []
    start, end = payload
    data = packet.data[start:end]
    place = data.find(text[:NEEDLE])
    if text and place >= 0:
        length = next((n for n in range(len(text), 0, -1) if data.startswith(text[:n], place)), 0)
        return [(start + place, start + place + length)]
    tail = text[-NEEDLE:]
    place = data.find(tail)
    if text and place >= 0:
        return [(start, start + place + len(tail))]
    return [(start, end)]
