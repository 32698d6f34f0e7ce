"""Packets as columns: a packet never becomes an object."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Buffer = bytes | memoryview


@dataclass(slots=True)
class PacketBatch:
    """Some thousand packets of one run, in the order of their capture (merged by time where there are several files).

    All columns have the same length. The captured bytes of packet `i` are ``data[pos[i] : pos[i] + caplen[i]]``.

    Attributes:
        data: one buffer that holds the bytes of all packets of the batch (a piece of a file or of a stream).
        number: packet number, from 1, rising.
        time_us: capture time, microseconds since the epoch (nanosecond captures are cut to microseconds).
        pos: where the packet's bytes begin in `data`.
        caplen: bytes captured.
        length: bytes on the wire (>= caplen; smaller or 0 values of broken captures are raised to caplen).
        link: link type of the packet's interface (the LINKTYPE_* number of pcap).
        file: index of the capture file among the run's sources.
        file_pos: where the packet's bytes begin in that capture file, uncompressed.
        notes: pcapng comments by packet number.
    """

    data: Buffer
    number: Ints
    time_us: Ints
    pos: Ints
    caplen: Ints
    length: Ints
    link: Ints
    file: Ints
    file_pos: Ints
    notes: dict[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.number)


@dataclass(slots=True)
class PacketColumns:
    """What the net floor made of a batch: columns parallel to its PacketBatch.

    Attributes:
        flow: ordinal of the packet's TCP flow (`Flow.n`), -1 where it belongs to none.
        side: 0 from the client, 1 from the server, -1 where it belongs to no flow.
        payload: bytes of TCP payload (0 for other packets).
        kind: one of the `Kind` numbers.
    """

    flow: Ints
    side: Ints
    payload: Ints
    kind: Ints


@dataclass(slots=True)
class Source:
    """One capture file (or stream) of a run.

    Attributes:
        file: its index among the run's sources (`PacketBatch.file`).
        id: `s` and 15 hex digits of a hash over the first 64 KiB of the uncompressed capture: a gzip copy or the same
            bytes on stdin have the same id.
        name: as the user gave it. raw_path: the uncompressed file that holds the packets' bytes (`file_pos`), which is
            `name` itself, or a spooled copy next to the store; None when there is none.
        format: `pcap`, `pcapng`. size: bytes of the uncompressed capture read so far.
        note: where it was damaged or cut, if so (one line).
        dropped: packets that the capturing side says it lost (drop counters of pcapng).
        plain: its packets hold the plaintext of connections that another source holds encrypted.
    """

    file: int
    id: str
    name: str
    raw_path: str | None
    format: str
    size: int = 0
    packets: int = 0
    note: str | None = None
    dropped: int = 0
    plain: bool = False
