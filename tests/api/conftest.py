"""Servers of stores that are whole, one for each capture and test process."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.api.serving import Server


@pytest.fixture(scope="session")
def servers(stores: Callable[[str], Path]) -> Iterator[Callable[[str], Server]]:
    """The server of the capture with that name."""
    made: dict[str, Server] = {}

    def server(name: str) -> Server:
        if name not in made:
            made[name] = Server(stores(name))
        return made[name]

    yield server
    for one in made.values():
        code, said = one.end()
        assert (code, said) == (0, "")


@pytest.fixture
def server(servers: Callable[[str], Server]) -> Server:
    return servers("claude-code-agents")
