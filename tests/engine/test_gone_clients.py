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


def test_an_answer_that_had_said_all_ended_with_its_last_byte(stores):
    """That its client then closed the connection, before the framing's own end, is no part of the call."""
    reader = Reader(stores("mcp-http"))
    left = {one["id"]: one for one in reader.rows("exchange", 0, 99) if one["state"] == "aborted"}
    said_all = [call for call in reader.rows("call", 0, 99) if call["outcome"] == "ok" and call["exchange"] in left]
    reader.close()
    assert len(said_all) == 2
    for call in said_all:
        assert call["t_response_us"] <= call["t_end_us"] < left[call["exchange"]]["t_end_us"]
