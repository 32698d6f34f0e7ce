"""Answers, folded again from the stored response with the folds of `wire`."""

from ..store.reader import Reader
from ..store.shapes import Record
from ..wire import late, lenient
from ..wire.answer import Answer, Block
from ..wire.registry import APIS
from .forms.form import called, tool_call
from .shapes import Message, Part

ANSWERS = {api.name: api.answer for api in APIS}
HIDDEN = "redacted_thinking"


def answer(reader: Reader, call: Record) -> tuple[Message | None, int]:
    """What a call was answered (so far), and how many choices there were; None where nothing was said."""
    exchange, made = call.get("exchange"), ANSWERS.get(call["wire_api"])
    if not exchange or made is None or (call.get("status") or 200) >= 400:
        return None, 1
    fold = made()
    if stream := reader.stream(exchange):
        names, data = zip(*stream, strict=True)
        fold.take(names, list(data))
    elif body := reader.body(exchange, "response"):
        _whole(fold, body)
    parts = _parts(fold)
    choices = len({key[0] for key in fold.blocks} | set(fold.finishes)) if fold.one_message else 1
    return (Message("assistant", parts, "answer", exchange, "response") if parts else None), max(choices, 1)


def _whole(fold: Answer, body: bytes) -> None:
    value = lenient.loads(body)
    if isinstance(value, dict | list):
        fold.read(value)
    elif data := late.split(body):
        fold.take([""] * len(data), data)


def _parts(fold: Answer) -> tuple[Part, ...]:
    """The parts of the first choice, in their order."""
    keys = sorted(fold.blocks)
    if fold.one_message and keys:
        keys = [key for key in keys if key[0] == keys[0][0]]
    parts = [_part(fold.blocks[key]) for key in keys]
    if fold.refusal:
        parts.append(Part("text", lenient.whole("".join(fold.refusal)), "refusal"))
    return tuple([part for part in parts if part.text or part.kind != "text"])


def _part(block: Block) -> Part:
    text = lenient.whole(block.text)
    match block.kind:
        case "text":
            return Part("text", text, "text")
        case "thinking":
            return Part("thinking", text, "thinking", hidden=not text)
        case "tool" | "custom":
            free = block.kind == "custom"
            held = text if text or block.whole is None else block.whole
            return tool_call(block.kind, block.id, block.name, held, free=free, namespace=block.namespace)
        case "server":
            name = called(block.name, block.namespace)
            return Part("server_tool", text, block.kind, lenient.text(block.id), name, value=block.whole)
    if block.name == HIDDEN:
        return Part("thinking", "", HIDDEN, hidden=True)
    return Part("other", text, lenient.text(block.name) or "unknown", value=block.whole)
