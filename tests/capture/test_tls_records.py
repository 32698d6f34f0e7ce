"""The TLS helper's frames become a capture: order, holes, addresses, processes."""

import json
import random
import struct
import subprocess
from itertools import pairwise
from shutil import which

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heron_tui.capture.tls import Plaintext
from heron_tui.core import provenance
from heron_tui.engine.run import replay
from heron_tui.store.reader import Reader

START = 1_790_000_000_000_000_000
MS = 1_000_000
ASK = b"POST /v1/messages HTTP/1.1\r\nHost: api.anthropic.com\r\nContent-Length: %d\r\n\r\n"
BODY = json.dumps({"model": "m-1", "max_tokens": 5, "messages": [{"role": "user", "content": "hello"}]}).encode()
ANSWER = json.dumps(
    {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m-1",
        "content": [{"type": "text", "text": "hi " * 4000}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 3, "output_tokens": 1},
    }
).encode()
REQUEST = ASK % len(BODY) + BODY
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(ANSWER) + ANSWER
PROCESS = {
    "pid": 42,
    "start": 1_700_000_000_000_000,
    "ppid": 7,
    "uid": 0,
    "comm": "node",
    "exe": "/usr/bin/node",
    "cmdline": ["node", "agent.js", "--api-key", "hidden-1", "--token=hidden-2"],
}


def frame(kind, payload):
    return struct.pack("<IBBH", len(payload), kind, 1, 0) + payload


def told(kind, **says):
    return frame(kind, json.dumps(says).encode())


def data(conn, offset, time, written, payload):
    return frame(8, struct.pack("<QQQB7x", conn, offset, time, written) + payload)


def cut(conn, offset, time, written, missing, reason=1):  # noqa: PLR0917
    return frame(9, struct.pack("<QQQBB6xQ", conn, offset, time, written, reason, missing))


def close(conn, time, reason=1):
    return frame(10, struct.pack("<QQB7x", conn, time, reason))


def conn(number, *, local=("10.0.0.1", 40_000), remote=("203.0.113.9", 443), fresh=True, pid=42):
    ends = {"local": local and list(local), "remote": remote and list(remote)}
    return told(7, conn=number, pid=pid, start=PROCESS["start"], stack="boringssl", library=None, fresh=fresh, **ends)


def pieces(number, payload, time, written, size=1000):
    return [data(number, at, time + at, written, payload[at : at + size]) for at in range(0, len(payload), size)]


def one_call(number=1, **ends):
    return [
        told(1, version=1),
        told(3, **PROCESS),
        conn(number, **ends),
        *pieces(number, REQUEST, START, True),
        *pieces(number, RESPONSE, START + MS, False),
        close(number, START + 9 * MS),
    ]


def captured(frames, split=None):
    """What `Plaintext` makes of the frames, fed at once or cut at these places."""
    stream = b"".join(frames)
    plaintext = Plaintext()
    edges = [0, *sorted(split or ()), len(stream)]
    return b"".join(piece for start, end in pairwise(edges) for piece in plaintext.feed(stream[start:end])), plaintext


def read(tmp_path, capture):
    file = tmp_path / "tls.pcapng"
    file.write_bytes(capture)
    replay([str(file)], tmp_path / "s.store")
    reader = Reader(tmp_path / "s.store")
    return reader.rows("call", 0, 100, full=True), reader.rows("flow", 0, 100)


def test_a_call_has_its_process_its_library_and_its_addresses(tmp_path):
    capture, _ = captured(one_call())
    (call,), (flow,) = read(tmp_path, capture)
    assert (call["outcome"], call["text"]) == ("ok", "hi " * 4000)
    assert (call["client"], call["server"]) == ("10.0.0.1:40000", "203.0.113.9:443")
    assert call["tls"] == flow["tls"] == "boringssl"
    process = call["process"]
    assert (process["pid"], process["comm"], process["exe"], process["ppid"]) == (42, "node", "/usr/bin/node", 7)
    assert process["start_us"] == PROCESS["start"]
    assert process["cmdline"] == ["node", "agent.js", "--api-key", "[redacted]", "--token=[redacted]"]
    assert (flow["gaps"], flow["closed"]) == (0, "fin")


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 20_000), max_size=30))
def test_the_capture_is_the_same_however_the_frames_are_cut(cuts):
    frames = one_call()
    size = len(b"".join(frames))
    assert captured(frames, [cut % size for cut in cuts])[0] == captured(frames)[0]


def test_the_capture_is_the_same_byte_by_byte():
    frames = one_call()
    assert captured(frames, range(1, len(b"".join(frames))))[0] == captured(frames)[0]


def test_a_lost_record_is_a_hole_at_its_place(tmp_path):
    frames = one_call()
    lost = frames.pop(8)  # a kilobyte in the midst of the answer
    (call,), (flow,) = read(tmp_path, captured(frames)[0])
    assert (flow["gaps"], flow["lost_bytes"]) == (1, len(lost) - 8 - 32)
    assert call["process"]["pid"] == 42


def test_cut_bytes_are_counted_and_a_hole(tmp_path):
    frames = [*one_call()[:4], data(1, 0, START + MS, False, RESPONSE[:500])]
    frames += [cut(1, 500, START + 2 * MS, False, 3000), data(1, 3500, START + 3 * MS, False, RESPONSE[3500:])]
    frames += [close(1, START + 400 * MS)]
    capture, plaintext = captured(frames)
    _, (flow,) = read(tmp_path, capture)
    assert plaintext.cut_bytes == 3000
    assert (flow["gaps"], flow["lost_bytes"]) == (1, 3000)


def test_addresses_that_come_late_are_waited_for(tmp_path):
    frames = one_call(local=None, remote=None)
    frames.insert(4, conn(1))
    (call,), _ = read(tmp_path, captured(frames)[0])
    assert call["client"] == "10.0.0.1:40000"


