"""How calls end, by the product's definitions."""

import pytest

from heron_tui.model.call import CallResponse
from heron_tui.wire.outcome import outcome

SILENT = CallResponse()
PART = CallResponse(text="a", content_events=1)
WHOLE = CallResponse(text="a", content_events=1, ended=True)
FAILED = CallResponse(error_type="overloaded_error")
UNNAMED = CallResponse(error_message="boom")


@pytest.mark.parametrize(
    ("state", "status", "answer", "streaming", "expected"),
    [
        ("complete", 200, WHOLE, True, "ok"),
        ("complete", 200, PART, True, "truncated"),
        ("complete", 200, PART, False, "truncated"),  # a stream, though none was asked for
        ("complete", 200, SILENT, True, "truncated"),
        ("complete", 200, SILENT, False, "ok"),
        ("complete", 307, SILENT, True, "ok"),
        ("complete", 429, SILENT, True, "error"),
        ("complete", 200, FAILED, True, "error"),
        ("complete", 200, UNNAMED, True, "error"),
        ("cut", 200, PART, True, "truncated"),
        ("cut", 200, SILENT, False, "truncated"),
        ("cut", 200, WHOLE, True, "ok"),
        ("cut", 500, SILENT, False, "error"),
        ("aborted", 200, PART, True, "aborted"),
        ("aborted", None, SILENT, True, "aborted"),
        ("aborted", 200, WHOLE, True, "ok"),
        ("aborted", 200, FAILED, True, "error"),
        ("no_response", None, SILENT, True, "no_response"),
        ("open", None, SILENT, True, "in_progress"),
        ("open", 200, PART, True, "in_progress"),
        ("open", 200, WHOLE, True, "ok"),
        ("open", 200, FAILED, True, "error"),
        ("complete", None, WHOLE, True, "ok"),  # messages over a WebSocket have no status
    ],
)
def test_outcome(state, status, answer, streaming, expected):
    assert outcome(state, status, answer, streaming) == expected
