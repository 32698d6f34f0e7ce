"""Help while a filter is typed: what can stand at the caret, and what of a valid filter is suspicious."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from .errors import FilterError
from .fields import FIELDS, Field
from .lexer import Token, tokens
from .parser import COMPARISONS, ORDERED
from .to_sql import leaves
from .tree import And, Compare, Member, Node, Not, Or

MOST = 200
Values = Callable[[Field], Sequence[str]]
KNOWN: dict[str, tuple[str, ...]] = {
    "call.outcome": ("ok", "error", "truncated", "aborted", "no_response", "in_progress", "unknown"),
    "turn.status": ("in_progress", "complete", "incomplete"),
    "finding.severity": ("chat", "note", "warning", "error"),
    "http.method": ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "CONNECT"),
}
"""Fields that can have these values only."""
_WORD = re.compile(r"[\w$.\-]*$")


@dataclass(frozen=True, slots=True)
class Item:
    """Something that can stand at the caret: `text` replaces what is there, `help` says what it is."""

    text: str
    help: str


@dataclass(frozen=True, slots=True)
class Completion:
    """What can stand in place of [start, end) of the filter."""

    start: int
    end: int
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Hint:
    """A filter that means something, but perhaps not what was meant."""

    message: str


def complete(
    text: str, caret: int, *, values: Values = lambda field: (), saved: Sequence[str] = (), scope: str = ""
) -> Completion:
    """What can stand at the caret.

    Args:
        values: values that a text field has in the store.
        saved: names of saved filters.
        scope: whose fields come first, where one has typed nothing yet.
    """
    start = _begins(text, caret)
    word = text[start:caret]
    before = _tokens(text[:start])
    last = before[-1] if before else None
    items = _after(before, last, word, values, saved, scope)
    return Completion(start, caret, tuple(items[:MOST]))


def _begins(text: str, caret: int) -> int:
    """Where the word begins in which the caret stands: at its quote, if that is not closed."""
    at, quote, opened = 0, "", 0
    while at < caret:
        letter = text[at]
        if quote and letter == "\\":
            at += 1
        elif letter == quote:
            quote = ""
        elif not quote and letter in "\"'":
            quote, opened = letter, at
        at += 1
    if quote:
        return opened
    match = _WORD.search(text, 0, caret)
    return match.start() if match else caret


def _after(  # noqa: PLR0917 - all that it depends on
    before: list[Token], last: Token | None, word: str, values: Values, saved: Sequence[str], scope: str
) -> list[Item]:
    field = _compared(before)
    if field is not None:
        return _value_items(field, word, values)
    if last is not None and last.value == "in":
        return [Item("{", "the values, with commas; low..high for a range")]
    if last is not None and last.kind in ("field", "word") and str(last.value) in FIELDS:
        return _begin(_operators(FIELDS[str(last.value)]), word)
    if last is not None and (last.kind not in ("op", "word") or str(last.value) in ("}", ")", "]")):
        return _begin([Item("and", "both hold"), Item("or", "one of them holds")], word)
    fields = sorted(FIELDS.values(), key=lambda field: field.scope != scope)
    found = [Item(field.name, f"{field.type}: {field.help}") for field in fields]
    found += [Item(f"${name}", "saved filter") for name in saved]
    found += [Item("not", "the opposite"), Item("all", "every value must fit")]
    return _begin(found, word)


def _begin(items: list[Item], word: str) -> list[Item]:
    """Those that begin with the word, then (for a word of some length) those that hold it."""
    low = word.lower()
    begin = [item for item in items if item.text.lower().startswith(low) and item.text != word]
    inside = [item for item in items if len(low) > 1 and low in item.text.lower() and item not in begin]
    return begin + [item for item in inside if item.text != word]


def _operators(field: Field) -> list[Item]:
    words = {"==": "equals", "!=": "none equals", "in": "is one of {a, b..c}", "and": "both hold", "or": "one holds"}
    if field.type in ("text",):
        words |= {"contains": "holds this text, in any case", "~": 'fits a pattern: r"..."'}
    elif field.type != "bool":
        words |= {op: {"<": "less", "<=": "at most", ">": "more", ">=": "at least"}[op] for op in sorted(ORDERED)}
    return [Item(op, help) for op, help in words.items()]


def _compared(before: list[Token]) -> Field | None:
    """The field for which a value is wanted next."""
    at = len(before) - 1
    if at >= 0 and str(before[at].value) in ("{", ",", ".."):
        while at >= 0 and before[at].value != "{":
            at -= 1
        at -= 1
    if at < 1 or before[at].kind != "op" or str(before[at].value) not in (*COMPARISONS, "in"):
        return None
    if before[at].value == "in" and before[-1].value == "in":
        return None
    name = before[at - 1]
    return FIELDS.get(str(name.value)) if name.kind in ("field", "word") else None


def _value_items(field: Field, word: str, values: Values) -> list[Item]:
    if field.type == "bool":
        return _begin([Item("true", ""), Item("false", "")], word)
    if field.type == "duration":
        return _units(word, ("ms", "s", "min", "h"))
    if field.type != "text":
        return []
    low = word.strip("\"'").lower()
    found = dict.fromkeys([*KNOWN.get(field.name, ()), *values(field)])
    return [Item(quoted(value), "") for value in found if value.lower().startswith(low) and quoted(value) != word]


def _units(word: str, units: Sequence[str]) -> list[Item]:
    return [Item(word + unit, "") for unit in units] if word.replace(".", "").isdigit() else []


def quoted(value: str) -> str:
    """A value as a filter writes it."""
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_\-]*", value) and value not in ("and", "or", "not", "in", "all", "any"):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def moment(us: int) -> str:
    """A time (microseconds since the epoch) as a filter writes it."""
    return datetime.fromtimestamp(us / 1_000_000, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _tokens(text: str) -> list[Token]:
    try:
        return [token for token in tokens(text) if token.kind != "end"]
    except FilterError:
        return []


def hints(node: Node | None, *, values: Values = lambda field: ()) -> list[Hint]:
    """What is suspicious about a valid filter, the gravest first."""
    found = [hint for leaf in leaves(node) for hint in _leaf_hints(leaf, values)]
    return [Hint(message) for message in dict.fromkeys([*_contradictions(node), *found, *_negations(node)])]


def _leaf_hints(leaf: object, values: Values) -> list[str]:
    if isinstance(leaf, Member):
        name = leaf.operand.field.name
        backward = [f"{low}..{high}" for low, high in leaf.ranges if low > high]  # type: ignore[operator]
        said = [f"{name} in {{{words}}}: the range runs backwards, nothing is in it" for words in backward]
        return said + [text for value in leaf.values for text in _unknown(leaf.operand.field, value, values)]
    if not isinstance(leaf, Compare):
        return []
    field, value = leaf.operand.field, leaf.value
    if leaf.op in ("contains", "~"):
        return [f"every text fits {leaf.op} {value!r}"] if value == "" else []
    if isinstance(value, (int, float)) and not isinstance(value, bool) and field.type != "time":
        nothing = (leaf.op == "<" and value <= 0) or (leaf.op in ("<=", "==") and value < 0)
        everything = (leaf.op == ">=" and value <= 0) or (leaf.op == ">" and value < 0)
        if nothing or everything:
            return [f"{field.name} {leaf.op} {value} is {'never' if nothing else 'always'} true: it is not negative"]
    if field.type == "text" and leaf.op in ORDERED:
        return [f"{field.name} is text: {leaf.op} compares by the alphabet"]
    return _unknown(field, value, values) if leaf.op in ("==", "!=") else []


def _unknown(field: Field, value: object, values: Values) -> list[str]:
    if field.type != "text" or not isinstance(value, str) or field.name in ("body", "http.header"):
        return []
    known = KNOWN.get(field.name)
    if known is not None and value not in known:
        return [f"{field.name} is never {value!r}: it is one of {', '.join(known)}"]
    there = values(field)
    if there and len(there) < MOST and value not in there:
        return [f"no record here has {field.name} {value!r}; there is {', '.join(there[:4])}"]
    return []


def _negations(node: Node | None) -> list[str]:
    match node:
        case Not(Compare(operand, "!=", _)):
            return [f"not {operand.field.name} != ...: also where {operand.field.name} is missing"]
        case Not(part):
            many = [leaf.operand.field.name for leaf in leaves(part) if leaf.operand.field.many]
            return [f"not ... also keeps what has no {many[0]}; != asks that there is one"] if many else []
        case And(parts) | Or(parts):
            return [text for part in parts for text in _negations(part)]
    return []


def _contradictions(node: Node | None) -> list[str]:
    """One field that shall equal two values at once, or one `or` that leaves nothing out."""
    match node:
        case And(parts):
            equal: dict[str, object] = {}
            for part in parts:
                if isinstance(part, Compare) and part.op == "==" and not part.operand.field.many:
                    name = part.operand.field.name
                    if equal.setdefault(name, part.value) != part.value:
                        return [f"{name} cannot be {equal[name]!r} and {part.value!r} at once"]
            return [text for part in parts for text in _contradictions(part)]
        case Or(parts):
            for part in parts:
                if Not(part) in parts:
                    return ["one of the two sides of or always holds: everything fits"]
            return [text for part in parts for text in _contradictions(part)]
        case Not(part):
            return _contradictions(part)
    return []
