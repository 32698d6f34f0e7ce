"""The way from an element of a prompt to the captured bytes that carried it."""

from typing import TYPE_CHECKING

from ...conversation.elements import Element
from ..stream import carriers
from ..stream.origin import InMessage
from ..widgets.pane import Pane

if TYPE_CHECKING:
    from ..app import HeronApp


def to_bytes(heron: "HeronApp", element: Element, from_pane: Pane) -> None:
    """Show the packets and bytes of a message; back returns to `from_pane`."""
    message = element.message
    if message is None or not message.end:
        heron.say(f"where the bytes of {element.label} are is not known", "warn")
        return
    origin = InMessage(message.exchange, message.side, start=message.start, end=message.end)
    heron.reading.ask(
        "carrier",
        lambda reader: carriers.find(reader, origin, element.label),
        lambda evidence: heron.show_evidence(evidence, from_pane=from_pane),
    )
