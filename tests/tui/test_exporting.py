"""The export dialog on a real capture, with the real command behind it."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from heron_tui.store.reader import Reader
from heron_tui.tui import exporting
from heron_tui.tui.app import HeronApp
from heron_tui.tui.scopes import scopes
from heron_tui.tui.screens.export import ExportScreen
from heron_tui.tui.subject import Subject
from tests.tui.conftest import SIZES, press, running, screen_text, settle

Make = Callable[..., HeronApp]


async def until(pilot: Pilot[Any], *words: str) -> str:
    """The screen, as soon as all words are on it."""
    for _ in range(1500):
        await pilot.pause(0.02)
        text = screen_text(pilot.app)  # type: ignore[arg-type]
        if all(word in text for word in words):
            return text
    raise AssertionError(f"{words} not on screen:\n{text}")


async def to_line(pilot: Pilot[Any], name: str) -> None:
    screen = pilot.app.screen
    assert isinstance(screen, ExportScreen)
    while screen.settings.row.name != name:
        await press(pilot, "j")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_dialog(size: tuple[int, int], make_app: Make, snap_compare):
    async def open_it(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        await press(pilot, "3 j j x")
        await until(pilot, "First record", "0 skipped")

    assert snap_compare(make_app(), terminal_size=size, run_before=open_it)


@pytest.mark.parametrize("size", SIZES[:2], ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_choices_of_copy(size: tuple[int, int], make_app: Make, snap_compare):
    async def open_it(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        await press(pilot, "3 j l j y")

    assert snap_compare(make_app(), terminal_size=size, run_before=open_it)


async def test_from_a_turn_to_its_file(make_app: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "j j x")
        await until(pilot, "1 record", "First record", "turn 2")
        await press(pilot, "w")
        await until(pilot, "1 record (", "written to")
        assert app.screen is app.main
    out = tmp_path / "claude-code.sft.jsonl"
    assert out.stat().st_mode & 0o777 == 0o600
    assert list(json.loads(out.read_text())) == ["messages", "tools"]


async def test_everything_shows_what_is_skipped_and_why(make_app: Make):
    app = make_app("claude-code-faults")
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "x h")
        text = await until(pilot, "1 record", "skipped", "First record")
        assert "everything, 5 turns" in text
        assert "3 × its history is part of a longer record" in text
        assert "1 × the answer was cut off" in text


async def test_options_are_passed_on_and_seen_in_the_preview(make_app: Make):
    app = make_app()
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "j x")
        await until(pilot, "First record")
        await to_line(pilot, "system")
        await press(pilot, "l")
        await until(pilot, "[system prompt, SHA-256")
        await to_line(pilot, "metadata")
        await press(pilot, "enter")
        screen = app.screen
        assert isinstance(screen, ExportScreen)
        said = " ".join(screen._arguments())
        assert "--system hash" in said
        assert "--metadata keep" in said
        assert "--tools" not in said


async def test_another_format_has_other_options(make_app: Make):
    app = make_app()
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "j x")
        await until(pilot, "First record")
        await to_line(pilot, "format")
        await press(pilot, "l l")
        text = await until(pilot, "## Turn 1 of claude-code", "claude-code.markdown.md")
        assert "Late system" not in text
        await press(pilot, "tab G")
        assert app.focused is app.screen.preview
        await press(pilot, "escape")
        assert app.screen is app.main


async def test_a_file_that_is_there_is_kept_unless_asked(make_app: Make, tmp_path: Path):
    out = tmp_path / "mine.jsonl"
    out.write_text("mine")
    app = make_app()
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "j x")
        await until(pilot, "First record")
        await to_line(pilot, "file")
        await press(pilot, "enter")
        app.focused.value = str(out)
        await press(pilot, "enter w")
        await until(pilot, "is there already: --force replaces it")
        assert out.read_text() == "mine"
        await to_line(pilot, "existing")
        await press(pilot, "l w")
        await until(pilot, "written to")
    assert out.read_text() != "mine"


async def test_marked_turns_can_be_exported(make_app: Make):
    app = make_app()
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "j m j m x l")
        await until(pilot, "2 turns marked", "First record")
        screen = app.screen
        assert isinstance(screen, ExportScreen)
        assert screen._arguments().count("--id") == 2
        await press(pilot, "escape")


async def test_leaving_stops_the_preview(make_app: Make):
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "j x")
        screen = app.screen
        assert isinstance(screen, ExportScreen)
        for _ in range(500):
            await asyncio.sleep(0.01)
            if screen._under_way and screen._under_way._process:
                break
        await press(pilot, "escape")
        assert app.screen is app.main
        process = screen._under_way._process
        assert process is not None
        await asyncio.wait_for(process.wait(), 10)


async def test_a_stopped_export_leaves_no_file(stores: Callable[[str], Path], tmp_path: Path):
    out = tmp_path / "x.jsonl"
    run = exporting.Export(stores("claude-code"), ["--format", "sft", "-o", str(out)])
    task = asyncio.create_task(run.run())
    while run._process is None:
        await asyncio.sleep(0.001)
    await run.cancel()
    done = await task
    if done.report is None:
        assert done.error == exporting.STOPPED
        assert list(tmp_path.iterdir()) == []
    else:  # it was done before the signal came: the file is whole then
        assert len(out.read_text().splitlines()) == done.report.written
        assert list(tmp_path.iterdir()) == [out]


async def test_what_is_wrong_is_said(tmp_path: Path):
    done = await exporting.Export(tmp_path / "none.store", ["--format", "sft"]).run()
    assert done.report is None
    assert "No such file" in done.error


def test_scopes_of_each_thing(stores: Callable[[str], Path]):
    reader = Reader(stores("claude-code"))
    for kind, unit in (("call", "call"), ("tool", "call"), ("turn", "turn"), ("session", "session"), ("flow", "call")):
        record = reader.rows(kind, 0, 1)[0]  # type: ignore[arg-type]
        found = scopes(reader, Subject(kind, record), {"turn": ["t1", "t2"]}, "call.error")
        names = [scope.name for scope in found]
        assert (names[0], found[0].unit) == ("selection", unit)
        assert names[1:3] == ["marked", "shown"]
        assert names[-1] == "all"
        assert found[1].arguments == ("--id", "t1", "--id", "t2")
        assert found[2].arguments == ("-Y", "call.error")
    assert [scope.name for scope in scopes(reader, None, {}, "")] == ["all"]
    reader.close()
