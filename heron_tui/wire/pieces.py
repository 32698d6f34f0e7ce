"""What stands before the messages of a prompt, piece by piece: definitions of tools and blocks of system text.

Two requests of a session are compared by these to say where a prompt stopped being the beginning of the next one.
"""

from collections.abc import Iterator
from typing import Any

from xxhash import xxh3_64_intdigest

from ..model.call import Piece
from . import digest, lenient
from .body import Body

_LISTS = ("functionDeclarations", "function_declarations", "tools")
"""Members of a tool that hold tools themselves: Gemini's declarations, Responses' namespaces."""


def of(body: Body, *, tools: tuple[str, ...] = ("tools",), system: tuple[str, ...] = ("system",)) -> tuple[Piece, ...]:
    """The pieces in the members named, each read again only when its bytes are new."""
    found: tuple[Piece, ...] = ()
    for name in tools:
        found += body.remembered("pieces tools", name, _tools, ())
    for name in system:
        found += body.remembered("pieces system", name, _system, ())
    return found


def _tools(value: Any) -> tuple[Piece, ...]:
    return tuple([Piece("tool", name, *_weigh(tool)) for name, tool in _each_tool(value)])


def _each_tool(value: Any) -> Iterator[tuple[str, Any]]:
    for tool in map(lenient.mapping, lenient.sequence(value)):
        inner = next((tool[name] for name in _LISTS if isinstance(tool.get(name), list)), None)
        if inner is not None:
            yield from _each_tool(inner)
            continue
        named = next(
            (lenient.mapping(tool.get(name)) for name in ("function", "custom", "toolSpec") if name in tool), tool
        )
        yield lenient.text(named.get("name") or tool.get("type") or next(iter(tool), "")), tool


def _system(value: Any) -> tuple[Piece, ...]:
    if isinstance(value, dict):
        value = value.get("parts", value)
    blocks = value if isinstance(value, list) else [value]
    return tuple([Piece("system", str(n), *_weigh(block)) for n, block in enumerate(blocks, 1) if block])


def _weigh(value: Any) -> tuple[int, int]:
    data = digest.encode(digest.canonical(value))
    return xxh3_64_intdigest(data), len(data)
