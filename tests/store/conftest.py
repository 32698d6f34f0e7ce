"""A writer and readers on a store of their own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from heron_tui.store.reader import Reader
from heron_tui.store.writer import Writer


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.store"


@pytest.fixture
def writer(path: Path) -> Iterator[Writer]:
    made = Writer(path)
    yield made
    made.close()


@pytest.fixture
def read(path: Path) -> Iterator[Callable[[], Reader]]:
    """Opens a reader, which is closed after the test."""
    made: list[Reader] = []

    def open_reader() -> Reader:
        made.append(Reader(path))
        return made[-1]

    yield open_reader
    for reader in made:
        reader.close()
