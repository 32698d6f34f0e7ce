"""Exports in the tests' own process."""

import json
from pathlib import Path
from typing import Any

from heron_tui.export.context import Context
from heron_tui.export.formats import FORMATS
from heron_tui.export.options import Options
from heron_tui.export.report import Report
from heron_tui.export.running import run
from heron_tui.store.reader import Reader


def export(store: Path, form: str = "sft", **options: Any) -> tuple[list[dict[str, Any]], Report]:
    """The records of an export that are JSON, and its report."""
    reader = Reader(store)
    try:
        context = Context(reader, Options(**options))
        return [json.loads(made.data) for made in run(context, FORMATS[form])], context.report
    finally:
        reader.close()
