"""The TLS helper's records as a capture: plaintext becomes TCP segments of the connection that it went over.

What comes out is pcapng, so that the live view, a recording, its replay and Wireshark all read the same bytes.
Addresses and ports are the connection's own; where they are not known, `SYNTHETIC` ones stand for them. Sequence
numbers come from the offsets that the helper gives: a record that was lost is a hole at its place. See docs/live.md.
"""

import pwd
from collections import Counter, OrderedDict
from collections.abc import Iterator
from ipaddress import IPv4Address
from typing import Any

from ..core.provenance import Provenance, arguments, comment
from ..model.flow import Process
from . import blocks, frames, segments
from .frames import Close, Cut, Data, Told
from .plain_flow import Clock, PlainFlow

LINK_RAW = 101
HOLD_NS = 100_000_000
"""How long the first records of a connection wait for its addresses, in capture time."""
HOLD_RECORDS = 64
MOST_SAID = 20
SYNTHETIC = IPv4Address("192.0.2.1"), IPv4Address("198.51.100.1")
"""Process and peer (RFC 5737: addresses for documentation, which no real connection has)."""
MOST_SYNTHETIC = 28_000


class Plaintext:
    """Makes pcapng of the helper's frames, as an `Expander`. Never raises on what it is fed.

    Args:
        apart: the same recording has packets of the wire, of which Wireshark shall not take these for a part.

    Attributes:
        lost_records, ignored: as the helper counts them; `ignored` connections had nothing like HTTP.
        cut_bytes: of calls that the helper could not take whole, on connections that are kept.
        mirrored: connections seen at their other end, too, which were left out.
        failed: processes and files that cannot be watched, by reason.
        probes, files, processes: now, as the helper says; None before it was ready.
        alarm: what a person must know at once: nothing is seen, or it ended.
        fatal: why the helper cannot work at all; `missing_right`: for want of privileges.
    """

    name = "TLS helper"

    def __init__(self, program: str = "heron-tui", *, apart: bool = False) -> None:
        self._apart = apart
        self._clock = Clock()
        self._frames = frames.Frames()
        self._program = program
        self._begun = False
        self._processes: dict[tuple[int, int], Process] = {}
        self._flows: dict[int, PlainFlow] = {}
        self._waiting: OrderedDict[int, PlainFlow] = OrderedDict()
        self._by_ends: dict[tuple[segments.Endpoint, segments.Endpoint], PlainFlow] = {}
        self._synthetic = 0
        self._time = 0
        self._notes: list[str] = []
        self.lost_records = 0
        self.cut_bytes = 0
        self.ignored = 0
        self.mirrored = 0
        self.failed: Counter[str] = Counter()
        self.probes: int | None = None
        self.files = 0
        self.processes = 0
        self.alarm = ""
        self.fatal = ""
        self.missing_right = False

    @property
    def open(self) -> bool:
        return self._frames.open

    @property
    def damage(self) -> str | None:
        return self._frames.damage

    def notes(self) -> list[str]:
        """What a person should know, one line each."""
        failed = [f"cannot be watched ({count}): {reason}" for reason, count in self.failed.most_common(MOST_SAID)]
        return [*self._notes, *failed]

    def feed(self, data: bytes) -> Iterator[bytes]:
        out: list[bytes] = []
        if not self._begun:
            self._begun = True
            out.append(blocks.section(self._program))
            out.append(blocks.interface(LINK_RAW, "tls", words="plaintext of TLS connections, read in their processes"))
        for frame in self._frames.feed(data):
            self._take(frame, out)
        if out:
            yield b"".join(out)

    def _take(self, frame: frames.Frame, out: list[bytes]) -> None:
        match frame:
            case Data():
                self._at(frame.time, out)
                flow = self._flows.get(frame.conn)
                if flow is None:
                    flow = self._flows[frame.conn] = self._flow(frame.conn, fresh=False)
                self._record(flow, frame, out)
            case Cut():
                self._at(frame.time, out)
                flow = self._flows.get(frame.conn)
                self.cut_bytes += 0 if flow and flow.dropped else frame.missing
                if flow:
                    self._record(flow, frame, out)
            case Close():
                self._at(frame.time, out)
                self._close(frame, out)
            case Told(kind, says):
                self._told(kind, says, out)

    def _flow(self, conn: int, *, fresh: bool) -> PlainFlow:
        return PlainFlow(conn, self._clock, fresh=fresh, apart=self._apart)

    def _record(self, flow: PlainFlow, record: Data | Cut, out: list[bytes]) -> None:
        if flow.dropped:
            return
        if flow.opened:
            out += flow.emit(record)
            return
        flow.held.append(record)
        if len(flow.held) >= HOLD_RECORDS or (flow.ends and not self._awaits_client(flow)):
            self._open(flow, out)
        else:
            self._waiting.setdefault(flow.conn, flow)

    def _awaits_client(self, flow: PlainFlow) -> bool:
        """It is a server's end, and the client's may come later; that is the one to keep.

        What a client writes is told when its call returns: by then a server on this host may have read a long request.
        Node writes its first request inside another call, and its socket is known only when that returns.
        """
        flow.decide_role()
        if flow.client or flow.ends is None:
            return False
        (own, _), (peer, _) = flow.ends
        return own == peer or peer.is_loopback or any(other.ends is None for other in self._waiting.values())

    def _at(self, time: int, out: list[bytes]) -> None:
        """Capture time has come to `time`: who waited long enough goes on without addresses."""
        self._time = max(self._time, time)
        while self._waiting:
            flow = next(iter(self._waiting.values()))
            if self._time - flow.held[0].time < HOLD_NS:
                break
            self._open(flow, out)

    def _open(self, flow: PlainFlow, out: list[bytes]) -> None:
        self._waiting.pop(flow.conn, None)
        process = self._processes.get(flow.process)
        known = flow.ends is not None
        if flow.ends is None:
            flow.ends = self._stand_in()
        flow.note = comment(Provenance(process, flow.tls, "socket" if known else "synthetic"))
        flow.pid = flow.process[0] or None
        flow.decide_role()
        local, remote = flow.ends
        twin = self._by_ends.get((remote, local))
        if known and twin is not None and twin.opened and not twin.over:
            self.mirrored += 1
            if flow.client and not twin.client:  # the agent's own process is the better one to name
                twin.note, twin.pid = flow.note, flow.pid
            self.cut_bytes -= sum(record.missing for record in flow.held if isinstance(record, Cut))
            flow.drop()
            return
        self._by_ends[flow.ends] = flow
        out += flow.open()

    def _stand_in(self) -> tuple[segments.Endpoint, segments.Endpoint]:
        self._synthetic += 1
        wrap, port = divmod(self._synthetic - 1, MOST_SYNTHETIC)
        local, remote = SYNTHETIC
        return (local + wrap % 254, 32_768 + port), (remote, 443)

    def _close(self, close: Close, out: list[bytes]) -> None:
        flow = self._flows.pop(close.conn, None)
        if flow is None:
            return
        if close.reason == frames.NO_HTTP:
            self._waiting.pop(flow.conn, None)
            flow.held.clear()
        if flow.held and not flow.opened:
            self._open(flow, out)
        out += flow.close(close.time)
        if flow.ends and self._by_ends.get(flow.ends) is flow:
            del self._by_ends[flow.ends]

    def _told(self, kind: int, says: dict[str, Any], out: list[bytes]) -> None:
        match kind:
            case frames.PROCESS:
                process = _process(says)
                if process is not None:
                    self._processes[process.pid, process.start_us or 0] = process
            case frames.EXIT:
                self._processes.pop((_int(says.get("pid")), _int(says.get("start"))), None)
            case frames.CONN:
                self._connection(says, out)
            case frames.READY:
                self._counted(says)
            case frames.FAILED:
                reason = _text(says.get("reason"), "no reason given")
                self.failed[f"{_text(says.get('file'), 'a process')}: {reason}"] += 1
            case frames.LOST:
                self.lost_records = max(self.lost_records, _int(says.get("records")))
                out.append(blocks.statistics(0, self._time, self.lost_records))
            case frames.STATS:
                self._counted(says)
                self._at(_int(says.get("time")), out)
            case frames.TROUBLE:
                self._trouble(says)

    def _counted(self, says: dict[str, Any]) -> None:
        self.probes = _int(says.get("probes"))
        self.files = _int(says.get("files"))
        self.processes = _int(says.get("processes"))
        self.ignored = _int(says.get("ignored_conns"))
        if self.probes and self.alarm and not self.fatal:
            self.alarm = ""

    def _trouble(self, says: dict[str, Any]) -> None:
        mend = _text(says.get("mend"), "")
        line = _text(says.get("text"), "something is wrong") + (f": {mend}" if mend else "")
        if says.get("fatal"):
            self.fatal = line
            self.missing_right = says.get("code") == "no-privilege"
        if says.get("fatal") or says.get("code") == "no-probes":
            self.alarm = line
        elif line not in self._notes and len(self._notes) < MOST_SAID:
            self._notes.append(line)

    def _connection(self, says: dict[str, Any], out: list[bytes]) -> None:
        conn = _int(says.get("conn"))
        flow = self._flows.get(conn)
        if flow is None:
            flow = self._flows[conn] = self._flow(conn, fresh=bool(says.get("fresh")))
        flow.process = _int(says.get("pid")), _int(says.get("start"))
        flow.tls = _text(says.get("library"), "") or _text(says.get("stack"), "") or "TLS"
        if not flow.opened:
            flow.ends = _ends(says)
            if flow.ends and flow.held and not self._awaits_client(flow):
                self._open(flow, out)


def _ends(says: dict[str, Any]) -> tuple[segments.Endpoint, segments.Endpoint] | None:
    try:
        (local, local_port), (remote, remote_port) = says["local"], says["remote"]
        return segments.endpoint(local, local_port), segments.endpoint(remote, remote_port)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _process(says: dict[str, Any]) -> Process | None:
    pid = _int(says.get("pid"))
    if not pid:
        return None
    cmdline = says.get("cmdline")
    words = [str(word) for word in cmdline] if isinstance(cmdline, list) else []
    return Process(
        pid=pid,
        comm=_text(says.get("comm"), "") or None,
        exe=_text(says.get("exe"), "") or None,
        start_us=_int(says.get("start")) or None,
        ppid=_int(says.get("ppid")) or None,
        user=_user(says.get("uid")),
        cmdline=arguments(words),
        container=_text(says.get("container"), "") or None,
    )


def _user(uid: Any) -> str | None:
    if not isinstance(uid, int):
        return None
    try:
        return pwd.getpwuid(uid).pw_name
    except (KeyError, OverflowError):
        return str(uid)


def _int(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value < 1 << 63 else 0


def _text(value: Any, default: str) -> str:
    return value if isinstance(value, str) and value else default
