"""Which bodies are streams of events, and of what kind."""

from ..model.headers import Headers
from .aws_events import AwsEvents
from .events import Found, Splitter
from .grpc import Grpc
from .head import media_type
from .json_array import JsonArray
from .ndjson import Ndjson
from .sse import Sse

NDJSON = frozenset(
    {
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/x-jsonlines",
        "application/jsonlines",
        "application/stream+json",
    }
)
UNTYPED = frozenset({"", "text/plain", "application/octet-stream"})
SSE_BEGINS = (b"data: ", b"event: ")


def splitter(headers: Headers, limit: int) -> Splitter | None:
    """The splitter for a response with these headers; `limit`: bytes of one event. None if it is no stream."""
    media = media_type(headers)
    if media == "text/event-stream":
        return Sse(limit)
    if media in NDJSON:
        return Ndjson(limit)
    if media == "application/vnd.amazon.eventstream":
        return AwsEvents(limit)
    if media.startswith("application/grpc"):
        return Grpc(limit)
    if media == "application/json":
        return JsonArray(limit)
    return Untyped(limit) if media in UNTYPED else None


class Untyped:
    """A body without a telling Content-Type: an event stream if it begins like one."""

    kind = Sse.kind

    def __init__(self, limit: int) -> None:
        self._sse: Sse | None = Sse(limit)
        self._begin: bytes | None = b""
        self._size = 0

    @property
    def start(self) -> int:
        return self._sse.start if self._sse else self._size

    @property
    def overflows(self) -> int:
        return self._sse.overflows if self._sse else 0

    @property
    def unfinished(self) -> int:
        return self._sse.unfinished if self._sse and self._begin is None else 0

    def feed(self, data: bytes) -> Found:
        self._size += len(data)
        if self._begin is not None:
            self._look(self._begin + data[:16])
        return self._sse.feed(data) if self._sse else Found()

    def gap(self) -> None:
        if self._begin is not None:
            self._sse = None
        if self._sse:
            self._sse.gap()

    def close(self, whole: bool) -> Found:
        return self._sse.close(whole) if self._sse else Found()

    def _look(self, begin: bytes) -> None:
        if begin.startswith(SSE_BEGINS):
            self._begin = None
        elif any(field.startswith(begin) for field in SSE_BEGINS):
            self._begin = begin
        else:
            self._begin = self._sse = None
