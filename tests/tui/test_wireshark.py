"""Wireshark's dissection in the detail tree: what tshark says, with its bytes; ending it; doing without."""

import asyncio
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from heron_tui.core.errors import SourceError
from heron_tui.store.reader import Reader
from heron_tui.store.shapes import CapturedPacket
from heron_tui.tui import wireshark
from heron_tui.tui.app import HeronApp
from tests.tui.conftest import press, running, screen_text, settle
from tests.tui.test_behaviour import packets

needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")


def test_packets_before_it_in_its_flow_come_along(stores: Callable[[str], Path]):
    reader = Reader(stores("claude-code"))
    found = reader.up_to(300, 50)
    row = reader.packets(299, 300)[0]
    assert len(found) == 50 and found[-1].number == 300 and found[-1].time_us == row.time_us
    flow = reader.flow_packets(row.flow)
    assert [packet.number for packet in found] == [n for n in flow if n <= 300][-50:]
    assert reader.up_to(1, 50)[-1].number == 1
    reader.close()


def test_a_capture_is_written_as_it_was():
    packet = CapturedPacket(7, b"abc", 101, 1_700_000_000_000_001, 5)
    made = wireshark.pcap([CapturedPacket(6, b"other link", 1), packet])
    assert struct.unpack_from("<I", made, 20) == (101,)
    assert made[24:] == struct.pack("<IIII", 1_700_000_000, 1, 3, 5) + b"abc"


@needs_tshark
async def test_the_dissection_has_the_bytes_of_its_fields(stores: Callable[[str], Path]):
    reader = Reader(stores("claude-code"))
    found = reader.up_to(4, wireshark.BEFORE)
    reader.close()
    tree = wireshark.tree(await wireshark.layers(found), found[-1])
    names = [layer.name for layer in tree.children]
    assert names[:3] == ["ETH", "IP", "TCP"]
    port = next(field for field in tree.children[2].children if field.name == "Destination Port")
    assert found[-1].data[port.start : port.end] == struct.pack("!H", int(port.value))


@needs_tshark
async def test_what_tshark_cannot_read_is_said():
    with pytest.raises(SourceError, match="tshark failed"):
        await wireshark.layers([CapturedPacket(1, b"x", 9999, 1, 1)])


@needs_tshark
async def test_w_adds_the_dissection_and_moving_on_ends_it(make_app: Callable[..., HeronApp]):
    app = make_app()
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "1 12G W")
        view = packets(app)
        for _ in range(600):
            if len(view.detail.shown.roots[-1].children or ()):
                break
            await asyncio.sleep(0.1)
            await pilot.pause()
        wire = view.detail.shown.roots[-1].record
        assert [layer.name for layer in wire.children][:3] == ["ETH", "IP", "TCP"]
        await press(pilot, "W")
        assert "Wireshark" not in screen_text(app)
        await press(pilot, "W j")
        assert view.packet.packet.number == 13
        assert view.detail.shown.roots[-1].record.name != "Wireshark"
        await settle(pilot)


async def test_without_tshark_it_says_how_to_get_it(make_app: Callable[..., HeronApp], monkeypatch):
    monkeypatch.setattr(wireshark, "available", lambda: False)
    app = make_app()
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "1 W")
        assert "install the package tshark" in screen_text(app)
