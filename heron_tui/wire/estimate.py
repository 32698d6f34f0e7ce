"""Tokens of a call where the wire says none: a rough count by size, always marked as an estimate."""

from ..model.call import CallRequest, CallResponse, Tokens

BYTES_OF_A_TOKEN = 4
"""English text has about four characters to a token (OpenAI's help on counting tokens); JSON and code have fewer."""


def estimate(request: CallRequest, response: CallResponse) -> Tokens:
    """Tokens by the bytes of the prompt and of the answer.

    Where the provider holds the history (``previous_response_id``), the request does not show what was read.
    """
    chained = "previous_response_id" in request.ids or "conversation" in request.ids
    prompt = sum([message.size for message in request.messages]) + sum([piece.size for piece in request.pieces])
    answer = [
        response.text,
        response.thinking,
        *(part for call in response.tool_calls for part in (call.name, call.raw)),
    ]
    said = sum([len(text.encode("utf-8", "replace")) for text in answer])
    return Tokens(input=None if chained else _tokens(prompt), output=_tokens(said))


def _tokens(size: int) -> int:
    return -(-size // BYTES_OF_A_TOKEN)
