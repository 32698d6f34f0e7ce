"""TLS captures with keys: what is decrypted against what was said; and what is told where nothing can be."""

import shutil
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heron_tui import cli
from heron_tui.capture import tshark
from heron_tui.capture.blocks import block
from heron_tui.capture.decrypted import Decrypted
from heron_tui.capture.pcapng import ENHANCED_PACKET
from heron_tui.core.errors import SourceError, UsageError
from heron_tui.engine.protocol import Counters, Job, Tick
from heron_tui.engine.run import run
from heron_tui.store.reader import Reader
from tests.keylog.talking import ASKED, FOLDER, LONG, VERSIONS, WORDS, capture, request

needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
versions = pytest.mark.parametrize("version", VERSIONS)
SECRETS, NSS = 0x0A, 0x544C534B


def read(path: Path, place: Path, keylog: Path | None = None) -> tuple[list[dict], Counters, tuple[str, ...]]:
    """Calls, counters and notes."""
    store, ticks = place / "s.store", list[Tick]()
    counters = run(Job(sources=(str(path),), store=str(store), keylog=str(keylog) if keylog else None), ticks.append)
    reader = Reader(store)
    calls = reader.rows("call", 0, 100, full=True)
    reader.close()
    return calls, counters, ticks[-1].notes


def with_keys(path: Path, keys: bytes, to: Path) -> Path:
    """The same pcapng with the keys in a decryption secrets block behind its section header."""
    data = path.read_bytes()
    head = struct.unpack_from("<I", data, 4)[0]
    to.write_bytes(data[:head] + block(SECRETS, struct.pack("<II", NSS, len(keys)) + keys) + data[head:])
    return to


def assert_what_was_said(calls: list[dict]) -> None:
    assert [(call["transport"], call["tls"], call["outcome"]) for call in calls] == [
        *[("http/1.1", "keylog", "ok")] * 2,
        *[("http/2", "keylog", "ok")] * 2,
    ]
    sizes = [len(request(text)) for texts in ASKED.values() for text in texts]
    assert sorted(call["input_tokens"] for call in calls) == sorted(sizes)
    for call in calls:
        assert call["text"] == "".join(WORDS)
        assert (call["output_tokens"], call["finish"]) == (len(WORDS), "stop")
        assert call["response_id"] == f"chatcmpl-{call['input_tokens']}"


@needs_tshark
@versions
def test_calls_are_those_that_were_made(version: str, tmp_path: Path):
    calls, counters, notes = read(FOLDER / f"{version}.pcapng", tmp_path, FOLDER / f"{version}.keys")
    assert_what_was_said(calls)
    assert counters.tls_closed == counters.gaps == 0 and notes == ()
    first, *_, last = calls
    assert first["t_first_token_us"] < first["t_end_us"] < last["t_end_us"]
    assert first["e2e_us"] > 50_000  # it streamed for six pauses of 10 ms


@needs_tshark
@versions
def test_requests_are_whole(version: str, tmp_path: Path):
    read(FOLDER / f"{version}.pcapng", tmp_path, FOLDER / f"{version}.keys")
    reader = Reader(tmp_path / "s.store")
    bodies = [reader.body(call["exchange"], "request") for call in reader.rows("call", 0, 100)]
    reader.close()
    assert sorted(map(len, bodies)) == sorted(len(request(text)) for texts in ASKED.values() for text in texts)
    assert sum(LONG.encode() in body for body in bodies) == 2


@needs_tshark
@versions
def test_keys_may_stand_in_the_capture(version: str, tmp_path: Path):
    keys = (FOLDER / f"{version}.keys").read_bytes()
    calls, _, notes = read(with_keys(FOLDER / f"{version}.pcapng", keys, tmp_path / "x.pcapng"), tmp_path)
    assert_what_was_said(calls)
    assert notes == ()


def without(path: Path, dropped: set[int], to: Path) -> Path:
    """The same pcapng without the packets at these places."""
    data, at, kept, place = path.read_bytes(), 0, [], 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        place += kind == ENHANCED_PACKET
        if kind != ENHANCED_PACKET or place not in dropped:
            kept.append(data[at : at + length])
        at += length
    to.write_bytes(b"".join(kept))
    return to


@needs_tshark
def test_flows_end_as_the_encrypted_ones(tmp_path: Path):
    read(FOLDER / "tls1.3.pcapng", tmp_path, FOLDER / "tls1.3.keys")
    reader = Reader(tmp_path / "s.store")
    flows = reader.rows("flow", 0, 9)
    reader.close()
    ended = {kind: [flow["closed"] for flow in flows if bool(flow["tls"]) is kind] for kind in (False, True)}
    assert ended[True] == ended[False] and "eof" not in ended[True]


@needs_tshark
@versions
def test_how_a_call_ended_behind_a_hole_is_not_known(version: str, tmp_path: Path):
    whole = {
        call["input_tokens"] for call in read(FOLDER / f"{version}.pcapng", tmp_path, FOLDER / f"{version}.keys")[0]
    }
    (tmp_path / "b").mkdir()
    path = without(FOLDER / f"{version}.pcapng", {31}, tmp_path / "x.pcapng")
    calls, counters, _ = read(path, tmp_path / "b", FOLDER / f"{version}.keys")
    assert [call["outcome"] for call in calls] == ["ok", "unknown", "ok", "ok"] and counters.gaps == 2
    assert {call["input_tokens"] for call in calls if call["outcome"] == "ok"} < whole


