"""Follow stream: on real captures, in all forms, and from a line back to the packet that carried it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from heron_tui.store.reader import Reader
from heron_tui.tui.app import HeronApp
from heron_tui.tui.long.passages import Passage
from heron_tui.tui.stream import carriers, forms, scope
from heron_tui.tui.stream.decoded import Said, place_of, tokens
from heron_tui.tui.subject import Subject
from heron_tui.tui.views.packets import PacketsView
from heron_tui.tui.views.stream import StreamView
from tests.tui.conftest import press, running, screen_text

Make = Callable[..., HeronApp]
BOTH = frozenset({0, 1})


def stream(app: HeronApp) -> StreamView:
    view = app.main.views["stream"]
    assert isinstance(view, StreamView)
    return view


@pytest.fixture
def reader(request: pytest.FixtureRequest, stores: Callable[[str], Path]) -> Iterator[Reader]:
    made = Reader(stores(request.param))
    yield made
    made.close()


def follow(reader: Reader, subject: Subject) -> scope.Scope:
    found = scope.find(reader, subject)
    assert found is not None
    return found


def tokens_of(data: bytes) -> bytes:
    return b"".join(data.split())


def lines(passage: Passage) -> list[str]:
    return [passage.paragraph(index).text for index in range(len(passage))]


def text(reader: Reader, found: scope.Scope, form: forms.Form, sides: frozenset[int] = BOTH) -> list[str]:
    sections, _ = forms.sections(reader, found, form, sides)
    return [line for section in sections for line in lines(section.load(reader))]


@pytest.mark.parametrize("reader", ["claude-code-gzip"], indirect=True)
def test_text_is_decoded_and_laid_out(reader: Reader):
    call = reader.rows("call", 0, 1)[0]
    said = text(reader, follow(reader, Subject("call", call)), "text")
    assert said[0].startswith("POST /v1/messages?beta=true HTTP/1.1")
    assert '  "stream": true' in said
    assert "HTTP/1.1 200" in said
    assert "event: message_stop" in said
    answers = text(reader, follow(reader, Subject("call", call)), "text", frozenset({1}))
    assert answers[0] == "HTTP/1.1 200"
    assert len(answers) < len(said)


@pytest.mark.parametrize("reader", ["claude-code"], indirect=True)
def test_raw_and_hex_are_the_captured_bytes(reader: Reader):
    flow = reader.rows("flow", 0, 1)[0]
    found = follow(reader, Subject("flow", flow))
    for side, size in ((0, flow["bytes_client"]), (1, flow["bytes_server"])):
        rows = text(reader, found, "hex", frozenset({side}))
        payload = bytes.fromhex("".join(row[10:58] for row in rows).replace(" ", ""))
        assert len(payload) == size
        assert f"{len(payload):08x}" > rows[-1][:8]
    raw = "\n".join(text(reader, found, "raw"))
    assert "POST /v1/messages?beta=true HTTP/1.1" in raw
    assert "x-api-key: ****" in raw, "secrets are not shown unless they are asked for"


@pytest.mark.parametrize(
    "reader",
    ["claude-code", "claude-code-gzip", "codex-ws", "openai-sdk-h2", "gemini-cli", "codex-http"],
    indirect=True,
)
def test_every_line_has_a_packet_of_its_side_and_message(reader: Reader):
    for record in reader.rows("exchange", 0, 4):
        found = follow(reader, Subject("exchange", record))
        carried = set(reader.exchange_packets(record["id"]))
        for form in forms.FORMS:
            sections, _ = forms.sections(reader, found, form, BOTH)
            for section in sections:
                passage = section.load(reader)
                for index in range(0, len(passage), max(len(passage) // 7, 1)):
                    carrier = carriers.find(reader, passage.origin(index))
                    assert carrier.spots, (form, passage.paragraph(index).text, carrier.how)
                    assert {spot.packet for spot in carrier.spots} <= carried


@pytest.mark.parametrize("reader", ["claude-code"], indirect=True)
def test_a_line_of_json_leads_to_the_packet_that_holds_it(reader: Reader):
    call = reader.rows("call", 0, 1)[0]
    found = follow(reader, Subject("call", call))
    sections, _ = forms.sections(reader, found, "JSON", frozenset({0}))
    passage = sections[0].load(reader)
    checked = 0
    for index in range(0, len(passage), 5):
        found = carriers.find(reader, passage.origin(index))
        captured = b"".join(
            reader.packet_bytes(spot.packet)[0][start:end] for spot in found.spots for start, end in spot.ranges
        )
        assert tokens_of(captured) == tokens_of(passage.paragraph(index).text.encode()), found
        checked += 1
    assert checked > 100


@pytest.mark.parametrize("reader", ["openai-sdk-h2"], indirect=True)
def test_one_stream_or_the_connection(reader: Reader):
    record = reader.rows("exchange", 1, 2)[0]
    found = follow(reader, Subject("exchange", record))
    assert found.alone
    assert found.title.startswith(f"HTTP/2 stream {record['http_stream']} of ")
    assert len(forms.sections(reader, found, "text", BOTH)[0]) == 2
    wider = scope.again(reader, found, alone=False)
    assert len(forms.sections(reader, wider, "text", BOTH)[0]) == 2 * len(wider.exchanges) > 2


def test_the_same_place_in_json_before_and_after_it_was_laid_out():
    compact, pretty = b'{"a b":[1,2],"c":"d e"}', b'{\n  "a b": [\n    1,\n    2\n  ],\n  "c": "d e"\n}'
    assert tokens(compact) == tokens(pretty)
    at = pretty.index(b'"d e"')
    assert place_of(compact, tokens(pretty[:at])) == compact.index(b'"d e"')


def test_a_flow_that_is_none_is_told(stores: Callable[[str], Path]):
    reader = Reader(stores("claude-code"))
    gone = Said("x" * 16, 1, 10, 0, "text", None).load(reader)
    assert lines(gone) == ["the exchange is no longer in the store"]
    assert scope.find(reader, Subject("session", {"id": "none"})) is None
    reader.close()


async def test_follow_from_a_call_and_come_back(make_app: Make):
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "j + j")
        tree = app.focused
        await press(pilot, "s")
        view = stream(app)
        assert app.main.current is view
        assert "POST /v1/messages?beta=true HTTP/1.1" in screen_text(app)
        await press(pilot, "v v")
        assert "content_block_delta" in screen_text(app)
        await press(pilot, "j j j enter")
        packets = app.main.views["packets"]
        assert isinstance(packets, PacketsView)
        assert app.main.current is packets
        shown = packets.bytes
        start, end = shown._marks[0]
        assert b"content_block_start" in shown.data[start:end]
        await press(pilot, "escape")
        assert app.main.current is view
        assert view.text.cursor.paragraph == 2
        await press(pilot, "escape")
        assert app.focused is tree


async def test_sides_forms_and_the_whole_connection(make_app: Make):
    app = make_app()
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "1 12G s S")
        assert "· client" in screen_text(app)
        assert "HTTP/1.1 200" not in screen_text(app)
        await press(pilot, "S")
        assert "· server" in screen_text(app)
        await press(pilot, "S o")
        assert "Connection 127.0.0.1" in screen_text(app)
        assert len(stream(app).text.sections) > 2
        await press(pilot, "G")
        assert "message_stop" in screen_text(app)
        await press(pilot, "g g v v v v")
        assert "00000000  50 4f 53 54" in screen_text(app)
        await press(pilot, "enter")
        assert app.main.current.title == "packets"


async def test_a_capture_file_that_is_gone_is_said(make_app: Make, stores: Callable[[str], Path], tmp_path: Path):
    from heron_tui.engine.run import replay
    from tests.conftest import CAPTURES

    copy, store = tmp_path / "copy.pcap", tmp_path / "run.store"
    copy.write_bytes((CAPTURES / "openai-sdk.pcap").read_bytes())
    replay([str(copy)], store)
    copy.unlink()
    app = HeronApp(store, lambda: Reader(store))
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "2 s")
        assert "HTTP/1.1" in screen_text(app), "what was decoded is in the store"
        await press(pilot, "v v v")
        assert "cannot be shown: the capture file" in screen_text(app)
