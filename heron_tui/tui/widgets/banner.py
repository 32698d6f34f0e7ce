"""A line across the screen for what must not be missed: the engine died, the store is gone."""

from collections.abc import Sequence

from rich.style import Style

from ..columns import sized
from ..units import clean
from .bar import Bar, Item


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
        self.refresh()

    def hide(self) -> None:
        self.text = ""
        self.remove_class("-shown")

    def ground(self) -> Style:
        return self.palette.banner

    def left(self) -> Sequence[Item]:
        return [[(sized(f" ✗ {self.text}", self.size.width), self.palette.banner)]]
