"""Every action by name, in one table: keys, `:` commands, the palette, the hint line and the help come from it.

An action named `page-down` is done by the method `act_page_down(count)` of the pane in focus or of whatever holds that
pane, or else of the application's groups (`acts/`). `scope` says in which panes its keys count; see `Pane.scopes`.
"""

from msgspec import Struct


class Action(Struct, frozen=True):
    """One thing that can be done.

    Attributes:
        name: what `:` and the keymap file call it.
        scope: `all`, or a word that panes list in their `scopes`.
        keys: default keys; a sequence is written with spaces (`g g`).
        help: one line for the help and the palette.
        hint: a word or two for the hint line, "" to keep it out.
        counts: a number typed before its key, or after its name, means something.
        takes: what may be typed behind its name in the command line, "" for nothing.
    """

    name: str
    scope: str
    keys: tuple[str, ...]
    help: str
    hint: str = ""
    counts: bool = False
    takes: str = ""


def _table() -> tuple[Action, ...]:
    a = Action
    return (
        # what a pane does
        a("open", "list", ("enter",), "open what is selected: one step closer to the bytes", "open"),
        a("go-to-turn", "list", ("t",), "go to the call and the turn of what is selected", "turn"),
        a("follow-stream", "list", ("s",), "follow the stream: what both sides said", "stream"),
        a("find", "list", ("ctrl+f",), "find text, a regular expression or bytes: here, or in all bodies", "find"),
        a("search", "search", ("/",), "find in this text"),
        a("next-found", "list", ("n",), "next of what is found"),
        a("previous-found", "list", ("N",), "previous of what is found"),
        a("context", "list", ("w",), "what fills the context window of a call", "window"),
        a(
            "diff",
            "list",
            ("D",),
            "compare prompts: with the call before, or of two marked calls; in Sessions, two sessions",
            "diff",
        ),
        a("form", "stream", ("v",), "next form: text, JSON, events, raw, hex", "form", counts=True),
        a("sides", "stream", ("S",), "both sides, client, server", "sides"),
        a("whole-connection", "stream", ("o",), "only this exchange, or the whole connection", "connection"),
        a("next-change", "diff", ("n",), "next change", "next", counts=True),
        a("previous-change", "diff", ("N",), "previous change", counts=True),
        a("next-difference", "comparison", ("n",), "next difference", "next", counts=True),
        a("previous-difference", "comparison", ("N",), "previous difference", counts=True),
        a("unfold", "diff", ("+", "l", "right"), "show this part whole", "unfold"),
        a("fold", "diff", ("-", "h", "left"), "fold this part"),
        a("next-part", "text", ("]",), "next part of the text", counts=True),
        a("previous-part", "text", ("[",), "previous part of the text", counts=True),
        a("detail", "packets", ("d",), "show or hide the packet's detail tree"),
        a("bytes", "packets", ("B",), "show or hide the packet's bytes", "bytes"),
        a(
            "wireshark",
            "packets",
            ("W",),
            "Wireshark's whole dissection of this packet, by tshark; again ends it",
            "wireshark",
        ),
        a("next-call", "along", ("]",), "next call; in packets, the first packet of its request", counts=True),
        a("previous-call", "along", ("[",), "previous call", counts=True),
        a("next-turn", "along", ("}",), "next turn; in packets, the first packet of its first request", counts=True),
        a("previous-turn", "along", ("{",), "previous turn", counts=True),
        a("expand", "tree", ("l", "right"), "expand, or go to the first below"),
        a("collapse", "tree", ("h", "left"), "collapse, or go to the one above"),
        a("expand-level", "tree", ("+",), "expand one level more"),
        a("collapse-level", "tree", ("-",), "collapse one level"),
        a("expand-all", "tree", ("*",), "expand everything below"),
        a("next-window", "metrics", ("]",), "wider window of time", "window"),
        a("previous-window", "metrics", ("[",), "narrower window of time"),
        a("next-figure", "metrics", ("l", "right"), "next figure; enter shows the calls behind it", counts=True),
        a("previous-figure", "metrics", ("h", "left"), "previous figure", counts=True),
        a("group", "metrics", ("o",), "group by model, route, agent, process", "group"),
        a("write", "export", ("w",), "write the export as it is set here", "write"),
        # the display filter
        a("filter", "all", ("f",), "display filter: one for every view", "filter", takes="a filter"),
        a("filter-list", "list", ("/",), "display filter, from a list"),
        a("apply-as-filter", "list", ("a",), "apply a field of what is selected as filter"),
        a("prepare-as-filter", "list", ("A",), "put a field of what is selected in the filter bar"),
        a("previous-filter", "all", (), "the filter applied before"),
        a("clear-filter", "all", (), "no filter"),
        a("save-filter", "all", (), "keep the filter under a name, used as $name", takes="a name"),
        # notes on rows
        a("mark", "list", ("m",), "mark what is selected, or unmark it"),
        a("next-mark", "list", ("'",), "next marked one", counts=True),
        a("previous-mark", "list", ('"',), "previous marked one", counts=True),
        a("only-marked", "list", ("M",), "show only what is marked, and back"),
        a("unmark-all", "list", (), "unmark everything in this list"),
        a("ignore", "list", ("i",), "ignore what is selected: it is dimmed, and `I` leaves it out"),
        a("hide-ignored", "list", ("I",), "leave out what is ignored, and back"),
        a("comment", "list", (";",), "comment on what is selected; kept with the store, written to pcapng"),
        a("time-reference", "packets", ("r",), "times of later packets count from this one, and back"),
        # which rows and columns
        a("sort", "columns", ("o",), "sort by a column", "sort", takes="a column"),
        a("reverse", "columns", ("O",), "sort the other way round"),
        a("unsort", "columns", (), "rows in their own order again"),
        a("columns", "columns", ("c",), "choose columns, their order and width; any field of the filter can be one"),
        a("reset-columns", "columns", (), "the columns that this list has of itself"),
        a("toggle-column", "column-choice", ("space", "enter"), "show or hide this column"),
        a("column-later", "column-choice", ("J", "ctrl+down"), "further to the right"),
        a("column-earlier", "column-choice", ("K", "ctrl+up"), "further to the left"),
        a("widen-column", "column-choice", (">",), "wider", counts=True),
        a("narrow-column", "column-choice", ("<",), "narrower", counts=True),
        # motion
        a("down", "list", ("j", "down"), "down", counts=True),
        a("up", "list", ("k", "up"), "up", counts=True),
        a("page-down", "list", ("space", "pagedown"), "page down", counts=True),
        a("page-up", "list", ("b", "pageup"), "page up", counts=True),
        a("half-down", "list", ("ctrl+d",), "half a page down", counts=True),
        a("half-up", "list", ("ctrl+u",), "half a page up", counts=True),
        a("top", "list", ("g g", "home"), "first line, or line N with a count", counts=True),
        a("bottom", "list", ("G", "end"), "last line, or line N with a count", counts=True),
        a("right", "columns", ("l", "right"), "scroll right", counts=True),
        a("left", "columns", ("h", "left"), "scroll left", counts=True),
        # everywhere
        a("back", "all", ("escape", "backspace"), "back to where you came from", "back"),
        a("leave", "all", ("q",), "back; at the top, twice to quit"),
        a("next-pane", "all", ("tab",), "next pane", "pane"),
        a("previous-pane", "all", ("shift+tab",), "previous pane"),
        a("follow", "all", ("F",), "follow the newest as it is captured", "follow"),
        a("pause", "all", ("p",), "pause the screen; the capture goes on", "pause"),
        a("zoom", "all", ("z",), "give the pane in focus the whole screen, and back", "zoom"),
        a("layout", "all", ("|",), "panes beside or below each other"),
        a("grow", "all", (">",), "make the pane in focus larger", counts=True),
        a("shrink", "all", ("<",), "make the pane in focus smaller", counts=True),
        a("reset-layout", "all", ("=",), "panes as they were at first"),
        a(
            "goto",
            "all",
            ("ctrl+g",),
            "go to packet 12, call c12, turn t3, flow f2, all by number",
            counts=True,
            takes="12, c12, t3 or f2",
        ),
        a(
            "time-format",
            "all",
            ("T",),
            "times as seconds since the first packet, time of day, or since the row before",
        ),
        a("colours", "all", ("C",), "colours of rows by rule (colors.toml), on and off"),
        a("colour-rules", "all", (), "the colour rules in use; enter makes one the display filter"),
        a("copy", "all", ("y",), "copy: choose what of the thing in focus; yy is its value", "copy"),
        a("export", "all", ("x",), "export: training records, transcripts, archives", "export"),
        a("unmask", "all", ("u",), "show or hide secrets in headers, for this run only"),
        a("capture", "all", ("ctrl+e",), "capture: choose interfaces, TLS and agents; start, stop"),
        a("open-file", "all", ("ctrl+o",), "open another capture or store"),
        a("save", "all", ("ctrl+s",), "save packets as pcapng, with comments; or the store under another name"),
        a("health", "all", ("e",), "what the observer itself lost and does, and what that means"),
        a("theme", "all", (), "next theme: dark, light, 16 colours, none", takes="a theme"),
        a("packets", "all", ("1",), "view: packets"),
        a("flows", "all", ("2",), "view: flows"),
        a("turns", "all", ("3",), "view: turns"),
        a("metrics", "all", ("4",), "view: metrics"),
        a("sessions", "all", ("5",), "view: sessions"),
        a("findings", "all", ("6",), "view: findings"),
        a("calls", "all", ("7",), "view: calls, all in one list to sort by time, tokens, cost", "calls"),
        a("command", "all", (":", "ctrl+p"), "command line: every action by name", "commands"),
        a("help", "all", ("?", "f1"), "keys of the pane in focus", "help"),
        a("quit", "all", ("ctrl+q", "ctrl+c"), "quit"),
    )


ACTIONS: dict[str, Action] = {action.name: action for action in _table()}

SCOPES: dict[str, str] = {
    "packets": "Packets",
    "along": "Calls and turns",
    "metrics": "Metrics",
    "stream": "Stream",
    "diff": "Diff",
    "comparison": "Comparison",
    "text": "Texts",
    "search": "Texts",
    "export": "Export",
    "tree": "Tree",
    "list": "Lists",
    "columns": "Wide lists",
    "column-choice": "Choice of columns",
    "all": "Everywhere",
}
