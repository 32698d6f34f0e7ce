"""How a call ended, by the rules of the product's definitions."""

from ..model.call import CallResponse, Outcome
from ..model.http import ExchangeState


def outcome(
    state: ExchangeState, status: int | None, answer: CallResponse, streaming: bool, *, lossy: bool = False
) -> Outcome:
    """The outcome of a call whose exchange ended in `state`.

    A refused or failed call stays an error whatever became of its connection. An answer that reached its own end
    marker is whole even if the connection did not end well: clients hang up once they have what they wanted.

    Args:
        status: HTTP status; None where no response head was seen, and for messages over a WebSocket.
        streaming: whether the request asked for a stream. It only matters for an answer of which nothing says that it
            ended: the marker decides otherwise, since servers answer in either form.
        lossy: the capture lost bytes in which the end may stand.
    """
    if (status is not None and status >= 400) or answer.error_type is not None or answer.error_message is not None:
        return "error"
    if answer.ended and state != "no_response":
        return "ok"
    if state == "open":
        return "in_progress"
    if lossy:
        return "unknown"
    if state in ("no_response", "aborted"):
        return state
    redirected = status is not None and 300 <= status < 400
    if state == "complete" and (redirected or not (streaming or answer.content_events)):
        return "ok"
    return "truncated"
