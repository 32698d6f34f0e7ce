"""Amazon's event stream, cut anywhere, with pieces missing, and made of noise."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from heron_tui.http.aws_events import AwsEvents

from .aws import event, exception, message

LIMIT = 1 << 16
MESSAGES = [
    event("messageStart", b'{"role":"assistant"}'),
    event("chunk", b"x" * 300),
    exception("throttlingException", b"{}"),
]
BODY = b"".join(MESSAGES)
TOLD = [("messageStart", b'{"role":"assistant"}'), ("chunk", b"x" * 300), ("!throttlingException", b"{}")]


def run(splitter: AwsEvents, *parts: bytes) -> list[tuple[str, bytes]]:
    return [
        told for part in parts for found in [splitter.feed(part)] for told in zip(found.names, found.data, strict=True)
    ]


def test_names_payloads_and_places():
    found = AwsEvents(LIMIT).feed(BODY)
    assert list(zip(found.names, found.data, strict=True)) == TOLD
    assert found.starts.tolist() == [0, len(MESSAGES[0]), len(MESSAGES[0] + MESSAGES[1])]
    assert found.ends.tolist()[-1] == len(BODY)


@given(st.lists(st.integers(0, len(BODY)), max_size=12))
def test_cut_anywhere_it_says_the_same(cuts):
    edges = [0, *sorted(cuts), len(BODY)]
    assert run(AwsEvents(LIMIT), *(BODY[a:b] for a, b in pairwise(edges))) == TOLD


def test_byte_by_byte_it_says_the_same():
    assert run(AwsEvents(LIMIT), *(BODY[at : at + 1] for at in range(len(BODY)))) == TOLD


@given(st.integers(1, len(BODY) - 1), st.integers(0, len(BODY)))
def test_behind_a_gap_it_goes_on_with_the_next_whole_message(cut, size):
    splitter = AwsEvents(LIMIT)
    told = run(splitter, BODY[:cut])
    splitter.gap()
    told += run(splitter, BODY[cut + size :])
    starts = [0, len(MESSAGES[0]), len(MESSAGES[0] + MESSAGES[1])]
    whole = [
        one
        for one, start, text in zip(TOLD, starts, MESSAGES, strict=True)
        if start + len(text) <= cut or start >= cut + size
    ]
    assert told == whole


@given(st.binary(max_size=400), st.binary(max_size=400))
def test_noise_is_passed_over(before, between):
    splitter = AwsEvents(LIMIT)
    told = run(splitter, before, BODY, between, MESSAGES[0])
    assert [one for one in told if one in TOLD] == [*TOLD, TOLD[0]]


def test_headers_of_other_types_are_passed_over():
    odd = b"\x01a\x00" + b"\x01b\x04" + bytes(4) + b"\x01c\x06\x00\x02xx"
    named = odd + event("chunk", b"")[12:-4]
    assert AwsEvents(LIMIT).feed(_with_headers(named, b"{}")).names == ["chunk"]


def _with_headers(headers: bytes, payload: bytes) -> bytes:
    from zlib import crc32

    prelude = (16 + len(headers) + len(payload)).to_bytes(4) + len(headers).to_bytes(4)
    whole = prelude + crc32(prelude).to_bytes(4) + headers + payload
    return whole + crc32(whole).to_bytes(4)


def test_a_message_beyond_the_limit_is_counted_and_passed_over():
    splitter = AwsEvents(400)
    assert run(splitter, message(b"y" * 1000, event_type="chunk"), MESSAGES[0]) == [TOLD[0]]
    assert splitter.overflows == 1
