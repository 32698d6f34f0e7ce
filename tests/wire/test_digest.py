"""Digests of messages: keys that tell whether two mean the same, places in the body, and the memory of both."""

import json

import pytest

from heron_tui.wire import body as bodies
from heron_tui.wire import registry
from heron_tui.wire.digest import plain_id
from heron_tui.wire.memo import Memo

from .play import play, request

PATHS = {"anthropic": "/v1/messages", "openai-chat": "/v1/chat/completions", "openai-responses": "/v1/responses",
         "gemini": "/v1beta/models/m:generateContent", "ollama": "/api/chat"}  # fmt: skip
LISTS = {"openai-responses": "input", "gemini": "contents"}


def digested(api, *messages, **dump):
    """The digests of messages sent in one request; `dump` goes to json.dumps."""
    body = {"model": "m", "max_tokens": 1, LISTS.get(api, "messages"): list(messages)}
    fold = registry.open(request(PATHS[api], json.dumps(body, **dump).encode()))
    assert fold is not None
    return fold.request.messages


def key(api, message, **dump):
    return digested(api, message, **dump)[0].key


ASSISTANT = {
    "role": "assistant",
    "content": [
        {"type": "text", "text": "I will look."},
        {"type": "tool_use", "id": "toolu_01Ab-c", "name": "Read", "input": {"path": "/x", "lines": 3}},
    ],
}


def changed(**changes):
    """ASSISTANT with members of its blocks changed: `text_*` of the first, `use_*` of the second."""
    text, use = dict(ASSISTANT["content"][0]), dict(ASSISTANT["content"][1])
    for name, value in changes.items():
        which, _, member = name.partition("_")
        (text if which == "text" else use)[member] = value
    return {"role": "assistant", "content": [text, use]}


def test_what_does_not_change_a_key():
    same = key("anthropic", ASSISTANT)
    assert len(same) == 8
    assert key("anthropic", ASSISTANT, indent=3) == same
    assert key("anthropic", changed(use_cache_control={"type": "ephemeral"})) == same
    assert key("anthropic", changed(text_text="I will look. \n")) == same
    assert key("anthropic", changed(use_input={"lines": 3.0, "path": "/x"})) == same
    assert key("anthropic", changed(use_id="toolu01Abc")) == same
    assert key("anthropic", changed(use_id="call_01Abc")) == same
    assert key("anthropic", dict(reversed(ASSISTANT.items()))) == same
    thinking = {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm"}, *ASSISTANT["content"]]}
    assert key("anthropic", thinking) == same


def test_what_changes_a_key():
    same = key("anthropic", ASSISTANT)
    assert key("anthropic", changed(text_text="I will not look.")) != same
    assert key("anthropic", changed(use_name="Write")) != same
    assert key("anthropic", changed(use_input={"path": "/y", "lines": 3})) != same
    assert key("anthropic", changed(use_id="toolu_02")) != same
    assert key("anthropic", {**ASSISTANT, "role": "user"}) != same


def test_images_count_but_not_their_cache_marks():
    def image(data, **more):
        return {"role": "user", "content": [{"type": "image", "source": {"data": data}, **more}]}

    assert key("anthropic", image("a")) == key("anthropic", image("a", cache_control={"type": "ephemeral"}))
    assert key("anthropic", image("a")) != key("anthropic", image("b"))


def test_a_string_and_one_block_of_text_are_the_same():
    blocks = {"role": "user", "content": [{"type": "text", "text": "hi"}]}
    assert key("anthropic", {"role": "user", "content": "hi"}) == key("anthropic", blocks)
    assert key("openai-chat", {"role": "user", "content": "hi"}) == key("openai-chat", blocks)


def test_tool_results_by_id_and_text():
    def result(id, content, **more):
        block = {"type": "tool_result", "tool_use_id": id, "content": content, **more}
        return {"role": "user", "content": [block]}

    same = key("anthropic", result("toolu_1", "ok"))
    assert key("anthropic", result("toolu1", [{"type": "text", "text": "ok"}], cache_control={})) == same
    assert key("anthropic", result("toolu_2", "ok")) != same
    assert key("anthropic", result("toolu_1", "no")) != same


@pytest.mark.parametrize(
    ("one", "other"),
    [("call_x", "callx"), ("toolu_01X", "toolu01X"), ("fc_1", "call_1"), ("chatcmpl-tool-9a", "chatcmpltool9a")],
)
def test_ids_that_proxies_rewrite(one, other):
    assert plain_id(one) == plain_id(other)


def test_an_id_that_is_only_a_prefix_stays():
    assert plain_id("call") == "call"
    assert plain_id("") == ""


ANSWERS = {
    "anthropic": (
        {"content": [{"type": "thinking", "thinking": "hm"}, *ASSISTANT["content"]], "stop_reason": "tool_use"},
        [ASSISTANT],
    ),
    "openai-chat": (
        {
            "choices": [
                {
                    "message": {
                        "content": "yes\n",
                        "reasoning_content": "hm",
                        "tool_calls": [{"id": "call_1", "function": {"name": "A", "arguments": '{"k":1}'}}],
                    },
                    "finish_reason": "tool_calls",
                },
                {"index": 1, "message": {"content": "other"}},
            ]
        },
        [
            {
                "role": "assistant",
                "content": [{"type": "text", "text": "yes"}],
                "tool_calls": [{"id": "call1", "function": {"name": "A", "arguments": '{ "k": 1 }'}}],
            }
        ],
    ),
    "openai-responses": (
        {
            "status": "completed",
            "output": [
                {"type": "reasoning", "summary": [{"text": "hm"}]},
                {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "yes"}]},
                {"type": "function_call", "call_id": "call_1", "name": "A", "arguments": '{"k":1}'},
                {"type": "custom_tool_call", "call_id": "call_2", "name": "B", "input": "ls"},
            ],
        },
        [
            {"type": "reasoning", "encrypted_content": "x", "summary": []},
            {"role": "assistant", "content": "yes", "id": "msg_9", "status": "completed"},
            {"type": "function_call", "call_id": "call_1", "name": "A", "arguments": '{"k": 1}', "id": "fc_9"},
            {"type": "custom_tool_call", "call_id": "call_2", "name": "B", "input": "ls"},
        ],
    ),
    "gemini": (
        {
            "candidates": [
                {
                    "content": {
                        "parts": [
                            {"text": "hm", "thought": True},
                            {"text": "yes"},
                            {"functionCall": {"id": "a1", "name": "A", "args": {"k": 1}}},
                        ]
                    },
                    "finishReason": "STOP",
                }
            ]
        },
        [{"role": "model", "parts": [{"text": "yes"}, {"functionCall": {"name": "A", "args": {"k": 1}}}]}],
    ),
    "ollama": (
        {"message": {"content": "yes", "tool_calls": [{"function": {"name": "A", "arguments": {}}}]}, "done": True},
        [{"role": "assistant", "content": "yes", "tool_calls": [{"function": {"name": "A", "arguments": {}}}]}],
    ),
}


