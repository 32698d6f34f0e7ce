"""Finding in passages of long texts."""

from ..long.passages import Passage
from .query import Query


def first_match(passage: Passage, query: Query, start: int, by: int) -> int | None:
    """The paragraph nearest to `start`, itself included, that has what is looked for; down (`by` 1) or up (-1)."""
    if query.words is None:
        return _bytes(passage, query, start, by)
    last = len(passage) - 1
    places = range(max(start, 0), last + 1) if by > 0 else range(min(start, last), -1, -1)
    return next((n for n in places if query.words.search(passage.paragraph(n).text)), None)


def _bytes(passage: Passage, query: Query, start: int, by: int) -> int | None:
    data, index = getattr(passage, "data", None), getattr(passage, "index", None)
    if data is None or index is None:
        return None
    found = (int(index(match.start())) for match in query.raw.finditer(data))
    places = [n for n in found if (n - start) * by >= 0]
    if not places:
        return None
    return places[0] if by > 0 else places[-1]
