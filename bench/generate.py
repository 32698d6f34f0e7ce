"""Make a capture that looks like agents talking to models, and the truth about it (OUT.truth.json).

Keep-alive connections carry conversations that grow from call to call: requests of 2 to 200 KB that resend the whole
history, answers as event streams of 50 to 800 events, each written by itself as a model does. Half of the connections
speak Anthropic's Messages API, half OpenAI's Chat Completions. A few segments are sent twice or arrive out of order.
The same arguments give the same bytes.
"""

import argparse
import heapq
import json
import random
import struct
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from apis import Answer, Anthropic, Api, Language, Message, OpenAI

START = 1_760_000_000.0
ETHERNET = bytes(12) + b"\x08\x00"
SYN, PUSH, ACK = 2, 8, 16
SERVER_PORT = 8080
RETRANSMITTED = 0.002
DISORDERED = 0.002


@dataclass
class Truth:
    """What a reader of the capture must find."""

    calls: int = 0
    events: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    tool_calls: int = 0
    prompts: int = 0
    text_chars: int = 0
    models: Counter[str] = field(default_factory=Counter)
    connections: int = 0
    packets: int = 0
    bytes: int = 0
    retransmitted: int = 0
    disordered: int = 0


@dataclass
class Side:
    address: bytes
    port: int
    sequence: int


Timed = tuple[float, bytes | None]
"""A pcap record with its time; None where a call has ended."""


