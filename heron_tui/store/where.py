"""A condition on rows, as the display filter compiles it."""

from msgspec import Struct

Parameter = str | int | float | bytes | None


class Where(Struct, frozen=True):
    """An SQL expression and its parameters (`?`, in order).

    Inside it the rows of a kind go by the kind's name: ``call.status >= ?``, ``turn.agent = ?``. Other tables may be
    asked in subqueries by their table names (`calls`, `turns`, `sessions`, `tools`, `flows`, `exchanges`, `findings`).
    Nested fields (`process`, `usage`, ...) are JSON text: ``json_extract(call.process, '$.pid')``.
    """

    sql: str
    params: tuple[Parameter, ...] = ()
