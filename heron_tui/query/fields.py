"""What each kind of record holds: the fields that `--fields`, CSV and JSON print, in their order."""

import difflib
from collections.abc import Sequence

from ..core.errors import UsageError
from ..store.reader import Kind

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
# What fits a terminal: `--table` without `--fields` shows these.
SHORT: dict[str, tuple[str, ...]] = {
    "calls": tuple(
        """n agent subagent request_model status outcome finish ttft_us e2e_us input_tokens output_tokens
        cache_read_tokens tool_calls text""".split()
    ),
    "turns": tuple(
        """n agent status prompt answer main_calls tools input_tokens output_tokens model_us tool_us
        idle_us""".split()
    ),
    "tools": ("name", "arguments", "error", "duration_us", "result_bytes", "subagent"),
    "flows": ("client", "server", "protocol", "packets", "bytes_client", "bytes_server", "exchanges", "calls", "gaps"),
    "exchanges": ("method", "host", "path", "status", "request_bytes", "response_bytes", "call"),
    "metrics": tuple(
        """window by group calls ttft_us e2e_us tpot_us output_tokens_per_s active_calls error_rate
        cache_hit_ratio""".split()
    ),
    "packets": ("number", "time_us", "client", "server", "side", "length", "info"),
}


def check(kind: str, fields: Sequence[str] | None, known: Sequence[str] | None = None) -> None:
    """Refuse a field that records of this kind do not have.

    Args:
        known: fields that a record at hand has beyond those always printed.

    Raises:
        UsageError: naming the field, those that are near, and where all stand.
    """
    names = [*FIELDS[kind], *(known or ())]
    for field in fields or ():
        if field.partition(".")[0] not in names:
            near = difflib.get_close_matches(field, names, 3) or list(FIELDS[kind])
            raise UsageError(f"--fields: {kind} have no field {field!r}; there is {', '.join(dict.fromkeys(near))}")
