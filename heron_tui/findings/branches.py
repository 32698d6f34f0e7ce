"""Calls in the order of their requests, by the agent or sub-agent of a session that made them."""

from bisect import bisect_left, insort

Branch = tuple[str, str | None]
"""Session, and sub-agent (None: the main agent)."""
Order = tuple[int, str]


class Branches:
    """Which call came before which. A call is in one branch at a time."""

    def __init__(self) -> None:
        self._orders: dict[Branch, list[Order]] = {}
        self._of: dict[str, tuple[Branch, Order]] = {}

    def move(self, order: Order, branch: Branch | None) -> set[str]:
        """Put a call where it belongs; answers the calls that follow it, before and after, whose view has changed."""
        known = self._of.get(order[1])
        if known and known[0] == branch:
            return set()
        touched = self.drop(order[1])
        if branch is not None:
            insort(self._orders.setdefault(branch, []), order)
            self._of[order[1]] = branch, order
            touched |= set(self.after(order[1], 1))
        return touched

    def drop(self, call: str) -> set[str]:
        """Take a call out; answers the one that followed it."""
        if call not in self._of:
            return set()
        following = set(self.after(call, 1))
        branch, order = self._of.pop(call)
        orders = self._orders[branch]
        del orders[bisect_left(orders, order)]
        if not orders:
            del self._orders[branch]
        return following

    def before(self, call: str, most: int) -> list[str]:
        """The calls before, the nearest first."""
        found = self._place(call)
        return [id for _, id in reversed(found[0][max(found[1] - most, 0) : found[1]])] if found else []

    def after(self, call: str, most: int) -> list[str]:
        found = self._place(call)
        return [id for _, id in found[0][found[1] + 1 : found[1] + 1 + most]] if found else []

    def _place(self, call: str) -> tuple[list[Order], int] | None:
        if call not in self._of:
            return None
        branch, order = self._of[call]
        orders = self._orders[branch]
        return orders, bisect_left(orders, order)
