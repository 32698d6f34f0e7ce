"""All layers of one packet, from the frame to HTTP's head."""

from msgspec import Struct, field

from . import http, ip
from .field import Field


class Dissection(Struct):
    """`payload` is where the TCP payload begins and ends, `secrets` the ranges that are masked."""

    layers: list[Field]
    payload: tuple[int, int] | None = None
    secrets: list[tuple[int, int]] = field(default_factory=list)


def dissect(data: bytes, link: int) -> Dissection:
    """Read what can be read of `data`; never raises on what was captured."""
    layers: list[Field] = []
    place = ip.link(data, link, layers)
    above = ip.internet(data, place, layers) if place else None
    if above is None:
        return Dissection(layers)
    protocol, at, end = above
    start = ip.transport(data, protocol, at, end, layers)
    if start is None or start >= end:
        return Dissection(layers)
    segment = data[:end]
    if head := http.head(segment, start):
        layers.append(head)
    else:
        layers.append(Field("Data", f"{end - start:,} bytes of the stream", start, end))
    return Dissection(layers, (start, end), http.secrets(segment, start))
