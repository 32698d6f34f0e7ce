"""Wireshark's own dissection of a packet, by tshark through pyshark, in a process of its own that can be ended.

`python -m heron_tui.tui.wireshark FILE NUMBER` prints the dissection of that packet of a pcap file as JSON: layers,
each ``[name, [[shown, position, size, value in hexadecimal], ...]]``.
"""

import asyncio
import os
import shutil
import signal
import struct
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from ..core.errors import SourceError
from ..store.shapes import CapturedPacket
from .layers import Field, dissect
from .layers.http import is_secret

BEFORE = 300
"""Packets of the stream that are dissected before the one asked for, so that what they began is put together."""
MISSING = (
    "the whole dissection needs tshark: install the package tshark (Debian, Ubuntu) or wireshark-cli (Fedora, Arch)"
)
MAGIC, VERSION = 0xA1B2C3D4, (2, 4)
Layer = tuple[str, list[tuple[str, int, int, str]]]


def available() -> bool:
    return shutil.which("tshark") is not None


def pcap(packets: Sequence[CapturedPacket]) -> bytes:
    """A capture file of these packets: those with the link type of the last one."""
    link = packets[-1].link
    parts = [struct.pack("<IHHiIII", MAGIC, *VERSION, 0, 0, 1 << 18, link)]
    for packet in packets:
        if packet.link == link:
            seconds, micros = divmod(packet.time_us, 1_000_000)
            parts.append(struct.pack("<IIII", seconds, micros, len(packet.data), max(packet.length, len(packet.data))))
            parts.append(packet.data)
    return b"".join(parts)


async def layers(packets: Sequence[CapturedPacket]) -> list[Layer]:
    """Wireshark's layers of the last of `packets`; the others are those before it in its stream.

    Cancelling ends the processes.

    Raises:
        SourceError: tshark or pyshark failed; the message says how.
    """
    number = sum(packet.link == packets[-1].link for packet in packets)
    with tempfile.TemporaryDirectory(prefix="heron-tui-") as place:
        path = Path(place) / "packets.pcap"
        path.write_bytes(pcap(packets))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", __name__, str(path), str(number)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        try:
            out, err = await process.communicate()
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)  # tshark is in this group too
                await process.wait()
    if process.returncode:
        words = err.decode("utf-8", "replace").strip().splitlines()
        raise SourceError(f"tshark failed: {words[-1] if words else f'exit code {process.returncode}'}")
    return msgspec.json.decode(out, type=list[Layer])


def tree(found: Sequence[Layer], packet: CapturedPacket) -> Field:
    """The dissection for the detail tree. A field has bytes where its value stands at its position in the packet."""
    masked = dissect(packet.data, packet.link).secrets
    root = Field("Wireshark", "dissection by tshark", open=True)
    for name, fields in found:
        layer = root.add(name)
        for shown, at, size, value in fields:
            key, _, said = shown.partition(": ")
            here = size > 0 and bool(value) and packet.data[at : at + size].hex() == value
            field = layer.add(key, said, *((at, at + size) if here else (0, 0)))
            field.secret = is_secret(key) or any(here and at < end and at + size > start for start, end in masked)
            if here and (layer.end == layer.start or at < layer.start):
                layer.start = at
            layer.end = max(layer.end, at + size) if here else layer.end
    return root


def _layer(layer: Any) -> Layer:
    """A layer of pyshark, its fields in the order of their bytes; then those that have none."""
    fields = []
    for container in layer._all_fields.values():
        for field in container.all_fields:
            shown = field.showname or (f"{field.name}: {field.show}" if field.name else field.show) or ""
            value = field.unmaskedvalue or field.raw_value or ""
            if shown and not field.hide:
                fields.append((str(shown), int(field.pos or 0), int(field.size or 0), str(value)))
    fields.sort(key=lambda field: (field[2] == 0, field[1], -field[2]))
    return str(layer.layer_name).upper(), fields


def main(path: str, number: str) -> None:
    import pyshark  # here alone, so that nothing else waits for it

    capture = pyshark.FileCapture(path, display_filter=f"frame.number == {number}", keep_packets=False)
    packet = next(iter(capture), None)
    if packet is None:
        sys.exit("it says nothing of this packet")
    sys.stdout.buffer.write(msgspec.json.encode([_layer(layer) for layer in packet.layers]))
    capture.close()


if __name__ == "__main__":
    main(*sys.argv[1:3])
