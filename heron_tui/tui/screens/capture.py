"""What to capture: interfaces, TLS, and which agents; start, stop, or go on with something else."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import ModalScreen

from ...core import host, provenance
from ...model.live import DEFAULT_FILTER, Live, Missing
from ..columns import Column
from ..rows import FixedRows
from ..units import clean, whole
from ..widgets.row_list import RowList

Answer = Live | Literal["stop", "again"] | None


@dataclass(slots=True)
class Line:
    """One row: `kind` is `start`, `stop`, `again`, `tls`, `interface` or `agent`; `on` where it can be switched."""

    kind: str
    name: str
    help: str
    on: bool | None = None
    pid: int = 0


class CaptureScreen(ModalScreen[Answer], inherit_bindings=False):
    """Enter switches a row, or does what the row says. Answers what shall be captured from now on.

    Args:
        live: what is captured, or was, or could be. running: the capture, or the reading of a file, goes on.
        shown: the file or store that is looked at instead of a live capture; "" for none.
        is_file: it can be read again. missing: answers what cannot be had here, from a thread.
    """

    DEFAULT_CSS = """
    CaptureScreen { align: center middle; background: $background 60%; }
    CaptureScreen > Container { width: 96%; max-width: 110; height: auto; max-height: 90%; border: round $accent;
        background: $background; }
    CaptureScreen RowList { height: 18; }
    """
    AUTO_FOCUS: ClassVar[str | None] = "RowList"

    def __init__(
        self,
        live: Live,
        *,
        running: bool,
        shown: str = "",
        is_file: bool = False,
        missing: Callable[[], Missing] | None = None,
    ) -> None:
        super().__init__()
        self._live = live
        self._capturing = running
        self._shown = shown
        self._is_file = is_file
        self._missing = missing
        self.lines = self._rows()

    def _rows(self) -> list[Line]:
        live = self._live
        begin = "go on with what is chosen below" if self._capturing else "capture what is chosen below"
        if self._shown:
            begin = f"leave {self._shown}, and capture what is chosen below"
        lines = [Line("start", "Start", begin)]
        if self._capturing:
            what = f"reading {self._shown}; what was read stays" if self._shown else "the capture; what was seen stays"
            lines.append(Line("stop", "Stop", f"stop {what}"))
        elif self._is_file:
            lines.append(Line("again", "Again", f"read {self._shown} again"))
        if self._shown:  # what concerns the file that is looked at comes first
            lines.reverse()
        whose = "of all users" if live.all_users else "of your processes, or of those chosen below"
        lines.append(Line("tls", "TLS", f"plaintext of TLS connections {whose}", live.tls))
        for interface in host.interfaces():
            seen = "all interfaces" if interface.packets is None else f"{whole(interface.packets)} packets so far"
            lines.append(Line("interface", interface.name, seen, interface.name in live.interfaces))
        for agent in host.agents():
            command = " ".join(provenance.arguments(agent.command.split(" ")))
            name = f"{agent.name} {agent.pid}"
            lines.append(Line("agent", name, command, agent.pid in live.pids, agent.pid))
        return lines

    def compose(self) -> ComposeResult:
        columns = (
            Column("on", "", 3, _switch),
            Column("name", "Capture", 18, lambda line: (clean(line.name), "accent")),
            Column("help", "enter switches a row or does it · esc leaves it as it is", 30, _help, flex=True),
        )
        with Container():
            self.list = RowList(columns, opens="change")
            yield self.list

    def on_mount(self) -> None:
        self.list.show(FixedRows(self.lines))
        self.list.styles.height = min(len(self.lines) + 1, 18)
        if self._missing:
            self.run_worker(self._look_what_is_missing, thread=True)

    def _look_what_is_missing(self) -> None:
        assert self._missing is not None
        self.app.call_from_thread(self._told, self._missing())

    def _told(self, missing: Missing) -> None:
        """Switch off what cannot be had, and say why."""
        for line in self.lines:
            why = {"tls": missing.tls, "interface": missing.packets}.get(line.kind, "")
            if why:
                line.on, line.help = False, why
        self.list.refresh_rows()

    def on_row_list_opened(self, event: RowList.Opened) -> None:
        line: Any = event.row
        if line.kind in ("stop", "again"):
            self.dismiss(line.kind)
        elif line.kind == "start":
            self.dismiss(self.chosen())
        else:
            line.on = not line.on
            self.list.refresh_rows()

    def chosen(self) -> Live:
        """What is switched on. The default filter goes with `any`, a filter of the user's with all interfaces."""
        live = self._live
        interfaces = tuple(line.name for line in self.lines if line.kind == "interface" and line.on)
        rule = live.filter
        if rule in ("", DEFAULT_FILTER):
            rule = DEFAULT_FILTER if interfaces == ("any",) else ""
        return replace(
            live,
            interfaces=interfaces,
            filter=rule,
            tls=any(line.kind == "tls" and line.on for line in self.lines),
            pids=tuple(line.pid for line in self.lines if line.kind == "agent" and line.on),
            must_packets=False,
            must_tls=False,
            write=None,
        )

    def on_key(self, event: events.Key) -> None:
        if event.key in ("escape", "q"):
            event.stop()
            self.dismiss(None)

    def act_back(self) -> None:
        self.dismiss(None)

    act_leave = act_back


def _switch(line: Line) -> tuple[str, str]:
    if line.on is None:
        return ("■" if line.kind == "stop" else "▶", "accent")
    return ("[x]" if line.on else "[ ]", "ok" if line.on else "muted")


def _help(line: Line) -> tuple[str, str]:
    return clean(line.help), "muted"