@pytest.mark.parametrize("api", ANSWERS)
def test_an_answer_has_the_keys_of_what_a_client_sends_back(api):
    body, sent_back = ANSWERS[api]
    asked = {"model": "m", "max_tokens": 1, LISTS.get(api, "messages"): [{"role": "user", "content": "hi"}]}
    answer = play(request(PATHS[api], asked), body=body).answer
    keys = tuple(message.key for message in digested(api, *sent_back) if message.key)
    assert answer.answer_keys == keys
    assert len(keys) == (3 if api == "openai-responses" else 1)


def test_an_answer_that_says_nothing_has_no_keys():
    failed = {"error": {"message": "m"}}
    assert play(request(PATHS["openai-chat"], {"messages": []}), body=failed, status=500).answer.answer_keys == ()


def test_places_hold_the_messages_bytes():
    tricky = [
        {"role": "user", "content": 'x"messages":[{"role":"user"}],'},
        {"role": "user", "content": "é\u2028😀"},
        {"role": "user", "content": 'x"messages":[{"role":"user"}],'},
    ]
    for dump in ({}, {"indent": 2}, {"ensure_ascii": False}, {"separators": (",", ":")}):
        data = json.dumps({"metadata": {"m": tricky[0]}, "messages": tricky, "model": "m", "max_tokens": 1}, **dump)
        fold = registry.open(request("/v1/messages", data.encode()))
        assert fold is not None
        places = [json.loads(data.encode()[start:end]) for start, end in fold.request.parts]
        assert places == tricky
        assert [message.size for message in fold.request.messages] == [end - start for start, end in fold.request.parts]


def test_places_are_found_even_when_nothing_helps():
    many = [1] * 200_000
    data = json.dumps({"a": many, "model": "m", "max_tokens": 1, "messages": [*many, 2]}).encode()
    fold = registry.open(request("/v1/messages", data))
    assert fold is not None
    assert len(fold.request.parts) == 20_000  # the most that are kept


def test_messages_that_are_none_are_kept_as_bytes():
    first, second, third = digested("anthropic", 5, None, {"role": 7, "content": {"a": 1}})
    assert (first.key != second.key, first.role, first.texts, first.size) == (True, "user", (), 1)
    assert third.role == "user"


def test_long_texts_are_cut_but_their_keys_are_not():
    long = "x" * 100_000
    (one,) = digested("anthropic", {"role": "user", "content": long + "a"})
    (other,) = digested("anthropic", {"role": "user", "content": long + "b"})
    assert len(one.text) == 65_536
    assert one.key != other.key


def test_of_a_body_sent_again_only_the_new_message_is_read(monkeypatch):
    messages = [{"role": "user", "content": f"{index} " + "word " * 800} for index in range(50)]
    tools = [{"name": f"t{index}", "description": "d " * 200, "input_schema": {}} for index in range(20)]
    read = []

    class Counting(Memo):
        def get(self, kind, raw, make):
            def counted(data, digest):
                read.append(data)
                return make(data, digest)

            return super().get(kind, raw, counted)

    monkeypatch.setattr(bodies, "_memo", Counting())

    def ask(count):
        body = {"model": "m", "max_tokens": 1, "tools": tools, "messages": messages[:count]}
        return request("/v1/messages", body)

    registry.open(ask(49))
    assert len(read) >= 49
    read.clear()
    registry.open(ask(50))
    assert [json.loads(data) for data in read] == [messages[49]]


def test_the_memory_is_bounded_and_forgets_the_oldest():
    memo = Memo(limit=10_000)
    made = []

    def make(raw, raw_hash):
        made.append(raw)
        return len(raw)

    for index in range(100):
        assert memo.get("kind", b"%05d" % index * 100, make) == 500
    assert len(memo) < 20
    assert memo.get("kind", b"%05d" % 99 * 100, make) == 500
    assert len(made) == 100
    memo.get("kind", b"%05d" % 0 * 100, make)
    memo.get("other", b"%05d" % 99 * 100, make)
    assert len(made) == 102
    before = len(memo)
    assert memo.get("kind", b"x" * 9_000, make) == 9_000
    assert len(memo) == before
