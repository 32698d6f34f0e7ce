"""Reads a store, also while it is being written. One reader belongs to one thread.

The only room above the floors that computes metrics: it hands call records to `heron_tui.metrics` (pure functions).
"""

from pathlib import Path
from typing import Any, Literal

from .shapes import EventRow, PacketRow, Record, TurnTree
from .where import Where

Kind = Literal["call", "turn", "session", "tool", "flow", "exchange", "finding"]


class Reader:
    """Answers questions about a store; records are dicts with the names of the records' contract.

    Args:
        path: the store.

    Raises:
        SourceError: there is no such file, it is no store, or a newer heron-tui wrote it.
    """

    def __init__(self, path: Path) -> None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    def version(self) -> int:
        """Rises with each commit of the writer."""
        raise NotImplementedError

    def meta(self) -> dict[str, Any]:
        """`version`, `now_us`, `origin_us` (time of the first packet, 0 without packets), `packets`."""
        raise NotImplementedError

    def sources(self) -> list[Record]:
        """Capture files, in the order in which they came: fields of `model.packet.Source`."""
        raise NotImplementedError

    def counters(self) -> dict[str, Any]:
        """The engine's counters at the last commit."""
        raise NotImplementedError

    def now_us(self) -> int:
        """Capture time reached (time of the latest packet), 0 without packets."""
        raise NotImplementedError

    def count(self, kind: Kind, where: Where | None = None) -> int:
        """How many records of a kind there are (to which `where` applies)."""
        raise NotImplementedError

    def rows(
        self,
        kind: Kind,
        start: int,
        stop: int,
        *,
        where: Where | None = None,
        order: str | None = None,
        full: bool = False,
    ) -> list[Record]:
        """Records by place in the list, [start, stop).

        Args:
            order: a field, with ``-`` before it for descending order; by time if None. Equal values go by id.
            full: texts, thinking and arguments whole; else strings in them are cut after 200 characters.

        Raises:
            UsageError: `order` is no field of the kind that can be sorted by.
        """
        raise NotImplementedError

    def get(self, kind: Kind, id: str, *, full: bool = True) -> Record | None:
        """One record by id, None if there is none."""
        raise NotImplementedError

    def position(self, kind: Kind, id: str, *, where: Where | None = None, order: str | None = None) -> int | None:
        """The place of a record in the list that `rows` gives; None if it is not in it."""
        raise NotImplementedError

    def turn_tree(self, turn: str) -> TurnTree | None:
        """A turn with its calls, tools and sub-agents, without bodies and with texts cut; None if there is none."""
        raise NotImplementedError

    def packet_count(self) -> int:
        raise NotImplementedError

    def packets(self, start: int, stop: int) -> list[PacketRow]:
        """Packets by place in the list, [start, stop), from 0; place 0 is usually packet number 1."""
        raise NotImplementedError

    def packet_position(self, number: int) -> int:
        """The place in the list of the first packet with this number or a later one."""
        raise NotImplementedError

    def packet_bytes(self, number: int) -> tuple[bytes, int]:
        """The captured bytes of a packet, from its capture file, and their link type.

        Raises:
            SourceError: the capture file is gone or is no longer the one that was read; or there is no such packet.
        """
        raise NotImplementedError

    def exchange_packets(self, exchange: str) -> list[int]:
        """Numbers of the packets that carried an exchange (its flow's packets with payload in its ranges)."""
        raise NotImplementedError

    def flow_packets(self, flow: str) -> list[int]:
        """Numbers of all packets of a flow."""
        raise NotImplementedError

    def exchange_at(self, number: int) -> str | None:
        """Id of the exchange that a packet carried bytes of."""
        raise NotImplementedError

    def events(self, exchange: str) -> list[EventRow]:
        """The events of an exchange's response so far."""
        raise NotImplementedError

    def event_data(self, exchange: str, index: int) -> bytes:
        """The data of one event, b"" if there is none."""
        raise NotImplementedError

    def body(self, exchange: str, side: Literal["request", "response"]) -> bytes:
        """A decoded body; b"" where there is none, and for a response that has not ended."""
        raise NotImplementedError
