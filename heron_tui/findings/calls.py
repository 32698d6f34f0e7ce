"""What is wrong with one call by itself."""

from collections.abc import Iterator

from ..core.model_names import bare
from ..model.finding import Finding, Severity
from .seen import Seen
from .words import count, cut, seconds

STALL_US = 10 * 1_000_000
"""Silence inside a stream that is worth a finding (product's table of findings)."""

ANY_MODEL = frozenset({"", "auto", "default", "model", "latest", "best", "fast"})
"""Names that ask for whatever model there is."""


def failed(call: Seen, retried: bool) -> Iterator[Finding]:
    """`call.error`, `call.aborted`, `call.no_response`, `stream.cut`. One that was tried again is no error yet."""
    severity: Severity = "warning" if retried else "error"
    again = "; the client tried again" if retried else ""
    place = call.last_packet or call.packet
    match call.outcome:
        case "error":
            if not call.chat:
                severity = "note"
            words = ": ".join([part for part in (call.error_type, cut(call.error_message or "", 160)) if part])
            where = "inside the stream" if call.streaming else "in the answer"
            status = f"status {call.status}" if call.status and call.status >= 400 else f"an error {where}"
            text = f"{status}{', ' + words if words else ''}{again}"
            yield Finding("call.error", severity, call.t_last_us, "call", call.id, text, place)
        case "aborted":
            after = f"after {count(call.content_events, 'content event')}" if call.content_events else "unanswered"
            left_us = call.t_last_us if call.t_end_us is None else call.t_end_us  # the server may go on a while
            text = f"the client went away {after}, {seconds(left_us - call.t_us)} into the call{again}"
            yield Finding("call.aborted", "warning", left_us, "call", call.id, text, place)
        case "no_response":
            text = (
                f"the connection ended without an answer, {seconds(call.t_last_us - call.t_us)} after the request began"
            )
            yield Finding("call.no_response", severity, call.t_last_us, "call", call.id, text + again, place)
        case "truncated":
            after = count(call.content_events, "content event")
            text = f"the answer broke off without its end marker after {after}{again}"
            yield Finding("stream.cut", severity, call.t_last_us, "call", call.id, text, place)


def stalled(call: Seen, now_us: int) -> Iterator[Finding]:
    """`stream.stall`: more than ten seconds of silence between two pieces of a stream, or since the last one."""
    if call.lossy:
        return  # what broke the silence may be what the capture lost
    silent_us = call.max_gap_us or 0
    if call.outcome == "in_progress" and call.t_content_us is not None:
        silent_us = max(silent_us, now_us - call.t_content_us)
    if silent_us > STALL_US:
        still = " and goes on" if call.outcome == "in_progress" and silent_us != call.max_gap_us else ""
        text = f"{seconds(silent_us)} of silence inside the stream{still}"
        yield Finding("stream.stall", "warning", call.t_us, "call", call.id, text, call.last_packet)


def other_model(call: Seen) -> Iterator[Finding]:
    """`call.model_mismatch`: the answer names another model than was asked for.

    Aliases are no mismatch: a dated version of what was asked (``gpt-5`` and ``gpt-5-2025-08-07``), ``-latest``, a
    vendor's name before it. Azure answers with the model behind a deployment whose name anybody may choose.
    """
    asked, answered = call.asked_model, call.model
    if not asked or not answered or not call.chat or call.provider == "azure":
        return
    if not same_model(asked, answered):
        text = f"asked for {cut(asked)}, answered by {cut(answered)}"
        yield Finding("call.model_mismatch", "warning", call.t_us, "call", call.id, text, call.last_packet)


def same_model(asked: str, answered: str) -> bool:
    """Whether two names may mean one model, as far as names can tell."""
    one, other = bare(asked), bare(answered)
    if one == other or one in ANY_MODEL:
        return True
    if one.endswith("-latest") or one.startswith("latest-"):
        words = set(one.split("-")) - {"latest"}
        return words <= set(other.split("-"))
    return bool(one) and other.startswith(one + "-") and other[len(one) + 1 :].replace("-", "").isdigit()
