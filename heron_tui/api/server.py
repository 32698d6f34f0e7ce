"""Listens, until it is told to stop."""

import asyncio
import contextlib
import errno
import logging
import signal
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from ..core.errors import HeronError, PrivilegeError, SourceError, UsageError
from ..engine.protocol import Job
from . import page, problems
from .heron import routes as heron
from .patience import Patience
from .readers import Readers
from .routes import routed
from .security import Guard, Hosts
from .service import Engine, Service

THREADS = 3
CONNECTIONS = 64
HEAD_BYTES = 32 << 10
"""Of a request line with its headers: a filter in a URL fits."""
IDLE_S = 30
"""Seconds that a connection may wait for its next request."""
GRACE_S = 2
SILENT_S = 5.0
"""Seconds after which it is said that standard input has brought nothing yet."""
INTERRUPTED = 130
Say = Callable[[str], object]
ERRORS: dict[int, type[HeronError]] = {2: UsageError, 3: PrivilegeError, 4: SourceError}


@dataclass(frozen=True, slots=True)
class Listener:
    """A bound socket, and how it may be called."""

    socket: socket.socket
    host: str
    address: str
    port: int

    @property
    def url(self) -> str:
        return f"http://{f'[{self.address}]' if ':' in self.address else self.address}:{self.port}/"

    @property
    def loopback(self) -> bool:
        return not Hosts.bound_to(self.host, self.address).addresses


def bind(host: str, port: int) -> Listener:
    """A socket on a host's address; port 0 takes a free one.

    Raises:
        HeronError: it cannot be had; says why.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError):
        raise UsageError(f"--host: {host!r} is no address of this machine") from None
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(128)
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRINUSE:
            raise HeronError(f"port {port} is taken: name another one with --port, or 0 for any that is free") from None
        if error.errno == errno.EACCES:
            raise PrivilegeError(f"port {port} needs root: name one from 1024 on with --port") from None
        raise UsageError(f"--host {host} --port {port}: {error.strerror}") from None
    sock.setblocking(False)
    found = sock.getsockname()
    return Listener(sock, host, found[0].partition("%")[0], found[1])


@dataclass(frozen=True, slots=True)
class Served:
    """What is served, and how.

    Attributes:
        config: the user's configuration directory. token: what clients need.
        console: the built console of the Heron project; None for our own page.
    """

    store: Path
    config: Path
    token: str
    console: Path | None = None


def serve(job: Job | None, served: Served, listener: Listener, say: Say) -> int:
    """Serve a store, which the engine of `job` writes (None: it is whole), until SIGINT, SIGTERM or SIGHUP.

    Answers the exit code: 130 for SIGINT, else 0. `say` is told where it listens, once it does.

    Raises:
        HeronError: the engine ended before it had read anything; or the store cannot be read.
    """
    app = application(served.console)
    engine = Engine(job) if job else None
    try:
        if engine and job:
            _begin(engine, job, say)
        return asyncio.run(_serve(app, engine, served, listener, say))
    finally:
        listener.socket.close()
        if engine:
            engine.close()


def application(console: Path | None = None) -> Starlette:
    """What answers, without who guards it; `state.service` is to be set.

    Raises:
        UsageError: `console` holds no console.
    """
    pages = heron.pages(console) if console else page.routed()
    app = Starlette(
        routes=[*routed(), *heron.routed(), *pages],
        exception_handlers={
            HeronError: problems.on_error,
            problems.Left: problems.on_left,
            HTTPException: problems.on_http,
            Exception: problems.on_bug,
        },
    )
    app.router.redirect_slashes = False
    return app


def _begin(engine: Engine, job: Job, say: Say) -> None:
    """Wait until the engine has a store, so that what is wrong with a source is said as any command says it."""
    engine.start()
    silent = time.monotonic() + SILENT_S if "-" in job.sources else float("inf")
    while engine.last is None or engine.last.version == 0 or not Path(job.store).exists():
        if engine.ended_us is not None and engine.reason is not None:
            raise ERRORS.get(engine.code or 1, HeronError)(engine.reason)
        if time.monotonic() > silent:
            silent = float("inf")
            say("nothing has come on standard input yet: waiting")
        time.sleep(0.02)


async def _serve(app: Starlette, engine: Engine | None, served: Served, listener: Listener, say: Say) -> int:
    store = served.store
    service = Service(store, served.config, engine, Readers(store, THREADS), Readers(store, 1))
    app.state.service = service
    try:
        await service.version()  # whether it can be read
        hosts = Hosts.bound_to(listener.host, listener.address)
        server = _Server(
            uvicorn.Config(
                Guard(app, served.token, hosts, listener.port),
                http=Patience,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                limit_concurrency=CONNECTIONS,
                h11_max_incomplete_event_size=HEAD_BYTES,
                timeout_keep_alive=IDLE_S,
                timeout_graceful_shutdown=GRACE_S,
            )
        )
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
        caught: list[int] = []

        def stop(number: int) -> None:
            server.force_exit = bool(caught)
            server.should_exit = True
            service.stopping.set()
            caught.append(number)

        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, stop, number)
        say(f"listening on {listener.url}?token={served.token}")
        await server.serve(sockets=[listener.socket])
        return INTERRUPTED if caught[:1] == [signal.SIGINT] else 0
    finally:
        service.close()


class _Server(uvicorn.Server):
    """Signals are ours."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
