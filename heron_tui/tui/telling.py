"""Records in a few words: what a call, a tool call or an event is about, on one line."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec

from .units import NONE, duration, first_line, short

Record = Mapping[str, Any]
TELLING = (
    "command",
    "cmd",
    "file_path",
    "path",
    "pattern",
    "query",
    "url",
    "prompt",
    "description",
    "input",
    "message",
)
ACCEPTED = 202
"""Status of a request whose answer comes elsewhere (MCP over HTTP+SSE)."""
LIMIT = 300
MOST_FACTS = 12
DULL = frozenset({"type", "id", "object", "created", "created_at", "obfuscation", "sequence_number", "index"})


def arguments(given: Any, limit: int = LIMIT) -> str:
    """The argument that says most: the command of a shell, the path of a file tool, else the first one."""
    if not isinstance(given, Mapping) or not given:
        return first_line(str(given), limit) if given else ""
    for name in TELLING:
        if given.get(name):
            return _value(given[name], limit)
    return _value(next(iter(given.values())), limit)


def _value(value: Any, limit: int) -> str:
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        value = " ".join(value)
    return first_line(value if isinstance(value, str) else repr(value), limit)


def tokens(record: Record) -> str:
    """`12.3k→85`: all input and output tokens; `~` before an estimate."""
    if record.get("input_tokens") is None and record.get("output_tokens") is None:
        return ""
    mark = "~" if record.get("tokens_estimated") else ""
    return f"{mark}{short(record.get('input_tokens'))}→{short(record.get('output_tokens'))}"


def cost(record: Record, none: str = NONE) -> str:
    """What it cost in US dollars, by list prices; `none` where that is not known."""
    return none if record.get("cost_usd") is None else f"${record['cost_usd']:.4f}"


def total(records: Sequence[Record], name: str) -> Any:
    """The sum of a figure over records, None where no record has it."""
    known = [record[name] for record in records if record.get(name) is not None]
    return sum(known) if known else None


def cached(record: Record) -> float | None:
    """Share of the input tokens that came from the cache."""
    total, part = record.get("input_tokens"), record.get("cache_read_tokens")
    return part / total if total and part is not None else None


def model(record: Record) -> str:
    """The model that answered, else the one asked for; both where they differ."""
    asked, said = record.get("request_model"), record.get("response_model")
    if asked and said and asked != said and not said.startswith(asked) and not asked.startswith(said):
        return f"{asked} ⇒ {said}"
    return said or asked or NONE


def answer(record: Record) -> str:
    """What a call led to: the tools it asked for, else the beginning of its text, else how it failed."""
    if record.get("error_type"):
        return f"{record['error_type']}"
    calls = record.get("tool_calls") or ()
    if calls:
        names = [str(call.get("name")) for call in calls]
        if len(names) == 1:
            return f"→ {names[0]} {arguments(calls[0].get('arguments'), 200)}"
        return "→ " + ", ".join(names)
    if text := record.get("text"):
        return f"“{first_line(text, LIMIT)}”"
    if record.get("thinking"):
        return f"thinking: {first_line(record['thinking'], LIMIT)}"
    return {"no_response": "no response", "in_progress": "…"}.get(record.get("outcome") or "", "")


def event(data: bytes, limit: int = LIMIT) -> str:
    """What an event of a stream brings: the piece of text, of thinking or of arguments in it, else its beginning."""
    try:
        found = msgspec.json.decode(data)
    except msgspec.DecodeError:
        return first_line(data[: limit * 4].decode("utf-8", "replace"), limit)
    piece = _piece(found)
    if piece is not None:
        return f"“{first_line(piece, limit)}”" if piece.strip() else repr(piece)
    return first_line(", ".join(islice(_facts(found), MOST_FACTS)), limit)


PIECES = (
    "text",
    "partial_json",
    "thinking",
    "content",
    "reasoning_content",
    "reasoning",
    "arguments",
    "delta",
    "parts",
)


def _facts(value: Any, name: str = "") -> Iterator[str]:
    """What stands in a value without content, as names and values; types, ids and empty values left out."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            if key not in DULL or (key == "type" and name in ("content_block", "item", "part", "error")):
                yield from _facts(part, str(key))
    elif isinstance(value, list):
        for part in value:
            yield from _facts(part, name)
    elif value not in (None, "", 0) and not isinstance(value, bool):
        yield f"{name} {value}" if name else str(value)


def _piece(value: Any, depth: int = 0) -> str | None:
    """The first string under a name that holds content, in the order of the event's own fields."""
    if depth > 8:
        return None
    if isinstance(value, list):
        return next((piece for part in value if (piece := _piece(part, depth + 1)) is not None), None)
    if not isinstance(value, Mapping):
        return None
    for name in ("delta", "choices", "candidates", "function", "tool_calls", "message", *PIECES):
        part = value.get(name)
        if isinstance(part, str) and part and name in PIECES:
            return part
        if isinstance(part, Mapping | list) and (piece := _piece(part, depth + 1)) is not None:
            return piece
    return None


def about(finding: Record) -> str:
    """What a finding is about, as other views number it: `call 12`, `call 12 Bash`, `turn 3`, `flow 1`."""
    known = finding.get("about") or {}
    number = next((f"{kind} {known[kind]}" for kind in ("call", "turn", "flow") if known.get(kind)), "")
    name = known.get("tool") or known.get("request")
    return " ".join([part for part in (number, name) if part]) or str(finding["scope"])


def whose(finding: Record) -> str:
    """Agent and model of what a finding is about, or the two ends of its flow."""
    known = finding.get("about") or {}
    if known.get("client"):
        return f"{known['client']} → {known['server']}"
    return " ".join([known[name] for name in ("agent", "model") if known.get(name)])


def ran(call: Record) -> str:
    """Where an MCP server ran a tool, and the server's own time, where its answer was seen."""
    answered = call.get("status") != ACCEPTED or call.get("text") or call.get("error_message")
    took = duration(call.get("e2e_us")) if answered else NONE
    return f"{call['server']} in {took}" if took != NONE else str(call["server"])
