"""Where one prompt stops beginning with another: what a provider's cache needs to be equal."""

from collections.abc import Hashable, Sequence


def first_difference(
    before: Sequence[Hashable], after: Sequence[Hashable], silent: Hashable = None
) -> tuple[int, int] | None:
    """The first places at which two prompts differ, None where `after` begins with all of `before`.

    Args:
        before, after: keys of the elements of each: equal keys mean the same.
        silent: the key of elements that may be left out when a prompt is sent again; they are passed over.

    Returns:
        Place in `before` and place in `after`; the length of `after` where it ends too early.
    """
    at = 0
    for place, key in enumerate(before):
        if key == silent:
            continue
        while at < len(after) and after[at] == silent:
            at += 1
        if at == len(after) or after[at] != key:
            return place, at
        at += 1
    return None
