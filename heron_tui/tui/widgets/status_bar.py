"""The line that never lies: what the capture does, how far it is, what was counted, and everything that was lost."""

from collections.abc import Sequence

from ...engine.protocol import Counters
from ..columns import sized
from ..filtering import OF_VIEW
from ..units import clock, percent, short, size, whole
from .bar import Bar, Item
from .row_list import RowList

STATES = {
    "store": ("■", "store", "muted"),
    "starting": ("◌", "starting", "accent"),
    "running": ("●", "reading", "ok"),
    "paused": ("∥", "paused", "warn"),
    "done": ("■", "read", "muted"),
    "stopped": ("■", "stopped", "warn"),
    "failed": ("✗", "failed", "error"),
}
WORTH_SAYING_US = 2_000_000
"""A live view is always a little behind: capturers hand packets on about four times a second."""
LIVE_WORDS = {"reading": "live", "read": "stopped"}
COUNTS = ("packets", "flows", "calls", "turns")
LOSSES = (
    ("gaps", "gap", whole),
    ("lost_bytes", "lost", size),
    ("kernel_drops", "kernel drops", whole),
    ("undecoded_bytes", "not decoded", size),
    ("raw_let_go", "raw let go", size),
    ("truncated_packets", "truncated", whole),
    ("damaged", "damaged", whole),
    ("bytes_skipped", "skipped", size),
    ("bodies_cut", "bodies cut", whole),
    ("tls_closed", "TLS closed", whole),
    ("desyncs", "desyncs", whole),
    ("tls_lost", "TLS records lost", whole),
    ("tls_cut_bytes", "TLS cut", size),
    ("tls_failed", "not watched", whole),
    ("processes_unknown", "unknown processes", whole),
)


class StatusBar(Bar):
    """State and counts at the left, losses and modes at the right."""

    def left(self) -> Sequence[Item]:
        heron, palette = self.heron, self.palette
        ground = palette.tab
        glyph, word, role = STATES[heron.capture_state]
        progress = heron.tick.progress if heron.tick else None
        if heron.worker and heron.worker.job.live and word in LIVE_WORDS:
            word = LIVE_WORDS[word]
        items: list[Item] = [[(f" {glyph} {word}", ground + palette.role(role) + ground.background_style)]]
        if heron.tick and heron.tick.counters.tls_probes and self.size.width >= 100:
            watched = heron.tick.counters.tls_processes
            items.append([(f"  TLS of {whole(watched)} {'process' if watched == 1 else 'processes'}", ground)])
        if heron.capture_state in ("running", "paused") and progress is not None:
            items.append([(f" {percent(progress)} {_gauge(progress)}", ground)])
        known = heron.counts
        figure = whole if self.size.width >= 100 else short
        for name in COUNTS:
            if name in known:
                number = known[name]
                items.append([(f"  {figure(number)} {name[:-1] if number == 1 else name}", ground)])
        return items

    def right(self) -> Sequence[Item]:
        heron, palette = self.heron, self.palette
        ground = palette.tab
        items: list[Item] = []
        if heron.now_us and self.size.width >= 100:
            items.append([(f" {clock(heron.now_us, digits=0)} ", ground)])
        if heron.filtering.node is not None:
            items.append(self._filter())
        if heron.unmasked:
            items.append([(" UNMASKED ", palette.banner)])
        pane = heron.focused if isinstance(heron.focused, RowList) else None
        for on, word in (
            (pane and pane.only_marked, " ONLY MARKED "),
            (pane and pane.hide_ignored, " IGNORED HIDDEN "),
            (heron.following, " FOLLOW "),
            (heron.screen_paused, " PAUSED "),
        ):
            if on:
                items.append([(word, palette.mark)])
        if heron.keyboard.pending:
            items.append([(f" {heron.keyboard.pending} ", palette.mark)])
        if heron.tick and heron.tick.state == "running" and heron.tick.behind_us >= WORTH_SAYING_US:
            waits = f"{heron.tick.behind_us / 1e6:.0f} s behind, {size(heron.tick.behind_bytes)} to decode"
            items.append([(f" ◷ {waits} ", ground + palette.warn + ground.background_style)])
        if lost := losses(heron.losses):  # the last to go when there is no room
            items.append([(f" ! {lost} ", ground + palette.warn + ground.background_style)])
        return items

    def _filter(self) -> Item:
        """How many fit, of how many, and what; while that is being found out, how to stop it."""
        heron, palette = self.heron, self.palette
        filtering, ground = heron.filtering, palette.tab
        kind = OF_VIEW.get(heron.main.current.title)
        found = filtering.narrowed(kind) if kind else None
        text = sized(filtering.text, min(len(filtering.text), max(self.size.width // 4, 12)))
        if filtering.working and not filtering.growing:
            return [(f" ◌ filtering, esc stops · {text} ", palette.mark)]
        word = f"{kind}{'' if found and found.total == 1 else 's'}"
        many = f"{whole(found.count)} of {whole(found.total)} {word} · " if found else ""
        return [(f" ▽ {many}{text} ", ground + palette.accent + ground.background_style)]


def losses(counters: Counters | None) -> str:
    """Every loss that is not zero, as words: `2 gaps, 1.4 kB lost`."""
    if counters is None:
        return ""
    said = []
    for name, word, form in LOSSES:
        number = getattr(counters, name)
        if number:
            plural = "s" if word == "gap" and number != 1 else ""
            said.append(f"{form(number)} {word}{plural}")
    return ", ".join(said)


def _gauge(progress: float, width: int = 8) -> str:
    full = round(progress * width)
    return "━" * full + "╌" * (width - full)
