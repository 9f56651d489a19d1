"""A scripted agent on a real unix socket: serves what a test tells it, faults included."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from agent.api.messages import (
    CommandAnswer,
    DeparturesView,
    FloorView,
    FoundView,
    ManifestView,
    PairingStep,
    QuarantineView,
)


class CutError(Exception):
    """Ends a stream in the middle, as a killed agent would."""


class ScriptedAgent:
    """Serves `/v1/floor` and its stream, what else the screens ask for, over a unix socket, faults included."""

    def __init__(self, path: Path, view: FloorView) -> None:
        self.path = path
        self.view = view
        self.departures = DeparturesView(view.at, ())
        self.manifests: dict[tuple[str, str], ManifestView] = {}
        self.found = FoundView((), (), None)
        self.refusal = ""  # why nobody searches now
        self.quarantine = QuarantineView(view.at, 0, ())
        self.answer = CommandAnswer("", "applied")
        self.commands: list[dict[str, str]] = []
        self.asked: list[bytes] = []
        self.searching = asyncio.Event()
        self.searched = asyncio.Event()
        self.searched.set()
        self._steps: asyncio.Queue[PairingStep | None] = asyncio.Queue()
        self.status = 200
        self.garbage: bytes | None = None
        self.awake = asyncio.Event()
        self.awake.set()
        self.tokens: list[str | None] = []
        self.snapshots = 0
        self._streams: set[asyncio.Queue[bytes | None]] = set()
        self._server: uvicorn.Server | None = None

    async def start(self) -> None:
        """Listen; a stopped agent may be started again."""
        self.status = 200
        routes = [
            Route("/v1/floor", self._floor),
            Route("/v1/floor/stream", self._stream),
            Route("/v1/manifests", self._departures),
            Route("/v1/manifests/{carrier:path}/{departure}", self._manifest),
            Route("/v1/quarantine", self._quarantine),
            Route("/v1/commands", self._command, methods=["POST"]),
            Route("/v1/scanners/find", self._find, methods=["POST"]),
            Route("/v1/scanners/pair", self._pair, methods=["POST"]),
        ]
        config = uvicorn.Config(Starlette(routes=routes), uds=str(self.path), log_config=None, lifespan="off")
        config.load()
        self._server = uvicorn.Server(config)
        self._server.lifespan = config.lifespan_class(config)
        await self._server.startup()

    async def stop(self) -> None:
        """End every stream in good order, then the server."""
        self.status = 503
        self.awake.set()
        for stream in self._streams:
            stream.put_nowait(None)
        if self._server is not None:
            await self._server.shutdown()
            self._server = None

    def show(self, view: FloorView) -> None:
        """The floor changes."""
        self.view = view
        for stream in self._streams:
            stream.put_nowait(b"event: floor\ndata: " + msgspec.json.encode(view) + b"\n\n")

    def say(self, frame: bytes) -> None:
        """Send anything at all on the open streams; `b""` cuts them."""
        for stream in self._streams:
            stream.put_nowait(frame)

    def step(self, step: PairingStep | None) -> None:
        """The next word of a pairing; None ends its stream."""
        self._steps.put_nowait(step)

    async def _floor(self, request: Request) -> Response:
        self.tokens.append(request.headers.get("Authorization"))
        self.snapshots += 1
        body = self.garbage or msgspec.json.encode(self.view)
        return Response(body, self.status, media_type="application/json")

    async def _departures(self, request: Request) -> Response:
        return Response(msgspec.json.encode(self.departures), self.status, media_type="application/json")

    async def _manifest(self, request: Request) -> Response:
        view = self.manifests.get((request.path_params["carrier"], request.path_params["departure"]))
        if view is None:
            return Response(status_code=404)
        return Response(msgspec.json.encode(view), self.status, media_type="application/json")

    async def _quarantine(self, request: Request) -> Response:
        return Response(msgspec.json.encode(self.quarantine), self.status, media_type="application/json")

    async def _command(self, request: Request) -> Response:
        self.commands.append(msgspec.json.decode(await request.body()))
        return Response(msgspec.json.encode(self.answer), self.status, media_type="application/json")

    async def _find(self, request: Request) -> Response:
        self.asked.append(await request.body())
        if self.refusal:
            return _problem(409, self.refusal)
        self.searching.set()
        await self.searched.wait()
        return Response(msgspec.json.encode(self.found), self.status, media_type="application/json")

    async def _pair(self, request: Request) -> Response:
        self.asked.append(await request.body())
        if self.refusal:
            return _problem(409, self.refusal)
        return StreamingResponse(self._told(), media_type="text/event-stream")

    async def _told(self) -> AsyncIterator[bytes]:
        """`searching` is true as long as the client listens."""
        self.searching.set()
        try:
            while (step := await self._steps.get()) is not None:
                name = step.__struct_fields__[0]
                yield f"event: {name}\ndata: ".encode() + msgspec.json.encode(step) + b"\n\n"
        finally:
            self.searching.clear()

    async def _stream(self, request: Request) -> Response:
        await self.awake.wait()
        if self.status != 200:
            return Response(status_code=self.status)
        return StreamingResponse(self._frames(), self.status, media_type="text/event-stream")

    async def _frames(self) -> AsyncIterator[bytes]:
        mine: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._streams.add(mine)
        try:
            while (frame := await mine.get()) is not None:
                if not frame:
                    raise CutError
                yield frame
        finally:
            self._streams.discard(mine)


def _problem(status: int, detail: str) -> Response:
    body = msgspec.json.encode({"title": "refused", "status": status, "detail": detail})
    return Response(body, status, media_type="application/problem+json")
