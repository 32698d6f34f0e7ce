"""The text of what is selected in the turn tree, as parts of a document."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..store.reader import Reader
from ..store.shapes import Record
from ..store.where import Where
from . import bodies, leg_words, telling
from .document import Part
from .evidence.claims import Claim
from .outcomes import outcome
from .units import NONE, clock, date, duration, percent, short, size, whole
from .wrong import wrong

Facts = list[tuple[str, str, str]]


def parts(reader: Reader, kind: str, record: Record) -> Sequence[Part]:
    """Read what belongs to a node of the turn tree."""
    match kind:
        case "session":
            return [*_session(record), *wrong(reader, "session", record)]
        case "turn":
            return _turn(reader, reader.get("turn", record["id"]) or record)
        case "call":
            return _call(reader, reader.get("call", record["id"]) or record)
        case "tool":
            return _tool(reader, record)
    return _subagent(reader, record)


def _session(record: Record) -> Sequence[Part]:
    facts: Facts = [
        ("agent", record["agent"], "strong"),
        ("began", date(record["t_start_us"]), "base"),
        ("lasted", duration(record["t_end_us"] - record["t_start_us"]), "base"),
        ("turns", whole(record["turns"]), "base"),
        ("calls", whole(record["calls"]), "base"),
        ("tokens", telling.tokens(record) or NONE, "base"),
        ("cost", telling.cost(record), "base"),
        ("id", record["id"], "muted"),
    ]
    if record.get("cwd"):
        facts.append(("directory", record["cwd"], "base"))
    return [Part(f"Session of {record['agent']}"), *_tabled(facts)]


def _subagent(reader: Reader, record: Record) -> Sequence[Part]:
    facts: Facts = [
        ("calls", whole(len(record["calls"])), "base"),
        ("tools", whole(record["tools"]), "base"),
        ("model", ", ".join(record["models"]) or NONE, "base"),
        ("tokens", telling.tokens(record) or NONE, "base"),
        ("cached", percent(telling.cached(record)), "base"),
        ("cost", telling.cost(record), "base"),
        ("time", duration(record["t_end_us"] - record["t_start_us"]), "strong"),
        ("id", record["id"], "muted"),
    ]
    made = [Part(f"Sub-agent {record.get('name') or record['id']}"), *_tabled(facts)]
    task, claim = _task(reader, record)
    if task:
        made.append(Part("Task", task, role="client", claim=claim))
    last = reader.get("call", record["calls"][-1])
    if last and last.get("text"):
        made.append(Part("Last answer", last["text"], claim=Claim(last["id"], "content", "", "the answer")))
    return made


def _task(reader: Reader, record: Record) -> tuple[str, Claim | None]:
    """What a sub-agent was asked for: by the tool call that started it, else by its first request."""
    tool = reader.get("tool", record["started_by"]) if record.get("started_by") else None
    if tool:
        asked = Claim(tool["call"], "tool_call", tool["id"], f"tool call {tool['name']}")
        given = tool.get("arguments")
        said = given.get("prompt") or given.get("message") if isinstance(given, Mapping) else None
        return (said if isinstance(said, str) else pretty(given)), asked
    first = reader.get("call", record["calls"][0], full=False)
    body = reader.body(first["exchange"], "request") if first and first.get("exchange") else b""
    said_first = [(text, place) for role, text, place in bodies.asked(body) if role == "user"]
    if not said_first or first is None:
        return "", None
    text, place = said_first[-1]
    return text, Claim(first["id"], "message", str(place), f"message {place + 1}, user")


def _turn(reader: Reader, record: Record) -> Sequence[Part]:
    of_turn = Where("call.turn = ?", (record["id"],))
    slowest = next(iter(reader.rows("call", 0, 1, where=of_turn, order="-e2e_us")), None)
    facts: Facts = [
        ("status", record["status"], "warn" if record["status"] == "incomplete" else "ok"),
        ("finish", record.get("finish") or NONE, "base"),
        ("calls", whole(len(record["calls"])), "base"),
        ("tools", whole(record["tools"]), "base"),
        ("model", ", ".join(record.get("models") or ()) or NONE, "base"),
        ("tokens", telling.tokens(record) or NONE, "base"),
        ("cached", percent(telling.cached(record)), "base"),
        ("time", duration(record["t_end_us"] - record["t_start_us"]), "strong"),
        ("in models", duration(record.get("model_us")), "model"),
        ("in tools", duration(record.get("tool_us")), "tool"),
        ("idle", duration(record.get("idle_us")), "muted"),
        ("turn", f"{record['n']} at {clock(record['t_start_us'])}", "base"),
    ]
    if record.get("cost_usd") is not None:
        facts.append(("cost", telling.cost(record), "base"))
    claims = {}
    if slowest and slowest.get("e2e_us"):
        waited = f"{duration(slowest['ttft_us'])} to the first token" if slowest.get("ttft_us") else "no first token"
        facts.append(("slowest", f"call {slowest['n']}: {duration(slowest['e2e_us'])}, {waited}", "model"))
        claims["slowest"] = Claim(slowest["id"], "e2e", "", f"call {slowest['n']}, {duration(slowest['e2e_us'])}")
    made = [Part("Prompt", record["prompt"] or "(not on the wire)", role="client")]
    made.append(Part("Answer", record.get("answer") or "(none)", role="base" if record.get("answer") else "muted"))
    return [*wrong(reader, "turn", record), *_tabled(facts, claims), *made]


LONG = ("slowest", "id", "directory", "API", "process", "known by", "leg", "capture")
"""Facts that have a line of their own."""


def _tabled(facts: Facts, claims: Mapping[str, Claim] | None = None) -> list[Part]:
    """Short facts in as many columns as fit, then the long ones."""
    short_ones = [fact for fact in facts if fact[0] not in LONG]
    long_ones = [fact for fact in facts if fact[0] in LONG]
    return [Part(facts=found, claims=claims or {}) for found in (short_ones, long_ones) if found]


def _call(reader: Reader, record: Record) -> Sequence[Part]:
    glyph, role = outcome(record.get("outcome"))
    facts: Facts = [
        ("outcome", f"{glyph} {record.get('outcome')}", role),
        ("status", str(record.get("status") or NONE), "base"),
        ("model", telling.model(record), "strong"),
        ("TTFT", duration(record.get("ttft_us")), "wait"),
        ("E2E", duration(record.get("e2e_us")), "model"),
        ("TPOT", duration(record.get("tpot_us")), "base"),
        ("max gap", duration(record.get("max_gap_us")), "base"),
        ("input", short(record.get("input_tokens")), "base"),
        ("cached", f"{short(record.get('cache_read_tokens'))} {percent(telling.cached(record))}", "base"),
        ("output", short(record.get("output_tokens")), "base"),
        ("finish", record.get("finish") or NONE, "base"),
        ("cost", telling.cost(record), "base"),
        ("API", f"{record['wire_api']} at {record.get('provider') or record['host']}", "base"),
        ("messages", whole(record.get("messages")), "base"),
        ("call", f"{record['n']} at {clock(record['t_request_us'])}", "base"),
    ]
    if process := record.get("process"):
        facts.append(("process", _process(process), "base"))
    if (record.get("attempt") or 1) > 1:
        facts.append(("attempt", f"{record['attempt']}, again after a failure", "warn"))
    if record.get("provider_reason"):
        facts.append(("known by", record["provider_reason"], "muted"))
    if record.get("error_type"):
        facts.append(("error", record["error_type"], "error"))
    if record.get("lossy"):
        facts.append(("capture", "! bytes are missing: texts may have holes", "warn"))
    for leg in record.get("legs") or ():
        facts.append(("leg", leg_words.leg(leg), "muted"))
    made = [*wrong(reader, "call", record), *_tabled(facts, _claims(record["id"], facts))]
    if record.get("error_message"):
        said = Claim(record["id"], "error", "", "the error")
        made.append(Part("Error", record["error_message"], role="error", claim=said))
    if record.get("refusal"):
        made.append(Part("Refusal", record["refusal"], role="warn"))
    content = Claim(record["id"], "content", "", "the answer")
    if record.get("thinking"):
        made.append(Part("Thinking", record["thinking"], role="muted", claim=content))
    if record.get("text"):
        made.append(Part("Text", record["text"], claim=content))
    for call in record.get("tool_calls") or ():
        note = call.get("id") or ""
        claim = Claim(record["id"], "tool_call", note, f"tool call {call['name']}")
        made.append(Part(f"Tool {call['name']}", pretty(call.get("arguments")), role="tool", note=note, claim=claim))
    for leg in record.get("legs") or ():
        made += [Part(on.name, "\n".join(on.lines), "muted", on.counts) for on in leg_words.rewritings(leg)]
    body = reader.body(record["exchange"], "request") if record.get("exchange") else b""
    for role, text, place in bodies.asked(body):
        claim = Claim(record["id"], "message", str(place), f"message {place + 1}, {role}")
        made.append(Part(f"Sent: {role}", text, role="client", claim=claim))
    return made


def _process(process: Record) -> str:
    """`claude, pid 4711`."""
    name, pid = process.get("comm"), process.get("pid")
    return ", ".join([str(name)] * bool(name) + [f"pid {pid}"] * bool(pid)) or NONE


CLAIMS = {
    "outcome": "response",
    "status": "status",
    "model": "model",
    "TTFT": "ttft",
    "E2E": "e2e",
    "input": "input",
    "cached": "cached",
    "output": "output",
    "finish": "finish",
    "API": "target",
    "messages": "part messages|input|contents",
    "error": "error",
}
"""What leads from a fact of a call to its bytes."""


def _claims(call: str, facts: Facts) -> dict[str, Claim]:
    """Claims for the facts of a call that have a value."""
    made = {}
    for name, value, _ in facts:
        if name in CLAIMS and value != NONE:
            what, _, key = CLAIMS[name].partition(" ")
            made[name] = Claim(call, what, key, f"{name} {value}")
    return made


def _tool(reader: Reader, record: Record) -> Sequence[Part]:
    took = record.get("duration_us")
    facts: Facts = [
        ("tool", record["name"], "strong"),
        ("time", duration(took), "tool"),
        ("result", size(record.get("result_bytes")), "base"),
        ("failed", "yes" if record.get("error") else "no" if record.get("error") is False else NONE, "base"),
    ]
    if record.get("mcp_server"):
        facts.append(("MCP server", record["mcp_server"], "base"))
    if record.get("mcp_call") and (ran := reader.get("call", record["mcp_call"], full=False)):
        facts.append(("ran at", telling.ran(ran), "tool"))
    whole_record = reader.get("tool", record["id"]) or record
    asked = Claim(record["call"], "tool_call", record["id"], f"tool call {record['name']}")
    answered = Claim(record.get("result_call") or "", "tool_result", record["id"], f"result of {record['name']}")
    claims = {"tool": asked} | ({"result": answered, "failed": answered} if record.get("result_call") else {})
    made = [Part(facts=facts, claims=claims)]
    made.append(Part("Arguments", pretty(whole_record.get("arguments")), role="tool", claim=asked))
    result = _result(reader, record)
    if result is not None:
        role = "error" if record.get("error") else "base"
        made.append(Part("Result", result or "(empty)", role=role, claim=answered))
    elif not record.get("result_call"):
        made.append(Part("Result", "none was seen", role="warn"))
    return made


def _result(reader: Reader, record: Record) -> str | None:
    carrier = reader.get("call", record["result_call"], full=False) if record.get("result_call") else None
    if carrier is None or not carrier.get("exchange"):
        return None
    return bodies.tool_result(reader.body(carrier["exchange"], "request"), record["id"], record["name"])


def pretty(value: Any) -> str:
    """Arguments for eyes: where all are strings, as they are; else indented JSON."""
    if isinstance(value, dict) and value and all(isinstance(v, str) for v in value.values()):
        return "\n".join(f"{name}: {text}" if "\n" not in text else f"{name}:\n{text}" for name, text in value.items())
    return json.dumps(value, indent=2, ensure_ascii=False) if value else ""
