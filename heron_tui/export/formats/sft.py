"""Training records in OpenAI's messages form, one JSON object a line: `{"messages": [...], "tools": [...]}`.

The form that OpenAI's fine-tuning, TRL, Axolotl and LLaMA-Factory read (sources: OpenAI's guide to supervised
fine-tuning and API reference of chat messages; TRL's "Dataset formats"). Thinking stands in `reasoning_content`, as
vLLM, DeepSeek and Qwen name it.
"""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from ...conversation.shapes import Conversation, Part, Tool
from ...store.shapes import Record
from .. import check
from ..context import Context
from ..pairing import Ids, ids
from ..reasons import Refused
from ..report import Made, Skipped
from ..said import Said, chain, whole
from ..selecting import Group
from ..threads import End, Threads, threads
from .format import Format

FREE_TEXT = {"type": "object", "properties": {"input": {"type": "string"}}, "required": ["input"]}
"""The schema of a tool that takes free text: this form knows functions only."""
Message = dict[str, Any]


def records(context: Context, group: Group) -> Iterator[Made | Skipped]:
    """A record for each end of the group's conversations that can be written without loss."""
    final = context.options.unit != "call"

    def judge(call: Record, held: Conversation, last: bool) -> None:
        check.call(context.reader, call, held, final=final and last and not call["auxiliary"])
        ids(whole(held))

    found = threads(context, group, judge)
    yield from found.skipped
    inside = context.options.subagents == "inline" and context.options.unit != "call"
    for end in found.ends:
        if inside and any(_holds(other, end) for other in found.ends):
            continue
        try:
            made = _record(context, found, end)
        except Refused as refused:
            yield Skipped(end.what, refused.code, str(refused))
            continue
        if inside and not end.call["subagent"]:
            made["subagents"] = [_inner(context, found, group, one) for one in found.ends if _holds(end, one)]
        yield Made(end.what, orjson.dumps(made))


def _holds(end: End, agent: End) -> bool:
    """Whether a sub-agent's record belongs inside the record of an end: that of its turn."""
    if not agent.call["subagent"] or end.call["subagent"] or agent.call["auxiliary"] or end.call["auxiliary"]:
        return False
    return agent.call["turn"] in {end.call["turn"], *(one.call["turn"] for one in end.inside)}


def _inner(context: Context, found: Threads, group: Group, end: End) -> Message:
    turn = next((turn for turn in group.turns if turn["id"] == end.call["turn"]), None)
    agents: Sequence[Record] = turn["subagents"] if turn else ()
    about = next((agent for agent in agents if agent["id"] == end.call["subagent"]), Record())
    head = {"id": end.call["subagent"], "name": about.get("name"), "tool_call_id": about.get("parent_tool")}
    return head | _record(context, found, end)


def _record(context: Context, found: Threads, end: End) -> Message:
    options = context.options
    held = context.conversations.of(end.call)
    said = [_as_answered(context, found, one) for one in whole(held)]
    check.row(said)
    made: Message = {"messages": _messages(context, found, held, said)}
    if options.tools == "keep" and (tools := _tools(context, found, held, said)):
        made["tools"] = tools
    if options.metadata == "keep":
        made["metadata"] = _metadata(end)
    return made


def _as_answered(context: Context, found: Threads, one: Said) -> Said:
    """An answer as the model gave it, where the client sent it back changed."""
    call, meaning = found.answers.get(one.asks, ("", b"")) if one.asks else ("", b"")
    if not call or one.meaning == meaning:
        return one
    record = context.reader.get("call", call, full=False)
    answer = context.conversations.of(record).answer if record else None
    if answer is None:
        return one
    context.report.note("rewritten")
    return Said("assistant", answer.parts)


def _messages(context: Context, found: Threads, held: Conversation, said: Sequence[Said]) -> list[Message]:
    named = ids(said)
    states = chain(said, context.keys)
    lead = [part.text for part in held.system]
    rest: list[Message] = []
    for place, one in enumerate(said):
        if one.role == "system":
            text = _text(one.parts)
            if not rest or context.options.late_system == "lead":
                lead.append(text)
            else:
                rest.append({"role": context.options.late_system.replace("keep", "system"), "content": text})
        elif one.role == "assistant":
            thought = found.thinking.get(states[place])
            rest.append(_assistant(context, one, place, named, thought))
        elif one.role == "tool":
            context.report.note("result-errors", bool(one.parts[0].error))
            rest.append({"role": "tool", "tool_call_id": named[place, 0], "content": one.parts[0].text})
        else:
            rest.append({"role": "user", "content": _content(one.parts)})
    first = {"role": "system", "content": "\n\n".join(text for text in lead if text)}
    messages = _systems(context.options.system, [*([first] if first["content"] else ()), *_joined(rest)])
    redacted: list[Message] = context.redaction.value(messages)
    return redacted


