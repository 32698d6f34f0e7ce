"""Plays calls through the agents floor and the watch, as the engine does."""

from collections.abc import Iterable, Sequence
from typing import Any

from heron_tui.agents import Teller
from heron_tui.findings.watch import Watch
from heron_tui.model.call import Call
from heron_tui.model.finding import Finding
from tests.agents.build import PROFILES, T0


class Watching:
    """The findings that stand, as a store would hold them."""

    def __init__(self, window: int | None = None) -> None:
        self.teller = Teller(PROFILES)
        self.watch = Watch(lambda model: window)
        self.found: set[Finding] = set()

    def put(self, *calls: Call) -> "Watching":
        for call in calls:
            self.teller.put(call)
            self.watch.put(call)
        return self

    def tell(self, at_ms: int = 0, *, final: bool = False) -> set[Finding]:
        now_us = T0 + at_ms * 1000
        told = self.watch.tell(self.teller.tell(now_us, final=final), now_us)
        assert self.found.issuperset(told.gone), "what was never told cannot be gone"
        self.found -= set(told.gone)
        self.found |= set(told.new)
        return self.found


def found(*calls: Call, at_ms: int = 3_600_000, window: int | None = None) -> list[Finding]:
    """The findings of calls whose capture has ended, in order of their time."""
    return order(Watching(window).put(*calls).tell(at_ms, final=True))


def order(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda one: (one.t_us, one.code, one.ref, one.text))


def codes(findings: Iterable[Finding]) -> list[str]:
    return [finding.code for finding in order(findings)]


def only(code: str, findings: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.code == code]


def headers(session: str = "s1", **more: str) -> dict[str, Any]:
    """Headers that give Claude Code's session."""
    return {"user-agent": "claude-cli/2.1", "x-claude-code-session-id": session} | more
