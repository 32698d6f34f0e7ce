"""The same bytes in other packets make the same statements; missing packets make fewer, and no wrong ones."""

import gzip
import random
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from heron_tui.engine.run import replay
from heron_tui.store.reader import Reader
from tests.engine import reshape
from tests.engine.truth import CAPTURES, capture_end, differences, load, match

NAMES = ("claude-code-agents", "claude-code-gzip", "codex-http", "gemini-cli", "openai-sdk", "anthropic-sdk-faults")
LOSSY = (*NAMES, "codex-ws", "openai-sdk-h2")
ACCUSED = (*LOSSY, "claude-code-faults", "codex-subagents", "litellm-claude-code", "openclaw")
OWN = {"tcp.gap", "tcp.midstream", "h2.desync", "http.desync", "websocket.desync", "capture.lost", "body.truncated"}
NOT_PACKETS = ("evidence", "source")


def statements(path: Path, kind: str) -> list[dict]:
    rows = Reader(path).rows(kind, 0, 10_000, full=True)
    return [{key: value for key, value in row.items() if key not in NOT_PACKETS} for row in rows]


def analysed(capture: Path) -> Path:
    store = capture.with_suffix(".store")
    replay([str(capture)], store)
    return store


def unpacked(name: str, folder: Path) -> Path:
    capture = CAPTURES / f"{name}.pcap"
    if not capture.exists():
        packed, capture = CAPTURES / "agents" / f"{name}.pcap.gz", folder / "whole.pcap"
        capture.write_bytes(gzip.decompress(packed.read_bytes()))
    return capture


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


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", LOSSY)
def test_lost_packets_make_fewer_statements_and_no_wrong_ones(name: str, seed: int, tmp_path: Path):
    """Calls of which bytes are missing say so; of all others everything is right."""
    capture = tmp_path / "lossy.pcap"
    reshape.drop(CAPTURES / f"{name}.pcap", capture, random.Random(seed), 0.02)
    calls = [c for c in statements(analysed(capture), "call") if not c["lossy"]]
    truth = [record for record in load(name) if match(record, calls)]
    assert differences(truth, calls, capture_end(name)) == []


@pytest.mark.parametrize("name", LOSSY)
def test_a_call_with_holes_counts_no_error_and_no_tokens_that_were_not_said(name: str, tmp_path: Path):
    capture = tmp_path / "lossy.pcap"
    reshape.drop(CAPTURES / f"{name}.pcap", capture, random.Random(9), 0.1)
    calls = [c for c in statements(analysed(capture), "call") if c["lossy"]]
    assert calls
    truth = {record["response_id"]: record for record in load(name) if record["response_id"]}
    for call in calls:
        said = next((one for id, one in truth.items() if id in (call["response_id"] or "")), None)
        assert call["outcome"] in ("ok", "unknown", "in_progress") or (call["status"] or 0) >= 400
        assert not call["tokens_estimated"]
        if said and call["outcome"] != "in_progress":
            assert call["output_tokens"] in (None, said["usage"]["output"])
            assert call["input_tokens"] in (None, said["usage"]["input"])


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(partial(reshape.drop, share=0.01), id="one percent lost"),
        pytest.param(partial(reshape.drop, share=0.1), id="ten percent lost"),
        pytest.param(lambda source, target, _rng: reshape.cut_front(source, target, 1 / 3), id="late start"),
        pytest.param(reshape.double, id="doubled"),
    ],
)
@pytest.mark.parametrize("name", ACCUSED)
def test_what_a_capture_lacks_accuses_nobody(name: str, change, stores, tmp_path: Path):
    """Findings of a damaged capture: those of the whole one, notes, and what the observer says of itself."""
    capture = tmp_path / "damaged.pcap"
    change(unpacked(name, tmp_path), capture, random.Random(3))
    known = Counter(f["code"] for f in statements(stores(name), "finding"))
    found = [f for f in statements(analysed(capture), "finding") if f["severity"] != "note" and f["code"] not in OWN]
    more = Counter(f["code"] for f in found) - known
    assert not more, [f["text"] for f in found if f["code"] in more]


@pytest.mark.parametrize("to", [True, False])
@pytest.mark.parametrize("name", ["anthropic-sdk-faults", "claude-code-interrupt"])
def test_who_ended_a_call_is_known_without_the_packet_that_did(name: str, to: bool, stores, tmp_path: Path):
    whole, capture = unpacked(name, tmp_path), tmp_path / "ends.pcap"
    reshape.drop_ends(whole, capture, 8080, to=to)
    said = [(call["id"], call["outcome"]) for call in statements(stores(name), "call")]
    assert {outcome for _, outcome in said} & {"truncated", "aborted"}
    assert [(call["id"], call["outcome"]) for call in statements(analysed(capture), "call")] == said


@pytest.mark.parametrize("name", NAMES)
def test_a_late_start_loses_the_beginning_only(name: str, tmp_path: Path):
    capture = tmp_path / "late.pcap"
    reshape.cut_front(CAPTURES / f"{name}.pcap", capture, 1 / 3)
    calls = [c for c in statements(analysed(capture), "call") if c["outcome"] == "ok" and c["request_model"]]
    truth = [record for record in load(name) if match(record, calls)]
    assert truth, "a third of the capture is missing, not all of it"
    assert differences(truth, calls, capture_end(name)) == []
