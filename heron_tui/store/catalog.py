"""The stores of earlier runs: where they are, what is in them, and how long they are kept."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class StoreFile:
    """A store as the list of stores shows it.

    Attributes:
        size: bytes, with the raw packets that were spooled beside it.
        modified_us: when it was last written, microseconds since the epoch.
        sources: names of the captures in it.
        counts: `packets`, `flows`, `exchanges`, `calls`, `turns`, `sessions`.
        problem: why it cannot be read, if so; then the above are empty.
    """

    path: Path
    size: int
    modified_us: int
    sources: tuple[str, ...]
    counts: dict[str, int]
    problem: str | None = None


def directory() -> Path:
    """Where stores are kept unless another place is named."""
    raise NotImplementedError


def new_path(title: str, folder: Path | None = None) -> Path:
    """A path for the store of a new run, named after its time and `title`; the directory exists afterwards."""
    raise NotImplementedError


def stores(folder: Path | None = None) -> list[StoreFile]:
    """All stores in the directory, newest first."""
    raise NotImplementedError


def tidy(
    folder: Path | None = None, *, most: int = 200, most_bytes: int = 20 << 30, oldest_days: int = 90
) -> list[Path]:
    """Delete the oldest stores beyond these limits, with what was spooled beside them; answers what was deleted.

    A store that any process has open is never deleted.
    """
    raise NotImplementedError
