"""Scanners over the local API: what is around, and the one that reads a code gets a station.

BlueZ lets a program listen for advertisements once, and the agent does that already for its own scanners. So the
command line is run as a child, with a Bluetooth connection of its own, and labels and tones never wait for it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Annotated, Self, TypeVar

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from agent.api.messages import FoundView, PairingFailed, Role
from agent.api.responses import json_response, not_json, problem
from agent.config_scanning import Id
from devices.broker import tied_to_this_process

_LETS_GO_WITHIN_S = 10.0
_STOPS_WITHIN_S = 1.0  # where the agent itself is stopping
_LAST_STEPS = ("paired", "failed")
_WORDLESS = "the search ended without a word: the agent's log says why"

T = TypeVar("T")


class _Find(msgspec.Struct, frozen=True):
    seconds: Annotated[float, Meta(gt=0, le=30)] = 8.0


class _Pair(msgspec.Struct, frozen=True):
    station: Id
    role: Role
    write: bool = False


class ScannerSearch:
    """Finds and pairs, one at a time, for the site that `file` configures."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._busy = False
        self._child: _Child | None = None

    async def find(self, request: Request) -> Response:
        """What `floorhand scanners find` says."""
        asked = await self._read(request, _Find)
        if isinstance(asked, Response):
            return asked
        asks = "find", "--seconds", f"{asked.seconds:g}"
        async with self._running(*asks) as child, _ends_with(request, child):
            said = await child.said.read()
        return json_response(msgspec.json.decode(said, type=FoundView)) if said else problem(502, _WORDLESS)

    async def pair(self, request: Request) -> Response:
        """The steps of `floorhand scanners pair` as events, each as it happens."""
        asked = await self._read(request, _Pair)
        if isinstance(asked, Response):
            return asked
        write = ("--write",) if asked.write else ()
        return _Steps(self._running("pair", "--id", asked.station, "--role", asked.role, *write))

    async def stop(self) -> None:
        """The agent ends: so does what is under way, in good order where it is quick."""
        if self._child is not None:
            await self._child.end(_STOPS_WITHIN_S)

    async def _read(self, request: Request, kind: type[T]) -> T | Response:
        """What is asked for, or why that cannot be. Nothing may be awaited from here until the child is begun."""
        if (other := not_json(request)) is not None:
            return other
        try:
            asked = msgspec.json.decode(await request.body() or b"{}", type=kind)
        except msgspec.MsgspecError as error:
            return problem(400, str(error))
        if not self._file.is_file():
            return problem(409, f"this agent has no configuration file: there is no {self._file}")
        if self._busy:
            return problem(409, "another search is under way or about to end: try again in a moment")
        return asked

    @asynccontextmanager
    async def _running(self, *arguments: str) -> AsyncIterator[_Child]:
        self._busy = True
        try:
            self._child = await _Child.start(*arguments, "--json", "--config", str(self._file))
            try:
                yield self._child
            finally:
                await self._child.end(_LETS_GO_WITHIN_S)
        finally:
            self._busy, self._child = False, None


class _Child:
    """`floorhand scanners …` as a process that ends with the agent at the latest.

    What it says to people goes to the agent's log.
    """

    def __init__(self, process: Process) -> None:
        assert process.stdout is not None
        self.said = process.stdout
        self._process = process
        self._interrupted = False

    @classmethod
    async def start(cls, *arguments: str) -> Self:
        """In a session of its own: a Ctrl-C at the agent's terminal is the agent's."""
        command = tied_to_this_process([sys.executable, "-m", "agent.cli", "scanners", *arguments])
        return cls(
            await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=PIPE, start_new_session=True)
        )

    def interrupt(self) -> None:
        """As Ctrl-C does, so that it lets go of the scanners that it holds; once, for a second one is impatient."""
        if not self._interrupted:
            self._interrupted = True
            self._signal(signal.SIGINT)

    async def end(self, within_s: float) -> None:
        """Interrupted, and killed where that does not help."""
        self.interrupt()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await self._process.wait()
        finally:
            self._signal(signal.SIGKILL)
            await self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        """Not asyncio's own, which in Python 3.11 may take the exit code from those who wait for it (gh-127049)."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, number)


class _Steps(StreamingResponse):
    """The child lives as long as its client listens, also where that is gone before the first step."""

    def __init__(self, child: AbstractAsyncContextManager[_Child]) -> None:
        super().__init__((), media_type="text/event-stream", headers={"Cache-Control": "no-store"})
        self._child = child

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._child as child:
            self.body_iterator = _events(child)
            await super().__call__(scope, receive, send)


async def _events(child: _Child) -> AsyncIterator[bytes]:
    """Each line is called as its first field."""
    step: str | None = None
    async for line in child.said:
        step = next(iter(msgspec.json.decode(line)))
        yield _event(step, line.rstrip())
    if step not in _LAST_STEPS:
        yield _event("failed", msgspec.json.encode(PairingFailed(_WORDLESS)))


def _event(name: str, data: bytes) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + data + b"\n\n"


@asynccontextmanager
async def _ends_with(request: Request, child: _Child) -> AsyncIterator[None]:
    """A client that hangs up wants no answer: its child ends."""

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            continue
        child.interrupt()

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()
