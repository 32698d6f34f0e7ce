"""Call records, transcripts and archives of real agents."""

import base64
import json
from pathlib import Path

import pytest

from heron_tui.export.context import Context
from heron_tui.export.formats import FORMATS
from heron_tui.export.options import Options
from heron_tui.export.running import run
from heron_tui.store.reader import Reader
from tests.engine.truth import CAPTURES
from tests.export.exporting import export

NAMES = sorted(path.stem for path in CAPTURES.glob("*.pcap"))
AGENTS = sorted(path.name.removesuffix(".pcap.gz") for path in (CAPTURES / "agents").glob("*.pcap.gz"))


def text(store: Path, **options: str) -> str:
    reader = Reader(store)
    try:
        made = list(run(Context(reader, Options(**options)), FORMATS["markdown"]))
    finally:
        reader.close()
    return "\n".join(one.data.decode() for one in made)


@pytest.mark.parametrize("name", [*NAMES, *AGENTS])
def test_calls_are_whole_records(name: str, stores):
    records, report = export(stores(name), "calls", unit="call", side_calls="keep", redact="no")
    reader = Reader(stores(name))
    assert records == reader.rows("call", 0, 10_000, full=True)
    reader.close()
    assert not report.skipped


@pytest.mark.parametrize("name", [*NAMES, *AGENTS])
def test_an_archive_holds_every_exchange_of_a_call(name: str, stores):
    entries, report = export(stores(name), "har", unit="call", redact="no")
    reader = Reader(stores(name))
    calls = {call["id"]: call for call in reader.rows("call", 0, 10_000)}
    assert {entry["_call"] for entry in entries} == set(calls)
    for entry in entries:
        exchange = calls[entry["_call"]]["exchange"]
        assert {"name", "value"} == {key for header in entry["request"]["headers"] for key in header}
        assert entry["time"] >= 0
        content = entry["response"]["content"]
        body = base64.b64decode(content["text"]) if "encoding" in content else content["text"].encode()
        assert body == reader.body(exchange, "response")
        assert entry["request"].get("postData", {"text": ""})["text"].encode() == reader.body(exchange, "request")
    reader.close()
    assert not report.skipped


def test_an_archive_is_one_json_object(stores, tmp_path: Path):
    from heron_tui.export import output

    form = FORMATS["har"]
    reader = Reader(stores("openai-sdk-h2"))
    with output.replacing(tmp_path / "x.har", force=False) as file:
        output.write(run(Context(reader, Options(unit="call")), form), form, file)
    reader.close()
    log = json.loads((tmp_path / "x.har").read_text())["log"]
    assert (log["version"], len(log["entries"])) == ("1.2", 4)


@pytest.mark.parametrize("name", [*NAMES, *AGENTS])
def test_a_transcript_has_every_answer_tool_and_result(name: str, stores):
    told = text(stores(name))
    reader = Reader(stores(name))
    for call in reader.rows("call", 0, 10_000, full=True):
        if call["turn"] and not call["auxiliary"]:
            assert call["text"] in told
            assert f"(call {call['n']}" in told
    for tool in reader.rows("tool", 0, 10_000):
        if tool["turn"]:
            assert f"**Tool {tool['name']}**" in told
    missing = [tool for tool in reader.rows("tool", 0, 10_000) if tool["turn"] and not tool["result_call"]]
    assert told.count("*no result was seen*") == len(missing)
    for turn in reader.rows("turn", 0, 100, full=True):
        assert turn["prompt"] in told
    reader.close()


def test_a_transcript_of_a_session_has_a_head(stores):
    told = text(stores("claude-code"), unit="session")
    assert told.startswith("# Session of claude-code")
    assert told.count("\n## Turn ") == 3
    assert "> reads each record" in told
    assert "> reads each record" not in text(stores("claude-code"), reasoning="drop")


def test_a_fence_is_longer_than_those_in_the_text():
    from heron_tui.export.formats.markdown import _fenced

    assert _fenced("a\n````\nb", "json")[0] == "`````json"
    assert _fenced("a", "")[0] == "```"
