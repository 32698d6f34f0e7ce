"""`heron-tui export` as a user meets it: data on stdout or in a file that is whole, words on stderr."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from heron_tui.core.errors import HeronError, UsageError
from heron_tui.export import output
from tests.conftest import CAPTURES

SECRET = b"AKIAIOSFODNN7EXAMPLE"


def heron(*arguments: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "heron_tui", "export", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, timeout=120, check=False)


def test_records_on_stdout_and_counts_on_stderr(stores):
    done = heron(stores("claude-code"), "--format", "sft")
    assert done.returncode == 0
    assert [list(json.loads(line)) for line in done.stdout.splitlines()] == [["messages", "tools"]]
    assert "1 record written, 2 skipped" in done.stderr.decode()
    assert "its history is part of a longer record: turn 3: turn 1, turn 2" in done.stderr.decode()


def test_a_capture_is_analysed_first(stores):
    from_store = heron(stores("langchain"), "--format", "sft").stdout
    capture = CAPTURES / "agents" / "langchain.pcap.gz"
    assert heron(capture, "--format", "sft").stdout == from_store


def test_a_file_is_private_and_never_half_written(stores, tmp_path: Path):
    out = tmp_path / "train.jsonl"
    store = stores("claude-code")
    assert heron(store, "--format", "sft", "-o", out).returncode == 0
    assert out.stat().st_mode & 0o777 == 0o600
    before = out.read_bytes()
    again = heron(store, "--format", "calls", "-o", out)
    assert (again.returncode, again.stdout) == (2, b"")
    assert b"--force" in again.stderr
    assert out.read_bytes() == before
    assert heron(store, "--format", "calls", "-o", out, "--force").returncode == 0
    assert len(out.read_bytes().splitlines()) == 6
    assert [path.name for path in tmp_path.iterdir()] == ["train.jsonl"]


def test_nothing_to_write_makes_no_file(stores, tmp_path: Path):
    out = tmp_path / "train.jsonl"
    done = heron(stores("openclaw"), "--format", "sft", "-o", out)
    assert done.returncode == 1
    assert b"0 records written, 1 skipped" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_display_filter_chooses_units(stores):
    done = heron(
        stores("claude-code"), "--format", "sft", "-Y", 'turn.prompt contains "parallel"', "--metadata", "keep"
    )
    (line,) = done.stdout.splitlines()
    assert json.loads(line)["metadata"]["unit"] == "turn 2"
    done = heron(stores("claude-code"), "--format", "calls", "-Y", 'call.finish == "tool_use"')
    assert len(done.stdout.splitlines()) == 3


def test_a_preview_is_the_first_record_and_the_counts_of_all(stores):
    done = heron(stores("openai-sdk"), "--format", "sft", "--preview", "--json-report")
    assert len(done.stdout.splitlines()) == 1
    report = json.loads(done.stderr)
    assert (report["written"], report["skipped"], report["notes"]) == (
        9,
        {},
        {"failed attempts that were repeated, left out": 1},
    )


def test_secrets_are_redacted_and_counted(tmp_path: Path):
    capture = tmp_path / "secret.pcap"
    data = (CAPTURES / "claude-code.pcap").read_bytes()
    said = b"Please do lab:echo now"
    assert said in data
    capture.write_bytes(data.replace(said, SECRET.ljust(len(said))))
    done = heron(capture, "--format", "sft")
    assert SECRET not in done.stdout
    assert b"[redacted:" in done.stdout
    assert b"1 secret redacted" in done.stderr
    done = heron(capture, "--format", "sft", "--redact", "no")
    assert SECRET in done.stdout
    assert b"redacted" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "name a capture or a store"),
        (("x.pcap",), "name a format"),
        (("x.pcap", "--format", "sfd"), "there is no 'sfd'; there is sft"),
        (("x.pcap", "--format", "calls", "--reasoning", "drop"), "--reasoning means nothing"),
        (("x.pcap", "--format", "sft", "--unit", "week"), "--unit"),
        (("x.pcap", "--format", "sft", "--tools", "maybe"), "--tools"),
        (("x.pcap", "--format", "sft", "--unit", "session", "--histories", "each"), "--unit turn"),
        (("x.pcap", "--format", "sft", "-Y", "turn.nix == 1"), "turn.nix"),
        (("x.pcap", "--format", "sft", "-o", "/nowhere/x.jsonl"), "/nowhere"),
        (("x.pcap", "--format", "sft", "-o", "/tmp"), "/tmp is a directory"),
    ],
)
def test_a_mistake_is_one_clear_line(arguments: tuple[str, ...], words: str):
    done = heron(*arguments)
    assert done.returncode == 2
    assert words in done.stderr.decode()
    assert done.stdout == b""
    if "-Y" not in arguments:  # which shows where in the filter
        assert len(done.stderr.splitlines()) == 1


def test_an_id_that_nothing_has(stores):
    done = heron(stores("claude-code"), "--format", "sft", "--id", "nix")
    assert done.returncode == 2
    assert b"--id: no call, turn or session has the id 'nix'" in done.stderr


def test_formats_are_listed():
    done = heron("--list-formats")
    assert done.returncode == 0
    assert {"sft", "calls"} <= {line.split()[0].decode() for line in done.stdout.splitlines()}


def test_a_file_made_meanwhile_is_not_replaced(tmp_path: Path):
    out = tmp_path / "x"
    with pytest.raises(UsageError), output.replacing(out, force=False) as file:
        file.write(b"mine")
        out.write_bytes(b"theirs")
    assert out.read_bytes() == b"theirs"
    assert list(tmp_path.iterdir()) == [out]


def test_an_error_leaves_nothing_behind(tmp_path: Path):
    out = tmp_path / "x"
    with pytest.raises(ZeroDivisionError), output.replacing(out, force=True) as file:
        file.write(b"half")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(HeronError, match="cannot be written"), output.replacing(tmp_path / "no" / "x", force=True):
        pass
