"""Routes: what stands for what differs from call to call."""

import pytest

from heron_tui.metrics.route import route, template


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/messages?beta=true", "/v1/messages"),
        ("/v1/chat/completions", "/v1/chat/completions"),
        ("/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse", "/v1beta/models/{model}:streamGenerateContent"),
        ("/openai/deployments/my-gpt/chat/completions", "/openai/deployments/{deployment}/chat/completions"),
        (
            "/v1/projects/p-1/locations/us-east5/publishers/anthropic/models/claude-x@1:rawPredict",
            "/v1/projects/{project}/locations/{location}/publishers/anthropic/models/{model}:rawPredict",
        ),
        ("/model/anthropic.claude-x-v1:0/invoke", "/model/{model}/invoke"),
        ("/v1/responses/resp_68c1f2a9b3", "/v1/responses/{id}"),
        ("/v1/messages/batches/msgbatch_013Zva2CMHLNnXjNJJKqJ2EF/results", "/v1/messages/batches/{id}/results"),
        ("/t/7f3c2a10-9d0e-4c57-8a52-0d9ad6b1c2f3/v1/messages", "/t/{id}/v1/messages"),
        ("/accounts/12345/ai/run", "/accounts/{id}/ai/run"),
        ("/v1/count_tokens", "/v1/count_tokens"),
        ("/backend-api/codex/responses", "/backend-api/codex/responses"),
        ("/v1internal:generateContent", "/v1internal:generateContent"),
        ("/v1/models", "/v1/models"),
        ("/v1/models/", "/v1/models/"),
        ("/", "/"),
        ("", ""),
        ("*", "*"),
    ],
)
def test_template(path, expected):
    assert template(path) == expected
    assert template(expected) == expected


def test_a_route_is_server_and_template():
    assert route("10.0.0.2:443", "/v1/responses/resp_68c1f2a9b3?x=1") == "10.0.0.2:443/v1/responses/{id}"
