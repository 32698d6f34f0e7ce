"""Themes of the user's own: `themes/NAME.toml` in the configuration directory."""

from pathlib import Path

from rich.errors import StyleSyntaxError
from rich.style import Style

from ..core.config import read_toml, unknown
from ..core.errors import UsageError
from .theme import PALETTES, Palette

DIRECTORY = "themes"
ROLES = tuple(name for name in Palette.__struct_fields__ if name not in ("name", "base"))
SHIPPED = {name.removeprefix("heron-"): palette for name, palette in PALETTES.items()}


def named(directory: Path, name: str) -> Palette:
    """The palette with that name: one that is shipped, or a file of the user's.

    The file has `like` (the shipped theme that it changes, `dark` if it does not say), `base` and any of the roles, as
    styles: ``error = "bold #ff5555"``, ``base = "#e0e0e0 on #101010"``.

    Raises:
        UsageError: there is none, or its file is not right.
    """
    if name in SHIPPED:
        return SHIPPED[name]
    path = directory / DIRECTORY / f"{name}.toml"
    if "/" in name or not path.is_file():
        own = [file.stem for file in (directory / DIRECTORY).glob("*.toml")]
        known = ("auto", *SHIPPED, *sorted(own))
        raise UsageError(f"{unknown(name, known, 'theme')} (your own: {directory / DIRECTORY}/NAME.toml)")
    content = read_toml(path)
    like = content.pop("like", "dark")
    if like not in SHIPPED:
        raise UsageError(f"{path}: like: {unknown(str(like), tuple(SHIPPED), 'theme')}")
    model = SHIPPED[like]
    base = _style(path, "base", content.pop("base")) if "base" in content else Style()
    ground = model.base + base
    roles = {}
    for role in content:
        if role not in ROLES:
            raise UsageError(f"{path}: {unknown(role, ('like', 'base', *ROLES), 'role')}")
    for role in ROLES:
        own_style = _style(path, role, content[role]) if role in content else _without_ground(model, role)
        roles[role] = ground + own_style
    return Palette(name=f"own-{name}", base=ground, **roles)


def _without_ground(model: Palette, role: str) -> Style:
    """A role's style without the background that all of them stand on, so that another one shows."""
    style = model.role(role)
    if style.bgcolor != model.base.bgcolor:
        return style
    return Style(color=style.color, bold=style.bold, dim=style.dim, italic=style.italic, underline=style.underline)


def _style(path: Path, role: str, value: object) -> Style:
    if not isinstance(value, str):
        raise UsageError(f'{path}: {role}: must be a style as text, like "bold #ff5555 on black"')
    try:
        return Style.parse(value)
    except StyleSyntaxError as error:
        raise UsageError(f"{path}: {role}: {error}") from None