def test_addresses_that_never_come_are_synthetic_and_said(tmp_path):
    frames = one_call(local=None, remote=None)
    frames.insert(-1, told(12, time=START + 1000 * MS, probes=4))
    capture, _ = captured(frames)
    (call,), _ = read(tmp_path, capture)
    assert (call["client"], call["server"]) == ("192.0.2.1:32768", "198.51.100.1:443")
    assert call["outcome"] == "ok"
    assert b"its addresses are not known" in capture


def test_a_connection_seen_at_both_ends_is_kept_once_with_the_clients_process(tmp_path):
    client, server = one_call(1), one_call(2, local=("203.0.113.9", 443), remote=("10.0.0.1", 40_000), pid=43)
    frames = client[:4] + server[2:4] + client[4:-1] + server[4:-1] + [client[-1], server[-1]]
    capture, plaintext = captured(frames)
    (call,), _ = read(tmp_path, capture)
    assert plaintext.mirrored == 1
    assert call["process"]["pid"] == 42


def server_end():
    """The same connection in the server's process."""
    return [
        told(3, **{**PROCESS, "pid": 43}),
        conn(2, local=("203.0.113.9", 443), remote=("10.0.0.1", 40_000), pid=43),
        *pieces(2, REQUEST, START, False),
        *pieces(2, RESPONSE, START + MS, True),
        close(2, START + 9 * MS),
    ]


@pytest.mark.parametrize("known_at", [1, 2, 3, 4, 9])
def test_a_clients_end_whose_addresses_come_late_is_kept_all_the_same(tmp_path, known_at):
    client, server = one_call(), server_end()
    unknown = [*client[:2], conn(1, local=None, remote=None), client[3]]
    frames = [*unknown, *server[:known_at], conn(1), *client[4:-1], *server[known_at:], client[-1]]
    capture, plaintext = captured(frames)
    (call,), (flow,) = read(tmp_path, capture)
    assert plaintext.mirrored == 1
    assert (call["process"]["pid"], flow["process"]["pid"]) == (42, 42)
    assert call["outcome"] == "ok"


@pytest.mark.parametrize("call_is_over", [False, True])
def test_the_clients_process_is_set_even_when_it_is_known_after_the_call(tmp_path, call_is_over):
    client, server = one_call(), server_end()
    place = len(server) - 1 if call_is_over else 5
    capture, plaintext = captured([*client[:2], *server[:place], *client[2:-1], *server[place:], client[-1]])
    (call,), (flow,) = read(tmp_path, capture)
    assert plaintext.mirrored == 1
    assert (call["process"]["pid"], flow["process"]["pid"]) == (42, 42)


def test_a_connection_joined_midway_is_not_taken_for_its_beginning(tmp_path):
    frames = one_call(fresh=False)
    calls, (flow,) = read(tmp_path, captured(frames)[0])
    assert flow["midstream"]
    assert [call["outcome"] for call in calls] == ["ok"]


def test_ports_that_are_used_again_are_another_flow(tmp_path):
    later = [
        *[conn(2)],
        *pieces(2, REQUEST, START + 20 * MS, True),
        *pieces(2, RESPONSE, START + 21 * MS, False),
    ]
    calls, flows = read(tmp_path, captured(one_call() + later)[0])
    assert (len(calls), len(flows)) == (2, 2)
    assert all(call["outcome"] == "ok" for call in calls)


def test_an_ipv6_connection(tmp_path):
    frames = one_call(local=("2001:db8::1", 40_000), remote=("2001:db8::2", 443))
    (call,), _ = read(tmp_path, captured(frames)[0])
    assert call["server"] == "[2001:db8::2]:443"


def test_losses_and_troubles_are_told():
    _, plaintext = captured(
        [
            told(11, records=7),
            told(6, pid=5, file="/opt/x", reason="no TLS function found"),
            told(13, code="no-probes", text="no probe is attached", mend="start an agent", fatal=False),
        ]
    )
    assert plaintext.lost_records == 7
    assert plaintext.failed.total() == 1
    assert "no probe is attached" in plaintext.alarm
    assert any("no TLS function found" in line for line in plaintext.notes())


def test_noise_is_no_error():
    rng = random.Random(1)
    for _ in range(200):
        noise = rng.randbytes(rng.randrange(1, 400))
        captured([noise])
        captured([told(1), frame(rng.randrange(16), noise[:60]), frame(7, b'{"conn": "x", "local": 3}')])


@pytest.mark.skipif(which("tshark") is None, reason="tshark is not installed")
def test_wireshark_reassembles_the_http(tmp_path):
    file = tmp_path / "tls.pcapng"
    file.write_bytes(captured(one_call())[0])
    fields = ["http.request.uri", "http.response.code", "http.content_length", "tcp.checksum.status"]
    command = ["tshark", "-r", str(file), "-Y", "http", "-o", "tcp.check_checksum:TRUE", "-T", "fields"]
    done = subprocess.run(
        [*command, *(word for field in fields for word in ("-e", field))], capture_output=True, text=True, check=True
    )
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert lines[0][0] == "/v1/messages"
    assert lines[-1][1:3] == ["200", str(len(ANSWER))]
    assert all(line[3] == "1" for line in lines)
    comments = subprocess.run(
        ["tshark", "-r", str(file), "-T", "fields", "-e", "frame.comment"], capture_output=True, text=True, check=True
    )
    assert "node (pid 42), /usr/bin/node, plaintext of boringssl" in comments.stdout


def test_a_comment_of_somebody_else_says_nothing():
    assert provenance.read("a note") is None
    assert provenance.read('heron-tui: {"process": {"pid": "x"}}') is None
