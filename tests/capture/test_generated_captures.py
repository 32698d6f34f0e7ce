"""The generator of `make bench`: the capture holds what its truth says."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.capture.by_hand import read

GENERATE = Path(__file__).parents[2] / "bench" / "generate.py"


@pytest.mark.parametrize("mss", [1448, 65483])
def test_the_truth_is_true(tmp_path, mss):
    path = tmp_path / "generated.pcap"
    arguments = [str(path), "1e6", "--connections", "3", "--mss", str(mss)]
    subprocess.run([sys.executable, str(GENERATE), *arguments], check=True, capture_output=True)
    truth = json.loads((tmp_path / "generated.pcap.truth.json").read_text())
    reading = read(path)
    assert reading.notes == []
    assert (len(reading.packets), path.stat().st_size) == (truth["packets"], truth["bytes"])
    payloads = [data[66:] for _, data in reading.contents]
    times = [time_us for time_us, _ in reading.contents]
    assert times == sorted(times)
    assert sum(data.startswith(b"POST ") for data in payloads) >= truth["calls"] > truth["prompts"] > 0
    lines = sum(b"data: " in data for data in payloads)
    assert truth["events"] <= lines <= truth["events"] + truth["retransmitted"]
