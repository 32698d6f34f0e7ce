"""The records that leave the house: which fields each kind has, in their order, and how all of a kind are told.

The command line and the API give the same records because both take them from here.
"""

import difflib
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import structs

from ..core.errors import UsageError
from ..filter.tree import Node
from .reader import Reader
from .records import Kind
from .shapes import PacketRow, Record

PAGE = 1000

KINDS: dict[str, Kind] = {
    "calls": "call",
    "turns": "turn",
    "sessions": "session",
    "tools": "tool",
    "flows": "flow",
    "exchanges": "exchange",
    "findings": "finding",
}

FIELDS: dict[str, tuple[str, ...]] = {
    "calls": tuple(
        """id n source flow http_stream turn session agent subagent auxiliary wire_api operation provider transport tls
        method host path client server process request_model response_model streaming status outcome error_type finish
        attempt retry_of t_request_us t_request_end_us t_response_us t_first_token_us t_end_us ttft_us e2e_us tpot_us
        input_tokens output_tokens cache_read_tokens cache_write_tokens reasoning_tokens tokens_estimated usage
        response_id messages tools_offered tool_calls tool_results text thinking request_encoding response_encoding
        legs evidence cost_usd cost_said_usd provider_reason lossy""".split()
    ),
    "turns": tuple(
        """id n session agent status t_start_us t_end_us prompt answer finish calls main_calls subagents tools models
        input_tokens output_tokens cache_read_tokens model_us tool_us idle_us findings cost_usd""".split()
    ),
    "sessions": tuple(
        "id agent t_start_us t_end_us turns calls cwd input_tokens output_tokens cache_read_tokens cost_usd".split()
    ),
    "tools": tuple(
        """id name call result_call turn subagent arguments error t_start_us t_end_us duration_us result_bytes
        mcp_server mcp_call""".split()
    ),
    "flows": tuple(
        """id client server process tls protocol t_start_us t_end_us packets bytes_client bytes_server exchanges calls
        gaps lost_bytes""".split()
    ),
    "exchanges": tuple(
        """id flow http_stream method host path status request_headers response_headers request_bytes response_bytes
        t_request_us t_request_end_us t_response_us t_end_us call""".split()
    ),
    "findings": ("code", "severity", "t_us", "scope", "ref", "text"),
    "packets": tuple(
        """number time_us flow client server side length caplen payload info call exchange event status ttft_us
        input_tokens output_tokens process""".split()
    ),
    "metrics": tuple(
        """window group calls call_rate ttft_us e2e_us tpot_us input_tokens_per_s output_tokens_per_s active_calls
        error_rate cache_hit_ratio""".split()
    ),
}


def check(kind: str, fields: Sequence[str] | None) -> None:
    """Refuse a field that records of this kind do not have.

    Raises:
        UsageError: naming the field and those that are near.
    """
    for field in fields or ():
        if field.partition(".")[0] not in FIELDS[kind]:
            near = difflib.get_close_matches(field, FIELDS[kind], 3) or list(FIELDS[kind])
            raise UsageError(f"fields: {kind} have no field {field!r}; there is {', '.join(near)}")


def records(reader: Reader, kind: str, *, full: bool, where: Node | None = None) -> Iterator[Record]:
    """The records of a kind (`calls`, `packets`, `metrics`, ...) that fit a filter, in order of time.

    Args:
        full: texts, thinking and arguments whole; else cut after 200 characters.
    """
    if kind == "metrics":
        yield from reader.metrics_table(where)
        return
    fit = reader.fit("packet" if kind == "packets" else KINDS[kind], where) if where is not None else None
    count = fit.count if fit else reader.packet_count() if kind == "packets" else reader.count(KINDS[kind])
    for start in range(0, count, PAGE):
        stop = start + PAGE
        if kind == "packets":
            rows = reader.fit_packets(fit, start, stop) if fit else reader.packets(start, stop)
            yield from map(packet, rows)
        elif fit:
            yield from reader.fit_rows(fit, start, stop, full=full)
        else:
            yield from reader.rows(KINDS[kind], start, stop, full=full)


def packet(row: PacketRow) -> Record:
    return structs.asdict(row)


def chosen(record: Record, kind: str, fields: Sequence[str] | None) -> Record:
    """The record with these fields only (dots go inside), or with all: the contract's first, null where unknown."""
    if fields is not None:
        return {field: _inner(record, field) for field in fields}
    return {field: record.get(field) for field in FIELDS[kind]} | record


def _inner(record: Record, field: str) -> Any:
    value: Any = record
    for part in field.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value
