"""What serves a call: by host, response headers, the answer's ids, and paths."""

import pytest

from heron_tui.model.call import CallResponse
from heron_tui.model.http import Response
from heron_tui.wire.provider import provider

from .play import PLACE, request


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
    assert provider(request("/v1/messages", host=host), None) == expected


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
    assert provider(request("/v1/chat/completions"), response) == expected


def test_by_the_answer_and_by_path():
    assert provider(request("/v1/chat/completions"), None, CallResponse(served_by="vllm")) == "vllm"
    assert provider(request("/api/chat"), None) == "ollama"
    assert provider(request("/openai/deployments/d/chat/completions?api-version=1"), None) == "azure"
    assert provider(request("/completions"), None) is None
