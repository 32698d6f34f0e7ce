"""Colours by role. Every role that carries meaning is also told by a glyph or a word where it is used."""

import os
from collections.abc import Mapping

from msgspec import Struct
from rich.color import Color
from rich.style import Style
from textual.theme import BUILTIN_THEMES, Theme


class Palette(Struct, frozen=True):
    """Styles by what they mean.

    Attributes:
        base, muted, faint, strong: text by weight.
        accent: the one colour of the house: focus, keys, the selected tab.
        title, title_focus: a pane's title line.
        cursor, cursor_away: the selected row in the pane with and without focus.
        mark: highlighted bytes.
        model, wait, tool, idle: what time was spent on (generating, before the first token, tool, nothing).
        client, server: the two directions.
    """

    name: str
    base: Style
    muted: Style
    faint: Style
    strong: Style
    accent: Style
    title: Style
    title_focus: Style
    cursor: Style
    cursor_away: Style
    mark: Style
    ok: Style
    warn: Style
    error: Style
    model: Style
    wait: Style
    tool: Style
    idle: Style
    client: Style
    server: Style
    banner: Style
    tab: Style

    @property
    def ansi(self) -> bool:
        """It uses the terminal's own ground, not a colour of its own."""
        return self.base.bgcolor is None or self.base.bgcolor.triplet is None

    def role(self, name: str) -> Style:
        """The style of a role by name: for cells that name their role as text."""
        style: Style = getattr(self, name)
        return style


def _palette(name: str, base: str, **roles: str) -> Palette:
    ground = Style.parse(base)
    made = {role: ground + Style.parse(text) for role, text in roles.items()}
    return Palette(name=name, base=ground, **made)


DARK = _palette(
    "heron-dark",
    "#c8d1da on #10151a",
    muted="#7d8b99",
    faint="#46525e",
    strong="bold #eef3f7",
    accent="#6cb6d9",
    title="#7d8b99 on #161d24",
    title_focus="bold #6cb6d9 on #1c2731",
    cursor="#f4f8fb on #25485c",
    cursor_away="on #1b252e",
    mark="bold #10151a on #6cb6d9",
    ok="#93bf85",
    warn="#dfb15b",
    error="#ec7f83",
    model="#6cb6d9",
    wait="#3f7996",
    tool="#dfb15b",
    idle="#46525e",
    client="#93bf85",
    server="#b9a5dc",
    banner="bold #10151a on #dfb15b",
    tab="#a8b5c1 on #161d24",
)
LIGHT = _palette(
    "heron-light",
    "#27313a on #fbfaf6",
    muted="#66727d",
    faint="#b4bac0",
    strong="bold #0d1419",
    accent="#0b6a93",
    title="#66727d on #efede6",
    title_focus="bold #0b6a93 on #e2eaec",
    cursor="#0d1419 on #bfdcea",
    cursor_away="on #ebe9e1",
    mark="bold #fbfaf6 on #0b6a93",
    ok="#3d7a2c",
    warn="#946200",
    error="#b3262c",
    model="#0b6a93",
    wait="#74a9c2",
    tool="#b27700",
    idle="#b4bac0",
    client="#3d7a2c",
    server="#6a4fa3",
    banner="bold #fbfaf6 on #946200",
    tab="#4c5761 on #efede6",
)
SIXTEEN = _palette(
    "heron-16",
    "default on default",
    muted="bright_black",
    faint="bright_black",
    strong="bold",
    accent="cyan",
    title="bright_black",
    title_focus="bold cyan",
    cursor="bold reverse",
    cursor_away="underline",
    mark="bold black on yellow",
    ok="green",
    warn="yellow",
    error="red",
    model="cyan",
    wait="blue",
    tool="yellow",
    idle="bright_black",
    client="green",
    server="magenta",
    banner="bold black on yellow",
    tab="default",
)
PLAIN = _palette(
    "heron-plain",
    "default on default",
    muted="dim",
    faint="dim",
    strong="bold",
    accent="bold",
    title="dim",
    title_focus="bold",
    cursor="reverse",
    cursor_away="underline",
    mark="bold reverse",
    ok="default",
    warn="bold",
    error="bold",
    model="default",
    wait="default",
    tool="default",
    idle="dim",
    client="default",
    server="default",
    banner="bold reverse",
    tab="default",
)
PALETTES = {palette.name: palette for palette in (DARK, LIGHT, SIXTEEN, PLAIN)}


def _hex(color: Color | None, default: str) -> str:
    return color.triplet.hex if color is not None and color.triplet is not None else default


def textual_theme(palette: Palette) -> Theme:
    """The Textual theme that goes with a palette: it colours what Textual itself draws (inputs, scroll bars)."""
    ansi = palette.ansi
    foreground = _hex(palette.base.color, "ansi_default")
    background = _hex(palette.base.bgcolor, "ansi_default")
    accent = _hex(palette.accent.color, "ansi_cyan" if palette is SIXTEEN else "ansi_default")
    faint = _hex(palette.faint.color, "ansi_bright_black")
    title = _hex(palette.title.bgcolor, "ansi_default")
    return Theme(
        name=palette.name,
        primary=accent,
        accent=accent,
        foreground=foreground,
        background=background,
        surface=title,
        panel=title,
        warning=_hex(palette.warn.color, "ansi_yellow"),
        error=_hex(palette.error.color, "ansi_red"),
        success=_hex(palette.ok.color, "ansi_green"),
        dark=palette is not LIGHT,
        ansi=ansi,
        variables={
            **BUILTIN_THEMES["ansi-dark" if ansi else "textual-dark"].variables,
            "scrollbar": faint,
            "scrollbar-hover": accent,
            "scrollbar-active": accent,
            "scrollbar-background": background,
            "scrollbar-background-hover": background,
            "scrollbar-background-active": background,
            "scrollbar-corner-color": background,
        },
    )


def choose(environ: Mapping[str, str] = os.environ) -> Palette:
    """The palette that suits this terminal: NO_COLOR, then what TERM, COLORTERM and COLORFGBG say."""
    if environ.get("NO_COLOR"):
        return PLAIN
    term, colours = environ.get("TERM", ""), environ.get("COLORTERM", "")
    rich_terminal = colours in ("truecolor", "24bit") or "256" in term or "kitty" in term or "direct" in term
    if not rich_terminal:
        return SIXTEEN
    background = environ.get("COLORFGBG", "").rpartition(";")[2]
    return LIGHT if background in ("7", "15") else DARK
