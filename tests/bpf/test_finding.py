"""The parts that need no rights: instructions, ELF files, and what looks like HTTP."""

from __future__ import annotations

import os
import random
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from bpf.tls import installed, sniff, starts, x86
from bpf.tls.elf import Elf, NotElf, is_lea
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


def test_addresses_that_code_loads_agree_with_objdump() -> None:
    if not shutil.which("objdump"):
        pytest.skip("objdump is not installed")
    library = next(iter(sorted(Path("/usr/lib").glob("*/libssl.so.3"))), None)
    if library is None:
        pytest.skip("no libssl.so.3 below /usr/lib")
    text = subprocess.run(["objdump", "-d", "-w", library], capture_output=True, text=True, check=True).stdout
    loads = re.findall(r"^ +([0-9a-f]+):.*\tlea .*\(%rip\),%r.*# ([0-9a-f]+) ", text, re.M)
    known = {(int(site, 16), int(to, 16)) for site, to in loads}
    assert len(known) > 1000
    with library.open("rb") as f, Elf(f.fileno()) as elf:
        targets = sorted(to for _, to in known)
        found = {(at - 3, to) for at, to in elf.relative(is_lea, targets[0], targets[-1])}
        assert known <= found
        assert len(found - known) < 20  # what looks like one in the middle of another instruction
        middle = targets[len(targets) // 2]
        assert set(elf.references([middle])[middle]) == {site for site, to in found if to == middle}


def test_a_function_begins_after_its_padding(tmp_path: Path) -> None:
    """Two functions, the second with an aligned loop inside: `jcc` back to it tells that it is none of its own."""
    first = bytes.fromhex("31c0 c3") + b"\xcc" * 13
    second = bytes.fromhex("55 31c9 eb0b") + bytes.fromhex("66662e0f1f840000000000")
    loop = bytes.fromhex("ffc1 83f90a 75f9 5d c3")
    code = b"\x90" * starts.REACH + first + second + loop + b"\xcc" * 64
    head = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 3, 62, 1, 0, 64, 0, 0, 64, 56, 1, 64, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, 4096 + len(code), 4096 + len(code), 4096)
    path = tmp_path / "program"
    path.write_bytes((head + segment).ljust(4096, b"\0") + code)
    begin = 4096 + starts.REACH + len(first)
    with path.open("rb") as f, Elf(f.fileno()) as elf:
        inside = begin + len(second) + 2
        assert starts.function_starts(elf, [begin + 1, inside]) == {begin + 1: begin, inside: begin}


def test_large_executables_of_a_home_directory(tmp_path: Path) -> None:
    agent = tmp_path / ".nvm/versions/node/v1/lib/node_modules/agent/node_modules/agent-linux/bin/agent"
    for path, size in ((agent, installed.LARGE), (tmp_path / ".local/bin/small", 1000)):
        path.parent.mkdir(parents=True)
        with path.open("wb") as f:
            f.truncate(size)
        path.chmod(0o755)
    (tmp_path / ".local/bin/agent").symlink_to(agent)
    found = list(installed.executables([str(tmp_path)]))
    assert found.count(str(agent)) == 1
    assert not any("small" in path for path in found)


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
