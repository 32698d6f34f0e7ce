"""Answers of model APIs, enough for one round of tools: first a call of the agent's shell tool, then text."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

DELEGATE = "heron-delegate"  # in a prompt: let a sub-agent do it
AGENTS = ("Agent", "Task")
SHELLS = ("Bash", "bash", "run_shell_command", "exec_command", "shell_command", "shell", "local_shell")
COMMAND = "echo heron"


@dataclass
class Turn:
    """What to answer: text, or a call of this tool with these arguments."""

    id: str
    text: str
    tool: str | None = None
    arguments: dict[str, Any] | None = None


def plan(number: int, tools: dict[str, dict[str, Any]], has_result: bool, asked: str = "") -> Turn:
    """`tools`: JSON schemas of the offered tools by name. `asked`: what the user said."""
    id = f"heron{number:06d}"
    agent = next((name for name in AGENTS if name in tools), None)
    if agent and DELEGATE in asked and not has_result:
        task = {
            "description": "Say heron",
            "prompt": f"Run `{COMMAND}` and report.",
            "subagent_type": "general-purpose",
        }
        return Turn(id, "", agent, task)
    name = next((s for s in SHELLS if s in tools), None)
    if name is None or has_result:
        return Turn(id, f"Done, says {id}.")
    properties = tools[name].get("properties") or {}
    key = "cmd" if "cmd" in properties else "command"
    as_list = (properties.get(key) or {}).get("type") == "array"
    arguments: dict[str, Any] = {key: ["sh", "-c", COMMAND] if as_list else COMMAND}
    if "description" in properties:
        arguments["description"] = "Say heron"
    return Turn(id, "", name, arguments)


def _sse(name: str | None, data: dict[str, Any]) -> bytes:
    return (f"event: {name}\n" if name else "").encode() + b"data: " + json.dumps(data).encode() + b"\n\n"


# ---- Anthropic Messages


def anthropic_request(body: dict[str, Any]) -> tuple[dict[str, dict[str, Any]], bool, str]:
    tools = {t["name"]: t.get("input_schema") or {} for t in body.get("tools") or [] if "name" in t}
    parts = [p for m in body.get("messages") or [] if isinstance(m.get("content"), list) for p in m["content"]]
    texts = [p.get("text", "") for p in parts if p.get("type") == "text"]
    texts += [m["content"] for m in body.get("messages") or [] if isinstance(m.get("content"), str)]
    return tools, any(p.get("type") == "tool_result" for p in parts), " ".join(texts)


def anthropic(turn: Turn, model: str, stream: bool) -> bytes:
    block: dict[str, Any] = {"type": "text", "text": turn.text}
    delta: dict[str, Any] = {"type": "text_delta", "text": turn.text}
    empty: dict[str, Any] = {"type": "text", "text": ""}
    if turn.tool:
        block = {"type": "tool_use", "id": f"toolu_{turn.id}", "name": turn.tool, "input": turn.arguments}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(turn.arguments)}
        empty = {**block, "input": {}}
    stop = "tool_use" if turn.tool else "end_turn"
    usage = {"input_tokens": 100, "output_tokens": 10}
    message = {"id": f"msg_{turn.id}", "type": "message", "role": "assistant", "model": model, "stop_sequence": None}
    if not stream:
        return json.dumps({**message, "content": [block], "stop_reason": stop, "usage": usage}).encode()
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**message, "content": [], "stop_reason": None, "usage": usage}},
        {"type": "content_block_start", "index": 0, "content_block": empty},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None}, "usage": usage},
        {"type": "message_stop"},
    ]
    return b"".join(_sse(e["type"], e) for e in events)


# ---- OpenAI Responses


def responses_request(body: dict[str, Any]) -> tuple[dict[str, dict[str, Any]], bool]:
    tools = {t["name"]: t.get("parameters") or {} for t in body.get("tools") or [] if "name" in t}
    items = body["input"] if isinstance(body.get("input"), list) else []
    return tools, any(i.get("type") == "function_call_output" for i in items)


def responses(turn: Turn, model: str) -> bytes:
    return b"".join(_sse(event["type"], event) for event in responses_events(turn, model))


def responses_events(turn: Turn, model: str, generate: bool = True) -> list[dict[str, Any]]:
    """`generate`: false warms up only, and makes no output."""
    item: dict[str, Any] = {
        "type": "message",
        "id": f"msg_{turn.id}",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": turn.text, "annotations": []}],
    }
    if turn.tool:
        call = {"call_id": f"call_{turn.id}", "name": turn.tool, "arguments": json.dumps(turn.arguments)}
        item = {"type": "function_call", "id": f"fc_{turn.id}", "status": "completed", **call}
    output = [item] if generate else []
    whole = {"id": f"resp_{turn.id}", "object": "response", "model": model, "status": "completed", "output": output}
    whole["usage"] = {
        "input_tokens": 100,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 10,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 110,
    }
    begun = {**whole, "status": "in_progress", "output": [], "usage": None}
    events: list[dict[str, Any]] = [{"type": "response.created", "response": begun}]
    if generate:
        events.append({"type": "response.output_item.added", "output_index": 0, "item": item})
    if generate and not turn.tool:
        place = {"item_id": item["id"], "output_index": 0, "content_index": 0}
        events.append({"type": "response.output_text.delta", **place, "delta": turn.text})
    if generate:
        events.append({"type": "response.output_item.done", "output_index": 0, "item": item})
    events.append({"type": "response.completed", "response": whole})
    return [{**event, "sequence_number": n} for n, event in enumerate(events)]


# ---- OpenAI Chat Completions


def chat_request(body: dict[str, Any]) -> tuple[dict[str, dict[str, Any]], bool]:
    functions = [t["function"] for t in body.get("tools") or [] if "function" in t]
    return {f["name"]: f.get("parameters") or {} for f in functions}, any(
        m.get("role") == "tool" for m in body.get("messages") or []
    )


def chat(turn: Turn, model: str, stream: bool) -> bytes:
    message: dict[str, Any] = {"role": "assistant", "content": turn.text or None}
    if turn.tool:
        call = {"name": turn.tool, "arguments": json.dumps(turn.arguments)}
        message["tool_calls"] = [{"index": 0, "id": f"call_{turn.id}", "type": "function", "function": call}]
    finish = "tool_calls" if turn.tool else "stop"
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    head = {"id": f"chatcmpl-{turn.id}", "created": 1, "model": model}
    if not stream:
        choice = {"index": 0, "message": message, "finish_reason": finish}
        return json.dumps({**head, "object": "chat.completion", "choices": [choice], "usage": usage}).encode()
    head["object"] = "chat.completion.chunk"
    first = {**head, "choices": [{"index": 0, "delta": message, "finish_reason": None}]}
    last = {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}], "usage": usage}
    return _sse(None, first) + _sse(None, last) + b"data: [DONE]\n\n"


# ---- Gemini


def gemini_request(body: dict[str, Any]) -> tuple[dict[str, dict[str, Any]], bool]:
    declared = [d for t in body.get("tools") or [] for d in t.get("functionDeclarations") or []]
    tools = {d["name"]: d.get("parametersJsonSchema") or d.get("parameters") or {} for d in declared}
    parts = [p for c in body.get("contents") or [] for p in c.get("parts") or []]
    return tools, any("functionResponse" in p for p in parts)


def gemini(turn: Turn, model: str, stream: bool) -> bytes:
    part: dict[str, Any] = {"text": turn.text}
    if turn.tool:
        part = {"functionCall": {"name": turn.tool, "args": turn.arguments}}
    answer = {
        "candidates": [{"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {"promptTokenCount": 100, "candidatesTokenCount": 10, "totalTokenCount": 110},
        "modelVersion": model,
        "responseId": turn.id,
    }
    return _sse(None, answer) if stream else json.dumps(answer).encode()
