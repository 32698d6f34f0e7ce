"""Records as readers give them: which columns a kind has, in which order, and how they are told."""

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any, Literal

from msgspec import Struct, field

from .json_text import loads
from .leg_headers import LegHeaders
from .shapes import Record

Kind = Literal["call", "turn", "session", "tool", "flow", "exchange", "finding"]
CUT = 200
"""Characters of a text in a list."""

FINDINGS_OF_TURN = """(SELECT json_group_array(code) FROM (
    SELECT code FROM findings WHERE ref = turn.id
    UNION ALL SELECT f.code FROM calls AS c JOIN findings AS f ON f.ref IN (c.id, c.exchange) WHERE c.turn = turn.id
    UNION ALL SELECT f.code FROM tools AS t JOIN findings AS f ON f.ref = t.id WHERE t.turn = turn.id))"""

CALL_OF_FINDING = """CASE finding.scope WHEN 'call' THEN finding.ref
    WHEN 'exchange' THEN (SELECT call FROM exchanges WHERE id = finding.ref)
    WHEN 'tool' THEN (SELECT coalesce(result_call, call) FROM tools WHERE id = finding.ref)
    WHEN 'turn' THEN (SELECT json_extract(calls, '$[#-1]') FROM turns WHERE id = finding.ref) END"""
_OF_CALL = "'call', c.n, 'agent', c.agent, 'model', coalesce(c.response_model, c.request_model)"
ABOUT = f"""CASE finding.scope
    WHEN 'call' THEN (SELECT json_object({_OF_CALL}) FROM calls AS c WHERE c.id = finding.ref)
    WHEN 'tool' THEN (SELECT json_object('tool', t.name, {_OF_CALL})
        FROM tools AS t LEFT JOIN calls AS c ON c.id = t.call WHERE t.id = finding.ref)
    WHEN 'turn' THEN (SELECT json_object('turn', t.n, 'agent', t.agent, 'model', json_extract(t.models, '$[0]'))
        FROM turns AS t WHERE t.id = finding.ref)
    WHEN 'exchange' THEN (SELECT json_object('request', e.method || ' ' || e.path, {_OF_CALL})
        FROM exchanges AS e LEFT JOIN calls AS c ON c.id = e.call WHERE e.id = finding.ref)
    WHEN 'flow' THEN (SELECT json_object('flow', f.n, 'client', f.client, 'server', f.server)
        FROM flows AS f WHERE f.id = finding.ref) END"""
"""Numbers and names for eyes of what a finding is about; its scope and ref are for scripts."""
COST_OF_TURN = "(SELECT sum(c.cost_usd) FROM calls AS c WHERE c.turn = turn.id)"
COST_OF_SESSION = "(SELECT sum(c.cost_usd) FROM calls AS c WHERE c.session = session.id AND c.leg_of IS NULL)"


