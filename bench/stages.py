"""What is measured, each in a process of its own: `python bench/stages.py STAGE CAPTURE` prints one JSON line.

A stage is a function of a capture that returns what it counted; the time it took is added here, without the time that
Python needs to start and to load the modules (the processor's time in the table has it).
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

Counted = dict[str, int]
MODULES = {
    "capture": ("heron_tui.capture",),
    "net": ("heron_tui.capture", "heron_tui.net.tracker"),
    "http": ("heron_tui.capture", "heron_tui.net.tracker", "heron_tui.http.decoder"),
    "engine": ("heron_tui.engine.run", "sqlite_utils"),
}
"""What a stage loads."""


def capture(path: Path) -> Counted:
    """Packet headers as columns."""
    from heron_tui.capture import open_sources

    sources = open_sources([str(path)], spool=None)
    packets = sum(len(batch) for batch in sources.batches() if batch is not None)
    sources.close()
    return {"packets": packets}


def net(path: Path) -> Counted:
    """... and the ordered bytes of every connection."""
    from heron_tui.capture import open_sources
    from heron_tui.net.tracker import Tracker

    sources = open_sources([str(path)], spool=None)
    tracker = Tracker()
    packets = 0
    for batch in sources.batches():
        if batch is not None:
            packets += len(batch)
            tracker.feed(batch)
    tracker.close()
    sources.close()
    return {"packets": packets}


def http(path: Path) -> Counted:
    """... and the exchanges with their events."""
    from heron_tui.capture import open_sources
    from heron_tui.http.decoder import Decoder
    from heron_tui.model.http import EventBatch
    from heron_tui.net.tracker import Tracker

    sources = open_sources([str(path)], spool=None)
    tracker, decoder = Tracker(), Decoder()
    packets = events = 0
    for batch in sources.batches():
        if batch is not None:
            packets += len(batch)
            _, result = tracker.feed(batch)
            for event in result.events:
                events += sum(len(made) for made in decoder.feed(event) if isinstance(made, EventBatch))
    sources.close()
    return {"packets": packets, "events": events}


def engine(path: Path) -> Counted:
    """The whole way, with the store written."""
    from heron_tui.engine.run import replay

    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        store = Path(folder) / "store"
        counters = replay([str(path)], store)
        size = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
    return {
        "packets": counters.packets,
        "events": counters.events,
        "calls": counters.calls,
        "turns": counters.turns,
        "store": size,
    }


STAGES: dict[str, Callable[[Path], Counted]] = {"capture": capture, "net": net, "http": http, "engine": engine}


def main() -> None:
    stage, path = STAGES[sys.argv[1]], Path(sys.argv[2])
    for module in MODULES[sys.argv[1]]:
        import_module(module)
    begun = time.perf_counter()
    counted = stage(path)
    print(json.dumps({**counted, "seconds": time.perf_counter() - begun}))


if __name__ == "__main__":
    main()
