"""The capture worker with engines that are small scripts."""

import subprocess
import sys
import time
from collections.abc import Callable

from textual.message import Message

from heron_tui.engine.protocol import Command, Job, Tick, line
from heron_tui.tui.bridge import CaptureWorker, EngineEnded, Ticked

JOB = Job(sources=("x.pcap",), store="x.store")


def engine(script: str) -> Callable[[Job], subprocess.Popen[bytes]]:
    def spawn(job: Job) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        return subprocess.Popen([sys.executable, "-c", script], stdin=pipe, stdout=pipe, stderr=pipe)

    return spawn


def say(*ticks: Tick) -> str:
    lines = b"".join(map(line, ticks))
    return f"import sys; sys.stdout.buffer.write({lines!r}); sys.stdout.flush()\n"


def run(script: str, until: Callable[[list[Message]], bool], act: Callable[[CaptureWorker], object] | None = None):
    said: list[Message] = []
    worker = CaptureWorker(JOB, said.append, engine(script))
    worker.start()
    deadline = time.monotonic() + 10
    acted = False
    while not until(said) and time.monotonic() < deadline:
        if act and said and not acted:
            acted = True
            act(worker)
        time.sleep(0.01)
    worker.close()
    return said


def ended(said: list[Message]) -> bool:
    return any(isinstance(message, EngineEnded) for message in said)


def reason(said: list[Message]) -> str | None:
    return next(message.reason for message in said if isinstance(message, EngineEnded))


def test_an_engine_that_is_done_ends_without_a_reason():
    said = run(say(Tick(state="running", version=1), Tick(state="done", version=2)), ended)
    assert reason(said) is None
    ticks = [message.tick for message in said if isinstance(message, Ticked)]
    assert ticks[-1].state == "done"


def test_an_engine_that_fails_says_why():
    said = run(say(Tick(state="failed", message="x.pcap: no capture")) + "sys.exit(4)", ended)
    assert reason(said) == "x.pcap: no capture"


def test_an_engine_that_dies_is_told_by_its_last_words():
    said = run(say(Tick(state="running")) + "raise MemoryError('out of memory')", ended)
    assert reason(said) == "the engine ended (exit code 1): MemoryError: out of memory"


def test_an_engine_that_is_killed_is_told_by_its_signal():
    script = say(Tick(state="running")) + "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    assert reason(run(script, ended)) == "the engine ended (signal 9)"


def test_an_engine_that_was_stopped_needs_no_reason():
    script = say(Tick(state="running")) + "sys.stdin.readline()"
    said = run(script, ended, lambda worker: worker.command(Command("stop")))
    assert reason(said) is None


def test_closing_ends_the_engine_and_its_thread():
    worker = CaptureWorker(JOB, lambda message: None, engine("import sys; sys.stdin.read()"))
    worker.start()
    while worker.pid is None:
        time.sleep(0.01)
    worker.close()
    assert not worker.running


def test_noise_on_stderr_never_blocks_and_nonsense_on_stdout_is_passed_over():
    script = "import sys\nfor n in range(9000): print('x' * 80, file=sys.stderr)\nprint('nonsense', flush=True)\n"
    assert reason(run(script + say(Tick(state="done")), ended)) is None


def test_ticks_come_at_most_ten_a_second():
    ticks = "".join(say(Tick(state="running", version=n)) + "import time; time.sleep(0.005)\n" for n in range(60))
    began = time.monotonic()
    said = run(ticks + say(Tick(state="done")), ended)
    allowed = (time.monotonic() - began) * 10 + 2
    assert sum(isinstance(message, Ticked) for message in said) <= allowed


def test_an_engine_that_cannot_start_says_so():
    def spawn(job: Job) -> subprocess.Popen[bytes]:
        raise FileNotFoundError(2, "No such file or directory")

    said: list[Message] = []
    worker = CaptureWorker(JOB, said.append, spawn)
    worker.start()
    worker.close()
    assert reason(said) == "the engine could not be started: No such file or directory"


def test_it_can_start_again():
    said: list[Message] = []
    worker = CaptureWorker(JOB, said.append, engine(say(Tick(state="done"))))
    for count in (1, 2):
        worker.start()
        while sum(isinstance(message, EngineEnded) for message in said) < count or worker.running:
            time.sleep(0.01)
    worker.close()
    assert [message.reason for message in said if isinstance(message, EngineEnded)] == [None, None]
