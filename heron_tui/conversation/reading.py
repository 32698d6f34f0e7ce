"""Conversations of calls, read from a store when they are looked at."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import msgspec
from xxhash import xxh3_128_digest

from ..store.reader import Reader
from ..store.shapes import Record
from ..store.where import Where
from ..wire import lenient
from ..wire.body import Body, places
from .answers import answer
from .forms import FORMS
from .shapes import Conversation, Draft, Message, chained

MOST_KEPT = 32
MOST_DRAFTED = 64 << 20
"""Bytes of messages that are remembered."""
MOST_CHAINED = 10_000
"""Links of one chain of `previous_response_id` that are followed."""


class Drafts:
    """Messages that were read before, by their bytes: an agent resends its history with every call."""

    def __init__(self) -> None:
        self._known: dict[bytes, Draft | None] = {}
        self._bytes = 0

    def get(self, raw: msgspec.Raw, make: Callable[[Any], Draft | None]) -> Draft | None:
        """``make(value)`` of a message, read again only where its bytes are new."""
        key = xxh3_128_digest(raw)
        if key not in self._known:
            self._bytes += memoryview(raw).nbytes
            if self._bytes > MOST_DRAFTED:
                self._known.clear()
                self._bytes = 0
            self._known[key] = make(lenient.loads(raw))
        return self._known[key]


def request(wire_api: str, data: bytes, exchange: str = "", drafts: Drafts | None = None) -> Conversation:
    """What a request body holds.

    Args:
        wire_api: as in call records; a body of an API without a form has a `problem`.
        data: the decoded body.
        exchange: id of the exchange that carried it, for the messages' places.
        drafts: messages of this wire API that were read before.
    """
    form = FORMS.get(wire_api)
    if form is None:
        return Conversation(wire_api, problem=f"requests of {wire_api or 'no known API'} cannot be read whole")
    whole = Body(data)
    if not whole.members:
        return Conversation(
            wire_api, problem="the request is no whole JSON object" if data else "the request has no body"
        )
    body = form.inner(whole)
    drafts = drafts or Drafts()
    messages: list[Message] = []
    problem = ""
    name = next((name for name in form.messages if name in body), None)
    if name is not None:
        held = body.members[name]
        raws = [held] if bytes(memoryview(held)[:1]) == b'"' else lenient.elements(held)
        where: Sequence[tuple[int, int] | None] = places(data, raws) or [None] * len(raws)
        for raw, place in zip(raws, where, strict=True):
            draft = drafts.get(raw, form.message)
            if draft is None:
                problem = problem or f"message {len(messages) + 1} of the request is none"
            else:
                messages.append(draft.at(exchange, place))
    system, tools = tuple(form.system(body)), tuple(form.tools(body))
    return Conversation(wire_api, system, tools, tuple(messages), problem=problem)


class Conversations:
    """Conversations of a store's calls; those read last are kept. Belongs to the thread of its reader."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._kept: OrderedDict[str, Conversation] = OrderedDict()
        self._drafts: dict[str, Drafts] = {}

    def of(self, call: Record) -> Conversation:
        """The conversation of a call: what `previous_response_id` stands for is put before its own messages."""
        chain = [call]
        found = self._known(call["id"])
        missing: str | None = None
        seen = {call["id"]}
        while found is None:
            named = self._previous(chain[-1])
            if named is None:
                break
            before = self._answered(named, chain[-1])
            if before is None or before["id"] in seen or len(chain) >= MOST_CHAINED:
                missing = named
                break
            chain.append(before)
            seen.add(before["id"])
            found = self._known(before["id"])
        if found is None:
            found = self._keep(chain[-1], replace(self._own(chain[-1]), missing=missing))
        for link in reversed(chain[:-1]):
            found = self._keep(link, chained(self._own(link), found))
        return found

    def _known(self, id: str) -> Conversation | None:
        return self._kept.get(id)

    def _keep(self, call: Record, made: Conversation) -> Conversation:
        if call["outcome"] != "in_progress":
            self._kept[call["id"]] = made
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return made

    def _own(self, call: Record) -> Conversation:
        exchange = call.get("exchange") or ""
        drafts = self._drafts.setdefault(call["wire_api"], Drafts())
        made = request(call["wire_api"], self._reader.body(exchange, "request"), exchange, drafts)
        said, choices = answer(self._reader, call)
        return replace(made, answer=said, choices=choices)

    def _previous(self, call: Record) -> str | None:
        if call["wire_api"] != "openai-responses" or not call.get("exchange"):
            return None
        return Body(self._reader.body(call["exchange"], "request")).text("previous_response_id")

    def _answered(self, response: str, before: Record) -> Record | None:
        """The call before another one that was answered with a response; one on the same leg comes first."""
        where = Where("call.response_id = ? AND call.t_request_us < ?", (response, before["t_request_us"]))
        found = self._reader.rows("call", 0, 8, where=where, order="-t_request_us")
        same = [row for row in found if row["host"] == before["host"]]
        return next(iter(same or found), None)
