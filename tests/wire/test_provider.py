"""What serves a call: by host, response headers, the answer's ids, and paths."""

import pytest

from heron_tui.model.call import CallResponse
from heron_tui.model.http import Response
from heron_tui.wire.provider import Verdict, provider

from .play import PLACE, request


def name_of(verdict: Verdict | None) -> str | None:
    return verdict and verdict.name


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("api.anthropic.com", "anthropic"),
        ("API.OpenAI.com:443", "openai"),
        ("chatgpt.com", "openai"),
        ("my-res.openai.azure.com", "azure"),
        ("generativelanguage.googleapis.com", "google"),
        ("us-east5-aiplatform.googleapis.com", "google"),
        ("bedrock-runtime.us-east-1.amazonaws.com", "bedrock"),
        ("openrouter.ai", "openrouter"),
        ("notopenrouter.ai", None),
        ("127.0.0.1:8080", None),
        ("[::1]:8080", None),
        ("", None),
    ],
)
def test_by_host(host, expected):
    assert name_of(provider(request("/v1/messages", host=host), None)) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ((("x-litellm-call-id", "1"), ("openai-processing-ms", "3")), "litellm"),
        ((("X-Ms-Region", "eu"), ("openai-processing-ms", "3")), "azure"),
        ((("Anthropic-Organization-Id", "o"),), "anthropic"),
        ((("server", "llama.cpp"),), "llamacpp"),
        ((("server", "uvicorn"),), None),
    ],
)
def test_by_response_headers(headers, expected):
    response = Response("x1", 200, "", headers, None, PLACE)
    assert name_of(provider(request("/v1/chat/completions"), response)) == expected


def test_by_the_answer_and_by_path():
    answer = CallResponse(served_by="vllm", served_why="tool id chatcmpl-tool-")
    assert provider(request("/v1/chat/completions"), None, answer) == ("vllm", "answer: tool id chatcmpl-tool-")
    assert provider(request("/api/chat"), None) == ("ollama", "path /api/chat")
    deployed = provider(request("/openai/deployments/d/chat/completions?api-version=1"), None)
    assert deployed == ("azure", "path /openai/deployments/d/chat/completions")
    assert provider(request("/completions"), None) is None


def test_the_verdict_says_what_it_rests_on():
    assert provider(request("/v1/messages", host="API.Anthropic.com:443"), None) == (
        "anthropic",
        "host api.anthropic.com",
    )
    response = Response("x1", 200, "", (("X-LiteLLM-Call-Id", "1"),), None, PLACE)
    assert provider(request("/v1/messages"), response) == ("litellm", "response header x-litellm-call-id")
    response = Response("x1", 200, "", (("Server", "llama.cpp"),), None, PLACE)
    assert provider(request("/v1/messages"), response) == ("llamacpp", "response header server: llama.cpp")
