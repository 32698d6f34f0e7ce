"""Call records as `query calls --json --full` prints them: one JSON object a line, texts whole."""

from collections.abc import Iterator

import orjson

from ..context import Context
from ..reasons import REASONS
from ..report import Made, Skipped
from ..selecting import Group
from .format import Format


def records(context: Context, group: Group) -> Iterator[Made | Skipped]:
    for call in group.calls:
        what = f"call {call['n']}"
        if call["auxiliary"] and context.options.side_calls == "drop":
            yield Skipped(f"{what}, {call['auxiliary']}", "side-call", REASONS["side-call"])
        elif call["subagent"] and context.options.subagents == "drop":
            yield Skipped(what, "subagent", REASONS["subagent"])
        else:
            whole = context.reader.get("call", call["id"])
            yield Made(what, orjson.dumps(context.redaction.value(whole)))


FORMAT = Format(
    "calls",
    "call records with whole texts, one JSON object a line (docs/query.md)",
    "jsonl",
    ("call", "turn", "session"),
    ("subagents", "side_calls", "redact"),
    records,
)
