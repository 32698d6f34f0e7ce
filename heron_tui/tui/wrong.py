"""What is wrong with a call, a turn or a session, as the first lines of its text."""

from ..store.reader import Reader
from ..store.shapes import Record
from ..store.where import Where
from . import telling
from .document import Part
from .evidence.claims import Claim
from .outcomes import SEVERITIES
from .units import first_line, whole

MOST = 4
"""Findings that are told one by one."""
OF_CALL = "finding.ref IN (?, ?)"
OF_TURN = """finding.ref = ? OR finding.ref IN (SELECT id FROM calls WHERE turn = ?)
    OR finding.ref IN (SELECT exchange FROM calls WHERE turn = ?)
    OR finding.ref IN (SELECT id FROM tools WHERE turn = ?)"""
OF_SESSION = """finding.ref = ? OR finding.ref IN (SELECT id FROM calls WHERE session = ?)
    OR finding.ref IN (SELECT exchange FROM calls WHERE session = ?)
    OR finding.ref IN (SELECT id FROM turns WHERE session = ?)
    OR finding.ref IN (SELECT tools.id FROM tools JOIN turns ON turns.id = tools.turn WHERE turns.session = ?)"""
CLAIMED = {"call.error": "error"}
"""What the bytes say of a finding."""


def wrong(reader: Reader, kind: str, record: Record) -> list[Part]:
    """The findings about a record and what is below it, the gravest first."""
    match kind:
        case "call":
            where = Where(OF_CALL, (record["id"], record.get("exchange") or ""))
        case "turn":
            where = Where(OF_TURN, (record["id"],) * 4)
        case _:
            where = Where(OF_SESSION, (record["id"],) * 5)
    count = reader.count("finding", where)
    parts = [_said(found, kind) for found in reader.rows("finding", 0, MOST, where=where, order="severity")]
    if count > MOST:
        parts.append(Part(text=f"… {whole(count - MOST)} more in Findings", role="muted"))
    return [*parts, Part(text=" ")] if parts else []


def _said(finding: Record, kind: str) -> Part:
    """One finding; what is below a turn or a session is named."""
    glyph, role = SEVERITIES.get(finding["severity"], ("?", "muted"))
    below = "" if finding["scope"] == kind else f", {telling.about(finding)}"
    words = f"{glyph} {finding['code']}{below}: {first_line(finding['text'])}"
    claimed = CLAIMED.get(finding["code"]) if finding.get("call") else None
    return Part(text=words, role=role, claim=Claim(finding["call"], claimed, "", "the error") if claimed else None)
