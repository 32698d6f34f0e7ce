"""Which requests are calls, and of which API: by route first, else by the body's shape."""

import pytest

from heron_tui.wire import registry

from .play import play, request

CHAT = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
ANTHROPIC = {**CHAT, "max_tokens": 5, "system": "s"}
VERTEX = "/v1/projects/p/locations/us/publishers"
VERTEXED = {"anthropic_version": "vertex-2023-10-16", "max_tokens": 5, "messages": CHAT["messages"], "stream": True}
RESPONSES = {"model": "m", "input": [{"role": "user", "content": "hi"}]}
GEMINI = {"contents": [{"parts": [{"text": "hi"}]}]}


def recognised(asked):
    fold = registry.open(asked)
    return fold and (fold.request.wire_api, fold.request.operation, fold.request.model)


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/v1/messages", ANTHROPIC, ("anthropic", "chat", "m")),
        ("/anthropic/v1/messages?beta=true", ANTHROPIC, ("anthropic", "chat", "m")),
        ("/api/v1/chat/completions", CHAT, ("openai-chat", "chat", "m")),
        ("/backend-api/codex/responses", RESPONSES, ("openai-responses", "chat", "m")),
        ("/v1beta/models/g:generateContent", GEMINI, ("gemini", "chat", "g")),
        ("/v1beta/tunedModels/t:streamGenerateContent", GEMINI, ("gemini", "chat", "t")),
        ("/api/chat", CHAT, ("ollama", "chat", "m")),
        ("http://proxy.example/v1/messages", ANTHROPIC, ("anthropic", "chat", "m")),
    ],
)
def test_by_route(path, body, expected):
    assert recognised(request(path, body)) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (CHAT, "openai-chat"),
        (ANTHROPIC, "anthropic"),
        ({**CHAT, "tools": [{"name": "A", "input_schema": {}}]}, "anthropic"),
        ({**CHAT, "model": "claude-x", "max_tokens": 5}, "anthropic"),
        ({**CHAT, "model": "claude-x", "max_tokens": 5, "stream_options": {}}, "openai-chat"),
        (RESPONSES, "openai-responses"),
        (GEMINI, "gemini"),
        ({"model": "m", "request": GEMINI}, "gemini"),
    ],
)
def test_by_shape_alone_when_the_route_is_rewritten(body, expected):
    fold = registry.open(request("/llm-gateway/v2/do", body))
    assert fold is not None
    assert fold.request.wire_api == expected


def test_headers_tell_whose_an_ambiguous_shape_is():
    body = {**CHAT, "max_tokens": 5}
    assert recognised(request("/x", body, headers=(("Anthropic-Version", "2023-06-01"),))) == ("anthropic", "chat", "m")
    assert recognised(request("/x", body, headers=(("X-Api-Key", "sk-ant-1"),))) == ("anthropic", "chat", "m")
    assert recognised(request("/x", body)) == ("openai-chat", "chat", "m")


