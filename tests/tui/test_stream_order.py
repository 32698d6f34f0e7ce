"""Raw and hex show the bytes of each side in the order of its stream, and say what is missing or came again."""

import random
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heron_tui.engine.run import replay
from heron_tui.model.packet_kind import Kind
from heron_tui.store.reader import Reader
from heron_tui.tui.stream import carriers, forms, order, scope
from heron_tui.tui.stream.captured import Aside
from heron_tui.tui.subject import Subject
from tests.net.build import ACK, FIN, PSH, Conversation, Packet, pcap

QUESTION = b"POST /v1/messages HTTP/1.1\r\nHost: a\r\nContent-Length: 6000\r\n\r\n" + bytes(range(33, 93)) * 100
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n" + b"".join(b"%08d\n" % n for n in range(1000))


def read(tmp_path: Path, packets: Sequence[Packet]) -> Reader:
    (tmp_path / "made.pcap").write_bytes(pcap(sorted(packets, key=lambda packet: packet.time_us)))
    replay([str(tmp_path / "made.pcap")], tmp_path / "made.store")
    return Reader(tmp_path / "made.store")


def followed(reader: Reader, kind: str = "flow") -> scope.Scope:
    found = scope.find(reader, Subject(kind, reader.rows(kind, 0, 1)[0]))  # type: ignore[arg-type]
    assert found is not None
    return found


def lines(reader: Reader, found: scope.Scope, form: forms.Form, side: int) -> list[str]:
    sections, _ = forms.sections(reader, found, form, frozenset({side}))
    made = []
    for section in sections:
        passage = section.load(reader)
        made += [passage.paragraph(index).text for index in range(len(passage))]
    return made


def hexed(rows: Sequence[str]) -> bytes:
    return bytes.fromhex("".join(row[10:58] for row in rows if row[0] != "[").replace(" ", ""))


def conversation() -> Conversation:
    return Conversation(ack_every=0).open().send(0, QUESTION, 700).send(1, ANSWER, 700)


def swapped(packets: Sequence[Packet], one: int, other: int) -> list[Packet]:
    """The two packets in each other's place."""
    moved = list(packets)
    times = moved[one].time_us, moved[other].time_us
    moved[one], moved[other] = moved[other].at(times[0]), moved[one].at(times[1])
    return moved


@pytest.mark.parametrize("kind", ["flow", "exchange"])
def test_segments_out_of_order_are_shown_in_order(kind: str, tmp_path: Path):
    made = conversation().close()
    reader = read(tmp_path, swapped(swapped(made.packets, 4, 7), 14, 17))
    found = followed(reader, kind)
    assert found.flow["out_of_order"]
    for side, said in ((0, QUESTION), (1, ANSWER)):
        assert hexed(lines(reader, found, "hex", side)) == said
        assert "\n".join(lines(reader, found, "raw", side)).replace("\n", "") == re.sub(rb"\r?\n", b"", said).decode()
    sections, note = forms.sections(reader, found, "hex", frozenset({0, 1}))
    assert note == ""
    assert [section.side for section in sections] == sorted(section.side for section in sections)
    reader.close()


def test_a_gap_is_said_where_it_is_and_offsets_go_on_behind_it(tmp_path: Path):
    made = Conversation(ack_every=0).open().send(0, QUESTION).send(1, ANSWER[:1448])
    made.lose(1, 1448).send(1, ANSWER[2896:]).wait(60_000_000).close()
    reader = read(tmp_path, made.packets)
    rows = lines(reader, followed(reader), "hex", 1)
    told = next(place for place, row in enumerate(rows) if row[0] == "[")
    assert rows[told] == "[1,448 bytes are missing here: the capture does not have them]"
    assert hexed(rows[:told]) == ANSWER[:1448]
    assert hexed(rows[told:]) == ANSWER[2896:]
    assert rows[told + 1].startswith(f"{2896:08x}")
    assert "lost" in forms.sections(reader, followed(reader), "hex", frozenset({1}))[1]
    reader.close()


