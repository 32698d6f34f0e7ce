"""One call under way: what its request asked, and what its response has said so far."""

from collections.abc import Callable
from dataclasses import replace

from ..model.call import CallRequest, CallResponse
from ..model.http import EventBatch, ExchangeEnd, Response
from . import late, lenient
from .answer import Answer
from .api import WireApi


class Fold:
    """Folds the response of one exchange; `request` is what was asked.

    Whether the answer is a stream or one JSON body is decided by what comes, not by what was asked for. What comes may
    also show another API than the request did (`turns_out`, see `WireApi`): `request` then names that one.
    """

    def __init__(
        self, request: CallRequest, answer: Answer, turns_out: Callable[[bytes], WireApi | None] | None = None
    ) -> None:
        self.request = request
        self._answer = answer
        self._turns_out = turns_out
        self._status: int | None = None
        self._streamed = False

    def respond(self, response: Response) -> None:
        """The head of the response has come."""
        self._status = response.status

    def events(self, batch: EventBatch) -> None:
        """Events of the response have come."""
        if batch.data:
            self._streamed = True
            self._settle(batch.data[0])
            self._answer.events(batch)

    def hear(self, data: bytes) -> None:
        """The whole answer has come, on another exchange."""
        self._answer.take([""], [data])

    def end(self, end: ExchangeEnd) -> None:
        """The exchange has ended; a body that did not come as events is read now."""
        if not self._streamed and end.body:
            self._settle(end.body)
            self._body(end)
        elif not self._streamed and end.state == "complete":
            self._answer.ended = not self.request.streaming or self.request.operation != "chat"

    def answer(self) -> CallResponse:
        """What the response has said so far."""
        return self._answer.snapshot()

    def _settle(self, data: bytes) -> None:
        """Which API it is, once the first of the answer has come."""
        if self._turns_out:
            if api := self._turns_out(data):
                self.request, self._answer = replace(self.request, wire_api=api.name), api.answer()
            self._turns_out = None

    @property
    def _refused(self) -> bool:
        return self._status is not None and self._status >= 400

    def _body(self, end: ExchangeEnd) -> None:
        whole = end.state == "complete"
        value = lenient.loads(end.body)
        if value is None and (data := late.split(end.body)):
            self._answer.take_bounded([""] * len(data), data, len(end.body))
        elif isinstance(value, dict | list):
            self._answer.ended = whole
            self._read(value)
        elif self.request.operation != "chat" or end.dropped:
            self._answer.ended = whole
        elif whole and not self._refused and end.error is None:
            self._answer.fail({"type": "invalid_answer", "message": "the answer is not JSON"})
        if self._refused and self._answer.error_message is None:
            text = end.body[:400].decode("utf-8", "replace")
            self._answer.fail({"message": text.strip()})

    def _read(self, value: object) -> None:
        if self._refused:
            self._answer.fail(value[0] if isinstance(value, list) and value else value)
            self._answer.ended = True
        else:
            self._answer.read(value)
