"""Records as text: JSON lines, CSV, or a table for eyes."""

import csv
import io
import shutil
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, BinaryIO

import orjson

from ..store.shapes import Record
from .short import SHORT

CELL = 48
WIDE = 1000


def as_json(records: Iterable[Record], out: BinaryIO) -> None:
    """One JSON object a line."""
    for record in records:
        out.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS))
    out.flush()


def as_csv(records: Iterable[Record], fields: Sequence[str], out: BinaryIO) -> None:
    """With a header line; nested values as JSON, null as nothing. As RFC 4180 has it, but for the line ends.

    A shell would take its carriage return for a part of the last field.
    """
    text = io.TextIOWrapper(out, "utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(fields)
    writer.writerows([_cell(record.get(field)) for field in fields] for record in records)
    text.detach()


def as_table(records: Iterable[Record], kind: str, fields: Sequence[str] | None, out: BinaryIO) -> None:
    """As wide as the terminal, cells cut to fit, durations and tokens in human units."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    text = io.TextIOWrapper(out, "utf-8", write_through=True)
    terminal = out.isatty()
    console = Console(file=text, width=shutil.get_terminal_size().columns if terminal else WIDE, no_color=not terminal)
    rows = iter(records)
    first = list(islice(rows, 1))
    names = list(fields or SHORT.get(kind) or (first[0] if first else ()))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in names:
        table.add_column(name.removesuffix("_us"), overflow="ellipsis", no_wrap=True, max_width=CELL)
    for record in (*first, *rows):
        table.add_row(*(Text(_human(name, record.get(name))) for name in names))
    console.print(table)
    text.detach()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return orjson.dumps(value).decode() if isinstance(value, dict | list | tuple) else value


def _human(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(name, value)
    if isinstance(value, dict) and "p50" in value:
        return f"{_number(name, value['p50'])} / {_number(name, value['p95'])}"
    if isinstance(value, dict) and "peak" in value:
        return f"{_number(name, value['average'])}, peak {value['peak']}"
    if isinstance(value, list | tuple):
        return ", ".join(str(v.get("name", v)) if isinstance(v, dict) else str(v) for v in value)
    return " ".join(str(_cell(value)).split())[: 4 * CELL]


def _number(name: str, value: float) -> str:
    if name.startswith("t_") or name == "time_us":
        return datetime.fromtimestamp(value / 1_000_000, UTC).astimezone().isoformat(" ", "milliseconds")[:23]
    if name.endswith("_us"):
        return f"{value / 1000:.0f} ms" if abs(value) < 10_000_000 else f"{value / 1_000_000:.1f} s"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
