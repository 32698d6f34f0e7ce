"""A store is whole whenever it is read: while it is written, and after its writer was killed."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from heron_tui.core.errors import SourceError
from heron_tui.store.reader import Reader
from heron_tui.store.writer import Writer

ROOT = Path(__file__).resolve().parent.parent.parent
WRITES_FOR_EVER = """
import sys
from pathlib import Path
from tests.store import made
from tests.store.test_safety import write_step
from heron_tui.store.writer import Writer

writer = Writer(Path(sys.argv[1]))
step = 0
while True:
    write_step(writer, step)
    print(writer.commit(), flush=True)
    step += 1
"""
PACKETS, CALLS = 700, 5


def write_step(writer: Writer, step: int) -> None:
    """One commit's worth: packets, calls with exchanges and bodies, a turn, and counters that say how much there is."""
    from heron_tui.model.turn import Story
    from tests.store import made

    if step == 0:
        writer.put_source(made.source())
        writer.put_flows([made.flow()])
    writer.put_packets(*made.packets(PACKETS, first=step * PACKETS + 1))
    for n in range(step * CALLS, (step + 1) * CALLS):
        body = os.urandom(3000) + b"same for all" * 5000
        request = made.request(f"x{n}", body=body, raw_size=n)
        writer.put_exchange(request, None, made.end(f"x{n}", b"answer %d" % n), [], [(0, 3000)], f"c{n}")
        writer.put_calls([made.call(f"c{n}", f"x{n}", made.T0 + n)])
    writer.put_story(Story(turns=[made.turn(f"u{step}", made.T0 + step)]))
    writer.put_counters({"steps": step + 1})


def check(reader: Reader) -> int:
    """Everything agrees with the counters; answers the number of steps."""
    steps = int(reader.counters().get("steps", 0))
    version = reader.version()
    counts = (reader.packet_count(), reader.count("call"), reader.count("exchange"), reader.count("turn"))
    if reader.version() == version == steps:  # no commit came between the questions
        assert counts == (steps * PACKETS, steps * CALLS, steps * CALLS, steps)
    if steps:
        assert len(reader.body(f"x{steps * CALLS - 1}", "request")) == 3000 + 60_000
        assert reader.body(f"x{steps * CALLS - 1}", "response") == b"answer %d" % (steps * CALLS - 1)
        assert [row.number for row in reader.packets(steps * PACKETS - 2, steps * PACKETS)] == [
            steps * PACKETS - 1,
            steps * PACKETS,
        ]
        last = reader.rows("call", steps * CALLS - 1, steps * CALLS)
        assert last[0]["n"] == steps * CALLS
    return steps


def test_readers_see_whole_commits_while_they_come(path: Path) -> None:
    Writer(path).close()
    stop = threading.Event()
    seen: list[int] = []
    failures: list[BaseException] = []

    def look() -> None:
        reader = Reader(path)
        try:
            while not stop.is_set():
                seen.append(check(reader))
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)
        finally:
            reader.close()

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    writer = Writer(path)
    try:
        for step in range(40):
            write_step(writer, step)
            writer.commit()
            time.sleep(0.002)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        writer.close()
    assert not failures
    assert max(seen) > 5
    reader = Reader(path)
    assert check(reader) == 40
    reader.close()


def test_a_killed_writer_leaves_a_whole_store(path: Path) -> None:
    for round_ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITES_FOR_EVER, str(path)], stdout=subprocess.PIPE, cwd=ROOT, text=True
        )
        assert process.stdout is not None
        for _ in range(4 + round_):
            process.stdout.readline()
        time.sleep(0.003 * round_)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        reader = Reader(path)
        steps = check(reader)
        assert steps >= 4
        reader.close()
        assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert Writer(path).commit() > steps  # and the next writer goes on
        path.unlink()
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


def test_a_full_disk_is_said_and_leaves_what_was_committed(path: Path) -> None:
    writer = Writer(path)
    write_step(writer, 0)
    writer.commit()
    (pages,) = writer._connection.execute("PRAGMA page_count").fetchone()
    writer._connection.execute(f"PRAGMA max_page_count = {pages + 10}")
    with pytest.raises(SourceError, match=r"run\.store cannot be written: database or disk is full"):
        for step in range(1, 99):
            write_step(writer, step)
            writer.commit()
    writer.close()
    reader = Reader(path)
    assert check(reader) >= 1
    reader.close()
