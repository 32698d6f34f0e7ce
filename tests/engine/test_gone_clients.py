"""Clients that go away: in a stream, before the answer, and within their own request."""

from heron_tui.store.reader import Reader


def test_what_is_said_of_each(stores):
    reader = Reader(stores("sdk-abort"))
    calls = reader.rows("call", 0, 99)
    said = {finding["ref"]: finding["text"] for finding in reader.rows("finding", 0, 99) if finding["scope"] == "call"}
    reader.close()
    assert {call["outcome"] for call in calls} == {"aborted"}
    assert [said[call["id"]] for call in calls] == [
        "the client went away after 6 content events, 860 ms into the call",
        "the client went away unanswered, 402 ms into the call; the client tried again",
        "the client went away unanswered, 410 ms into the call",
        "the client went away unanswered, 31 ms into the call",
        "the client went away unanswered, 0 ms into the call",
    ]


def test_tokens_of_a_request_that_is_not_whole_are_not_estimated(stores):
    reader = Reader(stores("sdk-abort"))
    *whole, half = reader.rows("call", 0, 99)
    reader.close()
    assert all(call["tokens_estimated"] and call["input_tokens"] for call in whole)
    assert (half["tokens_estimated"], half["input_tokens"]) == (False, None)
