"""The same bytes in other packets make the same statements; missing packets make fewer, and no wrong ones."""

import random
from pathlib import Path

import pytest

from heron_tui.engine.run import replay
from heron_tui.store.reader import Reader
from tests.engine import reshape
from tests.engine.truth import CAPTURES, capture_end, differences, load, match

NAMES = ("claude-code-agents", "claude-code-gzip", "codex-http", "gemini-cli", "openai-sdk", "anthropic-sdk-faults")
NOT_PACKETS = ("evidence", "source")


def statements(path: Path, kind: str) -> list[dict]:
    rows = Reader(path).rows(kind, 0, 10_000, full=True)
    return [{key: value for key, value in row.items() if key not in NOT_PACKETS} for row in rows]


def analysed(capture: Path) -> Path:
    store = capture.with_suffix(".store")
    replay([str(capture)], store)
    return store


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", NAMES)
def test_other_segments_make_the_same_statements(name: str, seed: int, stores, tmp_path: Path):
    capture = tmp_path / "other.pcap"
    rng = random.Random(seed)
    reshape.resplit(CAPTURES / f"{name}.pcap", capture, rng, lambda size: rng.randint(1, 1 + min(size // 2, 12)))
    for kind in ("call", "turn", "session", "tool"):
        assert statements(analysed(capture), kind) == statements(stores(name), kind)


@pytest.mark.parametrize("name", NAMES)
def test_doubled_and_swapped_packets_make_the_same_statements(name: str, stores, tmp_path: Path):
    capture = tmp_path / "disordered.pcap"
    reshape.disorder(CAPTURES / f"{name}.pcap", capture, random.Random(5))
    for kind in ("call", "turn", "session", "tool"):
        assert statements(analysed(capture), kind) == statements(stores(name), kind)


@pytest.mark.parametrize("name", NAMES)
def test_lost_packets_make_fewer_statements_and_no_wrong_ones(name: str, tmp_path: Path):
    capture = tmp_path / "lossy.pcap"
    reshape.drop(CAPTURES / f"{name}.pcap", capture, random.Random(1), 0.02)
    calls = statements(analysed(capture), "call")
    flows = {row["id"]: row for row in statements(capture.with_suffix(".store"), "flow")}
    whole = [c for c in calls if c["outcome"] == "ok" and not flows[c["flow"]]["gaps"]]
    truth = [record for record in load(name) if match(record, whole)]
    assert differences(truth, whole, capture_end(name)) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_late_start_loses_the_beginning_only(name: str, tmp_path: Path):
    capture = tmp_path / "late.pcap"
    reshape.cut_front(CAPTURES / f"{name}.pcap", capture, 1 / 3)
    calls = [c for c in statements(analysed(capture), "call") if c["outcome"] == "ok" and c["request_model"]]
    truth = [record for record in load(name) if match(record, calls)]
    assert truth, "a third of the capture is missing, not all of it"
    assert differences(truth, calls, capture_end(name)) == []
