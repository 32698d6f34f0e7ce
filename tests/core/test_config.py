"""Settings: what counts before what, and what is said of mistakes."""

from pathlib import Path

import pytest

from heron_tui.core.config import SETTINGS, load
from heron_tui.core.errors import UsageError
from heron_tui.core.paths import PACKAGE
from heron_tui.tui.theme import DARK, LIGHT
from heron_tui.tui.themes import ROLES, named

DOCS = PACKAGE.parent / "docs" / "configuration.md"


def write(tmp_path: Path, text: str) -> Path:
    (tmp_path / "config.toml").write_text(text, "utf-8")
    return tmp_path


def test_without_anything_there_are_defaults(tmp_path: Path):
    settings = load(tmp_path, {})
    assert {name: settings[name] for name in SETTINGS} == {name: s.default for name, s in SETTINGS.items()}


def test_flags_over_environment_over_file_over_defaults(tmp_path: Path):
    write(tmp_path, 'theme = "light"\n[stores]\ndays = 3\n')
    assert load(tmp_path, {})["theme"] == "light"
    assert load(tmp_path, {})["stores.days"] == 3.0
    environ = {"HERON_TUI_THEME": "16", "HERON_TUI_STORES_DAYS": "0.5", "HERON_TUI_MOUSE": "0"}
    assert load(tmp_path, environ)["theme"] == "16"
    assert load(tmp_path, environ)["stores.days"] == 0.5
    assert load(tmp_path, environ).on("mouse") is False
    assert load(tmp_path, environ, theme="plain")["theme"] == "plain"
    assert load(tmp_path, environ, theme=None)["theme"] == "16"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('them = "dark"', "there is no setting 'them'; did you mean 'theme'?"),
        ("[stores]\nmots = 3", "there is no setting 'stores.mots'; did you mean 'stores.most'?"),
        ("zzz = 1", "there is no setting 'zzz'; known: theme, mouse"),
        ('mouse = "yes"', "mouse: must be true or false, not 'yes'"),
        ("theme = 3", "theme: must be text, not 3"),
        ('times = "sometimes"', "times: must be one of since, clock, delta, not 'sometimes'"),
        ("[stores]\nmost = 2.5", "stores.most: must be a whole number, not 2.5"),
        ("[stores]\nmost = true", "stores.most: must be a whole number, not True"),
        ("[stores]\nmost = 0", "stores.most: must be at least 1, not 0"),
        ("theme = ", "Invalid value"),
    ],
)
def test_mistakes_in_the_file_name_file_and_key(tmp_path: Path, text: str, said: str):
    with pytest.raises(UsageError) as error:
        load(write(tmp_path, text), {})
    assert str(error.value).startswith(f"{tmp_path / 'config.toml'}: {said}")


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"HERON_TUI_MOUSE": "perhaps"}, "HERON_TUI_MOUSE: must be true or false, not 'perhaps'"),
        ({"HERON_TUI_STORES_MOST": "many"}, "HERON_TUI_STORES_MOST: must be a whole number, not 'many'"),
        ({"HERON_TUI_TIMES": "x"}, "HERON_TUI_TIMES: must be one of since, clock, delta, not 'x'"),
    ],
)
def test_mistakes_in_the_environment_name_the_variable(tmp_path: Path, environ: dict[str, str], said: str):
    with pytest.raises(UsageError) as error:
        load(tmp_path, environ)
    assert str(error.value) == said


def test_the_documentation_lists_every_setting_and_role():
    text = DOCS.read_text("utf-8")
    for setting in SETTINGS.values():
        default = f"{setting.default:g}" if isinstance(setting.default, float) else setting.default
        shown = {True: "true", False: "false"}.get(default, f'"{default}"' if isinstance(default, str) else default)
        if isinstance(setting.default, float):
            shown = default
        assert f"| `{setting.name}` | `{shown}` | `{setting.variable}` |" in text
    for role in ROLES:
        assert f"`{role}`" in text


def theme(tmp_path: Path, text: str) -> Path:
    (tmp_path / "themes").mkdir()
    (tmp_path / "themes" / "mine.toml").write_text(text, "utf-8")
    return tmp_path


def test_a_theme_of_ones_own_changes_a_shipped_one(tmp_path: Path):
    mine = named(theme(tmp_path, 'like = "light"\nbase = "#222222 on #ffffee"\nerror = "bold #aa0000"'), "mine")
    assert mine.base.bgcolor.name == "#ffffee"
    assert (mine.error.color.name, mine.error.bold, mine.error.bgcolor.name) == ("#aa0000", True, "#ffffee")
    assert mine.warn.color == LIGHT.warn.color
    assert mine.warn.bgcolor.name == "#ffffee"
    assert mine.mark.bgcolor == LIGHT.mark.bgcolor
    assert named(tmp_path, "dark") is DARK


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('eror = "red"', "there is no role 'eror'; did you mean 'error'?"),
        ('error = "redd"', "error: unable to parse 'redd' as color"),
        ("error = 3", "error: must be a style as text"),
        ('like = "drak"', "like: there is no theme 'drak'; did you mean 'dark'?"),
    ],
)
def test_mistakes_in_a_theme_name_file_and_role(tmp_path: Path, text: str, said: str):
    with pytest.raises(UsageError) as error:
        named(theme(tmp_path, text), "mine")
    assert str(error.value).startswith(f"{tmp_path / 'themes' / 'mine.toml'}: {said}")


def test_a_theme_that_is_not_there_is_an_error_with_those_that_are(tmp_path: Path):
    theme(tmp_path, "")
    with pytest.raises(UsageError, match=r"there is no theme 'mien'; did you mean 'mine'\?"):
        named(tmp_path, "mien")
    with pytest.raises(UsageError, match="there is no theme"):
        named(tmp_path, "../mine")