def test_a_body_that_does_not_fit_its_route_is_recognised_by_shape():
    assert recognised(request("/v1/chat/completions", RESPONSES)) == ("openai-responses", "chat", "m")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/messages", {"events": [{"name": "startup"}]}),  # telemetry with Anthropic's version header
        ("POST", "/api/event_logging/batch", {"events": []}),
        ("POST", "/v1/messages", None),
        ("HEAD", "/v1/messages", None),
        ("GET", "/v1/responses", None),  # the upgrade to a WebSocket: its messages are the calls
        ("POST", "/api/chat", {"messages": [{"role": "user"}]}),  # anybody's chat
        ("POST", "/graphql", {"query": "{ messages }"}),
        ("POST", "/search", {"query": "x", "documents": ["a"]}),
        ("POST", "/x", {"model": "m", "input": ["a"]}),
        ("POST", "/x", {"model": "m", "input": {"a": 1}, "dimensions": 3}),
        ("POST", "/items", {"contents": [{"title": "a"}]}),
        ("POST", "/search", {"model": "m", "input": "text"}),
        ("POST", "/form", b"model=m&messages=1"),
        ("GET", "/", None),
    ],
)
def test_what_is_no_call(method, path, body):
    asked = request(path, body, method=method, headers=(("anthropic-version", "2023-06-01"),))
    assert registry.open(asked) is None


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("POST", "/v1/messages/count_tokens?beta=true", ANTHROPIC, ("anthropic", "count_tokens", "m")),
        ("POST", "/v1/messages/batches", {"requests": []}, ("anthropic", "batches", None)),
        ("GET", "/v1/messages/batches/b1/results", None, ("anthropic", "batches", None)),
        ("GET", "/v1/models", None, ("openai", "models", None)),
        ("GET", "/api/v1/models", None, ("openai", "models", None)),
        ("GET", "/v1/models/gpt-x", None, ("openai", "models", "gpt-x")),
        ("GET", "/v1beta/models?pageSize=5", None, ("gemini", "models", None)),
        ("POST", "/v1/embeddings", {"model": "e", "input": "x"}, ("openai", "embeddings", "e")),
        ("POST", "/openai/deployments/d/embeddings?api-version=1", {"input": "x"}, ("openai", "embeddings", "d")),
        ("POST", "/v1/moderations", {"input": "x"}, ("openai", "moderations", None)),
        ("POST", "/v1/audio/speech", {"model": "tts", "input": "x"}, ("openai", "audio", "tts")),
        ("POST", "/v1/images/generations", {"model": "i", "prompt": "x"}, ("openai", "images", "i")),
        ("POST", "/v1/completions", {"model": "m", "prompt": "x"}, ("openai", "completions", "m")),
        ("POST", "/v1/batches", {"endpoint": "/v1/chat/completions"}, ("openai", "batches", None)),
        ("POST", "/v1/responses/compact", RESPONSES, ("openai-responses", "compact", "m")),
        ("POST", "/v1/responses/resp_1/cancel", None, ("openai-responses", "cancel", None)),
        ("GET", "/v1/responses/resp_1", None, ("openai-responses", "get", None)),
        ("POST", "/v1beta/models/g:countTokens", GEMINI, ("gemini", "count_tokens", "g")),
        ("POST", "/v1beta/models/g:embedContent", {"content": {}}, ("gemini", "embeddings", "g")),
        ("GET", "/api/tags", None, ("ollama", "tags", None)),
        ("POST", "/api/show", {"name": "llama"}, ("ollama", "show", "llama")),
        ("POST", "/api/embed", {"model": "e", "input": "x"}, ("ollama", "embeddings", "e")),
        ("POST", "/api/embeddings", {"model": "e", "prompt": "x"}, ("ollama", "embeddings", "e")),
        ("POST", "/v2/rerank", {"model": "r", "query": "x", "documents": []}, ("cohere", "rerank", "r")),
        ("POST", "/rerank", {"model": "r", "query": "x"}, ("jina", "rerank", "r")),
        ("POST", "/v1/rerank", {"model": "r", "query": "x", "documents": [], "top_n": 3}, ("jina", "rerank", "r")),
        ("POST", "/v1/rerank", {"model": "r", "query": "x", "documents": [], "top_k": 3}, ("voyage", "rerank", "r")),
        ("POST", "/x", {"model": "r", "query": "x", "documents": ["a"]}, ("jina", "rerank", "r")),
        (
            "POST",
            "/v2/embed",
            {"model": "e", "input_type": "image", "images": ["data:"]},
            ("cohere", "embeddings", "e"),
        ),
        ("POST", "/v1/embed", {"model": "e", "texts": ["a"]}, ("cohere", "embeddings", "e")),
        ("POST", "/x", {"model": "e", "texts": ["a"], "input_type": "clustering"}, ("cohere", "embeddings", "e")),
        ("POST", "/v1/multimodalembeddings", {"model": "e", "inputs": []}, ("voyage", "embeddings", "e")),
        ("POST", "/v1/embeddings", {"model": "e", "input": "a", "input_type": "query"}, ("voyage", "embeddings", "e")),
        ("POST", "/v1/embeddings", {"model": "e", "input": ["a"], "task": "t"}, ("jina", "embeddings", "e")),
        (
            "POST",
            "/v1/embeddings",
            {"model": "e", "input": [{"text": "a"}], "normalized": True},
            ("jina", "embeddings", "e"),
        ),
        ("POST", "/x", {"model": "e", "input": [[1, 2]], "encoding_format": "base64"}, ("openai", "embeddings", "e")),
        ("POST", "/x", {"model": "e", "input": ["a"], "truncation": True}, ("voyage", "embeddings", "e")),
        ("POST", "/openai/batches?api-version=1", {"input_file_id": "f"}, ("openai", "batches", None)),
        (
            "POST",
            f"{VERTEX}/google/models/text-embedding-005:predict",
            {},
            ("gemini", "embeddings", "text-embedding-005"),
        ),
        ("POST", f"{VERTEX}/google/models/imagen-4:predict", {}, ("gemini", "images", "imagen-4")),
        ("POST", f"{VERTEX}/google/models/g:countTokens", GEMINI, ("gemini", "count_tokens", "g")),
        ("POST", f"{VERTEX}/anthropic/models/count-tokens:rawPredict", ANTHROPIC, ("anthropic", "count_tokens", "m")),
        ("POST", f"{VERTEX}/anthropic/models/c:streamRawPredict", VERTEXED, ("anthropic", "chat", "c")),
        ("POST", "/model/anthropic.c%3A0/count-tokens", {"input": {}}, ("bedrock", "count_tokens", "anthropic.c:0")),
        (
            "POST",
            "/model/amazon.titan-embed-text-v2%3A0/invoke",
            {},
            ("bedrock", "embeddings", "amazon.titan-embed-text-v2:0"),
        ),
        ("POST", "/model/cohere.rerank-v3/invoke", {}, ("bedrock", "rerank", "cohere.rerank-v3")),
        ("POST", "/v1internal:countTokens", {"request": {"model": "models/g"}}, ("gemini", "count_tokens", "g")),
    ],
)
def test_operations_that_are_no_chat(method, path, body, expected):
    assert recognised(request(path, body, method=method)) == expected


