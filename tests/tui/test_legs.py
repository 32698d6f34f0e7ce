"""What is read of a call that a proxy handed on, and of one that lost bytes in the capture."""

import random
from collections.abc import Callable
from pathlib import Path

from heron_tui.engine.run import replay
from heron_tui.store.reader import Reader
from heron_tui.tui import reading_text
from tests.engine import reshape
from tests.engine.truth import CAPTURES


def facts(reader: Reader, record: dict) -> dict[str, str]:
    return {name: value for part in reading_text.parts(reader, "call", record) for name, value, _ in part.facts}


def test_a_call_names_its_leg_s_model_and_how_much_shorter_it_was(stores: Callable[[str], Path]):
    reader = Reader(stores("litellm-claude-code"))
    legs = [facts(reader, call)["leg"] for call in reader.rows("call", 0, 99) if call["legs"]]
    reader.close()
    assert len(legs) == 3
    assert legs[0].startswith("claude-sonnet-4-5 at 127.0.0.1:8080 in ")
    assert legs[-1].startswith("gpt-4o-mini at 127.0.0.1:8080 in ")
    assert all(leg.endswith(" less") for leg in legs)


def test_a_call_with_holes_says_so(tmp_path: Path):
    capture, store = tmp_path / "lossy.pcap", tmp_path / "lossy.store"
    reshape.drop(CAPTURES / "claude-code.pcap", capture, random.Random(1), 0.03)
    replay([str(capture)], store)
    reader = Reader(store)
    calls = reader.rows("call", 0, 99)
    said = ["capture" in facts(reader, call) for call in calls]
    reader.close()
    assert any(said)
    assert said == [call["lossy"] for call in calls]


def test_a_call_tells_what_its_proxy_did_to_the_headers(stores: Callable[[str], Path]):
    reader = Reader(stores("litellm-claude-code"))
    call = next(call for call in reader.rows("call", 0, 99) if call["legs"])
    shown = {part.heading: part for part in reading_text.parts(reader, "call", call)}
    reader.close()
    up, back = shown["Headers to 127.0.0.1:8080"], shown["Headers from 127.0.0.1:8080"]
    assert up.note == "11 removed, 6 changed"
    assert "- x-app: cli" in up.text.splitlines()
    assert "~ host: 127.0.0.1:4000 → 127.0.0.1:8080" in up.text.splitlines()
    assert "+ x-litellm-model-group: claude-opus-5-5" in back.text.splitlines()
    assert "sk-lab" not in up.text + back.text
