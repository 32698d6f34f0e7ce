"""`heron-tui export`: its options, and what it does with them."""

import argparse
import difflib
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from ..core.errors import UsageError
from ..store.reader import Kind, Reader
from . import output
from .context import Context
from .formats import FORMATS
from .formats.format import Format
from .options import CHOICES, HELP, UNITS, Options
from .running import run

KINDS: tuple[Kind, ...] = ("call", "turn", "session")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of an export."""
    parser.add_argument("--format", metavar="F", help=f"one of {', '.join(FORMATS)}")
    parser.add_argument("--unit", choices=UNITS, help="what one record is of (default: the format's usual one)")
    parser.add_argument("--id", action="append", default=[], metavar="ID", help="only this call, turn or session")
    parser.add_argument("-o", dest="out", metavar="OUT", help="write to this file (default: stdout)")
    parser.add_argument("--force", action="store_true", help="replace OUT where it is there already")
    parser.add_argument("--preview", action="store_true", help="print the first record only; the counts are of all")
    parser.add_argument("--json-report", action="store_true", help="the counts as one JSON object")
    parser.add_argument("--list-formats", action="store_true", help="what there is to export to")
    for name, words in CHOICES.items():
        flag = "--" + name.replace("_", "-")
        parser.add_argument(flag, dest=name, choices=words, help=f"{HELP[name]} (default: {words[0]})")


def list_formats(out: BinaryIO, *, as_json: bool) -> int:
    """What there is, for a person or (also the choices of each option) for a program."""
    if as_json:
        formats = [
            {"name": form.name, "help": form.help, "ending": form.ending, "units": form.units, "options": form.options}
            for form in FORMATS.values()
        ]
        choices = [{"name": name, "choices": words, "help": HELP[name]} for name, words in CHOICES.items()]
        out.write(orjson.dumps({"formats": formats, "options": choices}) + b"\n")
        return 0
    width = max(map(len, FORMATS))
    for form in FORMATS.values():
        options = ", ".join(["--" + name.replace("_", "-") for name in form.options])
        lines = f"{form.name:<{width}}  {form.help}\n{'':<{width}}  units: {', '.join(form.units)}; {options}\n"
        out.write(lines.encode())
    return 0


def check(args: argparse.Namespace) -> tuple[Format, Options]:
    """The format and the options that were asked for.

    Raises:
        UsageError: naming the option that is not right.
    """
    if not args.format:
        raise UsageError(f"name a format: --format {' or '.join(FORMATS)} (--list-formats says more)")
    form = FORMATS.get(args.format)
    if form is None:
        near = difflib.get_close_matches(args.format, FORMATS, 1) or list(FORMATS)
        raise UsageError(f"--format: there is no {args.format!r}; there is {', '.join(near)}")
    given: dict[str, Any] = {name: getattr(args, name) for name in CHOICES if getattr(args, name) is not None}
    for name in given:
        if name not in form.options:
            raise UsageError(f"--{name.replace('_', '-')} means nothing to the format {form.name}")
    unit = args.unit or form.units[0]
    if unit not in form.units:
        raise UsageError(f"--unit: the format {form.name} has {', '.join(form.units)}")
    if unit == "session" and given.get("histories") == "each":
        raise UsageError("--histories each: a session is one history; --unit turn gives one for each turn")
    if args.out and args.out != "-" and not args.preview:
        output.check(Path(args.out), force=args.force)
    return form, Options(unit=unit, ids=tuple(args.id), **given)


def run_store(path: Path, form: Format, options: Options, args: argparse.Namespace) -> int:
    """Export a store; answers the exit code: 1 where nothing was written.

    Raises:
        UsageError: an id that nothing has, or a file that is there already.
        SourceError: the store cannot be read.
    """
    reader = Reader(path)
    try:
        _check_ids(reader, options.ids)
        context = Context(reader, options)
        records = run(context, form)
        to_file = args.out and args.out != "-"
        if args.preview:
            output.write(islice(records, 1), form, sys.stdout.buffer)
            for _ in records:
                pass
        elif to_file:
            with output.replacing(Path(args.out), force=args.force) as file:
                output.write(records, form, file)
                if not context.report.written:
                    raise _Nothing
        else:
            output.write(records, form, sys.stdout.buffer)
    except _Nothing:
        pass
    finally:
        reader.close()
    report = context.report
    if args.json_report:
        sys.stderr.write(orjson.dumps(report.as_json()).decode() + "\n")
    else:
        sys.stderr.write("".join(f"heron-tui: {line}\n" for line in report.lines()))
    return 0 if report.written else 1


class _Nothing(Exception):
    """There is nothing to write: a file that was there stays."""


def _check_ids(reader: Reader, ids: Sequence[str]) -> None:
    for id in ids:
        if not any(reader.get(kind, id, full=False) for kind in KINDS):
            raise UsageError(f"--id: no call, turn or session has the id {id!r}")
