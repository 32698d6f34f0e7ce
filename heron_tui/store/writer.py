"""Writes a store: the engine's process only, one writer at a time."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..model.call import Call
from ..model.finding import Finding
from ..model.flow import Flow
from ..model.http import EventBatch, ExchangeEnd, Request, Response
from ..model.packet import PacketBatch, PacketColumns, Source
from ..model.turn import Story


class Writer:
    """Takes what the floors made, and writes it in one transaction per `commit`.

    Rows are kept by ids that derive from content: what is put again replaces what was there. The file is made with mode
    0600, in WAL mode, so that readers are never in the way. What was not committed is lost with the process, and
    nothing else is.

    Raises:
        SourceError: the file is no store, was written by a newer heron-tui, is being written by another process, or
            cannot be made.
    """

    def __init__(self, path: Path) -> None:
        raise NotImplementedError

    def put_source(self, source: Source) -> None:
        """A capture file of this run: before its packets, and again when more is known of it."""
        raise NotImplementedError

    def put_flows(self, flows: Iterable[Flow]) -> None:
        """Flows as they are now. A flow is put before the commit that follows its first packet."""
        raise NotImplementedError

    def put_packets(self, batch: PacketBatch, columns: PacketColumns) -> None:
        """The next packets, in rising order of `number`, which runs from 1 in each run."""
        raise NotImplementedError

    def put_exchange(  # noqa: PLR0917 - the engine passes what it holds
        self,
        request: Request,
        response: Response | None,
        end: ExchangeEnd | None,
        batches: Sequence[EventBatch],
        parts: Sequence[tuple[int, int]],
        call: str | None,
    ) -> None:
        """An exchange: once its request is whole, as often as it changes, and when it has ended.

        Args:
            end: None as long as it is under way.
            batches: the events that were not given before.
            parts: ranges [start, end) of the request's body that hold one message each.
            call: id of the call that it carried.
        """
        raise NotImplementedError

    def put_calls(self, calls: Iterable[Call]) -> None:
        """Calls as they are now."""
        raise NotImplementedError

    def put_story(self, story: Story) -> None:
        """Turns, sessions, tools, and what calls were part of; the calls have been put before."""
        raise NotImplementedError

    def put_findings(self, findings: Iterable[Finding]) -> None:
        raise NotImplementedError

    def put_counters(self, counters: Mapping[str, Any]) -> None:
        """The engine's counters, all of them: they replace those of the commit before."""
        raise NotImplementedError

    def commit(self) -> int:
        """Write everything that was put since the last commit, and answer the store's new version."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the file; what was not committed is dropped."""
        raise NotImplementedError
