"""Whose connections they are: looked up on this host, beside the packets."""

import os
import socket
import sys
import time

import pytest

from heron_tui.capture.sockets import Sockets, process
from heron_tui.engine.owners import Finder
from heron_tui.model.flow import Flow

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looked up in Linux's /proc")


def flow(client, server) -> Flow:
    ends = [f"[{end[0]}]:{end[1]}" if ":" in end[0] else f"{end[0]}:{end[1]}" for end in (client, server)]
    return Flow(n=0, id="f1", client=ends[0], server=ends[1], t_start_us=1, t_end_us=1, first_packet=1)


def settled(finder: Finder, seconds: float = 60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        flows, _ = finder.take()
        if flows or finder.unknown:
            return flows
        time.sleep(0.02)
    raise AssertionError("no answer")


@pytest.mark.parametrize("family", ["127.0.0.1", "::1"])
def test_the_process_of_an_open_connection_is_found(family: str):
    kind = socket.AF_INET6 if ":" in family else socket.AF_INET
    try:
        server = socket.create_server((family, 0), family=kind)
    except OSError:
        pytest.skip(f"{family} is not there")
    finder = Finder()
    with server, socket.create_connection(server.getsockname()[:2]) as client:
        finder.ask(flow(client.getsockname(), server.getsockname()))
        (found,) = settled(finder)
    finder.close()
    assert found.process.pid == os.getpid()
    assert found.process.exe == os.path.realpath(sys.executable)
    assert abs(found.process.start_us / 1e6 - time.time()) < 86_400 * 365
    assert found.process.ppid == os.getppid()


def test_a_connection_that_is_over_is_counted():
    finder = Finder()
    finder.ask(flow(("192.0.2.7", 40_000), ("192.0.2.8", 80)))
    assert settled(finder) == []
    assert finder.unknown == 1
    finder.close()


def test_an_ipv4_peer_of_a_socket_that_speaks_both_is_found():
    if not socket.has_dualstack_ipv6():
        pytest.skip("no socket here speaks both")
    server = socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    with server, socket.create_connection(("127.0.0.1", server.getsockname()[1])) as client:
        accepted, _ = server.accept()
        sockets = Sockets()
        inode = sockets.inode(("127.0.0.1", server.getsockname()[1], *client.getsockname()))
        assert os.fstat(accepted.fileno()).st_ino == inode
        assert sockets.holders({inode}) == {inode: os.getpid()}
        sockets.close()
        accepted.close()


def test_a_process_that_is_gone_is_none():
    assert process(2**22 + 1) is None
