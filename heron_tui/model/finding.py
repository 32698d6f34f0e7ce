"""Findings: what is wrong, with where to look."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["chat", "note", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`scope` names the kind of thing (`capture`, `flow`, `exchange`, `call`, `turn`, `tool`), `ref` its id."""

    code: str
    severity: Severity
    t_us: int
    scope: str
    ref: str
    text: str
    packet: int | None = None
