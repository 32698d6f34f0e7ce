"""Whether a call's conversation can be written as a record that says what the wire said, no less and nothing else."""

from collections.abc import Sequence

from ..conversation.shapes import Conversation
from ..store.reader import Reader
from ..store.shapes import Record
from .reasons import Refused
from .said import Said, whole

LIMITS = frozenset({"max_tokens", "length", "model_context_window_exceeded", "MAX_TOKENS", "incomplete", "pause_turn"})
REFUSALS = frozenset(
    "refusal content_filter SAFETY RECITATION BLOCKLIST PROHIBITED_CONTENT SPII IMAGE_SAFETY LANGUAGE".split()
)
FAILED = {
    "in_progress": ("cut", "had not ended when the capture did"),
    "truncated": ("cut", "the stream broke off"),
    "aborted": ("cut", "the client went away"),
    "no_response": ("failed", "no response"),
    "unknown": ("lost", "the capture does not hold its end"),
}


def call(reader: Reader, record: Record, held: Conversation, *, final: bool) -> None:
    """Check a call that a record shall end with.

    Args:
        final: its answer must be a final one, that is, one that asks for no tool.

    Raises:
        Refused: naming why not.
    """
    if record["outcome"] != "ok":
        code, detail = FAILED.get(record["outcome"], ("failed", record["error_type"] or str(record["status"] or "")))
        raise Refused(code, detail)
    if record.get("lossy"):
        raise Refused("lost", "bytes of the call")
    _bodies(reader, record, held)
    finish = record["finish"] or ""
    if finish in REFUSALS or record.get("refusal"):
        raise Refused("refused", finish)
    if finish in LIMITS:
        raise Refused("limit", finish)
    if held.choices > 1:
        raise Refused("choices", str(held.choices))
    if held.answer is None:
        raise Refused("no-answer")
    if final and held.answer.of("tool_call"):
        raise Refused("no-final")
    row(whole(held))


def _bodies(reader: Reader, record: Record, held: Conversation) -> None:
    """Bytes must be there, of its own exchange and of those that a chain of responses brings in."""
    if held.problem:
        raise Refused("request", held.problem)
    if held.missing:
        raise Refused("missing", held.missing)
    own = record["exchange"]
    for id in {own, *(message.exchange for message in held.messages)} - {""}:
        exchange = reader.get("exchange", id, full=False)
        if exchange is None:
            continue
        if exchange["lost_bytes"] or exchange["dropped_bytes"]:
            raise Refused("lost", f"{(exchange['lost_bytes'] or 0) + (exchange['dropped_bytes'] or 0):,} bytes")
        if id != own and exchange["state"] != "complete":
            raise Refused("cut", "an earlier answer of the chain")


def row(said: Sequence[Said]) -> None:
    """Check the messages themselves: their order, and that each part has a form.

    Raises:
        Refused: naming the first thing that has none.
    """
    first = next((one.role for one in said if one.role != "system"), None)
    if first != "user":
        raise Refused("order", f"begins with {first or 'nothing'}")
    for one in said:
        for part in one.parts:
            if part.kind == "server_tool":
                raise Refused("server-tool", part.name)
            if part.kind == "other":
                raise Refused("part", part.wire)
            if part.kind == "image" and (one.role != "user" or not part.text):
                raise Refused("image", f"in a message of {one.role}" if part.text else "held elsewhere")
            if part.kind == "tool_call" and part.arguments is None and not part.free:
                raise Refused("arguments", part.name)
            for inner in part.parts:
                if inner.kind != "text":
                    raise Refused("image" if inner.kind == "image" else "part", f"{inner.wire} in a tool result")
