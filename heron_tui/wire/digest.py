"""Messages of a conversation, digested: their text, tools, and a key that tells whether two mean the same."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from xxhash import xxh3_64, xxh3_64_digest

from ..model.call import Message, Role, ToolCall, ToolResult
from ..model.words import words_of
from . import lenient

TEXT_LIMIT = 64 << 10
"""Characters of each text that a digest keeps."""

ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "assistant": "assistant",
    "model": "assistant",
    "tool": "tool",
    "function": "tool",
}

VOLATILE = frozenset({"cache_control", "id", "status", "encrypted_content", "signature", "thoughtSignature"})
"""Members that may differ between two messages of the same meaning."""

_sorted = msgspec.json.Encoder(order="deterministic").encode
_not_in_ids = re.compile(r"[^A-Za-z0-9]+")
_id_prefix = re.compile(r"^(?:chatcmpltool|toolu|tooluse|call|fc|ctc)(?=.)")


def role_of(value: Any) -> Role:
    """The role word of any API as one of the four; what is no known word counts as the user's."""
    return ROLES.get(value, "user") if isinstance(value, str) else "user"


def plain_id(value: str) -> str:
    """A tool id without what proxies change in it: ``call_x``, ``callx`` and ``toolu_x`` are the same."""
    return _id_prefix.sub("", _not_in_ids.sub("", value))


def tool_call(id: Any, name: Any, arguments: Any, namespace: Any = None) -> ToolCall:
    """A tool call from its parts as on the wire: arguments as JSON text, as an object, or as free text."""
    if isinstance(arguments, dict):
        parsed = lenient.mapping(lenient.clean(arguments))
        raw = encode(parsed).decode()
    else:
        raw = lenient.text(arguments)
        value = lenient.loads(raw.encode()) if raw.strip() else {}
        parsed = value if isinstance(value, dict) else {"input": raw}
    return ToolCall(lenient.text(id), lenient.text(name), parsed, raw, lenient.some(namespace))


def free_call(id: Any, name: Any, text: Any, namespace: Any = None) -> ToolCall:
    """A call of a custom tool, whose one argument is free text even where it looks like JSON."""
    raw = lenient.text(text)
    return ToolCall(lenient.text(id), lenient.text(name), {"input": raw}, raw, lenient.some(namespace))


def tool_result(id: Any, content: Any, error: bool | None = None, name: Any = None) -> ToolResult:
    """A tool result; `content` is its text, its blocks, or any JSON value."""
    text = "\n".join(content_texts(content)) if isinstance(content, str | list) else ""
    if not text and content not in (None, "", []):
        text = encode(content).decode()
    return ToolResult(lenient.text(id), lenient.some(name), error, len(text.encode()), text)


def content_texts(content: Any) -> list[str]:
    """The texts of a content: a string, or a list of strings and of blocks that have a `text`."""
    if isinstance(content, str):
        return [lenient.text(content)] if content else []
    texts = [part if isinstance(part, str) else lenient.mapping(part).get("text") for part in lenient.sequence(content)]
    return [text for text in map(lenient.text, texts) if text]


def message(
    raw: bytes,
    raw_hash: int,
    kind: Any,
    *,
    role: Role | None = None,
    texts: Sequence[str] = (),
    calls: Sequence[ToolCall] = (),
    results: Sequence[ToolResult] = (),
    others: Iterable[Any] = (),
    ids: bool = True,
    silent: bool = False,
) -> Message:
    """A digested message.

    Args:
        raw, raw_hash: its bytes in the body and their xxh3.
        kind: the API's role word or item type.
        role: None to take it from `kind`.
        others: blocks that are neither text nor tools (images, documents): they count for the key.
        ids: False for APIs in which tool calls need not have ids: these do not count for the key then.
        silent: the message says nothing of its own (`Message.key` is empty).
    """
    kind = lenient.text(kind)
    role = role or role_of(kind)
    if results and role == "user" and not any(text.strip() for text in texts):
        role = "tool"
    words = words_of("".join(texts))
    return Message(
        role=role,
        texts=tuple([text[:TEXT_LIMIT] for text in texts]),
        tool_calls=tuple(calls),
        tool_results=tuple([_cut(result) for result in results]),
        key=b"" if silent else _key(role, words, calls, results, others, ids=ids),
        size=len(raw),
        raw_hash=raw_hash,
        kind=kind,
        words=words,
    )


def meaning(
    role: str,
    texts: Sequence[str],
    calls: Sequence[ToolCall] = (),
    results: Sequence[ToolResult] = (),
    others: Iterable[Any] = (),
    *,
    ids: bool = True,
) -> bytes:
    """8 bytes of hash over what a message means.

    White space in texts, how text is cut into blocks, the order of an object's members, thinking, cache marks and the
    forms of ids do not count.
    """
    return _key(role, words_of("".join(texts)), calls, results, others, ids=ids)


def _key(
    role: str,
    words: int,
    calls: Sequence[ToolCall],
    results: Sequence[ToolResult],
    others: Iterable[Any],
    *,
    ids: bool,
) -> bytes:
    """`meaning` of a message whose texts have these words."""
    state = xxh3_64(role.encode())
    state.update(words.to_bytes(8, "big"))
    for call in calls:
        state.update(f"\x00call\x00{plain_id(call.id) if ids else ''}\x00{call.name}\x00".encode("utf-8", "replace"))
        state.update(encode(canonical(call.arguments)))
    for result in results:
        state.update(f"\x00result\x00{plain_id(result.id) if ids else result.name}\x00".encode("utf-8", "replace"))
        state.update(words_of(result.text).to_bytes(8, "big"))
    for other in others:
        state.update(b"\x00other\x00" + encode(canonical(other)))
    return state.digest()


def broken(raw: bytes, raw_hash: int) -> Message:
    """A message that is not what its API's messages are: only its bytes are known."""
    return Message("user", (), (), (), xxh3_64_digest(raw), len(raw), raw_hash)


def canonical(value: Any) -> Any:
    """`value` without volatile members; whole floats as integers, as JavaScript writes them."""
    if isinstance(value, dict):
        return {key: canonical(member) for key, member in value.items() if key not in VOLATILE}
    if isinstance(value, list):
        return [canonical(member) for member in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _cut(result: ToolResult) -> ToolResult:
    if len(result.text) <= TEXT_LIMIT:
        return result
    return ToolResult(result.id, result.name, result.error, result.size, result.text[:TEXT_LIMIT])


def encode(value: Any) -> bytes:
    """`value` as JSON, members in order of their names; as its `repr` where it is none."""
    try:
        return _sorted(value)
    except lenient.BAD:
        return lenient.whole(repr(value)).encode()
