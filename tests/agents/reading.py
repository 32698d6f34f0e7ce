"""Captures to calls, through the floors below: what the engine does, without a store."""

from dataclasses import dataclass
from pathlib import Path

from heron_tui.capture import open_sources
from heron_tui.core.ids import content_id
from heron_tui.http.decoder import Decoder
from heron_tui.model.call import Call
from heron_tui.model.http import EventBatch, ExchangeEnd, HttpEvent, Request, Response
from heron_tui.net.tracker import Tracker
from heron_tui.wire import registry
from heron_tui.wire.outcome import outcome


@dataclass
class Open:
    fold: registry.Fold
    call: Call


class Reading:
    """Calls of one capture, as they stand at its end."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._open: dict[str, Open] = {}
        self.now_us = 0

    def take(self, event: HttpEvent) -> None:
        if isinstance(event, Request):
            fold = registry.open(event)
            if fold is not None:
                self._open[event.exchange] = Open(fold, call_of(event, fold))
                self.calls.append(self._open[event.exchange].call)
            return
        found = self._open.get(getattr(event, "exchange", None) or "")
        if found is None:
            return
        fold, call = found.fold, found.call
        if isinstance(event, Response):
            fold.respond(event)
            call.status = event.status
            call.response_headers = event.headers
            call.t_response_us = event.head.t_first_us
        elif isinstance(event, EventBatch):
            fold.events(event)
            call.t_response_us = call.t_response_us or event.t_us[0]
        elif isinstance(event, ExchangeEnd):
            fold.end(event)
            call.response = fold.answer()
            call.outcome = outcome(event.state, call.status, call.response, call.request.streaming)
            call.t_end_us = event.t_end_us if call.outcome != "in_progress" else None


def call_of(request: Request, fold: registry.Fold) -> Call:
    place = request.place
    return Call(
        id=content_id("c", request.exchange),
        exchange=request.exchange,
        flow=request.flow,
        source="",
        http_stream=request.stream,
        transport=request.transport,
        tls=None,
        method=request.method,
        host=request.host,
        path=request.path,
        client=request.client,
        server=request.server,
        process=None,
        provider=None,
        provider_reason=None,
        request_headers=request.headers,
        request=fold.request,
        request_encoding=request.encoding,
        t_request_us=place.t_first_us,
        t_request_end_us=place.t_last_us,
        request_packets=(place.first_packet, place.last_packet),
    )


def read(path: Path, spool: Path | None = None) -> Reading:
    """All calls of a capture, as they stand at its end."""
    reading, tracker, decoder = Reading(), Tracker(), Decoder()
    sources = open_sources([str(path)], spool=spool)
    for batch in sources.batches():
        assert batch is not None
        _, result = tracker.feed(batch)
        reading.now_us = max(reading.now_us, int(batch.time_us.max()))
        for event in result.events:
            for http_event in decoder.feed(event):
                reading.take(http_event)
    for event in tracker.close().events:
        for http_event in decoder.feed(event):
            reading.take(http_event)
    for http_event in decoder.close():
        reading.take(http_event)
    sources.close()
    return reading
