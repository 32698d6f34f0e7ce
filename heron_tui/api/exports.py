"""Exports: `heron-tui export` on the store, in a process of its own, streamed to who asked.

HTTP/1.1 clients seldom see trailers, so the counts are a resource: `heron-report` names it.
"""

import asyncio
import contextlib
import secrets
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, cast

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from ..core.errors import UsageError
from .asked import known, node
from .problems import NotFound, Problem, as_json
from .service import Service

PIECE = 64 << 10
MOST_RUNNING = 2
MOST_KEPT = 50
TYPES = {"jsonl": "application/x-ndjson", "md": "text/markdown; charset=utf-8", "har": "application/json"}


@dataclass(slots=True)
class Export:
    """One export. `report` are its counts once it is done, as `export --json-report` gives them."""

    process: Process
    state: str = "running"
    report: dict[str, Any] | None = None
    message: str = ""
    said: "asyncio.Task[bytes] | None" = field(default=None, repr=False)

    async def finish(self) -> None:
        """Read how it ended. Code 1 is an export that had nothing to write."""
        assert self.said is not None
        lines = (await self.said).decode("utf-8", "replace").strip().splitlines()
        code = await self.process.wait()
        last = lines[-1] if lines else f"the export ended with code {code}"
        if code in (0, 1):
            with contextlib.suppress(orjson.JSONDecodeError):
                self.report = orjson.loads(last)
        self.state = "failed" if self.report is None else "done"
        self.message = "" if self.report else " ".join(lines).removeprefix("heron-tui: ") or last

    async def end(self) -> None:
        """Stop it, if it has not ended."""
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()
        if self.state == "running":
            self.state, self.message = "stopped", "the client left before its end"


async def formats(request: Request) -> Response:
    known(request, ())
    return as_json(await _catalogue(cast(Service, request.app.state.service)))


async def report(request: Request) -> Response:
    """How an export ended: what was written, and what was skipped and why."""
    known(request, ())
    service, id = cast(Service, request.app.state.service), request.path_params["id"]
    export = service.exports.get(id)
    if export is None:
        raise NotFound(f"there is no export {id[:40]!r}; the last {MOST_KEPT} are kept")
    return as_json({"id": id, "state": export.state, "message": export.message, "report": export.report})


async def export(request: Request) -> Response:
    """Records in a format of `formats`, as they are made."""
    service = cast(Service, request.app.state.service)
    catalogue = await _catalogue(service)
    names = {format["name"]: format for format in catalogue["formats"]}
    options = [option["name"] for option in catalogue["options"]]
    known(request, ("format", "unit", "id", "filter", *options), repeated=("id",))
    get = request.query_params.get
    if (name := get("format", "")) not in names:
        raise UsageError(f"format: there is {', '.join(names)}")
    node(get("filter"), service.config)  # says where a filter is wrong
    ending = names[name]["ending"]
    kind = TYPES.get(ending, "text/plain")
    if request.method == "HEAD":
        return Response(media_type=kind)
    if sum(one.state == "running" for one in service.exports.values()) >= MOST_RUNNING:
        raise Problem(503, f"{MOST_RUNNING} exports are running already: try again when one has ended")
    arguments = [f"--format={name}"]
    arguments += [f"--unit={unit}"] if (unit := get("unit")) else []
    arguments += [f"--id={id}" for id in request.query_params.getlist("id")]
    arguments += [f"-Y{text}"] if (text := get("filter")) else []
    arguments += [f"--{one.replace('_', '-')}={value}" for one in options if (value := get(one)) is not None]
    process = await _start("export", "--json-report", *arguments, "--", str(service.store))
    made = Export(process)
    id = secrets.token_hex(8)
    service.exports[id] = made
    while len(service.exports) > MOST_KEPT:
        del service.exports[next(iter(service.exports))]
    assert process.stdout is not None
    assert process.stderr is not None
    made.said = asyncio.ensure_future(process.stderr.read())
    first = await process.stdout.read(PIECE)
    if not first:
        await made.finish()
        if made.report is None:
            raise UsageError(made.message) if process.returncode == 2 else Problem(503, made.message)
    headers = {
        "heron-report": f"/api/v1/exports/{id}",
        "content-disposition": f'attachment; filename="heron-tui-{name}.{ending}"',
    }
    return StreamingResponse(_pieces(made, first), media_type=kind, headers=headers)


async def _pieces(made: Export, first: bytes) -> AsyncIterator[bytes]:
    """What the export writes; the client sees a broken transfer where it failed midway."""
    assert made.process.stdout is not None
    try:
        piece = first
        while piece:
            yield piece
            piece = await made.process.stdout.read(PIECE)
        if made.state == "running":
            await made.finish()
        if made.report is None:
            raise Problem(500, made.message)
    finally:
        await made.end()


async def _catalogue(service: Service) -> dict[str, Any]:
    """Formats and options, asked once."""
    if service.catalogue is None:
        process = await _start("export", "--list-formats", "--json-report")
        out, _ = await process.communicate()
        service.catalogue = orjson.loads(out)
    return cast(dict[str, Any], service.catalogue)


async def _start(*arguments: str) -> Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "heron_tui", *arguments),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        start_new_session=True,
    )
