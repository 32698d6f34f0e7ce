"""The columns of every list, with what goes first when it is narrow."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..store.troubles import Trouble
from . import telling
from .columns import Cell, Column
from .outcomes import SEVERITIES, troubled
from .packet_words import say
from .questions import EventKey, PacketLine
from .steps import Step
from .times import Times
from .units import NONE, duration, first_line, short, size, whole

Record = Mapping[str, Any]
NO_TROUBLES: Mapping[str, Trouble] = {}
NO_TEXTS: Mapping[EventKey, str] = {}
SLOW_US = 2_000_000
"""A gap between two steps that is worth a look."""
ARROWS = {0: ("→", "client"), 1: ("←", "server")}


def status_of(record: Record) -> Cell:
    status = record.get("status")
    if status is None:
        return "", ""
    return str(status), "error" if int(status) >= 400 else "muted"


def _process(record: Record) -> Cell:
    process = record.get("process")
    return (str(process.get("comm") or process.get("pid")), "muted") if process else ("", "")


def packet_columns(
    times: Times, *, processes: bool = False, texts: Mapping[EventKey, str] = NO_TEXTS
) -> Sequence[Column]:
    """Columns of the packet list. `texts` holds what events bring, as far as it is known."""

    def time(row: PacketLine) -> Cell:
        return times.show_packet(row.packet.number, row.packet.time_us, row.before_us), "muted"

    def what(row: PacketLine) -> Cell:
        words, role = say(row.packet)
        text = texts.get(row.event) if row.event else None
        return (f"{words}  {text}" if text else words), role

    def status(row: PacketLine) -> Cell:
        return status_of({"status": row.packet.status})

    def process(row: PacketLine) -> Cell:
        return _process({"process": row.packet.process})

    def server(row: PacketLine) -> Cell:
        return row.packet.server or "", "muted"

    def tokens(row: PacketLine) -> Cell:
        packet = row.packet
        return telling.tokens({"input_tokens": packet.input_tokens, "output_tokens": packet.output_tokens}), "muted"

    def ttft(row: PacketLine) -> Cell:
        return (duration(row.packet.ttft_us) if row.packet.ttft_us is not None else ""), "model"

    return (
        Column("number", "No.", 6, lambda row: (str(row.packet.number), "muted"), right=True, sort="number"),
        Column("time", "Time", 11, time, right=True, sort="time_us"),
        *([Column("process", "Process", 10, process, priority=6, sort="process")] if processes else []),
        Column("server", "Server", 15, server, priority=7, sort="server"),
        Column("side", " ", 1, lambda row: ARROWS.get(row.packet.side, (" ", "")), sort="side"),
        Column(
            "length", "Length", 6, lambda row: (str(row.packet.length), "muted"), priority=5, right=True, sort="length"
        ),
        Column("what", "What", 36, what, flex=True),
        Column("status", "Stat", 4, status, priority=4, right=True, sort="status"),
        Column("ttft", "TTFT", 7, ttft, priority=2, right=True, sort="ttft", falls=True),
        Column("tokens", "Tokens", 11, tokens, priority=3, right=True, sort="tokens", falls=True),
    )


def _start(times: Times, field: str) -> Column:
    """When something began."""
    return Column("start", "Start", 11, lambda row: (times.show(row[field]), "muted"), right=True, sort=field)


def _lasted(priority: int) -> Column:
    """How long something took, from its first packet to its last."""
    return figure("time", "Time", 7, lambda row: duration(row["t_end_us"] - row["t_start_us"]), "duration_us", priority)


def figure(  # noqa: PLR0917 - what makes a column of figures, in the order of their columns
    key: str,
    title: str,
    width: int,
    tell: Callable[[Record], str],
    sort: str,
    priority: int = 1,
    role: str = "muted",
) -> Column:
    """Figures, right-aligned in one colour; sorted by, the largest comes first."""
    return Column(
        key, title, width, lambda row: (tell(row), role), priority=priority, right=True, sort=sort, falls=True
    )


def _bytes(key: str, title: str, width: int, field: str, role: str) -> Column:
    """What one side sent."""
    return figure(key, title, width, lambda row: size(row.get(field)), field, 3, role)


def flow_columns(times: Times, *, processes: bool = False) -> Sequence[Column]:
    def gaps(row: Record) -> Cell:
        return (f"! {row['gaps']}", "warn") if row.get("gaps") else ("", "")

    return (
        _start(times, "t_start_us"),
        Column("client", "Client", 21, lambda row: (row["client"], "client"), sort="client"),
        Column("server", "Server", 15, lambda row: (row["server"], "server"), flex=True, sort="server"),
        Column("protocol", "Protocol", 9, lambda row: (row.get("protocol") or NONE, ""), priority=4, sort="protocol"),
        *([Column("process", "Process", 12, _process, priority=6)] if processes else []),
        Column("tls", "TLS", 8, lambda row: (row.get("tls") or "", "muted"), priority=7, sort="tls"),
        figure("packets", "Packets", 7, lambda row: short(row["packets"]), "packets", 5, ""),
        _bytes("up", "Sent", 7, "bytes_client", "client"),
        _bytes("down", "Received", 8, "bytes_server", "server"),
        figure("calls", "Calls", 5, lambda row: str(row["calls"] or ""), "calls", role="strong"),
        Column("gaps", "Gaps", 5, gaps, priority=5, right=True, sort="gaps", falls=True),
        _lasted(5),
    )


def exchange_columns(times: Times) -> Sequence[Column]:
    def request(row: Record) -> Cell:
        return f"{row['method']} {row['path']}", "" if row.get("call") else "muted"

    def taken(row: Record) -> Cell:
        start, end = row.get("t_request_us"), row.get("t_end_us")
        return (duration(end - start) if start and end else "…"), "muted"

    return (
        _start(times, "t_request_us"),
        Column("request", "Request", 24, request, flex=True, sort="path"),
        Column("status", "Stat", 4, status_of, right=True, sort="status"),
        _bytes("up", "Sent", 8, "request_bytes", "client"),
        _bytes("down", "Received", 8, "response_bytes", "server"),
        figure("events", "Events", 6, lambda row: str(row.get("events") or ""), "events", 4),
        Column("time", "Time", 7, taken, priority=2, right=True),
    )


def step_columns() -> Sequence[Column]:
    """Steps of a call: request, head of the answer, each event, end."""

    def gap(row: Step) -> Cell:
        slow = (row.gap_us or 0) > SLOW_US
        return ("+" + duration(row.gap_us) if row.gap_us is not None else ""), "warn" if slow else "muted"

    def packets(row: Step) -> Cell:
        first, last = row.packets
        return (str(first) if first == last else f"{first}–{last}"), "muted"

    return (
        Column("time", "After", 8, lambda row: (duration(row.after_us), "muted"), right=True),
        Column("gap", "Gap", 8, gap, priority=2, right=True),
        Column("side", " ", 1, lambda row: ARROWS.get(row.side, (" ", ""))),
        Column("name", "Event", 20, lambda row: (row.name, row.role)),
        Column("what", "What", 16, lambda row: (row.what, ""), flex=True),
        Column("size", "Bytes", 6, lambda row: (short(row.size) if row.size else "", "muted"), priority=3, right=True),
        Column("packets", "Packets", 11, packets, right=True),
    )


def session_columns(times: Times, troubles: Mapping[str, Trouble] = NO_TROUBLES) -> Sequence[Column]:
    """Columns of sessions. `troubles`: what is wrong with them, by id."""

    def found(row: Record) -> Cell:
        said = troubled(troubles.get(row["id"]), wide=False)
        return " ".join(word for word, _ in said), said[0][1] if said else ""

    return (
        _start(times, "t_start_us"),
        Column("agent", "Agent", 16, lambda row: (row["agent"], "accent"), sort="agent"),
        Column("session", "Session", 18, lambda row: (row["id"], "muted"), flex=True, sort="id"),
        Column("cwd", "Directory", 24, lambda row: (row.get("cwd") or "", ""), priority=5, sort="cwd"),
        Column("found", "Wrong", 6, found),
        figure("turns", "Turns", 5, lambda row: whole(row["turns"]), "turns", role="strong"),
        figure("calls", "Calls", 5, lambda row: whole(row["calls"]), "calls", role=""),
        figure("tokens", "Tokens", 12, telling.tokens, "input_tokens", 3),
        figure("cost", "Cost", 8, lambda row: telling.cost(row, ""), "cost_usd", 4),
        _lasted(2),
    )


def finding_columns(times: Times, counts: Mapping[str, int] | None = None) -> Sequence[Column]:
    """Columns of findings; the title of what was found says how many there are of each severity."""
    found = [f"{SEVERITIES[name][0]}{whole(count)}" for name, count in (counts or {}).items() if count]
    title = "  ".join(["What", *found])

    def severity(row: Record) -> Cell:
        glyph, role = SEVERITIES.get(row["severity"], ("?", "muted"))
        return f"{glyph} {row['severity']}", role

    return (
        Column("severity", "Severity", 9, severity, sort="severity"),
        Column("code", "Code", 18, lambda row: (row["code"], "strong"), sort="code"),
        Column("time", "Time", 11, lambda row: (times.show(row["t_us"]), "muted"), priority=5, right=True, sort="t_us"),
        Column("text", title, 32, lambda row: (first_line(row["text"]), ""), flex=True, sort="text"),
        Column("scope", "Where", 13, lambda row: (telling.about(row), "muted"), priority=3, sort="scope"),
        Column("agent", "Agent", 12, lambda row: ((row.get("about") or {}).get("agent") or "", "accent"), priority=4),
    )