class Form(Struct, frozen=True):
    """The form of a kind's records.

    Attributes:
        table: where they are. time: the column that orders them.
        fields: names in the order of the records' contract, then those beyond it.
        made: SQL for fields that are no columns.
        flags: fields that are true or false. nested: fields held as JSON. texts: long texts, cut in lists; nested
            fields among them have the strings in them cut. bulky: fields that grow with the history of a
            conversation; lean records are without them.
    """

    table: str
    time: str
    fields: tuple[str, ...]
    made: Mapping[str, str] = field(default_factory=dict)
    flags: frozenset[str] = frozenset()
    nested: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()
    bulky: frozenset[str] = frozenset()


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FORMS: dict[Kind, Form] = {
    "call": Form(
        "calls",
        "t_request_us",
        _names(
            """id n source flow http_stream turn session agent subagent auxiliary wire_api operation provider transport
            tls method host path client server process request_model response_model streaming status outcome error_type
            finish attempt retry_of t_request_us t_request_end_us t_response_us t_first_token_us t_end_us ttft_us e2e_us
            tpot_us input_tokens output_tokens cache_read_tokens cache_write_tokens reasoning_tokens tokens_estimated
            usage response_id messages tools_offered tool_calls tool_results text thinking request_encoding
            response_encoding legs evidence
            leg_of exchange error_message refusal t_last_content_us max_gap_us content_events choices server_calls
            cost_usd cost_said_usd provider_reason lossy"""
        ),
        flags=frozenset({"streaming", "tokens_estimated", "lossy"}),
        nested=frozenset(_names("process usage tools_offered tool_calls tool_results server_calls legs evidence")),
        texts=frozenset(_names("text thinking tool_calls server_calls error_message refusal")),
        bulky=frozenset(_names("tools_offered tool_results")),
    ),
    "turn": Form(
        "turns",
        "t_start_us",
        _names(
            """id n session agent status t_start_us t_end_us prompt answer finish calls main_calls subagents tools
            models input_tokens output_tokens cache_read_tokens model_us tool_us idle_us findings
            duration_us call_count cost_usd"""
        ),
        made={"findings": FINDINGS_OF_TURN, "cost_usd": COST_OF_TURN},
        nested=frozenset({"calls", "subagents", "models", "findings"}),
        texts=frozenset({"prompt", "answer"}),
    ),
    "session": Form(
        "sessions",
        "t_start_us",
        _names(
            """id agent t_start_us t_end_us turns calls cwd input_tokens output_tokens cache_read_tokens
            duration_us cost_usd"""
        ),
        made={"cost_usd": COST_OF_SESSION},
    ),
    "tool": Form(
        "tools",
        "t_start_us",
        _names(
            """id name call result_call turn subagent arguments error t_start_us t_end_us duration_us result_bytes
            mcp_server
            mcp_call"""
        ),
        flags=frozenset({"error"}),
        nested=frozenset({"arguments"}),
        texts=frozenset({"arguments"}),
    ),
    "flow": Form(
        "flows",
        "t_start_us",
        _names(
            """id client server process tls protocol t_start_us t_end_us packets bytes_client bytes_server exchanges
            calls gaps lost_bytes
            n duration_us first_packet retransmissions out_of_order midstream closed"""
        ),
        flags=frozenset({"midstream"}),
        nested=frozenset({"process"}),
    ),
    "exchange": Form(
        "exchanges",
        "t_request_us",
        _names(
            """id flow http_stream method host path status request_headers response_headers request_bytes
            response_bytes t_request_us t_request_end_us t_response_us t_end_us call
            state transport client server target reason request_encoding response_encoding request_wire_bytes
            response_wire_bytes events lost_bytes dropped_bytes upgraded error evidence"""
        ),
        made={
            "evidence": """json_object('request', json_array(request_first, request_last), 'response',
                CASE WHEN response_first IS NULL THEN NULL ELSE json_array(response_first, response_last) END)"""
        },
        nested=frozenset({"request_headers", "response_headers", "evidence"}),
    ),
    "finding": Form(
        "findings",
        "t_us",
        _names("code severity t_us scope ref text id packet call about"),
        made={"call": CALL_OF_FINDING, "about": ABOUT},
        nested=frozenset({"about"}),
    ),
}


class RecordReader:
    """Reads rows of one kind as records. A column that an older store lacks is null.

    Attributes:
        select: SQL from SELECT to the table, which goes by the name of the kind.
        sortable: names of the columns by which rows can be ordered.
    """

    def __init__(self, connection: sqlite3.Connection, kind: Kind, *, full: bool, lean: bool = False) -> None:
        self.form = form = FORMS[kind]
        there = {row[1] for row in connection.execute(f"PRAGMA table_info({form.table})")}
        self.sortable = (there & set(form.fields)) - form.nested
        fields = [name for name in form.fields if not lean or name not in form.bulky]
        columns = []
        for name in fields:
            if name in form.made:
                columns.append(f"{form.made[name]} AS {name}")
            elif name not in there:
                columns.append(f"NULL AS {name}")
            elif name in form.texts and name not in form.nested and not full:
                columns.append(f"substr({kind}.{name}, 1, {CUT + 1}) AS {name}")
            else:
                columns.append(f"{kind}.{name}")
        self.select = f"SELECT {', '.join(columns)} FROM {form.table} AS {kind}"
        self._leg_headers = LegHeaders(connection) if kind == "call" and full else None
        self._tell: list[tuple[str, Callable[[Any], Any]]] = []
        for name in fields:
            if name in form.flags:
                self._tell.append((name, _flag))
            elif name in form.nested:
                cut = name in form.texts and not full
                self._tell.append((name, _loads_cut if cut else loads))
            elif name in form.texts and not full:
                self._tell.append((name, cut_strings))

    def record(self, row: sqlite3.Row) -> Record:
        record = dict(zip(row.keys(), row, strict=True))  # dict(row) looks for each name anew
        for name, tell in self._tell:
            record[name] = tell(record[name])
        if self._leg_headers and record["legs"]:
            self._leg_headers.add(record)
        return record


def _flag(value: int | None) -> bool | None:
    return None if value is None else bool(value)


def _loads_cut(text: str | None) -> Any:
    return cut_strings(loads(text))


def cut_strings(value: Any) -> Any:
    """`value` with all strings in it cut for a list."""
    match value:
        case str():
            return value if len(value) <= CUT else value[:CUT] + "…"
        case dict():
            return {key: cut_strings(item) for key, item in value.items()}
        case list():
            return [cut_strings(item) for item in value]
    return value
