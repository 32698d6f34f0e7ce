"""Secrets never leave the redactor; equal secrets stay tellable from others."""

from hypothesis import given
from hypothesis import strategies as st

from heron_tui.core.redact import Redactor, load_key

REDACTOR = Redactor(b"0" * 32)


def test_the_scheme_stays_and_the_key_goes():
    assert REDACTOR.value("Authorization", "Bearer sk-lab-fake").startswith("Bearer [redacted:")
    assert REDACTOR.value("X-Api-Key", "sk-lab-fake") == REDACTOR.value("Authorization", "Bearer sk-lab-fake")[7:]


def test_other_headers_stay():
    headers = (("Host", "a"), ("x-claude-code-session-id", "be4939d1"), ("Content-Type", "application/json"))
    assert REDACTOR.headers(headers) == headers


def test_cookies_and_named_secrets_go():
    for name in ("Cookie", "set-cookie", "x-goog-api-key", "api-key", "X-Custom-Token", "my-secret"):
        assert "hunter2" not in REDACTOR.value(name, "a=hunter2")


def test_keys_in_urls_go_and_the_rest_of_the_url_stays():
    target = REDACTOR.target("/v1beta/models/x:streamGenerateContent?alt=sse&key=AIzaFake&b=1")
    assert target.startswith("/v1beta/models/x:streamGenerateContent?alt=sse&key=[redacted:")
    assert target.endswith("&b=1")
    assert "hunter2" not in REDACTOR.target("http://user:hunter2@host/x")


@given(st.text(min_size=12, alphabet="abcdefXYZ0123456789"))
def test_a_secret_is_never_in_its_mask_and_masks_are_stable(secret: str):
    mask = REDACTOR.mask(secret)
    assert secret not in mask
    assert mask == REDACTOR.mask(secret)
    assert mask != Redactor(b"1" * 32).mask(secret)


def test_the_key_is_made_once_and_private(tmp_path):
    place = tmp_path / "redaction.key"
    key = load_key(place)
    assert load_key(place) == key
    assert len(key) == 32
    assert place.stat().st_mode & 0o777 == 0o600
