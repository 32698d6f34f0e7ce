"""What a response has said so far: wire APIs put pieces in, anyone may look at any time."""

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Literal

from ..model.call import CallResponse, ToolCall
from ..model.http import EventBatch
from . import digest, lenient
from .tokens import is_empty, tokens

BlockKind = Literal["text", "thinking", "tool", "custom", "server", "other"]
Key = tuple[int, ...]

_CALLS = frozenset({"tool", "custom", "server"})

TEXT_LIMIT = 64 << 20
"""Bytes of events whose text is kept; behind that only times, usage and the end still count."""

ERROR_LIMIT = 4096


class Block:
    """One part of an answer: text, thinking, or a tool call, in the pieces it came in.

    `whole` holds what came at once: the arguments as an object, or a final form that replaces the pieces. A `server`
    block is a tool that the API runs itself, a `custom` one a tool call whose argument is free text.
    """

    __slots__ = ("id", "kind", "name", "namespace", "pieces", "whole")

    def __init__(self, kind: BlockKind, id: Any = None, name: Any = None, whole: Any = None) -> None:
        self.kind = kind
        self.id = id
        self.name = name
        self.namespace: Any = None
        self.pieces: list[str] = []
        self.whole = whole

    @property
    def text(self) -> str:
        if isinstance(self.whole, str):
            return self.whole
        if len(self.pieces) > 1:
            self.pieces[:] = ["".join(self.pieces)]
        return self.pieces[0] if self.pieces else ""

    @property
    def call(self) -> ToolCall:
        if self.kind == "custom":
            return digest.free_call(self.id, self.name, lenient.whole(self.text), self.namespace)
        text = self.text
        arguments = lenient.whole(text) if text or self.whole is None else self.whole
        return digest.tool_call(self.id, self.name, arguments, self.namespace)


