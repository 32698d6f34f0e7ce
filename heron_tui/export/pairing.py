"""Which tool call each tool result answers. APIs and proxies differ: ids may be changed on the way, or be none."""

from collections.abc import Sequence

from ..conversation.ids import plain_id
from ..conversation.shapes import Part
from .reasons import Refused
from .said import Said

Ids = dict[tuple[int, int], str]
"""By place of the message and of the part in it: the id of a tool call, or of the call that a result answers."""


def ids(said: Sequence[Said]) -> Ids:
    """An id for each tool call and result; calls without one get ``call_MESSAGE_PART``.

    Raises:
        Refused: a result answers no open call, or a call is left without a result though the conversation goes on.
    """
    found: Ids = {}
    waiting: dict[str, Part] = {}
    for place, one in enumerate(said):
        if one.role != "tool" and waiting:
            raise Refused("unanswered", next(iter(waiting.values())).name)
        if one.role == "assistant":
            for at, part in enumerate(one.parts):
                if part.kind == "tool_call":
                    id = part.id if part.id and part.id not in waiting else f"call_{place}_{at}"
                    found[place, at] = id
                    waiting[id] = part
        elif one.role == "tool":
            id = _answered(one.parts[0], waiting)
            found[place, 0] = id
            del waiting[id]
    return found


def _answered(result: Part, waiting: dict[str, Part]) -> str:
    if result.id in waiting:
        return result.id
    if result.id:
        plain = plain_id(result.id)
        same = [id for id in waiting if plain_id(id) == plain]
    else:
        same = [id for id, part in waiting.items() if not result.name or part.name == result.name]
    if not same:
        raise Refused("orphan", result.name or result.id)
    return same[0]
