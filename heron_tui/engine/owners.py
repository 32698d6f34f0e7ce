"""Whose connections they are: said by the capture itself, or looked up on this host while the connection is open.

Looking up takes a thread of its own: it reads /proc, which must not hold up packets.
"""

import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable

from ..capture.sockets import Ends, Sockets, process
from ..core import provenance
from ..model.call import Call
from ..model.flow import Flow, FlowEvent, Opened, Process
from ..model.packet import PacketBatch, PacketColumns

PAUSE_S = 0.02
SHARE = 0.1
"""The part of the time that looking up may take."""
MOST_WAITING = 10_000


class Told:
    """What comments of packets say of flows, by the flow's ordinal. `forget` it when the flow is closed."""

    def __init__(self) -> None:
        self._flows: dict[int, Flow] = {}

    def read(self, batch: PacketBatch, columns: PacketColumns, events: Iterable[FlowEvent]) -> list[Flow]:
        """Set process and TLS library of flows before the events of their first bytes are looked at.

        Answers flows that had another process before: the server's own, until the client's was known.
        """
        corrected: list[Flow] = []
        opened = {event.flow.n: event.flow for event in events if isinstance(event, Opened)}
        first = int(batch.number[0])
        for number, note in batch.notes.items():
            n = int(columns.flow[number - first])
            flow = opened.get(n) or self._flows.get(n)
            found = provenance.read(note) if flow else None
            if flow is None or found is None:
                continue
            self._flows[n] = flow
            flow.tls = found.tls or flow.tls
            if found.process and flow.process and flow.process != found.process:
                corrected.append(flow)
            flow.process = found.process or flow.process
        return corrected

    def forget(self, flow: Flow) -> None:
        self._flows.pop(flow.n, None)


class Finder:
    """Looks up who holds the sockets of new flows.

    Attributes:
        unknown: flows of which no process was found.
        nameless: those among them that made calls; whoever takes them empties the list.

    `ask` and `take` are called by the engine's thread. A flow whose process is not found stays without one.
    """

    def __init__(self) -> None:
        self._asked: queue.SimpleQueue[tuple[str, Ends, Ends]] = queue.SimpleQueue()
        self._found: queue.SimpleQueue[tuple[str, Process | None]] = queue.SimpleQueue()
        self._waiting: OrderedDict[str, tuple[Flow, list[Call]]] = OrderedDict()
        self._stop = threading.Event()
        self.unknown = 0
        self.nameless: list[Flow] = []
        self._thread = threading.Thread(target=self._work, name="heron-owners", daemon=True)
        self._thread.start()

    def ask(self, flow: Flow) -> None:
        ends = _ends(flow)
        if ends is None or len(self._waiting) >= MOST_WAITING:
            self.unknown += 1
            return
        self._waiting[flow.id] = (flow, [])
        self._asked.put((flow.id, ends, (*ends[2:], *ends[:2])))

    def call(self, call: Call, flow: Flow) -> None:
        """A call was made: it learns later whose it is, if that is still being looked up."""
        if call.flow in self._waiting:
            self._waiting[call.flow][1].append(call)
        elif flow.process is None:
            self.nameless.append(flow)

    def take(self) -> tuple[list[Flow], list[Call]]:
        """Set what was found; answers the flows and calls that changed."""
        flows: list[Flow] = []
        calls: list[Call] = []
        while True:
            try:
                id, found = self._found.get_nowait()
            except queue.Empty:
                return flows, calls
            flow, made = self._waiting.pop(id)
            if found is None:
                self.unknown += 1
                self.nameless += [flow] if made else []
                continue
            flow.process = found
            for call in made:
                call.process = found
            flows.append(flow)
            calls += made

    def close(self) -> None:
        self._stop.set()
        self._thread.join(1.0)

    def _work(self) -> None:
        sockets = Sockets()
        try:
            while not self._stop.is_set():
                batch = self._batch()
                if batch:
                    begun = time.monotonic()
                    self._look(sockets, batch)
                    self._stop.wait((time.monotonic() - begun) / SHARE)
        finally:
            sockets.close()

    def _batch(self) -> list[tuple[str, Ends, Ends]]:
        try:
            batch = [self._asked.get(timeout=PAUSE_S * 10)]
        except queue.Empty:
            return []
        while True:
            try:
                batch.append(self._asked.get_nowait())
            except queue.Empty:
                return batch

    def _look(self, sockets: Sockets, batch: list[tuple[str, Ends, Ends]]) -> None:
        """The client's process, or the server's where that alone is of this host."""
        inodes: dict[str, list[int]] = {}
        for id, client, server in batch:
            inodes[id] = [inode for ends in (client, server) if (inode := sockets.inode(ends))]
        missing = {ends for id, *both in batch if not inodes[id] for ends in both}
        if missing:
            there = sockets.elsewhere(missing)
            for id, *both in batch:
                inodes[id] = inodes[id] or [there[ends] for ends in both if ends in there]
        holders = sockets.holders({inode for found in inodes.values() for inode in found})
        known: dict[int, Process | None] = {pid: process(pid) for pid in set(holders.values())}
        for id, found in inodes.items():
            pids = [holders[inode] for inode in found if inode in holders]
            self._found.put((id, known[pids[0]] if pids else None))


def _ends(flow: Flow) -> Ends | None:
    client, _, client_port = flow.client.rpartition(":")
    server, _, server_port = flow.server.rpartition(":")
    try:
        return client.strip("[]"), int(client_port), server.strip("[]"), int(server_port)
    except ValueError:
        return None
