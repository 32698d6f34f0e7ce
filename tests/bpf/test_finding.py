"""The parts that need no rights: instructions, ELF files, and what looks like HTTP."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bpf.tls import sniff, x86
from bpf.tls.elf import Elf, NotElf
from bpf.tls.locate import locate


@pytest.mark.parametrize(
    ("code", "size"),
    [
        ("c3", 1),
        ("4883ec18", 4),
        ("64488b042528000000", 9),
        ("f30f1efa", 4),
        ("48b8887766554433221100", 10),
        ("e8fdfbffff", 5),
        ("0f8401000000", 6),
        ("f6058400000001", 7),
        ("41f6858400000001", 8),
        ("c5f877", 3),
        ("62f17c4828442401", 8),
        ("660f3a0fc108", 6),
    ],
)
def test_sizes_of_instructions(code: str, size: int) -> None:
    instruction = x86.decode(bytes.fromhex(code) + b"\x90" * 16, 0)
    assert instruction is not None
    assert instruction.size == size


def test_sizes_agree_with_objdump() -> None:
    if not shutil.which("objdump"):
        pytest.skip("objdump is not installed")
    library = next(iter(sorted(Path("/usr/lib").glob("*/libssl.so.3"))), None)
    if library is None:
        pytest.skip("no libssl.so.3 below /usr/lib")
    text = subprocess.run(["objdump", "-d", "-w", library], capture_output=True, text=True, check=True).stdout
    lines = [parts for line in text.splitlines() if len(parts := line.split("\t")) > 2 and "(bad)" not in parts[2]]
    assert len(lines) > 10_000
    for _, raw, words in lines:
        code = bytes.fromhex(raw.replace(" ", ""))
        instruction = x86.decode(code + b"\x90" * 16, 0)
        assert instruction is not None and instruction.size == len(code), (raw, words)


def test_what_the_kernel_emulates() -> None:
    assert x86.is_emulated(bytes.fromhex("55 4889e5"))
    assert x86.is_emulated(bytes.fromhex("4157"))
    assert x86.is_emulated(b"\x90")
    assert not x86.is_emulated(bytes.fromhex("4883ec18"))
    assert not x86.is_emulated(bytes.fromhex("f30f1efa"))


def test_libssl_is_found_by_the_function_behind_the_exported_ones() -> None:
    library = next(iter(sorted(Path("/usr/lib").glob("*/libssl.so.3"))), None)
    if library is None:
        pytest.skip("no libssl.so.3 below /usr/lib")
    with library.open("rb") as f:
        (found,) = locate(f.fileno())
    assert found.stack == "openssl"
    assert {"ssl_read_internal", "ssl_write_internal"} <= set(found.functions) or "SSL_write_ex" in found.functions
    assert {"SSL_free", "SSL_do_handshake"} <= set(found.functions)


def test_an_interpreter_without_tls_has_nothing() -> None:
    with Path("/bin/sh").resolve().open("rb") as f:
        assert locate(f.fileno()) == []


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    whole = Path(sys.executable).resolve().read_bytes()[:200_000]
    dice = random.Random(7)
    for n in range(60):
        data = bytearray(whole[: dice.choice([10, 64, 100, 5000, len(whole)])])
        for _ in range(n):
            data[dice.randrange(min(len(data), 1000))] = dice.randrange(256)
        path = tmp_path / "damaged"
        path.write_bytes(data)
        fd = os.open(path, os.O_RDONLY)
        try:
            locate(fd)
        except (NotElf, ValueError, KeyError, OverflowError, MemoryError):
            pass  # what the locator reports as a reason
        finally:
            os.close(fd)


def test_not_elf(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("#!/bin/sh\n" * 100)
    with path.open("rb") as f, pytest.raises(NotElf):
        Elf(f.fileno())


@pytest.mark.parametrize(
    ("head", "answer"),
    [
        (b"POST /v1/messages HTTP/1.1\r\n", True),
        (b"HTTP/1.1 200 OK\r\nServer: x\r\n", True),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", True),
        (bytes.fromhex("00001204000000000000030000"), True),
        (b"P", None),
        (b"POST", None),
        (b"HTT", None),
        (b"\0\0", None),
        (b"\x16\x03\x01\x02\x00", False),
        (b"220 mail.example.org ESMTP ready\r\n", False),
        (bytes(range(200, 240)), False),
    ],
)
def test_beginnings_of_http(head: bytes, answer: bool | None) -> None:
    assert sniff.begins(head[: sniff.ENOUGH]) is answer


def test_http2_in_the_middle() -> None:
    frame = bytes.fromhex("000005 00 01 00000003") + b"hello"
    assert sniff.resumes(frame, len(frame))
    assert sniff.resumes(frame + frame, 2 * len(frame))
    assert not sniff.resumes(b"\x17\x03\x03\x00\x20" + bytes(32), 37)