class Answer:
    """Base of the wire APIs' answers.

    A wire API overrides `take` (events of a stream) and `read` (a whole JSON body), both of which fill the attributes
    below and `blocks`.

    Attributes:
        blocks: by place in the answer (choice or output item first), which also is the order in which they are told.
        finishes: finish word of each choice.
        usage: as on the wire; the last one that says anything wins (`use`).
        ids_in_keys: False where tool calls may come without ids.
        one_message: True where a client sends the whole answer back as one message.
        tells_alone: True where `take` enters into `alone` the places of the events that it reads one by one.
    """

    ids_in_keys = True
    one_message = True
    tells_alone = False

    def __init__(self) -> None:
        self.blocks: dict[Key, Block] = {}
        self.finishes: dict[int, str] = {}
        self.model: str | None = None
        self.id: str | None = None
        self.ended = False
        self.error_type: str | None = None
        self.error_message: str | None = None
        self.refusal: list[str] = []
        self.usage: dict[str, Any] | None = None
        self.served_by: str | None = None
        self.served_why: str | None = None
        self.alone: list[int] = []
        self._first_us: int | None = None
        self._last_us: int | None = None
        self._content_events = 0
        self._max_gap_us: int | None = None
        self._bytes = 0

    def take(self, names: Sequence[str], data: list[bytes]) -> list[int]:
        """Fold events; answers the places of those that carry generated content."""
        raise NotImplementedError

    def read(self, value: Any) -> None:
        """Fold a whole JSON body."""
        raise NotImplementedError

    def events(self, batch: EventBatch) -> None:
        """Fold a batch of events, with their times."""
        if not batch.data:
            return
        self.alone = []
        hits = self.take_bounded(batch.names, batch.data, batch.ends.item(-1) - batch.starts.item(0))
        batch.alone = self.alone if self.tells_alone else None
        if not hits:
            return
        self._content_events += len(hits)
        at, first, last = batch.t_us, hits[0], hits[-1] + 1
        times = at[first:last] if len(hits) == last - first else at[hits]
        if self._last_us is None:
            self._first_us = times.item(0)
        else:
            self._max_gap_us = max(self._max_gap_us or 0, times.item(0) - self._last_us)
        self._last_us = times.item(-1)
        if len(times) > 1:
            self._max_gap_us = max(self._max_gap_us or 0, int((times[1:] - times[:-1]).max()))

    def take_bounded(self, names: Sequence[str], data: list[bytes], size: int) -> list[int]:
        """`take`, which keeps no more text once there is too much of it; `size` is that of the events, in bytes."""
        self._bytes += size
        if self._bytes <= TEXT_LIMIT:
            return self.take(names, data)
        kept = {key: list(block.pieces) for key, block in self.blocks.items()}
        hits = self.take(names, data)
        for key in list(self.blocks):
            if key in kept:
                self.blocks[key].pieces = kept[key]
            else:
                del self.blocks[key]
        return hits

    def block(self, key: Key, kind: BlockKind) -> Block:
        """The block at a place, made if there is none."""
        block = self.blocks.get(key)
        if block is None:
            block = self.blocks[key] = Block(kind)
        return block

    def serve(self, by: str, why: str) -> None:
        """Note what gives the server away."""
        self.served_by, self.served_why = by, why

    def use(self, usage: Any) -> None:
        if not is_empty(usage):
            self.usage = lenient.clean(usage)

    def fail(self, error: Any) -> None:
        """Note an error object in any of its forms.

        Google says `status`, OpenAI `code` and `type`, Anthropic `type`, FastAPI `detail`, Ollama only a text.
        """
        if isinstance(error, str):
            error = {"message": error}
        found = lenient.mapping(error)
        if isinstance(inner := found.get("error"), dict | str):
            return self.fail(inner)
        message = found.get("message") or found.get("detail") or found.get("msg")
        if message is not None and not isinstance(message, str):
            message = str(message)
        self.error_type = _error_word(found) or self.error_type
        self.error_message = (lenient.text(message) or self.error_message or "")[:ERROR_LIMIT]
        return None

    def snapshot(self) -> CallResponse:
        """The answer so far."""
        blocks = [self.blocks[key] for key in sorted(self.blocks)]
        counted = tokens(self.usage)
        calls = {key: self.blocks[key].call for key in sorted(self.blocks) if self.blocks[key].kind in _CALLS}
        return CallResponse(
            model=lenient.some(self.model),
            id=lenient.some(self.id),
            finish=lenient.some(self.finishes[min(self.finishes)]) if self.finishes else None,
            ended=self.ended,
            error_type=self.error_type,
            error_message=self.error_message,
            refusal=lenient.whole("".join(self.refusal)) or None,
            text=_join(blocks, "text"),
            thinking=_join(blocks, "thinking"),
            tool_calls=tuple([call for key, call in calls.items() if self.blocks[key].kind != "server"]),
            usage=self.usage,
            tokens=counted,
            choices=max(1, len({key[0] for key in self.blocks} | set(self.finishes)) if self.one_message else 1),
            t_first_token_us=self._first_us,
            t_last_content_us=self._last_us,
            content_events=self._content_events,
            max_gap_us=self._max_gap_us,
            server_calls=tuple([call for key, call in calls.items() if self.blocks[key].kind == "server"]),
            served_by=self.served_by,
            served_why=self.served_why,
            answer_keys=self._keys(calls),
        )

    def _keys(self, calls: dict[Key, ToolCall]) -> tuple[bytes, ...]:
        """Keys of the messages that a client will send back for this answer."""
        said = [key for key in sorted(self.blocks) if self.blocks[key].kind in ("text", "tool", "custom")]
        if not said:
            return ()
        if self.one_message:
            first = min(key[0] for key in said)
            groups = [[key for key in said if key[0] == first]]
        else:
            groups = [list(group) for _, group in groupby(said, itemgetter(0))]
        return tuple([self._group_key(group, calls) for group in groups])

    def _group_key(self, group: list[Key], calls: dict[Key, ToolCall]) -> bytes:
        texts = [lenient.whole(self.blocks[key].text) for key in group if key not in calls]
        asked = [calls[key] for key in group if key in calls]
        return digest.meaning("assistant", texts, asked, ids=self.ids_in_keys)


def _error_word(error: dict[str, Any]) -> str | None:
    """The word for an error, a name before a number: LiteLLM writes the status as text, and "None" for nothing."""
    words = [error.get(name) for name in ("status", "code", "type")]
    told = [str(word) for word in words if isinstance(word, str | int) and word not in ("", "None", "error")]
    names = [word for word in told if not word.isdigit()]
    return next(iter(names or told), None)


def _join(blocks: list[Block], kind: BlockKind) -> str:
    return lenient.whole("".join([block.text for block in blocks if block.kind == kind]))