def test_whose_list_of_models():
    asked = request("/v1/models", method="GET", headers=(("anthropic-version", "2023-06-01"),))
    assert recognised(asked) == ("anthropic", "models", None)


def test_a_form_names_its_model():
    body = b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n--b--\r\n'
    assert recognised(request("/v1/audio/transcriptions", body)) == ("openai", "audio", "whisper-1")


def test_answers_to_other_operations():
    asked = request("/v1/messages/count_tokens", ANTHROPIC)
    played = play(asked, body={"input_tokens": 42})
    assert (played.outcome, played.answer.tokens.input, played.answer.ended) == ("ok", 42, True)
    failure = {"error": {"type": "not_found_error", "message": "m"}}
    played = play(asked, body=failure, status=404)
    assert (played.outcome, played.answer.error_type) == ("error", "not_found_error")
    speech = play(request("/v1/audio/speech", {"model": "tts", "input": "x"}), body=b"ID3\x00\xff")
    assert speech.outcome == "ok"
    embedded = {"model": "e-1", "data": [], "usage": {"prompt_tokens": 4, "total_tokens": 4}}
    played = play(request("/v1/embeddings", {"model": "e", "input": "x"}), body=embedded)
    assert (played.answer.model, played.answer.tokens.input) == ("e-1", 4)


@pytest.mark.parametrize(
    ("path", "answer", "tokens"),
    [
        ("/api/embed", {"model": "e", "embeddings": [[0.1]], "prompt_eval_count": 8}, 8),
        (
            "/v1beta/models/e:embedContent",
            {"embedding": {"values": [0.1]}, "usageMetadata": {"promptTokenCount": 3}},
            3,
        ),
        ("/v2/embed", {"id": "1", "embeddings": {"float": []}, "meta": {"billed_units": {"input_tokens": 9}}}, 9),
        ("/v2/rerank", {"id": "1", "results": [], "meta": {"billed_units": {"search_units": 1}}}, None),
        ("/v1/rerank", {"model": "r", "data": [], "usage": {"total_tokens": 26}}, 26),
        ("/v1beta/models/g:countTokens", {"totalTokens": 31, "cachedContentTokenCount": 0}, 31),
        ("/model/c/count-tokens", {"inputTokens": 12}, 12),
        ("/model/amazon.titan-embed-text-v2/invoke", {"embedding": [0.1], "inputTextTokenCount": 5}, 5),
        (
            f"{VERTEX}/google/models/text-embedding-005:predict",
            {"predictions": [{"embeddings": {"statistics": {"token_count": n}}} for n in (6, 7)]},
            13,
        ),
    ],
)
def test_what_embeddings_and_counts_say_of_tokens(path, answer, tokens):
    """Answers as in the vendors' references: no real client was captured."""
    assert play(request(path, {"x": 1}), body=answer).answer.tokens.input == tokens


@pytest.mark.parametrize(
    "answer", [{"predictions": [1, {"embeddings": []}]}, {"predictions": "x"}, {"totalTokens": "x"}]
)
def test_odd_answers_say_nothing_of_tokens(answer):
    played = play(request(f"{VERTEX}/google/models/text-embedding-005:predict", {"x": 1}), body=answer)
    assert played.answer.tokens.input is None


def test_a_request_that_is_cut_is_a_call_as_far_as_it_shows():
    body = b'{"model": "claude-x", "stream": true, "messages": [{"role": "us'
    fold = registry.open(request("/v1/messages", body, complete=False))
    assert fold is not None
    asks = fold.request
    assert (asks.wire_api, asks.model, asks.streaming) == ("anthropic", "claude-x", True)
    assert asks.error == "the request is not whole"
    fold = registry.open(request("/v1/messages", b"\xff\xfe", error="unknown encoding"))
    assert fold is not None
    assert fold.request.error == "unknown encoding"
    fold = registry.open(request("/v1/messages", b"not json"))
    assert fold is not None
    assert fold.request.error == "the body is not JSON"
