"""The hub protocol as a Starlette application over the ledger: feed, snapshots, events, statuses, leases."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from sync.sandbox.bodies import body_of
from sync.sandbox.intake import receive, receive_statuses
from sync.sandbox.ledger import Ledger, cursor_text, sse
from sync.sandbox.problems import Problem, answer_problem
from sync.sandbox.waybills import Waybills
from sync.snapshot import KINDS

_STREAM_ROWS = 500
_DIGITS = re.compile("[0-9]{1,9}")
_EVENTS_TYPE = "application/cloudevents-batch+json"
_JSON_TYPE = "application/json"

Handler = Callable[[Request], Awaitable[Response]]


class Bell:
    """Wakes everybody who waits for the feed to grow."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake all who wait now."""
        self._rung.set()
        self._rung = asyncio.Event()

    async def wait(self, timeout_s: float) -> bool:
        """True if it rang in time."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), timeout_s)
            return True
        return False


class SandboxHub:
    """The hub of one site. `close` ends the streams, so that the server can stop."""

    def __init__(
        self,
        ledger: Ledger,
        site: str,
        token: str,
        *,
        keep_alive_s: float = 15.0,
        page_rows: int = 1000,
        waybill_stock: int | None = None,
    ) -> None:
        self.ledger = ledger
        self.bell = Bell()
        self._site = site
        self._authorization = f"Bearer {token}".encode()
        self._keep_alive_s = keep_alive_s
        self._page_rows = page_rows
        self._waybills = Waybills(ledger, stock=waybill_stock)
        self._closed = False

    def close(self) -> None:
        """End every stream and long poll."""
        self._closed = True
        self.bell.ring()

    def app(self, more_routes: list[BaseRoute]) -> Starlette:
        """The application; `more_routes` lie beside the protocol."""
        base = "/v1/sites/{site}"
        routes: list[BaseRoute] = [
            Route(f"{base}/feed", self._guarded(self._feed)),
            Route(f"{base}/snapshot/{{kind}}", self._guarded(self._snapshot)),
            Route(f"{base}/events", self._guarded(self._events), methods=["POST"]),
            Route(f"{base}/statuses", self._guarded(self._statuses), methods=["POST"]),
            Route(f"{base}/waybill-leases", self._guarded(self._lease), methods=["POST"]),
            Route(f"{base}/waybill-leases/{{lease}}/returns", self._guarded(self._returns), methods=["POST"]),
        ]
        handlers = {Problem: answer_problem, HTTPException: answer_problem}
        app = Starlette(routes=[*routes, *more_routes], exception_handlers=handlers)
        app.router.redirect_slashes = False  # a path is served or it is not
        return app

    def _guarded(self, handler: Handler) -> Handler:
        """The handler behind the site's token."""

        async def guarded(request: Request) -> Response:
            shown = request.headers.get("Authorization", "").encode()
            if not hmac.compare_digest(shown, self._authorization):
                raise Problem(401, "unauthorized", "the bearer token is missing or wrong")
            if request.path_params["site"] != self._site:
                raise Problem(404, "unknown-site", f"this hub has no site {request.path_params['site']}")
            return await handler(request)

        return guarded

    async def _feed(self, request: Request) -> Response:
        text = request.headers.get("Last-Event-ID", request.query_params.get("after"))
        cursor = self._position(text)
        if _JSON_TYPE in request.headers.get("Accept", ""):
            return await self._poll(request, cursor)
        return StreamingResponse(
            self._stream(cursor), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    def _position(self, text: str | None) -> int:
        """The cursor to go on after. Raises the problem cursor-expired for one that is not kept."""
        oldest, head = self.ledger.oldest(), self.ledger.head()
        if text is None:
            return oldest - 1
        known = text.isascii() and text.isdigit() and len(text) <= 20
        if not known or not oldest - 1 <= int(text) <= head:
            raise Problem(410, "cursor-expired", f"events after {text[:64]!r} are not kept; take a snapshot")
        return int(text)

    async def _stream(self, cursor: int) -> AsyncIterator[bytes]:
        yield b": floorhand sandbox hub\n\n"
        while not self._closed:
            rows = self.ledger.feed_after(cursor, _STREAM_ROWS)
            if rows:
                cursor = rows[-1].cursor
                yield sse(rows)
            elif not await self.bell.wait(self._keep_alive_s):
                yield b": still here\n\n"

    async def _poll(self, request: Request, cursor: int) -> Response:
        limit = _number(request, "limit", 100, 1, 500)
        deadline_s = time.monotonic() + _number(request, "wait", 0, 0, 25)
        while not (rows := self.ledger.feed_after(cursor, limit + 1)) and not self._closed:
            left_s = deadline_s - time.monotonic()
            if left_s <= 0 or not await self.bell.wait(left_s):
                break
        page = rows[:limit]
        answer = {
            "events": [msgspec.Raw(row.body) for row in page],
            "next": cursor_text(page[-1].cursor if page else cursor),
            "more": len(rows) > limit,
        }
        return _json(answer)

    async def _snapshot(self, request: Request) -> Response:
        kind = request.path_params["kind"]
        if kind not in KINDS:
            raise Problem(404, "unknown-snapshot", f"no snapshot {kind}, but {', '.join(KINDS)}")
        position = cursor_text(self.ledger.head())
        rows = self.ledger.rows_after(kind, request.query_params.get("after", ""), self._page_rows + 1)
        body = b"".join(data + b"\n" for _, data in rows[: self._page_rows])
        tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
        headers = {"ETag": tag, "Feed-Cursor": position}
        if len(rows) <= self._page_rows:
            headers["Last-Page"] = "true"
        if request.headers.get("If-None-Match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type="application/x-ndjson")

    async def _events(self, request: Request) -> Response:
        return _json({"results": receive(self.ledger, await body_of(request, _EVENTS_TYPE), now_ms())})

    async def _statuses(self, request: Request) -> Response:
        return _json({"shown": receive_statuses(self.ledger, await body_of(request, _JSON_TYPE), now_ms())})

    async def _lease(self, request: Request) -> Response:
        key = request.headers.get("Idempotency-Key")
        status, body = self._waybills.lease(key, await body_of(request, _JSON_TYPE), now_ms())
        return Response(body, status, media_type="application/json")

    async def _returns(self, request: Request) -> Response:
        body = await body_of(request, _JSON_TYPE)
        returned = self._waybills.take_back(request.path_params["lease"], body)
        return _json({"returned": returned})


def now_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def _json(answer: object) -> Response:
    return Response(msgspec.json.encode(answer), media_type=_JSON_TYPE)


def _number(request: Request, name: str, default: int, least: int, most: int) -> int:
    """A whole number of the query. Raises Problem."""
    text = request.query_params.get(name, str(default))
    number = int(text) if _DIGITS.fullmatch(text) else -1
    if not least <= number <= most:
        raise Problem(400, "malformed", f"{name} {text[:20]!r}, expected a number from {least} to {most}")
    return number
