"""What belongs to what in a store, as SQL: how a record of one kind finds those of another scope.

Calls are the hub: two records belong together through the calls that both belong to. Where a link stands in the
records themselves (a turn names its session) that is used instead.
"""

TABLES = {
    "call": "calls",
    "turn": "turns",
    "session": "sessions",
    "tool": "tools",
    "flow": "flows",
    "http": "exchanges",
    "finding": "findings",
}
"""The table of each scope that has one; a process is a column of calls and of flows."""

# Ids of records (k) with ids of calls that belong to them (s).
_CALLS = {
    "call": "SELECT id AS k, id AS s FROM calls",
    "turn": "SELECT turn AS k, id AS s FROM calls WHERE turn IS NOT NULL",
    "session": "SELECT session AS k, id AS s FROM calls WHERE session IS NOT NULL",
    "flow": "SELECT flow AS k, id AS s FROM calls WHERE flow IS NOT NULL",
    "http": "SELECT exchange AS k, id AS s FROM calls WHERE exchange IS NOT NULL",
    "tool": """SELECT id AS k, call AS s FROM tools WHERE call IS NOT NULL
        UNION ALL SELECT id, result_call FROM tools WHERE result_call IS NOT NULL""",
    "finding": """SELECT f.id AS k, c.id AS s FROM findings AS f JOIN calls AS c ON c.id = f.ref
        UNION ALL SELECT f.id, c.id FROM findings AS f JOIN calls AS c ON c.exchange = f.ref
        UNION ALL SELECT f.id, c.id FROM findings AS f JOIN calls AS c ON c.turn = f.ref
        UNION ALL SELECT f.id, c.id FROM findings AS f JOIN calls AS c ON c.session = f.ref
        UNION ALL SELECT f.id, c.id FROM findings AS f JOIN calls AS c ON c.flow = f.ref
        UNION ALL SELECT f.id, t.call FROM findings AS f JOIN tools AS t ON t.id = f.ref WHERE t.call IS NOT NULL""",
}
_ASKED = "SELECT id AS k, call AS s FROM tools WHERE call IS NOT NULL"
"""A call's tools are those that its answer asked for; a tool's calls also the one that carried its result."""
_DIRECT = {
    ("call", "tool"): "SELECT call AS k, id AS s FROM tools WHERE call IS NOT NULL",
    ("turn", "session"): "SELECT id AS k, session AS s FROM turns WHERE session IS NOT NULL",
    ("session", "turn"): "SELECT session AS k, id AS s FROM turns WHERE session IS NOT NULL",
    ("tool", "turn"): "SELECT id AS k, turn AS s FROM tools WHERE turn IS NOT NULL",
    ("turn", "tool"): "SELECT turn AS k, id AS s FROM tools WHERE turn IS NOT NULL",
    ("http", "flow"): "SELECT id AS k, flow AS s FROM exchanges WHERE flow IS NOT NULL",
    ("flow", "http"): "SELECT flow AS k, id AS s FROM exchanges WHERE flow IS NOT NULL",
}
_OF_CALL = """SELECT ref AS call, id FROM findings WHERE scope = 'call'
    UNION ALL SELECT c.id, f.id FROM findings AS f JOIN calls AS c ON c.exchange = f.ref WHERE f.scope = 'exchange'
    UNION ALL SELECT t.call, f.id FROM findings AS f JOIN tools AS t ON t.id = f.ref WHERE f.scope = 'tool'"""
"""Findings of a call: its own, its exchange's, those of the tools that it asked for."""


def pairs(kind: str, scope: str) -> str:
    """SQL for ids of records of a kind (`k`), each with the id of a record of `scope` that belongs to it (`s`)."""
    if kind == scope:
        return f"SELECT id AS k, id AS s FROM {TABLES[kind]}"
    if scope == "call":
        return _CALLS[kind]
    if found := _DIRECT.get((kind, scope)):
        return found
    if scope == "finding":
        return _findings(kind)
    theirs = _ASKED if scope == "tool" else _CALLS[scope]
    through = f"SELECT a.k AS k, b.k AS s FROM ({_CALLS[kind]}) AS a JOIN ({theirs}) AS b ON a.s = b.s"
    if kind == "finding":
        return f"{through} UNION ALL SELECT f.id, r.id FROM findings AS f JOIN {TABLES[scope]} AS r ON r.id = f.ref"
    return through


def _findings(kind: str) -> str:
    """Those about the record itself, and those of its calls; a turn's are also those of its session."""
    own = f"SELECT r.id AS k, f.id AS s FROM {TABLES[kind]} AS r JOIN findings AS f ON f.ref = r.id"
    if kind == "tool":
        return own
    found = f"{own} UNION ALL SELECT a.k, f.id FROM ({_CALLS[kind]}) AS a JOIN ({_OF_CALL}) AS f ON f.call = a.s"
    if kind == "session":
        turns = "SELECT t.session, f.id FROM turns AS t JOIN findings AS f ON f.ref = t.id WHERE t.session IS NOT NULL"
        return f"{found} UNION ALL {turns}"
    if kind == "flow":
        exchanges = (
            "SELECT x.flow, f.id FROM exchanges AS x JOIN findings AS f ON f.ref = x.id WHERE x.flow IS NOT NULL"
        )
        return f"{found} UNION ALL {exchanges}"
    return found


def sources(kind: str, scope: str) -> tuple[tuple[str, str], ...]:
    """Tables that hold the values of a scope's fields, each with its pairs (see `pairs`)."""
    if scope == "process":
        return ("calls", pairs(kind, "call")), ("flows", pairs(kind, "flow"))
    return ((TABLES[scope], pairs(kind, scope)),)
