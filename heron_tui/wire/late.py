"""Streams that came under another content type, so that nobody below split them into events."""

import json
import re

_blank = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_line = re.compile(rb"\r\n|\n|\r")
_between = re.compile(r"[\s,]*")
_decoder = json.JSONDecoder()


def split(body: bytes) -> list[bytes]:
    """The events in a body that looks like an SSE stream, like JSON lines, or like a JSON array that was cut off.

    [] where it is none of these. An event that the body's end cut off is left out.
    """
    start = body[:64].lstrip()
    if start.startswith((b"data:", b"event:", b"id:", b"retry:", b":")):
        events = _blank.split(body)[:-1]
        return [data for data in map(_data, events) if data]
    if start.startswith(b"{"):
        return [line for line in _line.split(body)[:-1] if line.strip()]
    return _elements(body) if start.startswith(b"[") else []


def _data(event: bytes) -> bytes:
    lines = [line[5:] for line in _line.split(event) if line.startswith(b"data:")]
    return b"\n".join([line.removeprefix(b" ") for line in lines])


def _elements(body: bytes) -> list[bytes]:
    """The elements of an array, up to where it was cut off."""
    text = body.decode("utf-8", "replace")
    place = text.index("[") + 1
    found: list[bytes] = []
    while True:
        start = _between.match(text, place).end()  # type: ignore[union-attr]
        try:
            _, place = _decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            return found
        found.append(text[start:place].encode())