def test_what_came_again_is_said_and_left_out(tmp_path: Path):
    made = conversation()
    again = made.packets[5]
    made.packets.append(again.at(made.time_us + 50_000))
    made.wait(100_000).close()
    reader = read(tmp_path, made.packets)
    rows = lines(reader, followed(reader), "hex", 0)
    assert hexed(rows) == QUESTION
    assert [row for row in rows if row[0] == "["] == [f"[packet {len(made.packets) - 1 - 1} sent 700 bytes again]"]
    reader.close()


def test_bytes_that_came_twice_in_part_and_those_with_the_end_are_shown_once(tmp_path: Path):
    made = Conversation(ack_every=0).open().send(0, QUESTION, 1000)
    made.send(1, ANSWER[:4000], 1000)
    start = made.seq[1] - 500
    made.add(1, ACK | PSH, ANSWER[3500:5500], seq=start)
    made.seq[1] += 1500
    made.send(1, ANSWER[5500:8500], 1000)
    made.add(1, ACK | FIN, ANSWER[8500:])
    made.add(0, ACK | FIN, ack=made.seq[1] + len(ANSWER) - 8500 + 1)
    reader = read(tmp_path, made.packets)
    found = followed(reader)
    rows = lines(reader, found, "hex", 1)
    assert hexed(rows) == ANSWER
    sections, _ = forms.sections(reader, found, "hex", frozenset({1}))
    for section in sections:
        passage = section.load(reader)
        for index in range(len(passage)):
            (spot,) = carriers.find(reader, passage.origin(index)).spots
            ((at, end),) = spot.ranges
            shown = bytes.fromhex(passage.paragraph(index).text[10:58].replace(" ", ""))
            captured, _ = reader.packet_bytes(spot.packet)
            assert shown.startswith(captured[at:end])
    reader.close()


def test_a_connection_that_came_in_order_is_not_read_to_put_it_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    reader = read(tmp_path, conversation().close().packets)
    monkeypatch.setattr(order, "in_order", None)
    assert hexed(lines(reader, followed(reader), "hex", 1)) == ANSWER
    reader.close()


@given(st.integers(0, 1 << 32), st.integers(1, 200), st.sampled_from([7, (1 << 32) - 300]))
def test_any_order_of_any_segments_gives_the_stream(seed: int, size: int, first: int):
    """Segments that overlap, come again and come in any order within a window; numbers that begin anew."""
    rng = random.Random(seed)
    data = rng.randbytes(size * 20)
    edges = sorted({0, len(data), *(rng.randrange(len(data)) for _ in range(12))})
    cut = [(max(a - rng.choice((0, 0, 5)), 0), b) for a, b in pairwise(edges)]
    cut += rng.sample(cut, 3) if len(cut) > 3 else []
    middle = cut[1:]
    rng.shuffle(middle)
    lost = middle.pop() if middle and rng.random() < 0.5 else None
    side = order._Side(1)
    payloads = {}
    for number, (start, end) in enumerate([cut[0], *middle], 1):
        payloads[number] = data[start:end]
        side.take(number, (first + start) % order.WHOLE, end - start, number, Kind.DATA)
    held = set(_covered([cut[0], *middle]))
    shown = bytearray()
    for item in side.items():
        if isinstance(item, order.Piece):
            shown += bytes(max(item.offset - len(shown), 0))
            assert item.offset == len(shown), "each byte once"
            shown += payloads[item.number][item.skip : item.skip + item.size]
        elif item.role == "warn":
            assert lost is not None
    assert len(shown) == max(held) + 1
    assert all(shown[place] == data[place] for place in held)


def _covered(parts: Sequence[tuple[int, int]]) -> Iterator[int]:
    for start, end in parts:
        yield from range(start, end)


def test_an_aside_leads_to_its_packet(tmp_path: Path):
    made = conversation()
    made.packets.append(made.packets[5].at(made.time_us + 50_000))
    reader = read(tmp_path, made.packets)
    sections, _ = forms.sections(reader, followed(reader), "raw", frozenset({0, 1}))
    (aside,) = [section for section in sections if isinstance(section, Aside)]
    assert carriers.find(reader, aside.load(reader).origin(0)).spots[0].packet == aside.number
    reader.close()
