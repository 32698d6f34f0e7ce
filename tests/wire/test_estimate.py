"""Tokens by size, where the wire says none."""

from heron_tui.model.call import CallRequest, CallResponse, Piece, Tokens, ToolCall
from heron_tui.wire.estimate import estimate
from tests.agents.build import user


def request(*messages, **more) -> CallRequest:
    return CallRequest("openai-chat", "chat", "m", True, messages=messages, **more)


def test_four_bytes_are_a_token():
    hello = user("hello")
    asked = request(hello, pieces=(Piece("tool", "Bash", 1, 400),))
    answered = CallResponse(text="é" * 10, thinking="x" * 20, tool_calls=(ToolCall("t1", "Bash", {}, '{"a":1}'),))
    assert estimate(asked, answered) == Tokens(input=-(-(hello.size + 400) // 4), output=-(-(20 + 20 + 4 + 7) // 4))


def test_a_history_that_the_provider_holds_cannot_be_weighed():
    assert estimate(request(user("x"), ids={"previous_response_id": "r1"}), CallResponse(text="abcd")).input is None
