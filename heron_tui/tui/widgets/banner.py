"""Lines across the screen for what must not be missed: the engine died, the store is gone."""

from textwrap import wrap

from rich.segment import Segment
from textual.strip import Strip

from ..columns import sized
from ..units import clean
from .bar import Bar

MOST = 3
"""Lines that it takes at most."""


class Banner(Bar):
    """Hidden until `show`; the text stays until `hide`."""

    DEFAULT_CSS = """
    Banner { display: none; }
    Banner.-shown { display: block; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def show(self, text: str) -> None:
        self.text = clean(text)
        self.add_class("-shown")
        self._measure()

    def hide(self) -> None:
        self.text = ""
        self.remove_class("-shown")

    def on_resize(self) -> None:
        self._measure()

    def _lines(self) -> list[str]:
        return wrap(f"✗ {self.text}", max((self.size.width or self.app.size.width) - 2, 20))[:MOST]

    def _measure(self) -> None:
        self.styles.height = max(len(self._lines()), 1)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width, lines = self.size.width, self._lines()
        text = f" {lines[y]}" if y < len(lines) else ""
        return Strip([Segment(sized(text, width), self.palette.banner)])
