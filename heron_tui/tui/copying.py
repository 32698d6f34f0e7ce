"""What can be copied of the thing in focus, each as its text."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from msgspec import Struct, structs

from ..store.reader import Kind, Reader
from . import bodies, curl
from .subject import Subject

KINDS: tuple[Kind, ...] = ("call", "turn", "session", "tool", "flow", "exchange", "finding")


@dataclass(frozen=True, slots=True)
class Copyable:
    """One choice: `name` for the list, `ending` for a file that takes it."""

    name: str
    text: str
    ending: str = "txt"


def copyables(reader: Reader, subject: Subject | None, value: str, applied: str = "") -> list[Copyable]:
    """The choices there are, the value first; `applied` is the display filter in force."""
    found = [Copyable("value", value)] if value else []
    if subject is not None:
        found += _of(reader, subject)
    if applied:
        found.append(Copyable("applied filter", applied))
    return found


def _of(reader: Reader, subject: Subject) -> Iterator[Copyable]:
    record = _whole(reader, subject)
    yield Copyable("JSON", json.dumps(record, indent=2, ensure_ascii=False, default=str), "json")
    id = subject.exchange(reader)
    exchange = reader.get("exchange", id) if id else None
    if exchange is not None:
        call = reader.get("call", exchange["call"], full=False) if exchange["call"] else None
        asked, answered = reader.body(exchange["id"], "request"), reader.body(exchange["id"], "response")
        if not answered:
            answered = b"\n".join(data for _, data in reader.stream(exchange["id"]))
        if command := curl.command(exchange, asked, tls=bool(call and call["tls"])):
            yield Copyable("curl", command, "sh")
        if asked:
            yield Copyable("request", asked.decode("utf-8", "replace"), "json")
        if answered:
            yield Copyable("response", answered.decode("utf-8", "replace"))
    if text := _text(reader, subject, record):
        yield Copyable("text", text)
    if chosen := _filter(subject, record):
        yield Copyable("filter", chosen)


def _whole(reader: Reader, subject: Subject) -> dict[str, Any]:
    """The record with whole texts; of a packet its row."""
    record = subject.record
    if isinstance(record, Struct):
        return structs.asdict(record)
    kind = next((kind for kind in KINDS if kind == subject.kind), None)
    found = reader.get(kind, record["id"]) if kind and record.get("id") else None
    return dict(found or record)


def _text(reader: Reader, subject: Subject, record: dict[str, Any]) -> str:
    match subject.kind:
        case "call":
            return str(record.get("text") or "")
        case "turn":
            return "\n\n".join(filter(None, (record.get("prompt"), record.get("answer"))))
        case "tool":
            carrier = reader.get("call", record["result_call"], full=False) if record.get("result_call") else None
            if carrier and carrier["exchange"]:
                body = reader.body(carrier["exchange"], "request")
                return bodies.tool_result(body, record["id"], record["name"]) or ""
        case "finding":
            return str(record.get("text") or "")
    return ""


def _filter(subject: Subject, record: dict[str, Any]) -> str:
    """The display filter that selects it."""
    match subject.kind:
        case "call" | "turn" | "session" | "flow":
            return f'{subject.kind}.id == "{record["id"]}"'
        case "tool":
            return f'call.id == "{record["call"]}" and tool.name == {json.dumps(record["name"])}'
        case "subagent":
            return f"call.subagent == {json.dumps(record['id'])}"
        case "packet":
            return f"packet.number == {record['number']}"
        case "exchange":
            return f'call.id == "{record["call"]}"' if record.get("call") else f'flow.id == "{record["flow"]}"'
        case "finding":
            return f'finding.code == "{record["code"]}"'
    return ""
