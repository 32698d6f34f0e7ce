"""Asks Wireshark for the whole dissection of the packet that is shown, and puts it under its own layers."""

from typing import TYPE_CHECKING

from textual.worker import Worker

from ...core.errors import SourceError
from ...store.shapes import CapturedPacket
from .. import questions, wireshark
from ..layers import Field

if TYPE_CHECKING:
    from .packets import PacketsView

WORKING = "tshark is at work · {key} ends it"


class Dissecting:
    """The dissection of one packet at a time; moving on ends it.

    Attributes:
        layer: what the detail tree shows of it, None for nothing.
    """

    def __init__(self, view: "PacketsView") -> None:
        self._view = view
        self._number: int | None = None
        self._worker: Worker[None] | None = None
        self.layer: Field | None = None

    def toggle(self, number: int) -> None:
        """Begin with packet `number`; end, or take away, what is there already."""
        if self.layer is not None and self._number == number:
            self.end()
            return
        if not wireshark.available():
            self._view.heron.say(wireshark.MISSING, "warn")
            return
        self.end()
        key = self._view.heron.keymap.first("wireshark")
        self._number, self.layer = number, Field("Wireshark", WORKING.format(key=key), open=True)
        self._view.heron.reading.ask(
            "up to", lambda reader: questions.up_to(reader, number, wireshark.BEFORE), self._begin
        )

    def at(self, number: int) -> Field | None:
        """What to show with packet `number`; a dissection of another one ends."""
        if number != self._number:
            self.end()
        return self.layer

    def end(self) -> None:
        if self._worker is not None:
            self._worker.cancel()
        self._worker = self._number = self.layer = None

    def _begin(self, packets: list[CapturedPacket] | str) -> None:
        if isinstance(packets, str):
            self._say(packets)
        elif packets and packets[-1].number == self._number:
            self._worker = self._view.run_worker(self._work(packets), exit_on_error=False)

    async def _work(self, packets: list[CapturedPacket]) -> None:
        try:
            found = await wireshark.layers(packets)
        except SourceError as error:
            self._say(str(error))
            return
        self.layer = wireshark.tree(found, packets[-1])
        self._view.show_again()

    def _say(self, words: str) -> None:
        self.layer = Field("Wireshark", words)
        self._view.show_again()
