"""Where the bytes of a capture come from: a window that moves forward over them."""

from typing import Protocol

from ..model.packet import Buffer


class Window(Protocol):
    """A part of the uncompressed capture: `data` holds its bytes from `base` on.

    Attributes:
        ended: nothing will come behind `data` any more.
        damage: why the bytes end before their time, if so.
    """

    data: Buffer
    base: int
    damage: str | None

    @property
    def ended(self) -> bool: ...

    def load(self, position: int, need: int, /) -> None:
        """Move on to `position`, and hold at least `need` bytes from there if they can be had now without waiting."""
        ...

    def progress(self) -> tuple[int, int] | None:
        """Bytes of the input taken and in all; None where nobody can know."""
        ...

    def close(self) -> None: ...
