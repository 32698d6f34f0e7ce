"""The durations of one call, from its times. All in microseconds of capture time."""


def ttft_us(
    t_request_end_us: int | None, t_response_us: int | None, t_first_token_us: int | None
) -> tuple[int | None, bool]:
    """Time to first token, and whether it is one of a stream.

    Streamed: first byte of the first event that carries generated content, from the last byte of the request. An answer
    that did not come as a stream has the start of its response instead, and False.
    """
    first = t_first_token_us if t_first_token_us is not None else t_response_us
    if t_request_end_us is None or first is None:
        return None, t_first_token_us is not None
    return first - t_request_end_us, t_first_token_us is not None


def e2e_us(t_request_us: int | None, t_end_us: int | None) -> int | None:
    """From the first byte of the request to the last byte of the response."""
    return None if t_request_us is None or t_end_us is None else t_end_us - t_request_us


def tpot_us(t_first_token_us: int | None, t_last_content_us: int | None, output_tokens: int | None) -> float | None:
    """Time per output token: from the first to the last event with content, over the tokens after the first.

    None for what was not streamed, and for fewer than two output tokens.
    """
    if t_first_token_us is None or t_last_content_us is None or output_tokens is None or output_tokens < 2:
        return None
    return (t_last_content_us - t_first_token_us) / (output_tokens - 1)
