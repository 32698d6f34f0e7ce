"""A field of the detail tree."""

from collections.abc import Sequence

from msgspec import Struct, field


class Field(Struct):
    """A line of the detail tree: a layer, or something in it.

    Attributes:
        name, value: shown as `name: value` (a layer has its summary as value).
        start, end: its bytes in the packet; equal when it has none of its own. more: further ranges of them.
        link: what enter goes to, as `(kind, id)`, if it leads somewhere.
        secret: the value must be masked unless the user asked otherwise.
        open: unfolded at first.
    """

    name: str
    value: str = ""
    start: int = 0
    end: int = 0
    children: "list[Field]" = field(default_factory=list)
    link: tuple[str, str] | None = None
    secret: bool = False
    open: bool = False
    more: Sequence[tuple[int, int]] = ()

    def ranges(self) -> list[tuple[int, int]]:
        return [(self.start, self.end), *self.more] if self.end > self.start else []

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return sum(end - start for start, end in self.ranges())

    def put(self, ranges: Sequence[tuple[int, int]]) -> "Field":
        """Give it these bytes."""
        if ranges:
            (self.start, self.end), *self.more = ranges
        return self

    def add(self, name: str, value: object = "", start: int = 0, end: int = 0) -> "Field":
        child = Field(name, str(value), start, end)
        self.children.append(child)
        return child
