"""Usage objects of all wire APIs, brought to one meaning: input includes cached, output includes reasoning."""

from typing import Any

from ..model.call import Tokens

_impossible = 1 << 53
"""Counts from here on are no counts (and would not fit where numbers are kept)."""


def tokens(usage: dict[str, Any] | None) -> Tokens:
    """Normalised counts of one usage object.

    The names of its keys decide, not the API that carried it: proxies answer OpenAI shapes with Anthropic's usage.
    """
    if not usage:
        return Tokens()
    if "promptTokenCount" in usage or "candidatesTokenCount" in usage or "totalTokenCount" in usage:
        return _gemini(usage)
    if "inputTokens" in usage or "outputTokens" in usage:
        return _bedrock(usage)
    if "prompt_eval_count" in usage or "eval_count" in usage:
        return Tokens(input=_count(usage, "prompt_eval_count"), output=_count(usage, "eval_count"))
    if "prompt_tokens" in usage or "completion_tokens" in usage:
        return _chat(usage)
    if "cache_read_input_tokens" in usage or "cache_creation_input_tokens" in usage:
        return _anthropic(usage)
    return _responses(usage)


def _anthropic(usage: dict[str, Any]) -> Tokens:
    read, write = _count(usage, "cache_read_input_tokens"), _count(usage, "cache_creation_input_tokens")
    fresh = _count(usage, "input_tokens")
    return Tokens(
        input=None if fresh is None and read is None and write is None else (fresh or 0) + (read or 0) + (write or 0),
        output=_count(usage, "output_tokens"),
        cache_read=read,
        cache_write=write,
        reasoning=_count(usage, "output_tokens_details", "reasoning_tokens"),
    )


def _chat(usage: dict[str, Any]) -> Tokens:
    """`prompt_tokens_details` is OpenAI's; `prompt_cache_hit_tokens` DeepSeek's, `cached_tokens` Moonshot's."""
    read = _first(
        _count(usage, "prompt_tokens_details", "cached_tokens"),
        _count(usage, "cache_read_input_tokens"),
        _count(usage, "prompt_cache_hit_tokens"),
        _count(usage, "cached_tokens"),
    )
    write = _count(usage, "cache_creation_input_tokens")
    prompt = _count(usage, "prompt_tokens")
    if prompt is not None and prompt < (read or 0) + (write or 0):  # such a server leaves the cached ones out
        prompt += (read or 0) + (write or 0)
    return Tokens(
        input=prompt,
        output=_count(usage, "completion_tokens"),
        cache_read=read,
        cache_write=write,
        reasoning=_count(usage, "completion_tokens_details", "reasoning_tokens"),
    )


def _responses(usage: dict[str, Any]) -> Tokens:
    """A total alone is all input: embeddings and rerankings have no other."""
    return Tokens(
        input=_count(usage, "input_tokens" if "input_tokens" in usage or "output_tokens" in usage else "total_tokens"),
        output=_count(usage, "output_tokens"),
        cache_read=_count(usage, "input_tokens_details", "cached_tokens"),
        reasoning=_count(usage, "output_tokens_details", "reasoning_tokens"),
    )


def _bedrock(usage: dict[str, Any]) -> Tokens:
    """Amazon's Converse API counts cached tokens beside the input (Bedrock User Guide, "Prompt caching")."""
    read, written = _count(usage, "cacheReadInputTokens"), _count(usage, "cacheWriteInputTokens")
    input = _count(usage, "inputTokens")
    return Tokens(
        input=None if input is None else input + (read or 0) + (written or 0),
        output=_count(usage, "outputTokens"),
        cache_read=read,
        cache_write=written,
    )


def _gemini(usage: dict[str, Any]) -> Tokens:
    """Thoughts stand beside the candidates in Google's own API and inside them elsewhere: the total tells."""
    prompt, candidates = _count(usage, "promptTokenCount"), _count(usage, "candidatesTokenCount")
    thoughts, total = _count(usage, "thoughtsTokenCount"), _count(usage, "totalTokenCount")
    tool_use = _count(usage, "toolUsePromptTokenCount") or 0
    output = candidates
    if thoughts:
        beside = (prompt or 0) + (candidates or 0) + thoughts
        if total in (beside, beside + tool_use):
            output = (candidates or 0) + thoughts
    return Tokens(input=prompt, output=output, cache_read=_count(usage, "cachedContentTokenCount"), reasoning=thoughts)


def is_empty(usage: Any) -> bool:
    """Whether a usage object says nothing: absent, or every count in it is zero or null."""
    return not isinstance(usage, dict) or not any(
        not is_empty(member) if isinstance(member, dict) else member for member in usage.values()
    )


def _count(usage: dict[str, Any], name: str, inner: str | None = None) -> int | None:
    value = usage.get(name)
    if inner is not None:
        value = value.get(inner) if isinstance(value, dict) else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _impossible else None


def _first(*counts: int | None) -> int | None:
    return next((count for count in counts if count is not None), None)