@needs_tshark
def test_the_same_ids_each_time(tmp_path: Path):
    path, keys = FOLDER / "tls1.3.pcapng", FOLDER / "tls1.3.keys"
    ids = []
    for name in "ab":
        (tmp_path / name).mkdir()
        ids.append([(call["id"], call["n"], call["evidence"]) for call in read(path, tmp_path / name, keys)[0]])
    assert ids[0] == ids[1]


@needs_tshark
def test_keys_of_other_connections_open_nothing_and_it_is_said(tmp_path: Path):
    calls, counters, notes = read(FOLDER / "tls1.3.pcapng", tmp_path, FOLDER / "tls1.2.keys")
    assert calls == [] and counters.tls_closed == 2
    assert any(note.startswith("2 TLS connections were not decrypted: no key fits") for note in notes)


@needs_tshark
def test_one_connection_without_key_is_counted(tmp_path: Path):
    lines = (FOLDER / "tls1.2.keys").read_text().splitlines(keepends=True)
    (tmp_path / "one.keys").write_text(next(line for line in lines if line.startswith("CLIENT_RANDOM")))
    calls, counters, _ = read(FOLDER / "tls1.2.pcapng", tmp_path, tmp_path / "one.keys")
    assert len(calls) == 2 and counters.tls_closed == 1


def test_without_tshark_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tshark.shutil, "which", lambda _: None)
    with pytest.raises(SourceError, match="install the package tshark"):
        read(FOLDER / "tls1.2.pcapng", tmp_path, FOLDER / "tls1.2.keys")
    keys = (FOLDER / "tls1.2.keys").read_bytes()
    calls, _, notes = read(with_keys(FOLDER / "tls1.2.pcapng", keys, tmp_path / "x.pcapng"), tmp_path)
    assert calls == [] and any("brings the keys" in note and "install" in note for note in notes)


def test_what_cannot_be_a_key_log_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "x").write_text("hello\n")
    path = FOLDER / "tls1.2.pcapng"
    keys = str(FOLDER / "tls1.2.keys")
    for words, code, said in (
        (["--keylog", str(tmp_path / "x"), str(path)], 2, "no key log"),
        (["--keylog", str(tmp_path / "none"), str(path)], 4, "none"),
        (["--keylog", keys, "-"], 2, "save this one first"),
    ):
        assert cli.main(["query", *words]) == code
        assert said in capsys.readouterr().err


def test_keys_do_not_open_a_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    read(FOLDER / "tls1.2.pcapng", tmp_path)
    assert cli.main(["query", "--keylog", str(FOLDER / "tls1.2.keys"), str(tmp_path / "s.store")]) == 2
    assert "is a store" in capsys.readouterr().err


def test_a_plain_capture_has_no_keys():
    assert not tshark.brings_keys(str(FOLDER / "tls1.2.pcapng"))
    assert not tshark.brings_keys(str(FOLDER / "tls1.2.keys"))
    with pytest.raises(UsageError):
        tshark.check_keylog(FOLDER / "tls1.2.pcapng")


@needs_tshark
@versions
def test_a_capture_made_now(version: str, tmp_path: Path):
    made = capture(tmp_path, version)
    if isinstance(made, str):
        pytest.skip(made)
    calls, counters, _ = read(made[0], tmp_path, made[1])
    assert_what_was_said(calls)
    assert counters.tls_closed == 0


def pdu(data: bytes, source: int, target: int) -> bytes:
    tags = [(20, bytes([127, 0, 0, 1])), (21, bytes([127, 0, 0, 1]))]
    tags += [(code, struct.pack(">I", number)) for code, number in ((24, 2), (25, source), (26, target))]
    return b"".join(struct.pack(">HH", code, len(value)) + value for code, value in tags) + bytes(4) + data


def exported(pdus: list[bytes]) -> bytes:
    from heron_tui.capture import blocks

    packets = [blocks.packet(0, n * 1000, data) for n, data in enumerate(pdus)]
    return b"".join([blocks.section("x"), blocks.interface(252, "x"), *packets])


TALK = [
    pdu(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 5000, 443),
    pdu(b"settings", 443, 5000),
    pdu(b"x" * 70_000, 5000, 443),
    pdu(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 5000, 443),
    pdu(b"settings", 443, 5000),
]


@given(st.lists(st.integers(1, 3000), max_size=60))
def test_it_may_come_in_any_pieces(sizes: list[int]):
    data = exported(TALK)
    whole = b"".join(Decrypted("p", "keylog").feed(data))
    made, at, out = Decrypted("p", "keylog"), 0, []
    for size in [*sizes, len(data)]:
        out += made.feed(data[at : at + size])
        at += size
    assert b"".join(out) == whole and made.damage is None and not made.open


@given(st.lists(st.binary(max_size=80), max_size=8), st.binary(max_size=200))
def test_nothing_in_it_raises(pdus: list[bytes], tail: bytes):
    list(Decrypted("p", "keylog").feed(exported(pdus) + tail))


def test_ports_used_again_are_another_connection(tmp_path: Path):
    path = tmp_path / "x.pcapng"
    path.write_bytes(b"".join(Decrypted("p", "keylog").feed(exported(TALK))))
    store = tmp_path / "s.store"
    run(Job(sources=(str(path),), store=str(store)), lambda _: None)
    reader = Reader(store)
    flows = reader.rows("flow", 0, 100)
    reader.close()
    assert [(flow["tls"], flow["client"], flow["closed"]) for flow in flows] == [
        ("keylog", "127.0.0.1:5000", "fin"),
        ("keylog", "127.0.0.1:5000", "eof"),
    ]
