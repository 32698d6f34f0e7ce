"""The application with an engine: reading as it goes, its death, and its return."""

import os
import signal
from pathlib import Path

from heron_tui.engine.protocol import Job
from heron_tui.store.reader import Reader
from heron_tui.tui import theme
from heron_tui.tui.app import HeronApp
from tests.conftest import CAPTURES
from tests.tui.conftest import press, running, screen_text, settle


def app_for(tmp_path: Path, **job: object) -> HeronApp:
    store = tmp_path / "run.store"
    made = Job(sources=(str(CAPTURES / "claude-code.pcap"),), store=str(store), **job)  # type: ignore[arg-type]
    return HeronApp(store, lambda: Reader(store), job=made, title="claude-code.pcap", palette=theme.DARK)


async def until(pilot, condition, seconds: float = 20) -> None:
    import asyncio
    import time

    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        await asyncio.sleep(0.02)
        await pilot.pause()
    await settle(pilot)


async def test_a_capture_is_read_while_it_is_looked_at(tmp_path: Path):
    app = app_for(tmp_path)
    async with running(app) as pilot:
        await until(pilot, lambda: app.capture_state == "done")
        await until(pilot, lambda: app.counts.get("packets") == 760)
        text = screen_text(app)
        assert "read" in text
        assert "760 packets" in text
        assert "Please do lab:echo now" in text


async def test_the_newest_is_followed_at_the_captures_own_pace(tmp_path: Path):
    app = app_for(tmp_path, speed=2.0)
    async with running(app) as pilot:
        await press(pilot, "1 F")
        rows = app.main.views["packets"].list
        await until(pilot, lambda: rows.count > 100)
        first = rows.cursor
        assert first == rows.count - 1
        assert app.capture_state == "running"
        assert "%" in screen_text(app)
        await until(pilot, lambda: rows.count > first + 100)
        assert rows.cursor == rows.count - 1


async def test_the_engines_death_is_told_and_it_can_be_started_again(tmp_path: Path):
    app = app_for(tmp_path, speed=2.0)
    async with running(app) as pilot:
        await until(pilot, lambda: app.counts.get("packets", 0) > 20)
        os.kill(app.worker.pid, signal.SIGKILL)
        await until(pilot, lambda: app.capture_state == "failed")
        text = screen_text(app)
        assert "the engine ended (signal 9)" in text
        assert "^e starts it again" in text
        await press(pilot, "1 j j")
        assert app.main.views["packets"].packet is not None
        await press(pilot, "ctrl+e")
        await until(pilot, lambda: app.capture_state == "done", 30)
        await until(pilot, lambda: app.counts.get("packets") == 760)
        assert not app.main.banner.text


async def test_a_capture_can_be_stopped(tmp_path: Path):
    app = app_for(tmp_path, speed=1.0)
    async with running(app) as pilot:
        await until(pilot, lambda: app.counts.get("packets", 0) > 20)
        await press(pilot, "ctrl+e")
        await until(pilot, lambda: not app.worker.running)
        assert app.capture_state in ("done", "stopped")
        assert not app.main.banner.text


async def test_what_is_no_capture_is_said(tmp_path: Path):
    store = tmp_path / "run.store"
    nonsense = tmp_path / "nonsense.pcap"
    nonsense.write_bytes(b"nothing of the kind" * 20)
    job = Job(sources=(str(nonsense),), store=str(store))
    app = HeronApp(store, lambda: Reader(store), job=job, title="nonsense.pcap", palette=theme.DARK)
    async with running(app) as pilot:
        await until(pilot, lambda: bool(app.main.banner.text))
        assert app.capture_state == "failed"
        assert "nonsense.pcap" in app.main.banner.text


async def test_quitting_ends_the_engine(tmp_path: Path):
    app = app_for(tmp_path, speed=1.0)
    async with running(app) as pilot:
        await until(pilot, lambda: app.worker.pid is not None and app.capture_state == "running")
        process = app.worker._process
        await press(pilot, "ctrl+q")
    assert process.poll() is not None


async def test_a_store_that_vanishes_is_said_and_nothing_breaks(tmp_path: Path, stores):
    import shutil

    store = tmp_path / "copy.store"
    shutil.copy(stores("claude-code"), store)
    app = HeronApp(store, lambda: Reader(store), title="copy", palette=theme.DARK)
    async with running(app) as pilot:
        for file in tmp_path.glob("copy.store*"):
            file.unlink()
        await press(pilot, "1 G j k 2 3 4")
        assert app.is_running
