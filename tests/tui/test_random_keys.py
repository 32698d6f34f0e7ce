"""Keys at random: nothing raises, and nothing stalls. Some hundred in every run, for an hour by `make soak`."""

import random
import time
from collections.abc import Callable

import pytest

from heron_tui.tui.actions import ACTIONS
from heron_tui.tui.app import HeronApp
from tests.tui.conftest import running, settle, type_key

LEAVES = frozenset({"quit", "leave", "command"})
"""Actions that end the application, or open what is typed into."""
SEED = 7
KEYS = 300
STALL_S = 20
WRITES = frozenset({"ctrl+s", "x"})


def keys() -> list[str]:
    """Every key of every action, sequences as single keys; digits and some that mean nothing."""
    found = {single for name, a in ACTIONS.items() if name not in LEAVES for k in a.keys for single in k.split(" ")}
    return sorted((found | set("0123456789") | {"Z", "enter", "escape", "tab", "f9", "é"}) - WRITES)


async def mash(app: HeronApp, seed: int, *, most: int = 1 << 60, seconds: float = 1e9) -> None:
    """Press so many keys, or keys for so long."""
    chance = random.Random(seed)
    choice = keys()
    pressed = 0
    async with running(app, (100, 30)) as pilot:
        ends = time.monotonic() + seconds
        while pressed < most and time.monotonic() < ends and app.is_running:
            for _ in range(chance.randint(1, 12)):
                type_key(app, chance.choice(choice), time.monotonic())
                pressed += 1
            if chance.random() < 0.05:
                await pilot.resize_terminal(chance.choice((40, 80, 100, 140, 160)), chance.choice((8, 24, 40, 50)))
            begun = time.monotonic()
            await settle(pilot)
            assert time.monotonic() - begun < STALL_S, "the screen stalled"
        assert app.is_running, "the application ended"
        assert app.return_code in (None, 0)


@pytest.mark.parametrize("name", ["claude-code-agents", "codex-ws"])
async def test_keys_at_random(name: str, make_app: Callable[..., HeronApp]):
    await mash(make_app(name), SEED, most=KEYS)


@pytest.mark.soak
@pytest.mark.parametrize("name", ["claude-code-agents", "openai-sdk-h2"])
async def test_keys_at_random_for_an_hour(name: str, make_app: Callable[..., HeronApp]):
    await mash(make_app(name), random.randrange(1 << 30), seconds=1800)
