"""The tables of a store, as migrations. A migration never changes once it was released: write another one.

To change the form: add a function below, its name to `version.MIGRATIONS`, and give readers a default for what older
stores lack (a column that is not there reads as null).
"""

from sqlite_utils import Database, Migrations

from . import version

migrations = Migrations(version.SET)

CALL = {
    "id": str,
    "n": int,
    "source": str,
    "flow": str,
    "exchange": str,
    "http_stream": int,
    "turn": str,
    "session": str,
    "agent": str,
    "subagent": str,
    "auxiliary": str,
    "attempt": int,
    "retry_of": str,
    "leg_of": str,
    "wire_api": str,
    "operation": str,
    "provider": str,
    "provider_reason": str,
    "transport": str,
    "tls": str,
    "method": str,
    "host": str,
    "path": str,
    "client": str,
    "server": str,
    "process": str,
    "request_model": str,
    "response_model": str,
    "streaming": int,
    "status": int,
    "outcome": str,
    "error_type": str,
    "error_message": str,
    "refusal": str,
    "finish": str,
    "t_request_us": int,
    "t_request_end_us": int,
    "t_response_us": int,
    "t_first_token_us": int,
    "t_last_content_us": int,
    "t_end_us": int,
    "ttft_us": int,
    "e2e_us": int,
    "tpot_us": int,
    "max_gap_us": int,
    "content_events": int,
    "input_tokens": int,
    "output_tokens": int,
    "cache_read_tokens": int,
    "cache_write_tokens": int,
    "reasoning_tokens": int,
    "tokens_estimated": int,
    "lossy": int,
    "cost_usd": float,
    "cost_said_usd": float,
    "usage": str,
    "response_id": str,
    "choices": int,
    "messages": int,
    "request_encoding": str,
    "response_encoding": str,
    "legs": str,
    "evidence": str,
    "tools_offered": str,
    "tool_results": str,
    "tool_calls": str,
    "server_calls": str,
    "text": str,
    "thinking": str,
}
TURN = {
    "id": str,
    "n": int,
    "session": str,
    "agent": str,
    "status": str,
    "t_start_us": int,
    "t_end_us": int,
    "duration_us": int,
    "finish": str,
    "call_count": int,
    "main_calls": int,
    "tools": int,
    "input_tokens": int,
    "output_tokens": int,
    "cache_read_tokens": int,
    "model_us": int,
    "tool_us": int,
    "idle_us": int,
    "models": str,
    "subagents": str,
    "calls": str,
    "prompt": str,
    "answer": str,
}
SESSION = {
    "id": str,
    "agent": str,
    "t_start_us": int,
    "t_end_us": int,
    "duration_us": int,
    "turns": int,
    "calls": int,
    "cwd": str,
    "input_tokens": int,
    "output_tokens": int,
    "cache_read_tokens": int,
}
TOOL = {
    "id": str,
    "name": str,
    "call": str,
    "result_call": str,
    "turn": str,
    "subagent": str,
    "error": int,
    "t_start_us": int,
    "t_end_us": int,
    "duration_us": int,
    "result_bytes": int,
    "mcp_server": str,
    "mcp_call": str,
    "arguments": str,
}
FLOW = {
    "n": int,
    "id": str,
    "client": str,
    "server": str,
    "process": str,
    "tls": str,
    "protocol": str,
    "t_start_us": int,
    "t_end_us": int,
    "duration_us": int,
    "first_packet": int,
    "packets": int,
    "bytes_client": int,
    "bytes_server": int,
    "exchanges": int,
    "calls": int,
    "gaps": int,
    "lost_bytes": int,
    "retransmissions": int,
    "out_of_order": int,
    "midstream": int,
    "turned": int,
    "closed": str,
}
EXCHANGE = {
    "id": str,
    "flow": str,
    "call": str,
    "http_stream": int,
    "transport": str,
    "client": str,
    "server": str,
    "method": str,
    "host": str,
    "path": str,
    "target": str,
    "status": int,
    "reason": str,
    "state": str,
    "upgraded": str,
    "error": str,
    "request_encoding": str,
    "response_encoding": str,
    "request_bytes": int,
    "request_wire_bytes": int,
    "response_bytes": int,
    "response_wire_bytes": int,
    "events": int,
    "lost_bytes": int,
    "dropped_bytes": int,
    "t_request_us": int,
    "t_request_end_us": int,
    "t_response_us": int,
    "t_end_us": int,
    "request_first": int,
    "request_head_last": int,
    "request_last": int,
    "response_first": int,
    "response_head_last": int,
    "response_last": int,
    "last_packet": int,
    "request_headers": str,
    "response_headers": str,
}
FINDING = {
    "id": str,
    "code": str,
    "severity": str,
    "t_us": int,
    "scope": str,
    "ref": str,
    "packet": int,
    "text": str,
}
SOURCE = {
    "id": str,
    "n": int,
    "name": str,
    "raw_path": str,
    "format": str,
    "size": int,
    "packets": int,
    "note": str,
    "dropped": int,
    "head_size": int,
    "head_hash": str,
}


