"""The detail tree of a packet: its own layers, then what of an exchange, a call and a turn it carries."""

from collections.abc import Sequence

from ..store.shapes import Record
from . import telling
from .layers import Field, dissect
from .layers.http import is_secret
from .packet_words import words
from .questions import PacketView
from .times import Times
from .units import date, duration, first_line, since, whole

NEEDLE = 48


def fields(packet: PacketView, times: Times) -> tuple[list[Field], list[tuple[int, int]]]:
    """Layers for the detail tree, and the ranges of bytes to mask."""
    found = dissect(packet.data, packet.link)
    layers = [_frame(packet, times), *found.layers]
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
        if spots := locate(view, data):
            child.start, child.end = spots[0]
        if row.first_packet != row.last_packet:
            child.value += f"  (packets {row.first_packet} to {row.last_packet})"
    if count > len(view.events):
        layer.add("…", f"{count - len(view.events)} more")
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
    layer = Field("Call", f"{telling.model(record)}  {record['outcome']}  {telling.answer(record)}", open=True)
    layer.link = ("call", record["id"])
    layer.add("API", f"{record['wire_api']}, {record['operation']}" + (", streamed" if record.get("streaming") else ""))
    layer.add("model", telling.model(record))
    layer.add("TTFT", duration(record.get("ttft_us")))
    layer.add("E2E", duration(record.get("e2e_us")))
    layer.add("tokens", telling.tokens(record))
    layer.add("finish", record.get("finish") or "")
    for side in ("request", "response"):
        first, last = (record.get("evidence") or {}).get(side) or (None, None)
        if first:
            layer.add(f"{side} packets", f"{whole(first)} to {whole(last)}").link = ("packet", str(first))
    return layer


def _turn(record: Record, call: Record | None) -> Field:
    layer = Field("Turn", first_line(record["prompt"], 200))
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
