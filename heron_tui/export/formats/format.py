"""What a format brings."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..context import Context
from ..options import Unit
from ..report import Made, Skipped
from ..selecting import Group

Records = Callable[[Context, Group], Iterator[Made | Skipped]]


@dataclass(frozen=True, slots=True)
class Format:
    """A format of exports.

    Attributes:
        ending: of its files, without a dot.
        units: what it can be asked for, its usual unit first.
        options: names of the options (`options.CHOICES`) that mean something to it.
        records: makes the records of a group.
        before, between, after: what stands around the records in a file.
    """

    name: str
    help: str
    ending: str
    units: tuple[Unit, ...]
    options: tuple[str, ...]
    records: Records
    before: bytes = b""
    between: bytes = b"\n"
    after: bytes = b"\n"
