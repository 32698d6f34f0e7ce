"""The numbers `n` of calls and turns: their places in the order of time over the whole store.

Rows that get another number are marked as changed in `version`.
"""

import sqlite3


def number_calls(connection: sqlite3.Connection, version: int) -> None:
    """Number the calls that have no number yet, and those behind them anew."""
    (since,) = connection.execute("SELECT min(t_request_us) FROM calls WHERE n IS NULL").fetchone()
    if since is not None:
        _number(connection, "calls", "t_request_us", since, version)


def number_turns(connection: sqlite3.Connection, since_us: int, version: int) -> None:
    """Number the turns that start at `since_us` or later."""
    _number(connection, "turns", "t_start_us", since_us, version)


def _number(connection: sqlite3.Connection, table: str, time: str, since: int, version: int) -> None:
    before = connection.execute(
        f"SELECT n FROM {table} WHERE {time} < ? ORDER BY {time} DESC, id DESC LIMIT 1", (since,)
    ).fetchone()
    connection.execute(
        f"UPDATE {table} SET n = place.n, changed = ? FROM"
        f" (SELECT id, ? + row_number() OVER (ORDER BY {time}, id) AS n FROM {table} WHERE {time} >= ?) AS place"
        f" WHERE {table}.id = place.id AND {table}.n IS NOT place.n",
        (version, before[0] if before else 0, since),
    )
