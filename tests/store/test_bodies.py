"""Bodies come back byte by byte, and what they share is kept once."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from heron_tui.store import bodies
from heron_tui.store.bodies import pieces
from heron_tui.store.reader import Reader
from heron_tui.store.writer import Writer
from tests.store import made

Read = Callable[[], Reader]
Parts = list[tuple[int, int]]


def conversation(messages: int, tail: str = "tools" * 4000) -> tuple[bytes, Parts]:
    """A request body as agents send it, and where its messages stand."""
    text = b'{"model":"m","messages":['
    parts = []
    for n in range(messages):
        text += b"," if n else b""
        message = json.dumps({"role": "user", "content": f"message {n} " * (n % 3 * 200 + 1)}).encode()
        parts.append((len(text), len(text) + len(message)))
        text += message
    return text + b'],"tools":"' + tail.encode() + b'"}', parts


@given(st.binary(max_size=4000), st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 5000)), max_size=8))
def test_pieces_are_the_body_whatever_the_parts(body: bytes, parts: Parts) -> None:
    assert b"".join(pieces(body, parts)) == body


def test_a_longer_history_shares_all_but_its_new_messages() -> None:
    before = set(pieces(*conversation(20)))
    after = set(pieces(*conversation(24)))
    assert len(before) > 10
    new = after - before
    assert sum(map(len, new)) < 12_000  # the four new messages
    assert not any(b"tools" in piece for piece in new)


def test_every_body_comes_back(writer: Writer, read: Read) -> None:
    sent = {}
    for n in range(12):
        body, parts = conversation(n * 2)
        answer = bytes(range(256)) * n
        request = made.request(f"x{n}", body=body)
        writer.put_exchange(request, made.response(f"x{n}"), made.end(f"x{n}", answer), [], parts, None)
        sent[f"x{n}"] = (body, answer)
    writer.commit()
    reader = read()
    for exchange, (body, answer) in sent.items():
        assert (reader.body(exchange, "request"), reader.body(exchange, "response")) == (body, answer)
    assert reader.body("none", "request") == b""


def test_what_two_requests_share_is_stored_once(writer: Writer, path: Path) -> None:
    total = 0
    for n in range(50):
        body, parts = conversation(n + 1)
        total += len(body)
        writer.put_exchange(made.request(f"x{n}", body=body), None, None, [], parts, None)
    writer.commit()
    size, rows = sqlite3.connect(path).execute("SELECT sum(size), count(*) FROM chunks").fetchone()
    assert size < total / 10
    assert rows < 150


def test_a_writer_that_comes_back_knows_the_chunks_of_the_one_before(path: Path) -> None:
    counts = []
    for _ in range(2):
        writer = Writer(path)
        body, parts = conversation(30)
        writer.put_exchange(made.request(body=body), None, made.end(body=b"answer"), [], parts, None)
        writer.commit()
        writer.close()
        counts.append(sqlite3.connect(path).execute("SELECT count(*) FROM chunks").fetchone())
    assert counts[0] == counts[1]


def test_more_hashes_than_fit_in_memory(monkeypatch, writer: Writer, read: Read) -> None:
    monkeypatch.setattr(bodies, "MOST_KNOWN", 3)
    for n in range(6):
        body, parts = conversation(10)
        writer.put_exchange(made.request(f"x{n}", body=body), None, None, [], parts, None)
    writer.commit()
    assert read().body("x5", "request") == conversation(10)[0]
