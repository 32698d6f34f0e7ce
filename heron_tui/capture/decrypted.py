"""Decrypted TLS records as a capture: the PDUs that tshark exports become TCP segments of their connection.

tshark writes pcapng of link type WIRESHARK_UPPER_PDU: tags (code and length, two big-endian bytes each) that say
whose bytes they are, and one TLS record's plaintext behind them (Wireshark's `epan/exported_pdu_tlvs.h`).
"""

import struct
from collections.abc import Iterator

from ..core.provenance import Provenance, comment
from . import blocks, segments
from .frames import Data
from .pcapng import Pcapng
from .plain_flow import Clock, PlainFlow, asks
from .records import SPAN

LINK_RAW, LINK_UPPER_PDU = 101, 252
END_OF_TAGS, PORT_TYPE, SOURCE_PORT, TARGET_PORT = 0, 24, 25, 26
SOURCE_ADDRESSES, TARGET_ADDRESSES = (20, 22), (21, 23)
"""Of IPv4 and IPv6."""
TCP = 2
H2_PREFACE = b"PRI * HTTP/2.0\r\n"
MOST_HELD = 16
"""Records that wait for the other side, to see who asks."""
AT_ONCE = 4096

Ends = tuple[segments.Endpoint, segments.Endpoint]


class Decrypted:
    """Makes pcapng of raw IP packets from tshark's export, as an `Expander`. Never raises on what it is fed.

    How a connection was closed is not exported. One whose ports are used for another that begins as HTTP/2 is closed.

    Attributes:
        damage: why nothing more can be read, if so.
        open: in the midst of a block.
    """

    name = "tshark"

    def __init__(self, program: str, tls: str) -> None:
        self.damage: str | None = None
        self._walker = Pcapng()
        self._left = b""
        self._flows: dict[Ends, PlainFlow] = {}
        self._offsets: dict[tuple[int, bool], int] = {}
        self._made = 0
        self._clock = Clock()
        self._note = comment(Provenance(tls=tls, address="socket"))
        self._begin = blocks.section(program) + blocks.interface(
            LINK_RAW, tls, words="plaintext of TLS connections, decrypted with their keys"
        )

    @property
    def open(self) -> bool:
        return bool(self._left)

    def feed(self, data: bytes) -> Iterator[bytes]:
        out, self._begin = [self._begin], b""
        data = self._left + data if self._left else data
        at = 0
        while self.damage is None:
            found = self._walker.walk(data, at, AT_ONCE)
            for pos, size, time, link in zip(
                found.pos.tolist(), found.caplen.tolist(), found.time_us.tolist(), found.link.tolist(), strict=True
            ):
                if link == LINK_UPPER_PDU:
                    self._pdu(bytes(data[pos : pos + size]), time * 1000, out)
            moved, at, self.damage = found.next > at, found.next, found.damage
            if not moved:
                break
        self._left = data[at:]
        if len(self._left) > SPAN:
            self.damage = "a block of tshark's export is too long"
        if made := b"".join(out):
            yield made

    def _pdu(self, data: bytes, time: int, out: list[bytes]) -> None:
        ends, start = _tags(data)
        plaintext = data[start:]
        if ends is None or not plaintext:
            return
        flow = self._flows.get(ends) or self._flows.get(ends[::-1])
        if flow is None or (plaintext.startswith(H2_PREFACE) and self._offset(flow, ends)):
            if flow is not None:
                out += flow.close(time)
                self._offsets.pop((flow.conn, True), None)
                self._offsets.pop((flow.conn, False), None)
            flow = self._new(ends)
        written = flow.ends == ends
        place = flow.conn, written
        record = Data(flow.conn, self._offsets.get(place, 0), time, written, plaintext)
        self._offsets[place] = record.offset + len(plaintext)
        if flow.opened:
            out += flow.emit(record)
            return
        flow.held.append(record)
        if asks(plaintext) or written is not flow.held[0].written or len(flow.held) >= MOST_HELD:
            flow.decide_role()
            out += flow.open()

    def _offset(self, flow: PlainFlow, ends: Ends) -> int:
        return self._offsets.get((flow.conn, flow.ends == ends), 0)

    def _new(self, ends: Ends) -> PlainFlow:
        self._made += 1
        flow = PlainFlow(self._made, self._clock, fresh=True)
        flow.ends, flow.note = ends, self._note
        self._flows.pop(ends[::-1], None)
        self._flows[ends] = flow
        return flow


def _tags(data: bytes) -> tuple[Ends | None, int]:
    """Whose bytes they are (None where they are of no TCP connection), and where the plaintext begins."""
    found: dict[int, bytes] = {}
    at = 0
    while at + 4 <= len(data):
        code, length = struct.unpack_from(">HH", data, at)
        at += 4
        if code == END_OF_TAGS:
            break
        found[code] = data[at : at + length]
        at += length
    source = next((found[code] for code in SOURCE_ADDRESSES if code in found), b"")
    target = next((found[code] for code in TARGET_ADDRESSES if code in found), b"")
    ports = [int.from_bytes(found.get(code, b"")) for code in (SOURCE_PORT, TARGET_PORT)]
    if int.from_bytes(found.get(PORT_TYPE, b"")) != TCP or max(ports) > 0xFFFF:
        return None, at
    try:
        return (segments.packed(source, ports[0]), segments.packed(target, ports[1])), at
    except ValueError:
        return None, at
