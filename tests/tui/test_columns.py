"""Columns that the user chooses: what is read and written, how they are shown, and how mistakes are told."""

from collections.abc import Callable
from pathlib import Path

import pytest

from heron_tui.core import paths
from heron_tui.core.errors import UsageError
from heron_tui.tui import chosen_columns
from heron_tui.tui.app import HeronApp
from heron_tui.tui.chosen_columns import Layout
from tests.tui.conftest import SIZES, press, pressing, running, screen_text, settle

Make = Callable[..., HeronApp]
FILE = """
[packets]
columns = ["number", "what", "call.model", "packet.length", 'http.header["user-agent"]']
[packets.widths]
"call.model" = 30
[sessions]
columns = ["agent", "session", "call.outcome", "session.cost", "tool.name"]
"""
LAYOUTS = {
    "packet": Layout(
        ("number", "what", "call.model", "packet.length", 'http.header["user-agent"]'), {"call.model": 30}
    ),
    "session": Layout(("agent", "session", "call.outcome", "session.cost", "tool.name")),
}


@pytest.fixture
def own_file():
    path = paths.config_dir() / "columns.toml"
    yield path
    path.unlink(missing_ok=True)


def test_what_is_written_is_read_again(tmp_path: Path):
    (tmp_path / "columns.toml").write_text(FILE)
    assert chosen_columns.load(tmp_path) == LAYOUTS
    chosen_columns.save(tmp_path, LAYOUTS)
    assert chosen_columns.load(tmp_path) == LAYOUTS
    assert (tmp_path / "columns.toml").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["columns.toml"]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("[sessions]", "[session]", "there is no list 'session'; did you mean 'sessions'?"),
        ('"call.outcome"', '"call.outcom"', "sessions.columns: 'call.outcom': "),
        ('"call.outcome"', '"body"', "sessions.columns: 'body': body cannot be a column of sessions"),
        ('"call.outcome"', '"call.status > 3"', "sessions.columns: 'call.status > 3': "),
        ('"call.outcome"', '"packet.length"', "packet.length cannot be a column of sessions"),
        ('"call.outcome"', '"agent"', "sessions.columns: a column stands there twice"),
        ("= 30", "= 0", "packets.widths.call.model: must be a whole number from 1 to 200, not 0"),
        ('"call.model" = 30', '"call.modle" = 30', "there is no column 'call.modle'; did you mean 'call.model'?"),
        ("[packets.widths]", "[packets.width]", "packets: there is no key 'width'; did you mean 'widths'?"),
    ],
)
def test_a_mistake_names_file_and_key(tmp_path: Path, before: str, after: str, said: str):
    (tmp_path / "columns.toml").write_text(FILE.replace(before, after))
    with pytest.raises(UsageError) as caught:
        chosen_columns.load(tmp_path)
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path}/columns.toml: ")
    assert "\n" not in str(caught.value)


async def test_fields_of_relatives_are_shown_for_the_rows_on_screen(make_app: Make):
    app = make_app("claude-code-agents", layouts=LAYOUTS)
    async with running(app, (160, 50)) as pilot:
        await press(pilot, "1 z")
        text = screen_text(app)
        assert "http.header" in text, text
        posts = [line for line in text.splitlines() if "POST /v1/messages" in line]
        assert posts and all(line.count("claude-") >= 2 for line in posts)
        await press(pilot, "5")
        row = next(line for line in screen_text(app).splitlines() if "claude-code" in line and "▌" in line)
        assert "ok" in row and "Agent" in row


async def test_columns_are_chosen_ordered_widened_and_kept(make_app: Make, own_file: Path):
    app = make_app()
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "2 c")
        assert "Columns of flows" in screen_text(app)
        await press(pilot, "j space G k k k k k k k space K > > escape")
        layout = app.listing.layouts["flow"]
        assert "client" not in layout.keys
        added = layout.keys[-2]
        assert "." in added
        assert layout.widths[added] == chosen_columns.width_of(chosen_columns.operand_of(added, "flow")) + 2
        assert chosen_columns.load(own_file.parent) == {"flow": layout}
        heading = next(line for line in screen_text(app).splitlines() if "Server" in line)
        assert "Client" not in heading
        app.do("reset-columns")
        await settle(pilot)
        assert "Client" in screen_text(app)
        assert chosen_columns.load(own_file.parent) == {}


async def test_leaving_without_a_change_writes_nothing(make_app: Make, own_file: Path):
    app = make_app()
    async with running(app, (80, 24)) as pilot:
        await press(pilot, "6 c j j escape")
        assert app.listing.layouts == {}
        assert not own_file.exists()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_own_columns(size: tuple[int, int], make_app: Make, snap_compare):
    app = make_app("claude-code-agents", layouts=LAYOUTS)
    assert snap_compare(app, terminal_size=size, run_before=pressing("1 12G"))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_choice(size: tuple[int, int], make_app: Make, snap_compare):
    app = make_app("claude-code-agents", layouts=LAYOUTS)
    assert snap_compare(app, terminal_size=size, run_before=pressing("1 c j j"))
