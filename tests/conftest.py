"""Stores made from the captures, each once per test process; directories of the user's own are never touched."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from heron_tui.core import paths

CAPTURES = Path(__file__).resolve().parent / "captures"

# The suite tries the same examples each time, so that a change is judged by what it changed;
# `pytest --hypothesis-profile=random` looks for new ones. How long one takes depends on what else the machine does.
settings.register_profile("any speed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("random", settings.get_profile("any speed"), derandomize=False)
settings.register_profile("same", settings.get_profile("any speed"), derandomize=True)
settings.load_profile("same")


@pytest.fixture(scope="session", autouse=True)
def private_home(tmp_path_factory: pytest.TempPathFactory):
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
            patch.setenv(name, str(home / name.lower()))
        key = paths.private_dir(paths.state_dir()) / "redaction.key"
        key.write_bytes(b"the same hashes in every run ...")  # they show in snapshots
        key.chmod(0o600)
        yield home


@pytest.fixture(scope="session")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The store of the capture with that name."""
    from heron_tui.engine.run import replay

    made: dict[str, Path] = {}

    def store(name: str) -> Path:
        if name not in made:
            path = tmp_path_factory.mktemp("store") / f"{name}.store"
            capture = CAPTURES / f"{name}.pcap"
            replay([str(capture if capture.exists() else CAPTURES / "agents" / f"{name}.pcap.gz")], path)
            made[name] = path
        return made[name]

    return store
