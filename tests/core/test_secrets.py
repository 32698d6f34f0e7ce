"""What looks like a secret in a text, and what does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heron_tui.core.secrets import find

REAL = {
    "Anthropic key": "sk-ant-api03-" + "aB3_" * 20,
    "OpenAI key": "sk-proj-" + "a1B2" * 12,
    "Google key": "AIza" + "a" * 35,
    "GitHub token": "ghp_" + "a1" * 18,
    "Slack token": "xoxb-123456789012-abcdef",
    "AWS key": "AKIAIOSFODNN7EXAMPLE",
    "Hugging Face token": "hf_" + "a1" * 17,
    "JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghijklmno",
    "private key": "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIE" * 20 + "\n-----END RSA PRIVATE KEY-----",
}


@pytest.mark.parametrize("kind", REAL)
def test_keys_are_found_where_they_stand(kind: str):
    text = f'export KEY="{REAL[kind]}"; echo done'
    found = list(find(text))
    assert [secret.kind for secret in found] == [kind]
    assert text[found[0].start : found[0].end] == REAL[kind]


@pytest.mark.parametrize(
    ("text", "kind", "secret"),
    [
        ("curl -H 'Authorization: Bearer abcdefghij0123456789'", "bearer token", "abcdefghij0123456789"),
        ("postgres://app:hunter2@db:5432/x", "password in a URL", "app:hunter2"),
        ('"api_key": "0123456789abcdef0123"', "value of a secret's name", "0123456789abcdef0123"),
        ("PASSWORD=correct-horse-battery-1", "value of a secret's name", "correct-horse-battery-1"),
    ],
)
def test_secrets_are_known_by_what_stands_before_them(text: str, kind: str, secret: str):
    assert [(found.kind, text[found.start : found.end]) for found in find(text)] == [(kind, secret)]


@pytest.mark.parametrize(
    "text",
    [
        "sk-learn is a library",
        "the token = get_token() call",
        "risk-assessment-of-everything-that-matters",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "https://example.org/a:b@c",
        "password: ${DB_PASSWORD}",
        "api_key: [redacted:1234abcd]",
        "toolu_19a36d48a7114f7b9fefae87 call_744e1a19db38492b92f20203",
    ],
)
def test_words_and_hashes_are_none(text: str):
    assert list(find(text)) == []


@given(st.text())
def test_any_text_is_read(text: str):
    ends = 0
    for secret in find(text):
        assert ends <= secret.start < secret.end <= len(text)
        ends = secret.end