@migrations()
def m1_records(db: Database) -> None:
    """Records, and the blobs of packets, events and bodies.

    `flows.n` and `sources.n` are the small numbers that stand for them in packet columns. `sources.head_*` tell whether
    a capture file is still the one that was read. `runs.base` is added to a run's packet numbers, so that those of all
    runs differ. `packets.first` is where the block's range of numbers begins. `comments` are those that
    capture files hold. `changed` is the store's version that last wrote the row, and `gone` has what was taken back
    in a version. `bodies.chunks` are ids of chunks, as
    32-bit integers in order; a chunk whose data is as long as its size is not compressed.
    """
    db.table("meta").create({"key": str, "value": str}, pk="key")
    db.table("runs").create({"id": str, "base": int}, pk="id")
    db.table("sources").create(SOURCE, pk="id")
    db.table("calls").create(CALL, pk="id")
    db.table("turns").create(TURN, pk="id")
    db.table("sessions").create(SESSION, pk="id")
    db.table("tools").create(TOOL, pk="id")
    db.table("exchanges").create(EXCHANGE, pk="id")
    db.table("findings").create(FINDING, pk="id")
    db.table("flows").create(FLOW, pk="n", defaults={"exchanges": 0, "calls": 0})
    db.table("flows").create_index(["id"], unique=True)
    for table, time in TIME_ORDER.items():
        db.table(table).create_index([time, "id"])
        db.table(table).add_column("changed", int)
        db.table(table).create_index(["changed"])
    db.table("gone").create({"kind": str, "id": str, "changed": int}, pk=("kind", "id"))
    db.table("gone").create_index(["changed"])
    for table, column in (
        ("calls", "turn"),
        ("calls", "session"),
        ("turns", "session"),
        ("tools", "turn"),
        ("tools", "call"),
        ("findings", "ref"),
    ):
        db.table(table).create_index([column])
    db.table("exchanges").create_index(["flow", "last_packet", "request_first", "call"])
    db.execute("CREATE INDEX calls_unnumbered ON calls (t_request_us) WHERE n IS NULL")

    db.table("packets").create(
        {"first": int, "count": int, "last": int, "t_first_us": int, "t_last_us": int, "columns": bytes}, pk="first"
    )
    db.table("comments").create({"packet": int, "text": str}, pk="packet")
    db.table("events").create(
        {
            "exchange": str,
            "first": int,
            "count": int,
            "kind": str,
            "names": str,
            "tools": str,
            "columns": bytes,
            "data": bytes,
        },
        pk=("exchange", "first"),
    )
    db.table("bodies").create({"exchange": str, "side": int, "size": int, "chunks": bytes}, pk=("exchange", "side"))
    db.table("chunks").create({"id": int, "hash": bytes, "size": int, "data": bytes}, pk="id")
    db.table("chunks").create_index(["hash"], unique=True)


TIME_ORDER = {
    "calls": "t_request_us",
    "turns": "t_start_us",
    "sessions": "t_start_us",
    "tools": "t_start_us",
    "flows": "t_start_us",
    "exchanges": "t_request_us",
    "findings": "t_us",
}