def _systems(choice: str, messages: list[Message]) -> list[Message]:
    """System messages kept, each with a hash in its place, or dropped."""
    if choice == "drop":
        return _joined([message for message in messages if message["role"] != "system"])
    if choice == "hash":
        for message in messages:
            if message["role"] == "system":
                digest = hashlib.sha256(message["content"].encode()).hexdigest()
                message["content"] = f"[system prompt, SHA-256 {digest[:16]}]"
    return messages


def _assistant(context: Context, one: Said, place: int, named: Ids, thought: str | None) -> Message:
    """Thinking that a history left out when it was sent again is taken from the call that was answered with it."""
    message: Message = {"role": "assistant", "content": _text(one.parts, "")}
    thinking = [part for part in one.parts if part.kind == "thinking"]
    told = "\n".join(part.text for part in thinking if part.text)
    if not told and thought:
        told = str((context.reader.get("call", thought) or {}).get("thinking") or "")
    if context.options.reasoning == "keep" and told:
        message["reasoning_content"] = told
    context.report.note("hidden-reasoning", bool(thinking) and not told)
    calls = [_call(context, part, named[place, at]) for at, part in enumerate(one.parts) if part.kind == "tool_call"]
    if calls:
        message["tool_calls"] = calls
    return message


def _call(context: Context, part: Part, id: str) -> Message:
    arguments: Any = context.redaction.value(part.taken)
    if context.options.arguments == "string":
        same = arguments == part.taken and not part.free
        arguments = part.text if same else orjson.dumps(arguments).decode()
    return {"id": id, "type": "function", "function": {"name": part.name, "arguments": arguments}}


def _text(parts: Sequence[Part], between: str = "\n\n") -> str:
    return between.join(part.text for part in parts if part.kind == "text" and part.text)


def _content(parts: Sequence[Part]) -> str | list[Message]:
    """Text, or parts where an image is among them."""
    if all(part.kind == "text" for part in parts):
        return _text(parts)
    return [
        {"type": "image_url", "image_url": {"url": part.text}}
        if part.kind == "image"
        else {"type": "text", "text": part.text}
        for part in parts
        if part.text
    ]


def _joined(messages: list[Message]) -> list[Message]:
    """Messages of one role that follow each other as one: chat templates want roles to alternate."""
    found: list[Message] = []
    for message in messages:
        last = found[-1] if found else None
        if last is None or last["role"] != message["role"] or message["role"] not in ("user", "system"):
            found.append(message)
        elif isinstance(last["content"], str) and isinstance(message["content"], str):
            last["content"] += "\n\n" + message["content"]
        else:
            last["content"] = _as_parts(last["content"]) + _as_parts(message["content"])
    return found


def _as_parts(content: str | list[Message]) -> list[Message]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _tools(context: Context, found: Threads, held: Conversation, said: Sequence[Said]) -> list[Message]:
    """Definitions of the tools that were offered last, and of those called before that were offered then."""
    offered = {tool.name: tool for tool in held.tools}
    called = {part.name for one in said for part in one.parts if part.kind == "tool_call"}
    offered |= {name: found.tools[name] for name in sorted(called - set(offered)) if name in found.tools}
    context.report.note("server-tools", sum(tool.kind == "server" for tool in offered.values()))
    return [_tool(tool) for tool in offered.values() if tool.kind != "server"]


def _tool(tool: Tool) -> Message:
    schema = FREE_TEXT if tool.kind == "custom" else tool.schema or {"type": "object", "properties": {}}
    return {
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": schema},
    }


def _metadata(end: End) -> Message:
    names = "session turn subagent agent wire_api provider request_model response_model t_request_us t_end_us".split()
    return {"unit": end.what, "call": end.call["id"]} | {name: end.call[name] for name in names}


FORMAT = Format(
    "sft",
    "training records in OpenAI's messages form, one JSON object a line",
    "jsonl",
    ("turn", "session", "call"),
    tuple("tools reasoning system late_system arguments subagents histories side_calls metadata redact".split()),
    records,
)
