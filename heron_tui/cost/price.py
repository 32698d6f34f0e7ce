"""The price of one call."""

import math
from typing import Any

from ..model.call import Tokens
from ..model.headers import Headers, header
from .table import Model, Models

OWN_HARDWARE = frozenset({"ollama", "vllm", "sglang", "llamacpp", "lmstudio"})
"""Servers that people run themselves: a vendor's list price says nothing of them."""

MILLION = 1_000_000


def price(models: Models, name: str | None, provider: str | None, tokens: Tokens, usage: Any = None) -> float | None:
    """US dollars that a call cost by list price; None where model, prices or tokens are not known.

    Cached tokens have their own price; where the table has none for them, that of input.

    Args:
        usage: the usage object of the wire, which may say how long written tokens are kept (Anthropic's
            ``cache_creation.ephemeral_1h_input_tokens``).
    """
    model = models.find(name)
    if model is None or provider in OWN_HARDWARE or tokens.input is None or tokens.output is None:
        return None
    above = model.above is not None and tokens.input > model.above
    input = _either(model.input_above, model.input, above)
    output = _either(model.output_above, model.output, above)
    if input is None or output is None:
        return None
    read_price = _first(_either(model.cache_read_above, model.cache_read, above), input)
    write_price = _first(_either(model.cache_write_above, model.cache_write, above), input)
    read = min(tokens.cache_read or 0, tokens.input)
    written = min(tokens.cache_write or 0, tokens.input - read)
    hour = min(_kept_an_hour(usage), written)
    sum_ = (
        (tokens.input - read - written) * input
        + read * read_price
        + (written - hour) * write_price
        + hour * _first(model.cache_write_1h, write_price)
        + tokens.output * output
    )
    return sum_ / MILLION


def saved(model: Model, cached: int) -> float | None:
    """US dollars that `cached` tokens cost more when they have to be read anew."""
    if model.input is None or model.cache_read is None:
        return None
    return cached * (_first(model.cache_write, model.input) - model.cache_read) / MILLION


def _kept_an_hour(usage: Any) -> int:
    made = usage.get("cache_creation") if isinstance(usage, dict) else None
    count = made.get("ephemeral_1h_input_tokens") if isinstance(made, dict) else None
    return count if isinstance(count, int) and count > 0 else 0


def _either(above: float | None, usual: float | None, is_above: bool) -> float | None:
    return above if is_above and above is not None else usual


def _first(price: float | None, fallback: float) -> float:
    return fallback if price is None else price


def said(headers: Headers) -> float | None:
    """What a proxy says that a call cost (LiteLLM's ``x-litellm-response-cost``), US dollars."""
    text = header(headers, "x-litellm-response-cost")
    try:
        cost = float(text) if text else None
    except ValueError:
        return None
    return cost if cost is not None and 0 <= cost < math.inf else None
