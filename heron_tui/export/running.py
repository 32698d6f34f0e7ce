"""Records of an export, one after the other, counted as they are made."""

from collections.abc import Iterator

from .context import Context
from .formats.format import Format
from .report import Made
from .selecting import groups


def run(context: Context, form: Format) -> Iterator[Made]:
    """The records; what is skipped goes into the report, with its reason. `context.stopped` ends it between groups."""
    for group in groups(context.reader, context.options):
        if context.stopped():
            return
        for one in form.records(context, group):
            if isinstance(one, Made):
                context.report.wrote(one)
                yield one
            else:
                context.report.skip(one)
    context.report.redacted = context.redaction.count
