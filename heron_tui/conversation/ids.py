"""Ids of tool calls, which proxies change: ``call_x``, ``callx`` and ``toolu_x`` may be the same."""

from ..wire.digest import plain_id

__all__ = ["plain_id"]
