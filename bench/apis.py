"""Two wire APIs, spoken with random words: requests, and answers as server-sent events."""

import json
import random
from dataclasses import dataclass, field

TOOL_NAMES = ("bash", "edit", "read_file")

Message = dict[str, object]


class Language:
    """Random text that compresses about as prose and code do."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        letters = "etaoinshrdlucmfwypvbgkjqxz"
        self._words = ["".join(chance.choice(letters) for _ in range(chance.randint(2, 9))) for _ in range(3000)]
        self._words += [
            "\n",
            '"quoted"',
            "naïve",
            "def f(x):\n    return x",
            "—",
            '{"k": 1}',
            "path/to/file.py",
            "日本",
        ]
        self._pages = [self.words(9000) for _ in range(16)]

    def words(self, count: int) -> str:
        return " ".join(self._chance.choices(self._words, k=count))

    def passage(self, chars: int) -> str:
        page = self._chance.choice(self._pages)
        start = self._chance.randrange(max(1, len(page) - chars))
        return page[start : start + chars]

    def token(self, length: int) -> str:
        return "".join(self._chance.choices("0123456789abcdefghijkLMNOPQRSTuvwXYZ", k=length))


@dataclass
class Tool:
    """A tool that the model wants to be called; `arguments` is JSON."""

    id: str
    name: str
    arguments: str


@dataclass
class Answer:
    """Server-sent events of one answer, and what they amount to."""

    events: list[bytes] = field(default_factory=list)
    text: str = ""
    tool: Tool | None = None
    output_tokens: int = 0


def compact(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def pieces(text: str, count: int) -> list[str]:
    size = len(text) // max(count, 1) + 1
    return [text[start : start + size] for start in range(0, len(text), size)]


class Api:
    """What a client sends, and what a model server answers, in one wire API."""

    host: str
    target: str
    headers: str
    models: tuple[str, ...]
    tool_prefix: str

    def __init__(self, chance: random.Random, language: Language) -> None:
        self.chance = chance
        self.language = language
        self.system = "You are an agent. " + language.passage(1500)
        schema = {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}
        self.tools = [
            {"name": name, "description": language.passage(600), "input_schema": schema} for name in TOOL_NAMES
        ]

    def request(self, model: str, session: str, messages: list[Message]) -> Message:
        raise NotImplementedError

    def answer(self, model: str, events: int, input_tokens: int) -> Answer:
        """About `events` events, a tool call at the end in more than half of them."""
        raise NotImplementedError

    def continued(self, answer: Answer) -> list[Message]:
        """What the next request adds to the history."""
        raise NotImplementedError

    def tool(self, chars: int) -> Tool:
        arguments = json.dumps({"command": self.language.passage(chars + 10), "path": "/x"})
        return Tool(f"{self.tool_prefix}{self.language.token(24)}", self.chance.choice(TOOL_NAMES), arguments)

    def result(self) -> str:
        return self.language.passage(self.chance.randint(500, 14_000))

    def prompt(self) -> str:
        return self.language.passage(self.chance.randint(300, 3000))


class Anthropic(Api):
    """Messages API."""

    host = "api.anthropic.com"
    target = "/v1/messages?beta=true"
    headers = (
        "anthropic-version: 2023-06-01\r\nx-api-key: sk-ant-bench\r\nUser-Agent: claude-cli/2.0.14 (external, cli)\r\n"
    )
    models = ("claude-sonnet-4-5-20250929", "claude-opus-4-1-20250805", "claude-haiku-4-5-20251001")
    tool_prefix = "toolu_"

    def request(self, model: str, session: str, messages: list[Message]) -> Message:
        return {
            "model": model,
            "max_tokens": 8192,
            "system": [{"type": "text", "text": self.system, "cache_control": {"type": "ephemeral"}}],
            "messages": messages,
            "tools": self.tools,
            "stream": True,
            "metadata": {"user_id": f"user_{session}"},
        }

    def answer(self, model: str, events: int, input_tokens: int) -> Answer:
        answer = Answer(output_tokens=events * 3)

        def say(kind: str, **content: object) -> None:
            answer.events.append(b"event: %s\ndata: %s\n\n" % (kind.encode(), compact({"type": kind, **content})))

        usage = {"input_tokens": input_tokens, "cache_read_input_tokens": 0, "output_tokens": 1}
        message = {"id": f"msg_{self.language.token(24)}", "type": "message", "role": "assistant", "model": model}
        say("message_start", message={**message, "content": [], "stop_reason": None, "usage": usage})
        say("content_block_start", index=0, content_block={"type": "text", "text": ""})
        say("ping")
        for_tool = events // 3 if self.chance.random() < 0.6 else 0
        texts = [" " + self.language.words(self.chance.randint(1, 12)) for _ in range(events - for_tool)]
        for text in texts:
            say("content_block_delta", index=0, delta={"type": "text_delta", "text": text})
        say("content_block_stop", index=0)
        answer.text = "".join(texts)
        if for_tool:
            tool = answer.tool = self.tool(for_tool * 12)
            say("content_block_start", index=1, content_block=self.use(tool, {}))
            for part in pieces(tool.arguments, for_tool):
                say("content_block_delta", index=1, delta={"type": "input_json_delta", "partial_json": part})
            say("content_block_stop", index=1)
        stop = {"stop_reason": "tool_use" if answer.tool else "end_turn", "stop_sequence": None}
        say("message_delta", delta=stop, usage={"output_tokens": answer.output_tokens})
        say("message_stop")
        return answer

    def continued(self, answer: Answer) -> list[Message]:
        said: Message = {"type": "text", "text": answer.text}
        tool = answer.tool
        if tool is None:
            return [{"role": "assistant", "content": [said]}, {"role": "user", "content": self.prompt()}]
        result = {"type": "tool_result", "tool_use_id": tool.id, "content": self.result()}
        return [
            {"role": "assistant", "content": [said, self.use(tool, json.loads(tool.arguments))]},
            {"role": "user", "content": [result]},
        ]

    @staticmethod
    def use(tool: Tool, arguments: object) -> Message:
        return {"type": "tool_use", "id": tool.id, "name": tool.name, "input": arguments}


class OpenAI(Api):
    """Chat Completions API."""

    host = "api.openai.com"
    target = "/v1/chat/completions"
    headers = "Authorization: Bearer sk-bench\r\nUser-Agent: OpenAI/Python 1.109.1\r\n"
    models = ("gpt-4o-2024-08-06", "gpt-5-mini-2025-08-07")
    tool_prefix = "call_"

    def request(self, model: str, session: str, messages: list[Message]) -> Message:
        functions = [
            {"name": tool["name"], "description": tool["description"], "parameters": tool["input_schema"]}
            for tool in self.tools
        ]
        return {
            "model": model,
            "messages": [{"role": "system", "content": self.system}, *messages],
            "tools": [{"type": "function", "function": function} for function in functions],
            "stream": True,
            "stream_options": {"include_usage": True},
            "user": session,
        }

    def answer(self, model: str, events: int, input_tokens: int) -> Answer:
        answer = Answer(output_tokens=events * 3)
        frame = {"id": f"chatcmpl-{self.language.token(29)}", "object": "chat.completion.chunk", "model": model}

        def say(choices: list[Message], usage: dict[str, int] | None = None) -> None:
            answer.events.append(b"data: %s\n\n" % compact({**frame, "choices": choices, "usage": usage}))

        def delta(content: Message, finish: str | None = None) -> None:
            say([{"index": 0, "delta": content, "logprobs": None, "finish_reason": finish}])

        delta({"role": "assistant", "content": "", "refusal": None})
        for_tool = events // 3 if self.chance.random() < 0.6 else 0
        texts = [" " + self.language.words(self.chance.randint(1, 6)) for _ in range(events - for_tool)]
        for text in texts:
            delta({"content": text})
        answer.text = "".join(texts)
        if for_tool:
            tool = answer.tool = self.tool(for_tool * 10)
            delta({"tool_calls": [{"index": 0, **self.use(tool, "")}]})
            for part in pieces(tool.arguments, for_tool):
                delta({"tool_calls": [{"index": 0, "function": {"arguments": part}}]})
        delta({}, "tool_calls" if answer.tool else "stop")
        total = input_tokens + answer.output_tokens
        say([], {"prompt_tokens": input_tokens, "completion_tokens": answer.output_tokens, "total_tokens": total})
        answer.events.append(b"data: [DONE]\n\n")
        return answer

    def continued(self, answer: Answer) -> list[Message]:
        said: Message = {"role": "assistant", "content": answer.text}
        tool = answer.tool
        if tool is None:
            return [said, {"role": "user", "content": self.prompt()}]
        said["tool_calls"] = [self.use(tool, tool.arguments)]
        return [said, {"role": "tool", "tool_call_id": tool.id, "content": self.result()}]

    @staticmethod
    def use(tool: Tool, arguments: str) -> Message:
        return {"id": tool.id, "type": "function", "function": {"name": tool.name, "arguments": arguments}}
