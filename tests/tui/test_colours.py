"""Colour rules: what is read of them, which rows they colour, and how mistakes are told."""

from collections.abc import Callable
from pathlib import Path

import pytest

from heron_tui.core.errors import UsageError
from heron_tui.tui import colours, theme
from heron_tui.tui.app import HeronApp
from tests.tui.conftest import SIZES, press, pressing, running, screen_text, settle

Make = Callable[..., HeronApp]
SLOW = """
[[rule]]
name = "mine"
filter = "http.path contains messages"
style = "bold #ff8800"
glyph = "$"
on = ["packet", "exchange"]
"""


def rules_of(directory: Path, text: str) -> list[colours.Rule]:
    (directory / "colors.toml").write_text(text)
    return colours.load(directory)


def test_own_rules_come_first_and_take_the_place_of_shipped_ones(tmp_path: Path):
    shipped = colours.shipped()
    assert [rule.name for rule in colours.load(tmp_path)] == [rule.name for rule in shipped]
    own = rules_of(tmp_path, SLOW.replace("mine", "retry"))
    assert [rule.name for rule in own] == ["retry", *(rule.name for rule in shipped if rule.name != "retry")]
    assert own[0].kinds == {"packet", "exchange"}
    assert [rule.name for rule in rules_of(tmp_path, "shipped = false\n" + SLOW)] == ["mine"]
    assert rules_of(tmp_path, "shipped = false") == []


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("http.path", "http.paht", "rule 'mine': filter: "),
        ("contains messages", "contains", "at ▸ in: http.path contains▸"),
        ("bold #ff8800", "bald", "rule 'mine': style: 'bald' is no style"),
        ('"$"', '"$$"', "rule 'mine': glyph: must be one character, one cell wide, not '$$'"),
        (
            '"exchange"',
            '"exchanges"',
            "rule 'mine': on: there is no kind of rows 'exchanges'; did you mean 'exchange'?",
        ),
        ("glyph", "glyhp", "rule 'mine': there is no key 'glyhp'; did you mean 'glyph'?"),
        ('name = "mine"', "", "rule 1: name: must be a text"),
        ("[[rule]]", "[rules]", "there is no key 'rules'; did you mean 'rule'?"),
        ("[[rule]]", "[rule]", "rule: each begins with a line [[rule]]"),
    ],
)
def test_a_mistake_names_file_rule_and_place_in_one_line(tmp_path: Path, before: str, after: str, said: str):
    with pytest.raises(UsageError) as caught:
        rules_of(tmp_path, SLOW.replace(before, after))
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path}/colors.toml: ")
    assert "\n" not in str(caught.value)


async def test_rows_get_colour_and_glyph_and_c_takes_both(make_app: Make, tmp_path: Path):
    app = make_app(rules=rules_of(tmp_path, "shipped = false\n" + SLOW))
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "1 g g")
        lines = [line for line in screen_text(app).splitlines() if "POST /v1/messages" in line]
        assert lines and all(line.startswith("$") for line in lines)
        await press(pilot, "C")
        assert "no colours" in screen_text(app)
        assert not [line for line in screen_text(app).splitlines() if line.startswith("$")]
        await press(pilot, "C m")
        marked = [line for line in screen_text(app).splitlines() if line.startswith("◆")]
        assert not marked or marked[0].rstrip().endswith("$") or "messages" not in marked[0]


async def test_only_rows_that_are_drawn_are_asked_about(make_app: Make):
    app = make_app()
    asked: list[str] = []
    question = app.colouring._visible._question

    def spy(reader, kind, rows):
        asked.extend(id for id in rows if kind == "packet")
        return question(reader, kind, rows)

    app.colouring._visible._question = spy
    async with running(app, (80, 24)) as pilot:
        await press(pilot, "1")
        await settle(pilot)
        total = app.counts["packets"]
        assert 0 < len(asked) < 40 < total
        await press(pilot, "G")
        assert str(total) in asked
        assert len(asked) < 80


async def test_the_rules_can_be_seen_and_one_becomes_the_filter(make_app: Make):
    app = make_app("anthropic-sdk-faults")
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "3")
        app.do("colour-rules")
        await settle(pilot)
        assert "failed call: call.error" in screen_text(app)
        await press(pilot, "enter")
        assert app.filtering.text == "call.error"


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_colours_of_faults(size: tuple[int, int], make_app: Make, snap_compare):
    assert snap_compare(make_app("anthropic-sdk-faults"), terminal_size=size, run_before=pressing("1 60G"))


def test_without_colours_the_glyphs_stay(make_app: Make, snap_compare):
    app = make_app("anthropic-sdk-faults", palette=theme.PLAIN)
    assert snap_compare(app, terminal_size=(120, 40), run_before=pressing("1 60G"))
