"""Where things stand in the text of a JSON body: its members, the elements of a list, the object around a place."""

import re

import msgspec

from .carried import Range

TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}]', re.S)
CONVERSATIONS = ("messages", "input", "contents")
WRAPPER = "request"
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_elements = msgspec.json.Decoder(list[msgspec.Raw])


def members(body: bytes, within: Range | None = None) -> dict[str, Range]:
    """Ranges of the values of an object's members; {} if there is no object."""
    start, end = within or (0, len(body))
    try:
        found = _members.decode(body[start:end])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    ranges = {}
    for name, raw in found.items():
        named = body.find(msgspec.json.encode(name), start, end)
        value = bytes(raw)
        at = body.find(value, max(named, start), end)
        if at >= 0:
            ranges[name] = (at, at + len(value))
            start = at + len(value)
    return ranges


def elements(body: bytes, within: Range) -> list[Range]:
    """Ranges of the elements of a list; [] if it is none."""
    start, end = within
    try:
        found = _elements.decode(body[start:end])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    ranges = []
    for raw in found:
        value = bytes(raw)
        at = body.find(value, start, end)
        if at < 0:
            break
        start = at + len(value)
        ranges.append((at, start))
    return ranges


def request_members(body: bytes) -> dict[str, Range]:
    """Members of a request; of what it wraps, where it wraps one (Gemini's code assist)."""
    found = members(body)
    return members(body, found[WRAPPER]) if WRAPPER in found and len(found) <= 8 else found


def messages(body: bytes) -> list[Range]:
    """Ranges of the elements of the conversation that a request carries."""
    found = request_members(body)
    name = next((name for name in CONVERSATIONS if name in found), None)
    if name is None:
        return []
    return elements(body, found[name]) or [found[name]]


def around(body: bytes, at: int, within: Range) -> Range:
    """The innermost object that holds the byte at `at`; `within` if there is none."""
    start, end = within
    opened: list[int] = []
    best: Range | None = None
    for token in TOKEN.finditer(body, start, end):
        if token[0] == b"{":
            opened.append(token.start())
        elif token[0] == b"}" and opened:
            begin = opened.pop()
            if begin <= at < token.end():
                best = (begin, token.end())
                break
    return best or within
