"""Joins calls to MCP servers to the tool calls of models that they carry out."""

from . import links
from .facts import Run
from .ledger import Ask, Ledger, Placed


def enter(ledger: Ledger, node: Placed) -> None:
    """Enter which tool call an MCP call runs: the latest that fits, of the same process or machine if there is one."""
    run = node.asked.tool
    if run is None:
        return
    waiting = [ask for ask in ledger.runnable[run.arguments][-links.SEEN :] if _fits(ledger, ask, run, node)]
    if waiting:
        ask = max(waiting, key=lambda ask: (_nearness(ask, node), ask.call.asked.order, -ask.place))
        ledger.ran.enter(node.trail, ask.key, node)


def _fits(ledger: Ledger, ask: Ask, run: Run, node: Placed) -> bool:
    """Whether the tool call has the name, no result yet, and nobody who ran it."""
    return (
        _is_named(ask.tool.name, run.name)
        and node.t_us - ask.call.t_us <= links.FORGET_US
        and not ledger.results[ask.key]
        and not ledger.ran[ask.key]
    )


def _is_named(asked: str, run: str) -> bool:
    """Agents put the server before the name: ``mcp__SERVER__NAME``, ``SERVER_NAME``, ``SERVER.NAME``."""
    before = asked[: -len(run)]
    return asked == run or (asked.endswith(run) and not before[-1:].isalnum())


def _nearness(ask: Ask, node: Placed) -> tuple[bool, ...]:
    one, other = ask.call.asked, node.asked
    return one.pid is not None and one.pid == other.pid, one.machine == other.machine
