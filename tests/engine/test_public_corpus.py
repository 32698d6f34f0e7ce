"""The cells of a public corpus (Netis/heron, testdata/pcaps): agent by API by server, one tool round each, made anew.

Its captures cannot be had as such; what its list and its expectations say of them is: an agent's headers or tools, two
requests written at once on one connection, then both answers. The answers' counts are those of its expectations.
Where ours differ, the reason stands at the test.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from heron_tui.engine.run import replay
from heron_tui.store.reader import Reader
from tests.net.build import Conversation, pcap

SESSION = "11111111-2222-3333-4444-555555555555"
CLAUDE = {"user-agent": "claude-cli/2.1.0 (external, cli)", "x-claude-code-session-id": SESSION}
CODEX = {
    "originator": "codex_cli_rs",
    "x-codex-turn-metadata": json.dumps({"session_id": SESSION, "thread_id": SESSION, "turn_id": "t-1"}),
}
OPENCODE = {"user-agent": "opencode/1.0.0", "x-session-affinity": "ses_1", "x-session-id": "ses_1"}
USAGE = ((1400, 512, 35), (1500, 1400, 25))  # input with what was cached, cached, output; of both answers


@dataclass(frozen=True)
class Cell:
    agent: str
    api: str
    tools: tuple[str, ...]
    headers: dict[str, str] = field(default_factory=dict)
    stream: bool = True
    asks: tuple[str, ...] = ("Read",)


CELLS = {
    "claude-code, streamed": Cell("claude-code", "anthropic", ("Agent", "Read"), CLAUDE),
    "claude-code, whole": Cell("claude-code", "anthropic", ("Agent", "Read"), CLAUDE, stream=False),
    "openclaw, parallel tools": Cell(
        "openclaw", "anthropic", ("Read", "Grep", "sessions_spawn", "subagents"), asks=("Read", "Grep")
    ),
    "openclaw, chat": Cell("openclaw", "openai-chat", ("Read", "sessions_spawn", "subagents")),
    "hermes": Cell("hermes", "anthropic", ("Read", "skill_view", "delegate_task")),
    "hermes, chat": Cell("hermes", "openai-chat", ("Read", "skill_view", "delegate_task")),
    "generic": Cell("generic", "anthropic", ("Read",)),
    "generic, chat": Cell("generic", "openai-chat", ("Read",)),
    "generic, responses": Cell("generic", "openai-responses", ("Read",), stream=False),
    "opencode, chat": Cell("opencode", "openai-chat", ("Read",), OPENCODE),
    "codex, responses": Cell("codex", "openai-responses", ("Read",), CODEX, stream=False),
}


def post(path: str, headers: dict[str, str], body: dict[str, Any]) -> bytes:
    data = json.dumps(body).encode()
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1:8317\r\n{lines}content-length: {len(data)}\r\n\r\n"
    return head.encode() + data


def whole(body: dict[str, Any]) -> bytes:
    data = json.dumps(body).encode()
    return f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(data)}\r\n\r\n".encode() + data


def events(datas: Iterable[dict[str, Any] | str], *, named: bool) -> bytes:
    out = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    for data in datas:
        text = data if isinstance(data, str) else json.dumps(data)
        name = f"event: {data['type']}\n" if named and isinstance(data, dict) else ""
        one = f"{name}data: {text}\n\n".encode()
        out += f"{len(one):x}\r\n".encode() + one + b"\r\n"
    return out + b"0\r\n\r\n"


def tool_id(n: int) -> str:
    return f"call_{n}"


class Anthropic:
    path, tools_end, end, model = "/v1/messages", "tool_use", "end_turn", "claude-sonnet-4-20250514"
    headers = {"anthropic-version": "2023-06-01"}  # noqa: RUF012

    def ask(self, cell: Cell, *, again: bool) -> dict[str, Any]:
        messages: list[Any] = [{"role": "user", "content": "read config.toml"}]
        if again:
            uses = [
                {"type": "tool_use", "id": tool_id(n), "name": name, "input": {"p": n}}
                for n, name in enumerate(cell.asks)
            ]
            results = [
                {"type": "tool_result", "tool_use_id": tool_id(n), "content": "x"} for n in range(len(cell.asks))
            ]
            messages += [{"role": "assistant", "content": uses}, {"role": "user", "content": results}]
        tools = [{"name": name, "input_schema": {}} for name in cell.tools]
        return {"model": self.model, "max_tokens": 9, "stream": cell.stream, "messages": messages, "tools": tools}

    def answer(self, cell: Cell, text: str, asks: tuple[str, ...], usage: tuple[int, int, int]) -> bytes:
        """The API counts what was cached beside `input_tokens`."""
        count = {"input_tokens": usage[0] - usage[1], "cache_read_input_tokens": usage[1], "output_tokens": usage[2]}
        stop = self.tools_end if asks else self.end
        uses = [{"type": "tool_use", "id": tool_id(n), "name": name, "input": {"p": n}} for n, name in enumerate(asks)]
        message = {"id": "msg_1", "type": "message", "role": "assistant", "model": self.model, "usage": count}
        if not cell.stream:
            content = [{"type": "text", "text": text}, *uses] if text else uses
            return whole(message | {"content": content, "stop_reason": stop})
        said: list[dict[str, Any]] = [{"type": "message_start", "message": message | {"content": []}}]
        blocks = [{"type": "text", "text": ""}] * bool(text) + [use | {"input": {}} for use in uses]
        said += [{"type": "content_block_start", "index": n, "content_block": block} for n, block in enumerate(blocks)]
        for n, block in enumerate(blocks):
            parts = [text] if block["type"] == "text" else ['{"p"', f": {n - bool(text)}}}"]
            kind, key = ("text_delta", "text") if block["type"] == "text" else ("input_json_delta", "partial_json")
            said += [{"type": "content_block_delta", "index": n, "delta": {"type": kind, key: part}} for part in parts]
        said += [{"type": "content_block_stop", "index": n} for n in range(len(blocks))]
        delta = {"type": "message_delta", "delta": {"stop_reason": stop}, "usage": {"output_tokens": usage[2]}}
        return events([*said, delta, {"type": "message_stop"}], named=True)


class Chat:
    path, tools_end, end, model = "/v1/chat/completions", "tool_calls", "stop", "gpt-4o-2024-08-06"
    headers: dict[str, str] = {}  # noqa: RUF012

    def _calls(self, asks: tuple[str, ...]) -> list[dict[str, Any]]:
        return [
            {"index": n, "id": tool_id(n), "type": "function", "function": {"name": name, "arguments": f'{{"p": {n}}}'}}
            for n, name in enumerate(asks)
        ]

    def ask(self, cell: Cell, *, again: bool) -> dict[str, Any]:
        messages: list[Any] = [{"role": "user", "content": "read config.toml"}]
        if again:
            messages.append({"role": "assistant", "content": None, "tool_calls": self._calls(cell.asks)})
            messages += [{"role": "tool", "tool_call_id": tool_id(n), "content": "x"} for n in range(len(cell.asks))]
        tools = [{"type": "function", "function": {"name": name}} for name in cell.tools]
        return {"model": "gpt-4o", "stream": cell.stream, "messages": messages, "tools": tools}

    def answer(self, cell: Cell, text: str, asks: tuple[str, ...], usage: tuple[int, int, int]) -> bytes:
        count = {
            "prompt_tokens": usage[0],
            "completion_tokens": usage[2],
            "prompt_tokens_details": {"cached_tokens": usage[1]},
        }
        about = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": self.model}
        stop = self.tools_end if asks else self.end
        deltas = [{"role": "assistant", "content": text}, *[{"tool_calls": [call]} for call in self._calls(asks)]]
        said = [about | {"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
        said += [about | {"choices": [{"index": 0, "delta": {}, "finish_reason": stop}]}]
        return events([*said, about | {"choices": [], "usage": count}, "[DONE]"], named=False)


class Responses:
    path, tools_end, end, model = "/v1/responses", "completed", "completed", "gpt-4o-2024-08-06"
    headers: dict[str, str] = {}  # noqa: RUF012

    def _calls(self, asks: tuple[str, ...]) -> list[dict[str, Any]]:
        return [
            {"type": "function_call", "call_id": tool_id(n), "name": name, "arguments": f'{{"p": {n}}}'}
            for n, name in enumerate(asks)
        ]

    def ask(self, cell: Cell, *, again: bool) -> dict[str, Any]:
        items: list[Any] = [{"type": "message", "role": "user", "content": "read config.toml"}]
        if again:
            items += self._calls(cell.asks)
            outputs = range(len(cell.asks))
            items += [{"type": "function_call_output", "call_id": tool_id(n), "output": "x"} for n in outputs]
        return {"model": "gpt-4o", "input": items, "tools": [{"type": "function", "name": name} for name in cell.tools]}

    def answer(self, cell: Cell, text: str, asks: tuple[str, ...], usage: tuple[int, int, int]) -> bytes:
        count = {
            "input_tokens": usage[0],
            "output_tokens": usage[2],
            "input_tokens_details": {"cached_tokens": usage[1]},
        }
        said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}
        items = self._calls(asks) if asks else [said]
        about = {"id": "resp_1", "object": "response", "status": "completed", "model": self.model}
        return whole(about | {"output": items, "usage": count})


APIS = {"anthropic": Anthropic(), "openai-chat": Chat(), "openai-responses": Responses()}


def analysed(folder: Path, asked: Iterable[bytes], answered: Iterable[bytes]) -> Reader:
    """All requests, then all answers, on one connection."""
    talk = Conversation(("127.0.0.1", 50000), ("127.0.0.1", 8317), step_us=1).open()
    for request in asked:
        talk.send(0, request, 1400)
    talk.send(1, b"".join(answered), 1400).close()
    (folder / "cell.pcap").write_bytes(pcap(talk.packets))
    replay([str(folder / "cell.pcap")], folder / "cell.store")
    return Reader(folder / "cell.store")


@pytest.mark.parametrize("name", CELLS)
def test_one_tool_round_is_one_turn(name: str, tmp_path: Path):
    cell = CELLS[name]
    api = APIS[cell.api]
    headers = {"content-type": "application/json", **api.headers, **cell.headers}
    reader = analysed(
        tmp_path,
        [post(api.path, headers, api.ask(cell, again=again)) for again in (False, True)],
        [api.answer(cell, "", cell.asks, USAGE[0]), api.answer(cell, "The port is 8317.", (), USAGE[1])],
    )
    calls = reader.rows("call", 0, 9, full=True)
    assert [
        (c["wire_api"], c["response_model"], c["status"], c["outcome"], c["finish"], c["streaming"]) for c in calls
    ] == [(cell.api, api.model, 200, "ok", finish, cell.stream) for finish in (api.tools_end, api.end)]
    assert [(c["input_tokens"], c["cache_read_tokens"], c["output_tokens"]) for c in calls] == list(USAGE)
    assert [set(c["tools_offered"]) for c in calls] == [set(cell.tools)] * 2
    asked = [(tool["name"], tool["arguments"]) for tool in calls[0]["tool_calls"]]
    assert asked == [(tool, {"p": n}) for n, tool in enumerate(cell.asks)]
    assert (calls[1]["tool_calls"], calls[1]["text"]) == ([], "The port is 8317.")
    [turn] = reader.rows("turn", 0, 9)
    assert (turn["agent"], turn["status"], turn["finish"]) == (cell.agent, "complete", api.end)
    assert (turn["prompt"], turn["answer"]) == ("read config.toml", "The port is 8317.")
    assert (turn["main_calls"], turn["tools"], turn["subagents"]) == (2, len(cell.asks), [])
    assert (turn["input_tokens"], turn["cache_read_tokens"], turn["output_tokens"]) == (2900, 1912, 60)
    assert not reader.rows("finding", 0, 9)
    reader.close()


CHAT = {"id": "chatcmpl-1", "object": "chat.completion", "model": "gpt-4o-2024-08-06"}
SAID = {"index": 0, "message": {"role": "assistant", "content": "hi there"}, "finish_reason": "stop"}
CHUNK = {"index": 0, "delta": {"role": "assistant", "content": "hi there"}, "finish_reason": "stop"}
MIXED = {"input_tokens": 53, "cache_read_input_tokens": 256, "output_tokens": 37}


@pytest.mark.parametrize(
    ("answer", "finish"),
    [
        (whole(CHAT | {"choices": [SAID], "usage": MIXED}), "stop"),
        (events([CHAT | {"choices": [CHUNK]}, CHAT | {"choices": [], "usage": MIXED}, "[DONE]"], named=False), "stop"),
    ],
    ids=["whole", "streamed"],
)
def test_a_proxy_that_answers_chat_with_anthropic_s_usage(answer: bytes, finish: str, tmp_path: Path):
    """Ours: Anthropic's names mean what they mean in Anthropic's API, where the input is without what was cached. The
    corpus takes the same names for a sum in which it is."""
    asked = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hello"}]}
    reader = analysed(tmp_path, [post("/v1/chat/completions", {}, asked)], [answer])
    [call] = reader.rows("call", 0, 9, full=True)
    reader.close()
    assert (call["wire_api"], call["outcome"], call["finish"], call["text"]) == (
        "openai-chat",
        "ok",
        finish,
        "hi there",
    )
    assert (call["input_tokens"], call["cache_read_tokens"], call["output_tokens"]) == (309, 256, 37)


def test_a_proxy_that_answers_chat_with_an_anthropic_message(tmp_path: Path):
    """As in the corpus: the API is the one that was asked, and of the answer the counts and the model are known."""
    cell = CELLS["claude-code, whole"]
    asked = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hello"}]}
    answer = APIS["anthropic"].answer(cell, "hi there", (), (309, 0, 37))
    reader = analysed(tmp_path, [post("/v1/chat/completions", {}, asked)], [answer])
    [call] = reader.rows("call", 0, 9, full=True)
    reader.close()
    assert (call["wire_api"], call["outcome"], call["response_model"]) == ("openai-chat", "ok", Anthropic.model)
    assert (call["input_tokens"], call["output_tokens"]) == (309, 37)


def test_two_streams_without_usage_on_one_connection(tmp_path: Path):
    """Ours: tokens are estimated and marked, and no sum has them. The corpus writes its estimates into the counts."""
    api, cell = APIS["openai-chat"], CELLS["generic, chat"]
    about = {"id": "c", "object": "chat.completion.chunk", "model": "exp_model"}
    call = {"index": 0, "id": "call_0", "function": {"name": "Read", "arguments": '{"p": 0}'}}
    said = [
        about | {"choices": [{"index": 0, "delta": {"role": "assistant", "tool_calls": [call]}}]},
        about | {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]},
        "[DONE]",
    ]
    reader = analysed(
        tmp_path,
        [post(api.path, {}, api.ask(cell, again=again)) for again in (False, True)],
        [events(said, named=False)] * 2,
    )
    calls = reader.rows("call", 0, 9)
    [turn] = reader.rows("turn", 0, 9)
    assert [(c["outcome"], c["finish"], c["tokens_estimated"]) for c in calls] == [("ok", "tool_calls", True)] * 2
    assert all(c["input_tokens"] and c["output_tokens"] for c in calls)
    assert (turn["status"], turn["calls"], turn["input_tokens"]) == ("incomplete", [c["id"] for c in calls], None)
    reader.close()
