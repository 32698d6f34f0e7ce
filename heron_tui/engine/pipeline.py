"""The staircase: a batch of packets goes in at the bottom; rows of the store come out at the top."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from ..agents.profile import Profile
from ..agents.teller import Teller
from ..core.ids import content_id
from ..core.redact import Redactor
from ..cost.price import price, said
from ..cost.table import Models
from ..findings import losses
from ..findings.refusals import Refusals
from ..findings.watch import Watch
from ..http.decoder import Decoder
from ..model.call import Call, Outcome
from ..model.finding import Finding
from ..model.flow import Flow, FlowEvent, Gap, Opened
from ..model.http import EventBatch, ExchangeEnd, HttpEvent, Protocol, Request, Response, Trouble
from ..model.packet import PacketBatch, Source
from ..net.tracker import Tracker
from ..store.writer import Writer
from ..wire import registry
from ..wire.estimate import estimate
from ..wire.mcp_streams import Answer, McpStreams
from ..wire.outcome import outcome
from ..wire.provider import Verdict, provider
from .clocks import Clocks
from .owners import Finder, Told
from .protocol import Counters


@dataclass(slots=True)
class _Open:
    """An exchange under way: what has been seen of it, and the call that it carries, if any.

    `commits` counts those that it was open at: it is written when it outlives one, so that a fast replay, in which most
    exchanges begin and end between two commits, writes each only once.
    """

    request: Request
    fold: registry.Fold | None
    call: Call | None
    response: Response | None = None
    lossy: bool = False
    batches: list[EventBatch] = field(default_factory=list)
    commits: int = 0


class Pipeline:
    """Composes the floors and gives what they make to a `Writer`.

    `feed` and `close` decode; `commit` writes what changed since the last one in a single transaction. Time comes from
    packets only: `now_us` is the capture time reached.
    """

    def __init__(
        self, writer: Writer, profiles: list[Profile], models: Models, redactor: Redactor, finder: Finder | None = None
    ) -> None:
        """`finder` looks up the processes of flows, where the capture is live and does not say them itself."""
        self.counters = Counters()
        self.now_us = 0
        self._writer = writer
        self._redactor = redactor
        self._tracker = Tracker()
        self._decoder = Decoder()
        self._teller = Teller(profiles)
        self._models = models
        self._watch = Watch(models.window)
        self._refusals = Refusals()
        self._open: dict[str, _Open] = {}
        self._touched: set[str] = set()
        self._flows: dict[str, Flow] = {}
        self._source_of: dict[str, str] = {}
        self._sources: dict[int, str] = {}
        self._plain: set[int] = set()
        self._encrypted: Counter[tuple[str, ...]] = Counter()
        self._decrypted: Counter[tuple[str, ...]] = Counter()
        self._changed_calls: dict[str, Call] = {}
        self._findings: list[Finding] = []
        self._found: set[Finding] = set()
        self._holed: set[str] = set()
        self._turns: set[str] = set()
        self._unread = 0
        self._clocks = Clocks()
        self._mcp = McpStreams()
        self._answers: dict[str, Answer] = {}
        self._told = Told()
        self._last_calls: dict[str, Call] = {}
        self._finder = finder

    def introduce(self, sources: Sequence[Source], *, last: bool = False) -> None:
        """Take note of capture files: once their id is known (streams: with their first packets), and at the end."""
        self.counters.kernel_drops = 0
        self._unread = sum(source.note is not None for source in sources)
        for source in sources:
            self.counters.kernel_drops += source.dropped
            if source.plain:
                self._tracker.plain.add(source.file)
                self._plain.add(source.file)
            if last or self._sources.get(source.file) != source.id:
                self._sources[source.file] = source.id
                self._writer.put_source(source)
        if last:
            self._findings += losses.dropped(sources, self.now_us) + losses.unread(sources, self.now_us)

    def feed(self, batch: PacketBatch) -> None:
        columns, result = self._tracker.feed(batch)
        self._writer.put_packets(batch, columns)
        self.counters.packets += len(batch)
        self.counters.bytes += int(batch.length.sum())
        self.now_us = max(self.now_us, int(batch.time_us.max()))
        if len(self._sources) > 1 and self._finder is None:
            self._clocks.feed(batch, columns)
        corrected = self._told.read(batch, columns, result.events) if batch.notes else []
        first = int(batch.number[0])
        events = result.events[::-1]
        result.events.clear()
        while events:  # each is let go of before the next one: together they are as large as the batch
            event = events.pop()
            if isinstance(event, Opened):
                file = int(batch.file[min(max(event.flow.first_packet - first, 0), len(batch) - 1)])
                self._flow_opened(event.flow, file)
            else:
                self._flow_event(event)
        self._findings += losses.damage(result.damage)
        for flow in corrected:
            self._rename(flow)

    def close(self) -> None:
        """The capture has ended: everything still open is ended as what it is."""
        for event in self._tracker.close().events:
            self._flow_event(event)
        for http_event in self._decoder.close():
            self._http_event(http_event)

    def commit(self, said: Callable[[], Sequence[str]] = tuple, *, final: bool = False) -> int:
        """Write what changed, and what is `said` to people; answers the store's new version."""
        flows = self._tracker.take_changed()
        if self._finder:
            named, calls = self._finder.take()
            for call in calls:
                self._changed(call)
            flows += [flow for flow in named if flow not in flows]
            self.counters.processes_unknown = self._finder.unknown
            self._findings += losses.nameless(self._finder.nameless)
            self._finder.nameless.clear()
        self._findings += losses.gaps(flows)
        self._touched = {exchange for exchange in self._touched if not self._write_open(self._open[exchange])}
        self._writer.put_flows(flows)
        for call in self._changed_calls.values():  # one after the other: each a little work of the same kind
            self._teller.put(call)
            self._watch.put(call)
        self._writer.put_calls(self._changed_calls.values())
        self._changed_calls.clear()
        story = self._teller.tell(self.now_us, final=final)
        self._writer.put_story(story)
        self._turns.update(turn.id for turn in story.turns)
        self._turns.difference_update(story.gone_turns)
        told = self._watch.tell(story, self.now_us, self._reached())
        refused, before = self._refusals.tell()
        gone = told.gone + before
        self._findings += told.new + refused
        self._writer.drop_findings(gone)
        self._found.difference_update(gone)
        self._writer.put_findings(self._findings)
        self._count()
        self._writer.put_counters(msgspec.structs.asdict(self.counters))
        self._writer.put_said(said())
        self._findings = []
        for flow in flows:
            if flow.closed:
                self._told.forget(flow)
                self._clocks.forget(flow.n)
                self._flows.pop(flow.id, None)
                self._holed.discard(flow.id)
                self._source_of.pop(flow.id, None)
                self._last_calls.pop(flow.id, None)
        return self._writer.commit()

    def _reached(self) -> dict[str, int]:
        """Capture time reached in each of several captures, but for the plaintext of another one."""
        files = [file for file in self._clocks if file in self._sources and file not in self._plain]
        return {self._sources[file]: self._clocks[file] for file in files}

    def _count(self) -> None:
        counters, net, http = self.counters, self._tracker.counters, self._decoder.counters
        counters.gaps, counters.lost_bytes = net.gaps, net.lost_bytes
        counters.truncated_packets, counters.damaged = net.truncated, net.damaged + self._unread
        counters.bytes_skipped, counters.bodies_cut = http.bytes_skipped, http.bodies_cut
        counters.desyncs = http.desyncs
        counters.turns = len(self._turns)
        if self._plain:
            counters.tls_closed = (self._encrypted - self._decrypted).total()
        self._found.update(self._findings)
        counters.findings = len(self._found)

    def _flow_opened(self, flow: Flow, file: int) -> None:
        self.counters.flows += 1
        self._flows[flow.id] = flow
        self._source_of[flow.id] = self._sources.get(file, "")
        if file in self._plain:
            self._decrypted[_ends(flow)] += 1
        if self._finder and flow.process is None and flow.tls is None:
            self._finder.ask(flow)

    def _flow_event(self, event: FlowEvent) -> None:
        if isinstance(event, Gap):
            self._lose(event.flow.id, event.time_us)
        for http_event in self._decoder.feed(event):
            self._http_event(http_event)

    def _http_event(self, event: HttpEvent) -> None:
        match event:
            case EventBatch():
                self._events(event)
            case Request():
                self._request(event)
            case Response():
                self._response(event)
            case ExchangeEnd():
                self._end(event)
            case Protocol(flow, name, turned):
                self._flows[flow].protocol = name
                self._flows[flow].turned = self._flows[flow].turned or turned
                if name == "tls":
                    self._encrypted[_ends(self._flows[flow])] += 1
            case Trouble():
                self._findings.append(losses.trouble(event))
                if event.code.endswith(".desync"):
                    self._lose(event.flow, event.time_us)

    def _lose(self, flow: str, t_us: int) -> None:
        """Bytes of a flow are missing, or could not be followed: what is under way on it may have lost some of them."""
        self._holed.add(flow)
        self._watch.lose((self._flows[flow].client, self._flows[flow].server), t_us)
        for now in self._open.values():
            now.lossy = now.lossy or now.request.flow == flow

    def _rename(self, flow: Flow) -> None:
        """The calls under way on a flow, and its last one, are those of the process that is known now."""
        last = self._last_calls.get(flow.id)
        for call in (last, *(now.call for now in self._open.values())):
            if call and call.flow == flow.id and call.process != flow.process:
                call.process = flow.process
                self._changed(call)

    def _request(self, request: Request) -> None:
        self.counters.exchanges += 1
        fold, whole = registry.open(request), request
        request = replace(
            request, headers=self._redactor.headers(request.headers), target=self._redactor.target(request.target)
        )
        call = self._call(request, fold) if fold else None
        answer = self._mcp.take(whole, fold, call)
        self._open[request.exchange] = _Open(request, fold, call)
        self._touched.add(request.exchange)
        if answer:
            self._answered(answer)
        if call:
            self.counters.calls += 1
            if self._finder:
                self._finder.call(call, self._flows[request.flow])

    def _call(self, request: Request, fold: registry.Fold) -> Call:
        flow = self._flows[request.flow]
        place, served = request.place, provider(request, None)
        return Call(
            id=content_id("c", request.exchange),
            exchange=request.exchange,
            flow=request.flow,
            source=self._source_of.get(request.flow, ""),
            http_stream=request.stream,
            transport=request.transport,
            tls=flow.tls,
            method=request.method,
            host=request.host,
            path=request.path,
            client=request.client,
            server=request.server,
            process=flow.process,
            provider=served.name if served else None,
            provider_reason=served.reason if served else None,
            request_headers=request.headers,
            request=fold.request,
            request_encoding=request.encoding,
            t_request_us=place.t_first_us,
            t_request_end_us=place.t_last_us,
            request_packets=(place.first_packet, place.last_packet),
            lossy=request.holed,
        )

    def _response(self, response: Response) -> None:
        response = replace(response, headers=self._redactor.headers(response.headers))
        now = self._open[response.exchange]
        now.response = response
        self._refusals.put(now.request, response)
        self._touched.add(response.exchange)
        if now.fold and (call := now.call):
            now.fold.respond(response)
            call.status = response.status
            call.response_headers = response.headers
            call.response_encoding = response.encoding
            call.t_response_us = response.head.t_first_us
            call.response_packets = (response.head.first_packet, response.head.last_packet)
            _serve(call, provider(now.request, response))

    def _events(self, batch: EventBatch) -> None:
        now = self._open[batch.exchange]
        self.counters.events += len(batch)
        now.batches.append(batch)
        self._touched.add(batch.exchange)
        if now.fold and (call := now.call):
            now.fold.events(batch)
            if call.t_response_us is None:  # WebSocket messages have no response head
                call.t_response_us = batch.t_us.item(0)
                call.response_packets = (batch.first_packet.item(0), batch.last_packet.item(-1))
        elif now.request.method == "GET" and batch.kind == "sse":
            for answer in self._mcp.hear(now.request, batch):
                self._answered(answer)

    def _answered(self, answer: Answer) -> None:
        """A call has its answer from another exchange; where its own still goes on, when that is over."""
        call = answer.call
        if call.exchange in self._open:
            self._answers[call.exchange] = answer
            return
        call.response = answer.fold.answer()
        call.t_end_us, call.response_packets = answer.t_us, answer.packets
        call.outcome = outcome("complete", call.status, call.response, call.request.streaming)
        self._changed(call)

    def _end(self, end: ExchangeEnd) -> None:
        now = self._open.pop(end.exchange)
        self._touched.discard(end.exchange)
        call = now.call
        if now.fold and call:
            now.fold.end(end)
            call.request, call.response = now.fold.request, now.fold.answer()
            call.lossy = call.lossy or now.lossy or end.holed
            unsure = call.lossy or end.dropped > 0 or (call.flow in self._holed and call.transport != "http/1.1")
            call.outcome = outcome(end.state, call.status, call.response, call.request.streaming, lossy=unsure)
            call.lossy = call.lossy or call.outcome == "unknown"
            call.t_end_us = _end_us(end, call.outcome)
            _serve(call, provider(now.request, now.response, call.response))
            silent = call.is_chat and call.response.usage is None and not call.lossy and call.request.error is None
            if silent and call.outcome in ("ok", "truncated", "aborted"):
                call.estimated = estimate(call.request, call.response)
            model = call.response.model or call.request.model
            call.cost_usd = price(self._models, model, call.provider, call.response.tokens, call.response.usage)
            call.cost_said_usd = said(call.response_headers)
            if end.place:
                call.response_packets = (end.place.first_packet, end.place.last_packet)
            self._changed(call)
            if answer := self._answers.pop(end.exchange, None):
                self._answered(answer)
            if call.tls:
                self._last_calls[call.flow] = call
        parts = now.fold.request.parts if now.fold else ()
        self._writer.put_exchange(now.request, now.response, end, now.batches, parts, call.id if call else None)

    def _write_open(self, now: _Open) -> bool:
        """Write an exchange that is still under way, unless it has only just begun."""
        now.commits += 1
        if now.commits == 1:
            return False
        parts = now.fold.request.parts if now.fold else ()
        call = now.call
        if now.fold and call:
            call.request, call.response = now.fold.request, now.fold.answer()
            call.lossy = call.lossy or now.lossy
            self._changed(call)
        self._writer.put_exchange(now.request, now.response, None, now.batches, parts, call.id if call else None)
        now.batches = []
        return True

    def _changed(self, call: Call) -> None:
        self._changed_calls[call.id] = call


def _end_us(end: ExchangeEnd, outcome: Outcome) -> int | None:
    """Of an answer that had said all when its client left, the last byte: the framing's end may be missing."""
    if outcome == "ok" and end.state == "aborted" and end.place:
        return end.place.t_last_us
    return end.t_end_us if outcome != "in_progress" else None


def _serve(call: Call, verdict: Verdict | None) -> None:
    if verdict:
        call.provider, call.provider_reason = verdict


def _ends(flow: Flow) -> tuple[str, ...]:
    return tuple(sorted((flow.client, flow.server)))
