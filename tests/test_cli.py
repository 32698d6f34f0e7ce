"""The command line as a user meets it: exit codes, one clear line for each mistake, data on stdout only."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CAPTURES

CAPTURE = CAPTURES / "claude-code-agents.pcap"


def heron(*arguments: object, stdin: bytes | None = None, **kwargs) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "heron_tui", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, input=stdin, timeout=120, check=False, **kwargs)


def test_query_prints_one_json_object_a_line():
    done = heron("query", CAPTURE, "turns", "--json")
    assert done.returncode == 0
    turns = [json.loads(line) for line in done.stdout.splitlines()]
    assert [turn["prompt"] for turn in turns] == ["Delegate: lab:subagents"]


def test_a_capture_on_stdin_or_compressed_says_the_same(tmp_path: Path):
    plain = heron("query", CAPTURE, "calls", "--json").stdout
    packed = tmp_path / "capture"
    packed.write_bytes(gzip.compress(CAPTURE.read_bytes()))
    assert heron("query", packed, "calls", "--json").stdout == plain
    assert heron("query", "-", "calls", "--json", stdin=CAPTURE.read_bytes()).stdout == plain


def test_a_store_is_kept_when_named_and_read_again(tmp_path: Path):
    store = tmp_path / "kept.store"
    first = heron("query", CAPTURE, "calls", "--json", "--store", store)
    again = heron("query", store, "calls", "--json")
    assert first.stdout == again.stdout
    assert store.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("query", "/nowhere.pcap", "calls"), 4, "No such file"),
        (("query", __file__, "calls"), 4, "not a capture"),
        (("query", str(Path(__file__).parent), "calls"), 4, "a directory"),
        (("query", CAPTURE, "calls", "--fields", "modle"), 2, "modle"),
        (("query",), 2, "name a capture or a store"),
        (("query", "--demo", CAPTURE, "calls"), 2, "leave out the file"),
        (("query", __file__, "calls"), 4, Path(__file__).name),
        (("--no-such-flag",), 2, "--no-such-flag"),
        ((CAPTURE,), 2, "needs a terminal"),
        ((), 2, "--demo"),
    ],
)
def test_a_mistake_is_one_clear_line(arguments: tuple, code: int, words: str):
    done = heron(*arguments)
    assert done.returncode == code
    assert words in done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert done.stdout == b""


def test_no_file_is_named_twice_as_kind():
    assert heron("query", CAPTURE, "flows", "--csv").stdout.splitlines()[0].startswith(b"id,")


def test_a_closed_pipe_ends_quietly():
    command = f"{sys.executable} -m heron_tui query {CAPTURE} packets --json | head -1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, timeout=120, check=False)
    assert done.stderr == b""
    assert json.loads(done.stdout)["number"] == 1


def test_what_was_lost_is_said_of_a_store_as_of_its_capture(tmp_path: Path):
    cut = tmp_path / "cut.pcap"
    data = Path(CAPTURE).read_bytes()
    cut.write_bytes(data[: len(data) * 2 // 3])
    store = tmp_path / "kept.store"
    fresh = heron("query", str(cut), "calls", "--json", "--store", str(store))
    again = heron("query", str(store), "calls", "--json")
    assert b"cut at byte" in fresh.stderr
    assert (again.stdout, again.stderr) == (fresh.stdout, fresh.stderr)


def test_importing_the_command_line_is_cheap():
    heavy = ("textual", "sqlite_utils", "numpy", "starlette", "uvicorn")
    code = f"import sys, heron_tui.cli; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_info_and_version():
    assert heron("--version").stdout.startswith(b"heron-tui ")
    assert b"sqlite" in heron("info").stdout
