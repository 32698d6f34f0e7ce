"""A server while things happen to it: a store that grows, an engine that dies, clients that hang, the end."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.serving import Server
from tests.conftest import CAPTURES

CAPTURE = CAPTURES / "claude-code-agents.pcap"


def events(
    server: Server, headers: dict[str, str | None] | None = None, path: str = "events"
) -> Iterator[tuple[str, str, dict]]:
    """Name, id and data of events as they come."""
    response = server.open(f"/api/v1/{path}", headers=headers)
    assert response.status == 200
    assert response.headers["content-type"].startswith("text/event-stream")
    name = id = ""
    for line in response:
        field, _, value = line.decode().rstrip("\n").partition(": ")
        if field == "event":
            name = value
        elif field == "id":
            id = value
        elif field == "data":
            yield name, id, json.loads(value)


def refused(*arguments: object) -> tuple[int, str]:
    command = [sys.executable, "-m", "heron_tui", "serve", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=60, check=False)
    return done.returncode, done.stderr.decode()


def test_a_capture_at_its_own_pace_is_seen_as_it_grows(tmp_path: Path, stores):
    server = Server(CAPTURE, "--speed", "1x", "--store", tmp_path / "s.store")
    try:
        told: set[str] = set()
        hello = None
        for name, _, data in events(server):
            hello = hello or data
            if name == "tick":
                told.update(data["changed"].get("calls", ()))
                if data["state"] == "done":
                    break
        assert hello and not hello["resumed"]
        assert {call["id"] for call in server.walk("calls", limit=1)} == told | {
            call["id"] for call in server.ask("calls")["records"] if call["id"] in told
        }
        assert len(told) == 8
        assert server.ask("health")["engine"]["state"] == "done"
    finally:
        assert server.end()[0] == 0


def test_polling_with_since_sees_everything_once_it_is_done(tmp_path: Path, servers):
    server = Server(CAPTURE, "--speed", "10x", "--store", tmp_path / "s.store")
    try:
        seen: dict[str, dict] = {}
        version, done = 0, False
        while not done:
            done = server.ask("health")["engine"]["state"] == "done"
            page = server.ask("calls", since=version, limit=1000)
            seen.update({call["id"]: call for call in page["records"]})
            for id in page["gone"]:
                seen.pop(id)
            version = page["version"]
        whole = servers("claude-code-agents").walk("calls")
        assert sorted(seen.values(), key=lambda call: call["n"]) == whole
        assert server.ask("calls", since=version)["records"] == []
    finally:
        server.end()


def test_packets_are_followed_by_their_numbers(tmp_path: Path):
    server = Server(CAPTURE, "--speed", "10x", "--store", tmp_path / "s.store")
    try:
        numbers: list[int] = []
        after, done = "", False
        while not done:
            done = server.ask("health")["engine"]["state"] == "done"
            while True:
                page = server.ask("packets", limit=50, **({"after": after} if after else {}))
                numbers += [packet["number"] for packet in page["records"]]
                after = page["next"] or after
                if not page["more"]:
                    break
        assert numbers == list(range(1, 651))
    finally:
        server.end()


def test_events_go_on_where_a_client_left_off(tmp_path: Path):
    server = Server(CAPTURE, "--store", tmp_path / "s.store")
    try:
        health = server.until(lambda health: health["engine"]["state"] == "done")
        name = health["store"]["name"]
        told = events(server, {"Last-Event-ID": f"{name}.0"})
        hello = next(told)[2]
        assert hello["resumed"]
        tick = next(told)
        assert tick[0] == "tick"
        assert tick[1] == f"{name}.{health['store']['version']}"
        assert len(tick[2]["changed"]["calls"]) == 8
        assert not next(events(server, {"Last-Event-ID": "another.7"}))[2]["resumed"]
        assert set(next(iter_ticks(server, name))["changed"]) == {"turns"}
    finally:
        server.end()


def iter_ticks(server: Server, name: str) -> Iterator[dict]:
    told = events(server, {"Last-Event-ID": f"{name}.0"}, "events?kinds=turns")
    return (data for kind, _, data in told if kind == "tick")


def test_listeners_are_counted_and_their_places_given_back(server: Server):
    from heron_tui.api.events import MOST_LISTENERS

    assert server.get("/api/v1/events", "HEAD").body == b""
    held = [server.open("/api/v1/events") for _ in range(MOST_LISTENERS)]
    assert [one.status for one in held] == [200] * MOST_LISTENERS
    assert server.get("/api/v1/events").status == 503
    for one in held:
        one.close()
    until = time.monotonic() + 20
    while (again := server.open("/api/v1/events")).status != 200:
        assert time.monotonic() < until
        time.sleep(0.1)
    again.close()


def test_an_engine_that_dies_is_said_and_its_store_is_served_on(tmp_path: Path):
    server = Server(CAPTURE, "--speed", "1x", "--store", tmp_path / "s.store")
    try:
        pid = server.until(lambda health: health["counters"]["packets"] > 20)["engine"]["pid"]
        os.kill(pid, signal.SIGKILL)
        engine = server.until(lambda health: not health["engine"]["alive"])["engine"]
        assert engine["state"] == "dead"
        assert engine["reason"] == "the engine ended (signal 9)"
        assert engine["ended_us"] > 0
        assert server.ask("packets")["records"]
    finally:
        assert server.end()[0] == 0


def test_health_tells_every_loss_with_its_meaning(servers):
    from heron_tui.engine.losses import LOSSES
    from heron_tui.engine.protocol import Counters

    health = servers("anthropic-sdk-faults").ask("health")
    assert [loss["name"] for loss in health["losses"]] == [loss.name for loss in LOSSES]
    assert all(loss["count"] == health["counters"][loss["name"]] and loss["meaning"] for loss in health["losses"])
    of_work = set("packets bytes flows exchanges events calls turns findings tls_processes tls_probes".split())
    assert {loss.name for loss in LOSSES} | of_work == set(Counters.__struct_fields__)
    assert health["engine"]["state"] == "none"
    assert health["lost"] is any(loss["count"] for loss in health["losses"] if not loss["harmless"])
    assert health["uptime_s"] >= 0


def test_a_client_that_hangs_holds_up_nobody(server: Server):
    hung = []
    for said in (b"", b"GET /api/v1/calls HTTP/1.1\r\nHost: 127", b"GET / HTTP/1.1\r\n" * 3):
        hung.append(socket.create_connection((server.host, server.port)))
        hung[-1].sendall(said)
    deaf = socket.create_connection((server.host, server.port))
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    head = f"Host: localhost\r\nAuthorization: Bearer {server.token}\r\n\r\n"
    deaf.sendall(f"GET /api/v1/packets?limit=1000 HTTP/1.1\r\n{head}".encode() * 20)
    assert len(server.walk("calls")) == 8
    for one in (*hung, deaf):
        one.close()


def test_a_question_is_stopped_when_its_client_leaves(tmp_path: Path, server: Server):
    """Three threads answer: if more than those were held by who has left, the next would wait."""
    for _ in range(8):
        with socket.create_connection((server.host, server.port)) as gone:
            query = "filter=" + "%20or%20".join(f'body~r"(z|y){n}q*x"' for n in range(30)).replace('"', "%22")
            gone.sendall(
                f"GET /api/v1/packets?{query} HTTP/1.1\r\nHost: localhost\r\n"
                f"Authorization: Bearer {server.token}\r\n\r\n".encode()
            )
            time.sleep(0.02)
    assert len(server.walk("calls")) == 8


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130), (signal.SIGHUP, 0)])
def test_it_stops_cleanly_with_clients_listening(number: int, code: int, tmp_path: Path):
    server = Server(CAPTURE, "--speed", "1x", "--store", tmp_path / "s.store")
    told = events(server)
    next(told)
    pid = server.ask("health")["engine"]["pid"]
    reading = threading.Thread(target=lambda: list(told), daemon=True)
    reading.start()
    assert server.end(number) == (code, "")
    reading.join(10)
    assert not reading.is_alive()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_what_cannot_be_served_is_one_clear_line(tmp_path: Path, server: Server, stores):
    nothing = tmp_path / "nothing.pcap"
    nothing.write_text("no capture at all")
    store = stores("claude-code-agents")
    for arguments, code, words in (
        ((store, "--port", server.port), 1, f"port {server.port} is taken"),
        ((nothing, "--port", 0), 4, "nothing.pcap"),
        (("/nowhere.pcap",), 4, "/nowhere.pcap"),
        ((store, "--port", 70000), 2, "65535"),
        ((store, "--host", "nowhere.invalid"), 2, "nowhere.invalid"),
        ((store, "-i", "lo"), 2, "-i is for live captures"),
        (("--speed", "1x"), 2, "--speed are for files"),
        ((store, CAPTURE), 2, "open it alone"),
    ):
        told = refused(*arguments)
        assert (told[0], words in told[1], told[1].count("\n")) == (code, True, 1), told


def test_a_capture_on_stdin_is_served(tmp_path: Path):
    command = [sys.executable, "-m", "heron_tui", "serve", "-", "--port", "0", "--store", str(tmp_path / "s.store")]
    with CAPTURE.open("rb") as capture, subprocess.Popen(command, stdin=capture, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        assert b"listening on http://127.0.0.1:" in (process.stderr.readline() if b"waiting" in said else said)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