class Connection:
    """One agent on one keep-alive connection, without end."""

    def __init__(self, index: int, api: Api, mss: int, chance: random.Random, truth: Truth) -> None:
        self.api = api
        self.mss = mss
        self.chance = chance
        self.truth = truth
        self.now = START + chance.random() * 2
        self.client = Side(bytes((10, 0, index >> 8, index & 255)), 30_000 + index * 7 % 30_000, chance.getrandbits(32))
        self.server = Side(bytes((10, 9, 0, 1 + index % 2)), SERVER_PORT, chance.getrandbits(32))
        self.packet_id = 0

    def packets(self) -> Iterator[Timed]:
        yield from self.handshake()
        while True:
            model, session = self.chance.choice(self.api.models), self.api.language.token(36)
            longest = self.chance.randint(20_000, 190_000)
            messages: list[Message] = [{"role": "user", "content": self.api.prompt()}]
            prompted = True
            size = 0
            while size < longest:
                body = json.dumps(self.api.request(model, session, messages), ensure_ascii=self.chance.random() < 0.5)
                size = len(body)
                self.truth.prompts += prompted
                answer = yield from self.call(model, body.encode())
                messages += self.api.continued(answer)
                prompted = answer.tool is None
                yield self.now, None
                self.now += self.chance.uniform(0.1, 1.5)

    def call(self, model: str, body: bytes) -> Generator[Timed, None, Answer]:
        events = min(800, max(50, int(self.chance.lognormvariate(5.6, 0.7))))
        input_tokens = len(body) // 4
        answer = self.api.answer(model, events, input_tokens)
        truth = self.truth
        truth.calls += 1
        truth.events += len(answer.events)
        truth.input_tokens += input_tokens
        truth.output_tokens += answer.output_tokens
        truth.tool_calls += answer.tool is not None
        truth.text_chars += len(answer.text)
        truth.models[model] += 1
        head = (
            f"POST {self.api.target} HTTP/1.1\r\nHost: {self.api.host}\r\n{self.api.headers}"
            f"Accept: application/json\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        yield from self.send(self.client, self.server, head.encode() + body)
        self.now += self.chance.uniform(0.05, 0.5)
        chunk = (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n"
            b"Cache-Control: no-cache\r\nrequest-id: req_" + self.api.language.token(24).encode() + b"\r\n\r\n"
        )
        for event in answer.events:
            yield from self.send(self.server, self.client, b"%s%x\r\n%s\r\n" % (chunk, len(event), event))
            chunk = b""
            self.now += self.chance.expovariate(200)
        yield from self.send(self.server, self.client, b"0\r\n\r\n")
        return answer

    def handshake(self) -> Iterator[Timed]:
        client, server = self.client, self.server
        for source, target, flags in ((client, server, SYN), (server, client, SYN | ACK), (client, server, ACK)):
            yield self.now, self.packet(source, target, flags)
            source.sequence += flags & SYN > 0
            self.now += 1e-4

    def send(self, source: Side, target: Side, data: bytes) -> Iterator[Timed]:
        """`data` in segments, with the acknowledgements of every second one."""
        sent: list[tuple[float, bytes]] = []
        starts = range(0, len(data), self.mss)
        for count, start in enumerate(starts, 1):
            segment = data[start : start + self.mss]
            self.now += self.chance.random() * 2e-5 + 1e-6
            flags = ACK | PUSH if start + self.mss >= len(data) else ACK
            sent.append((self.now, self.packet(source, target, flags, segment)))
            luck = self.chance.random()
            if luck < RETRANSMITTED:
                self.now += 1e-6
                sent.append((self.now, self.packet(source, target, flags, segment)))
                self.truth.retransmitted += 1
            elif luck < RETRANSMITTED + DISORDERED and len(sent) > 1:
                (first, early), (second, late) = sent[-2:]
                sent[-2:] = [(first, restamped(late, first)), (second, restamped(early, second))]
                self.truth.disordered += 1
            source.sequence += len(segment)
            if count % 2 == 0 or count == len(starts):
                self.now += 2e-6
                sent.append((self.now, self.packet(target, source, ACK)))
        yield from sent

    def packet(self, source: Side, target: Side, flags: int, payload: bytes = b"") -> bytes:
        """A pcap record. IP says length 0 where 16 bits do not hold it, as captures of offloaded segments do."""
        self.packet_id = self.packet_id + 1 & 0xFFFF
        total = 20 + 32 + len(payload)
        stated = total if total < 65_536 else 0
        milliseconds = int(self.now * 1000) & 0xFFFFFFFF
        ports = struct.pack(">HH", source.port, target.port)
        sequence, acknowledged = source.sequence & 0xFFFFFFFF, target.sequence & 0xFFFFFFFF
        frame = b"".join(
            (
                ETHERNET,
                struct.pack(">BBHHHBBH", 0x45, 0, stated, self.packet_id, 0x4000, 64, 6, 0),
                source.address,
                target.address,
                ports,
                struct.pack(">IIBBHHH", sequence, acknowledged, 0x80, flags, 512, 0, 0),
                struct.pack(">BBBBII", 1, 1, 8, 10, milliseconds, 0),
                payload,
            )
        )
        return stamp(self.now) + struct.pack("<II", len(frame), len(frame)) + frame


def stamp(now: float) -> bytes:
    return struct.pack("<II", *divmod(int(now * 1_000_000), 1_000_000))


def restamped(record: bytes, now: float) -> bytes:
    return stamp(now) + record[8:]


def generate(path: Path, size: int, *, mss: int = 1448, seed: int = 1, connections: int = 100) -> Truth:
    """Write at least `size` bytes to `path`, and then on until each connection has ended its call."""
    chance = random.Random(seed)
    language = Language(chance)
    apis = (Anthropic(chance, language), OpenAI(chance, language))
    truth = Truth(connections=connections)
    streams = [Connection(index, apis[index % 2], mss, chance, truth).packets() for index in range(connections)]

    def following(index: int) -> tuple[float, int, bytes | None]:
        now, record = next(streams[index])
        return now, index, record

    waiting = [following(index) for index in range(connections)]
    heapq.heapify(waiting)
    with path.open("wb", buffering=1 << 20) as file:
        written = file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1))
        while waiting:
            _, index, record = waiting[0]
            if record is not None:
                written += file.write(record)
                truth.packets += 1
            elif written >= size:
                heapq.heappop(waiting)
                continue
            heapq.heapreplace(waiting, following(index))
    truth.bytes = written
    path.with_name(path.name + ".truth.json").write_text(json.dumps(vars(truth), indent=1) + "\n")
    return truth


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="the pcap file to write")
    parser.add_argument("size", type=float, help="bytes, for example 100e6")
    parser.add_argument("--mss", type=int, default=1448, help="bytes in a segment; 65483 looks like offloaded captures")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--connections", type=int, default=100)
    given = parser.parse_args()
    truth = generate(given.out, int(given.size), mss=given.mss, seed=given.seed, connections=given.connections)
    print(json.dumps(vars(truth)))


if __name__ == "__main__":
    main()
