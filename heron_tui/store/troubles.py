"""Which sessions, turns, calls and tools have findings that ask for a look."""

import sqlite3

from msgspec import Struct

BEHIND = """
WITH found AS (SELECT severity, ref FROM findings WHERE severity IN ('error', 'warning'))
SELECT severity, call.id, call.turn, call.session FROM found JOIN calls AS call ON call.id = ref
UNION ALL SELECT severity, call.id, call.turn, call.session
    FROM found JOIN exchanges ON exchanges.id = ref JOIN calls AS call ON call.id = exchanges.call
UNION ALL SELECT severity, tool.id, tool.turn, turn.session
    FROM found JOIN tools AS tool ON tool.id = ref LEFT JOIN turns AS turn ON turn.id = tool.turn
UNION ALL SELECT severity, NULL, turn.id, turn.session FROM found JOIN turns AS turn ON turn.id = ref
UNION ALL SELECT severity, NULL, NULL, session.id FROM found JOIN sessions AS session ON session.id = ref"""


class Trouble(Struct):
    """How many findings of these severities there are on a record and on all below it."""

    errors: int = 0
    warnings: int = 0


def troubles(connection: sqlite3.Connection) -> dict[str, Trouble]:
    """Troubles by the id of a session, a turn, a call or a tool call; without those that have none."""
    found: dict[str, Trouble] = {}
    for severity, *ids in connection.execute(BEHIND):
        for id in ids:
            if id is not None:
                trouble = found.setdefault(id, Trouble())
                trouble.errors += severity == "error"
                trouble.warnings += severity == "warning"
    return found
