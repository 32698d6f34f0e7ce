"""Real clients: what the engine says of each capture, held against what the server logged."""

import pytest

from heron_tui.store.reader import Reader
from tests.engine.truth import CAPTURES, capture_end, differences, load

NAMES = sorted(path.stem for path in CAPTURES.glob("*.pcap"))


@pytest.mark.parametrize("name", NAMES)
def test_every_call_is_found_and_right(name: str, stores):
    calls = Reader(stores(name)).rows("call", 0, 10_000, full=True)
    assert differences(load(name), calls, capture_end(name)) == []
