"""A hub that misbehaves on demand: what befalls the next requests of the protocol, as middleware around it.

The hub's own `/sandbox/…` is never touched. A fault of the network (resets, silence, half-open) is a proxy's business.
"""

from __future__ import annotations

import asyncio
import gzip
from contextlib import suppress
from functools import cache
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sync.sandbox.problems import Problem

PORTAL = b"<!doctype html><title>Guest Wi-Fi</title><p>Please accept the terms of use to go on."
PORTAL_URL = "http://portal.example/login"
BOMB_BYTES = 64 * 1024 * 1024  # unpacked; packed a thousandth of it


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """What befalls the next `count` requests (None: all) whose path in the site begins with `path`.

    After `delay_s` they are answered with `status` and `retry_after`, or with a `body` that is not the hub's. Only
    `truncated` lets the hub do its work, and breaks its answer off in the middle. With a delay alone it is just slow.
    """

    path: str = ""
    count: Annotated[int, Meta(ge=1)] | None = None
    delay_s: Annotated[float, Meta(ge=0, le=3600)] = 0.0
    status: Annotated[int, Meta(ge=200, le=599)] | None = None
    retry_after: int | str | None = None
    body: Literal["portal", "redirect", "gzip-bomb", "truncated"] | None = None

    def befalls(self, path: str) -> bool:
        """`path`: as the server got it."""
        _, _, in_site = path.removeprefix("/v1/sites/").partition("/")
        return path.startswith("/v1/sites/") and in_site.startswith(self.path)


class Faults:
    """Those that are still to come; the first that fits a request befalls it."""

    def __init__(self) -> None:
        self.ahead: list[Fault] = []

    def take(self, path: str) -> Fault | None:
        """The fault of a request, counted down."""
        for place, fault in enumerate(self.ahead):
            if fault.befalls(path):
                if fault.count is not None:
                    rest = [msgspec.structs.replace(fault, count=fault.count - 1)] if fault.count > 1 else []
                    self.ahead[place : place + 1] = rest
                return fault
        return None


class Faulty:
    """The application, with faults before it where it answers at `port`: a second URL is there to be well."""

    def __init__(self, app: ASGIApp, faults: Faults, port: int) -> None:
        self._app = app
        self._faults = faults
        self._port = port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI application."""
        is_here = scope["type"] == "http" and scope["server"][1] == self._port
        fault = self._faults.take(scope["path"]) if is_here else None
        if fault is None:
            await self._app(scope, receive, send)
            return
        await asyncio.sleep(fault.delay_s)
        if fault.body == "truncated":
            with suppress(_Broken):
                await self._app(scope, receive, _BrokenOff(send))
            return
        answer = answer_of(fault) or self._app
        await answer(scope, receive, send)


def answer_of(fault: Fault) -> Response | None:
    """What is said instead of the hub's answer; None: the hub may say it."""
    if fault.body == "portal":
        answer = Response(PORTAL, fault.status or 200, media_type="text/html")
    elif fault.body == "redirect":
        answer = Response(status_code=fault.status or 302, headers={"Location": PORTAL_URL})
    elif fault.body == "gzip-bomb":
        answer = Response(_bomb(), fault.status or 200, {"Content-Encoding": "gzip"}, "application/json")
    elif fault.status is not None:
        answer = Problem(fault.status, "fault", "asked for by /sandbox/faults").response()
    else:
        return None
    if fault.retry_after is not None:
        answer.headers["Retry-After"] = str(fault.retry_after)
    return answer


@cache
def _bomb() -> bytes:
    return gzip.compress(bytes(BOMB_BYTES), compresslevel=9)


class _Broken(Exception):
    """Nothing more is sent; the server then drops the connection."""


class _BrokenOff:
    """Sends the first half of the first piece of an answer. Raises _Broken."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] != "http.response.body":
            await self._send(message)
            return
        body = message.get("body", b"")
        await self._send({"type": message["type"], "body": body[: len(body) // 2], "more_body": True})
        raise _Broken
