"""The conversation that a request carries: its states, where the model had answered, and what is new at its end."""

from collections.abc import Sequence
from dataclasses import dataclass

from .said import SILENT, Result, Said

BOUNDARIES = 24
RECENT = 16

_multiplier = 0x9E3779B97F4A7C15
_mask = (1 << 64) - 1


def extend(state: int, key: int) -> int:
    """The state of a conversation after one more message."""
    return (state * _multiplier + key) & _mask


@dataclass(frozen=True, slots=True)
class Boundary:
    """A place in a history where the model had answered: the states before and after, and the answer's marks."""

    before: int
    after: int
    marks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class History:
    """What a request's messages say.

    Attributes:
        state: of the whole conversation.
        boundaries: the last `BOUNDARIES` places where the model had answered, latest first, and the very first.
        opens: no assistant has spoken yet. first_words: hash of the first words of a user (the task of a sub-agent).
        typed: a user speaks at the end; prompt: what. last_prompt: the last words of a user wherever they stand, and
            last_words their hash.
        steering, notified: of the messages behind the last answer.
        results: tool results in the last `RECENT` messages, oldest first; the last `new_results` of them stand behind
            the last answer.
    """

    state: int
    boundaries: tuple[Boundary, ...]
    opens: bool
    first_words: int
    typed: bool
    prompt: str
    last_prompt: str
    last_words: int
    steering: str
    notified: tuple[str, ...]
    results: tuple[Result, ...]
    new_results: int


def read(said: Sequence[Said]) -> History:
    """Read a conversation from its messages, oldest first."""
    state, boundaries = _walk(said)
    tail = said[_end_of_answers(said) :]
    typed = _is_typed(tail)
    last = next((one for one in reversed(said) if one.text), SILENT)
    return History(
        state=state,
        boundaries=boundaries,
        opens=not any(one.assistant for one in said),
        first_words=next((one.words for one in said if one.text), 0),
        typed=typed,
        prompt=next((one.text for one in reversed(tail) if one.typed), "") if typed else "",
        last_prompt=last.text,
        last_words=last.words,
        steering="\n\n".join([one.steering for one in tail if one.steering]),
        notified=tuple([id for one in tail for id in one.notified]),
        results=tuple([result for one in said[-RECENT:] for result in one.results]),
        new_results=sum(len(one.results) for one in tail[-RECENT:]),
    )


def _walk(said: Sequence[Said]) -> tuple[int, tuple[Boundary, ...]]:
    """The state at the end, and the boundaries: an answer is a run of what the assistant says.

    Tool results end a run but do not change the state: agents shorten, move and drop old results.
    """
    state = before = 0
    marks: tuple[int, ...] | None = None
    found: list[Boundary] = []
    for one in said:
        key = one.key
        if one.assistant:
            if key and marks is None:
                before, marks = state, one.marks
        elif marks is not None and (key or one.results):
            found.append(Boundary(before, state, marks))
            marks = None
        if key:
            state = extend(state, key)
    if marks is not None:
        found.append(Boundary(before, state, marks))
    late = found[: -BOUNDARIES - 1 : -1]
    return state, tuple(late if len(found) <= BOUNDARIES else [*late, found[0]])


def _end_of_answers(said: Sequence[Said]) -> int:
    """Where the messages behind the last answer begin. An answer begun for the model (a prefill) is none."""
    end = len(said)
    while end and said[end - 1].assistant and not said[end - 1].calls and said[end - 1].key:
        end -= 1
    if not end:
        return 0
    return next((place + 1 for place in range(end - 1, -1, -1) if said[place].assistant), 0)


def _is_typed(tail: Sequence[Said]) -> bool:
    """Whether the last of these messages that says anything is a user's."""
    for one in reversed(tail):
        if one.typed:
            return True
        if one.results or one.key:
            return False
    return False
