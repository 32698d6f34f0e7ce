"""The engine as a process of its own: what its owner sees of it."""

import os
import signal
import time
from pathlib import Path

import pytest

from heron_tui.engine import protocol
from heron_tui.engine.protocol import Command, Job, Tick
from heron_tui.store.reader import Reader
from tests.conftest import CAPTURES

CAPTURE = CAPTURES / "claude-code-agents.pcap"


def ticks(process) -> list[Tick]:
    return [protocol.decode_tick(line) for line in process.stdout]


def test_it_reads_a_capture_and_says_so(tmp_path: Path):
    process = protocol.spawn(Job(sources=(str(CAPTURE),), store=str(tmp_path / "s.store")))
    last = ticks(process)[-1]
    assert process.wait(20) == 0
    assert last.state == "done"
    assert last.progress == 1.0
    assert (last.counters.packets, last.counters.calls, last.counters.turns) == (650, 8, 1)
    assert Reader(tmp_path / "s.store").count("call") == 8


def test_what_is_no_capture_is_one_line(tmp_path: Path):
    process = protocol.spawn(Job(sources=(__file__,), store=str(tmp_path / "s.store")))
    last = ticks(process)[-1]
    assert process.wait(20) == 4
    assert last.state == "failed"
    assert Path(__file__).name in last.message
    assert "\n" not in last.message


def test_it_ends_when_its_owner_is_gone(tmp_path: Path):
    process = protocol.spawn(Job(sources=(str(CAPTURE),), store=str(tmp_path / "s.store"), speed=0.001))
    protocol.decode_tick(process.stdout.readline())
    process.stdin.close()
    assert process.wait(20) == 0


@pytest.mark.parametrize("order", ["stop", "pause"])
def test_it_follows_orders(order, tmp_path: Path):
    process = protocol.spawn(Job(sources=(str(CAPTURE),), store=str(tmp_path / "s.store"), speed=0.05))
    protocol.decode_tick(process.stdout.readline())
    process.stdin.write(protocol.line(Command(order)))
    process.stdin.flush()
    if order == "pause":
        deadline = time.monotonic() + 10
        while protocol.decode_tick(process.stdout.readline()).state != "paused":
            assert time.monotonic() < deadline
        process.stdin.write(protocol.line(Command("stop")))
        process.stdin.flush()
    assert ticks(process)[-1].state == "done"
    assert process.wait(20) == 0


def test_a_killed_engine_leaves_a_whole_store(tmp_path: Path):
    store = tmp_path / "s.store"
    process = protocol.spawn(Job(sources=(str(CAPTURE),), store=str(store), speed=1.0))
    while protocol.decode_tick(process.stdout.readline()).counters.calls < 4:
        pass
    time.sleep(0.7)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(20)
    reader = Reader(store)
    assert reader.count("call") >= 3
    assert all(row["outcome"] in ("ok", "in_progress") for row in reader.rows("call", 0, 10))


def test_a_growing_stream_is_followed(tmp_path: Path):
    data = CAPTURE.read_bytes()
    out, into = os.pipe()
    job = Job(sources=("-",), store=str(tmp_path / "s.store"), stdin_fd=out)
    process = protocol.spawn(job)
    os.close(out)
    os.write(into, data[:60_000])
    seen = protocol.decode_tick(process.stdout.readline())
    while not seen.counters.packets:
        seen = protocol.decode_tick(process.stdout.readline())
    with os.fdopen(into, "wb") as pipe:
        pipe.write(data[60_000:])
    last = ticks(process)[-1]
    assert (last.state, last.counters.packets, last.counters.calls) == ("done", 650, 8)
