"""Durations of one call, by the product's definitions."""

import pytest

from heron_tui.metrics.durations import e2e_us, tpot_us, ttft_us


def test_ttft_is_from_the_requests_end_to_the_first_token():
    assert ttft_us(100, 150, 400) == (300, True)
    assert ttft_us(100, 150, None) == (50, False)  # no stream: the start of the response, and marked so
    assert ttft_us(100, None, None) == (None, False)
    assert ttft_us(None, 150, 400) == (None, True)


def test_e2e_is_from_the_requests_first_byte_to_the_last():
    assert e2e_us(100, 900) == 800
    assert e2e_us(100, None) is None


@pytest.mark.parametrize(
    ("first", "last", "tokens", "expected"),
    [(100, 400, 4, 100), (100, 400, 5, 75), (100, 400, 1, None), (100, 400, None, None), (None, None, 9, None),
     (100, 100, 2, 0)],
)  # fmt: skip
def test_tpot_is_over_the_tokens_after_the_first(first, last, tokens, expected):
    assert tpot_us(first, last, tokens) == expected
