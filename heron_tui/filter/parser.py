"""Filter text to its tree. Every mistake is named with its place."""

import difflib
import re
from collections.abc import Mapping

from .errors import FilterError
from .fields import FIELDS, Field
from .lexer import DURATIONS, Token, Value, tokens
from .tree import And, Compare, Member, Node, Not, Operand, Or, Present

COMPARISONS = {"==", "!=", "<", "<=", ">", ">=", "contains", "~"}
ORDERED = {"<", "<=", ">", ">="}
MAX_DEPTH = 100


def parse(text: str, saved: Mapping[str, str] | None = None) -> Node | None:
    """The tree of a filter; None for an empty one.

    Args:
        text: what was typed.
        saved: texts of saved filters by name, used as `$name`.

    Raises:
        FilterError: with the place and the mend.
    """
    if not text.strip():
        return None
    return _Parser(text, saved or {}).whole()


class _Parser:
    """Recursive descent: or < and < not < comparison."""

    def __init__(self, text: str, saved: Mapping[str, str], within: tuple[str, ...] = ()) -> None:
        self._text = text
        self._saved = saved
        self._within = within
        self._tokens = tokens(text)
        self._at = 0
        self._depth = 0

    @property
    def _now(self) -> Token:
        return self._tokens[self._at]

    def whole(self) -> Node:
        node = self._or()
        if self._now.kind != "end":
            raise self._error("and, or, or the end of the filter was expected here")
        return node

    def _or(self) -> Node:
        parts = [self._and()]
        while self._take("or"):
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _and(self) -> Node:
        parts = [self._not()]
        while self._take("and"):
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _not(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._error(f"nested deeper than {MAX_DEPTH}")
        try:
            if self._take("not"):
                return Not(self._not())
            if self._take("("):
                node = self._or()
                self._expect(")", "a closing parenthesis")
                return node
            return self._comparison()
        finally:
            self._depth -= 1

    def _comparison(self) -> Node:
        every = self._quantifier()
        token = self._now
        if token.kind == "word" and str(token.value).startswith("$"):
            return self._saved_filter()
        if token.kind in ("number", "text", "time") and self._at and self._tokens[self._at - 1].value in ("or", "and"):
            raise self._error("each side names its field; for one of several values: field in {a, b}")
        if token.kind not in ("field", "word"):
            raise self._error('a field was expected here, as in call.model == "..."')
        field = self._field(token)
        self._at += 1
        operand = Operand(field, self._key(field), every)
        op = str(self._now.value) if self._now.kind == "op" else ""
        if op == "in":
            self._at += 1
            return self._member(operand)
        if op in COMPARISONS:
            self._at += 1
            return self._compare(operand, op)
        if every:
            raise self._error('all wants a comparison, as in all tool.name == "..."')
        return Present(operand)

    def _quantifier(self) -> bool:
        if self._now.kind == "op" and self._now.value in ("any", "all"):
            self._at += 1
            return self._tokens[self._at - 1].value == "all"
        return False

    def _saved_filter(self) -> Node:
        name = str(self._now.value)[1:]
        if name not in self._saved:
            near = difflib.get_close_matches(name, self._saved, 1)
            raise self._error(f"no saved filter ${name}" + (f"; did you mean ${near[0]}?" if near else ""))
        if name in self._within:
            raise self._error(f"the saved filter ${name} uses itself")
        self._at += 1
        return _Parser(self._saved[name], self._saved, (*self._within, name)).whole()

    def _field(self, token: Token) -> Field:
        field = FIELDS.get(str(token.value))
        if field is None:
            near = _near(str(token.value))
            mend = f"did you mean {' or '.join(near)}?" if near else "fields are named like call.model (docs/filter.md)"
            raise self._error(f"no field {token.value}; {mend}")
        return field

    def _key(self, field: Field) -> str | None:
        wants = field.name == "http.header"
        if not self._take("["):
            if wants:
                raise self._error('a header is named like this: http.header["user-agent"]')
            return None
        if not wants:
            raise self._error(f"{field.name} takes no name in brackets", -1)
        if self._now.kind != "text":
            raise self._error("the header's name stands in quotes")
        name = str(self._now.value)
        self._at += 1
        self._expect("]", "a closing bracket")
        return name.lower()

    def _compare(self, operand: Operand, op: str) -> Compare:
        token = self._now
        if op == "~":
            if token.kind not in ("regex", "text"):
                raise self._error('matches wants a pattern: r"..."')
            try:
                re.compile(str(token.value))
            except re.error as error:
                raise self._error(f"not a pattern: {error}") from None
            self._at += 1
            return Compare(operand, "~", str(token.value))
        if op == "contains" and token.kind == "text":  # of any field: it looks at the text form
            self._at += 1
            return Compare(operand, "contains", str(token.value))
        value = self._value(operand.field)
        if op == "contains" and not isinstance(value, str):
            raise self._error('contains wants a text: "..."', -1)
        if op in ORDERED and isinstance(value, bool):
            raise self._error("true and false have no order", -1)
        return Compare(operand, op, value)  # type: ignore[arg-type]

    def _member(self, operand: Operand) -> Member:
        self._expect("{", "{ after in")
        values: list[Value] = []
        ranges: list[tuple[Value, Value]] = []
        while True:
            low = self._value(operand.field)
            if self._take(".."):
                ranges.append((low, self._value(operand.field)))
            else:
                values.append(low)
            if self._take("}"):
                return Member(operand, tuple(values), tuple(ranges))
            self._expect(",", "a comma or }")

    def _value(self, field: Field) -> Value:
        """A literal that fits the field's type."""
        token = self._now
        if token.kind in ("op", "end"):
            raise self._error(f"a value for {field.name} was expected here")
        value = token.value
        if token.kind == "word" and value in ("true", "false"):
            value = value == "true"
        if field.type == "text":
            if token.kind == "regex":
                raise self._error("a pattern goes with matches (~)")
            value = self._text[token.at : token.end] if token.kind in ("number", "time") else str(value)
        elif field.type == "bool":
            if not isinstance(value, bool):
                raise self._error(f"{field.name} is true or false")
        elif isinstance(value, (str, bool)):
            raise self._error(
                f"{field.name} wants {'an' if field.type == 'int' else 'a'} {field.type}, as in {_example(field)}"
            )
        elif field.type == "duration" and token.unit not in DURATIONS and value != 0:
            raise self._error(f"a duration needs its unit, as in {_example(field)}")
        self._at += 1
        return value

    def _take(self, symbol: str) -> bool:
        if self._now.kind == "op" and self._now.value == symbol:
            self._at += 1
            return True
        return False

    def _expect(self, symbol: str, words: str) -> None:
        if not self._take(symbol):
            raise self._error(f"{words} was expected here")

    def _error(self, message: str, step: int = 0) -> FilterError:
        token = self._tokens[self._at + step]
        return FilterError(message, self._text, token.at, token.end)


def _example(field: Field) -> str:
    examples = {"duration": "> 350ms", "time": "> 2026-01-31T12:00:00Z", "int": "> 1k", "number": "> 0.5"}
    return f"{field.name} {examples[field.type]}"


def _near(name: str) -> list[str]:
    """What may have been meant: fields with that name behind their scope, those that hold it there, or alike ones."""
    last = {field: field.rpartition(".")[2] for field in FIELDS}
    named = [field for field in FIELDS if last[field] == name.lower()]
    held = [field for field in FIELDS if len(name) > 2 and name.lower() in last[field]]
    return (named or held or difflib.get_close_matches(name, FIELDS, 3, 0.6))[:3]
