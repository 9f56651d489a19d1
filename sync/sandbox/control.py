"""The sandbox's own surface beside the protocol: start and stop the day, look on, and the verdict. No token."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sync.sandbox.bodies import read
from sync.sandbox.faults import Fault, Faults
from sync.sandbox.hub import SandboxHub, now_ms
from sync.sandbox.judge import judge
from sync.sandbox.ledger import Put, cursor_text
from sync.sandbox.player import Player, Run
from sync.sandbox.problems import Problem
from sync.sandbox.views import orders, progress, puts, received, shown


class StartRequest(msgspec.Struct, frozen=True):
    """What may be said at the start; absent: as the hub was configured."""

    seconds: float | None = None
    speed: float | None = None
    start: str | None = None


class _Given(msgspec.Struct, frozen=True):
    type: str
    data: dict[str, Any]
    subject: str | None = None
    source: str = "/erp"


class Control:
    """Handlers of `/sandbox/…` over a hub and its player; `run` is how the day is played if nothing is said."""

    def __init__(self, hub: SandboxHub, player: Player, run: Run, faults: Faults) -> None:
        self._hub = hub
        self._faults = faults
        self._player = player
        self._run = run

    def routes(self) -> list[BaseRoute]:
        """What lies beside the protocol."""
        return [
            Route("/sandbox/judge", self._judge),
            Route("/sandbox/progress", self._progress),
            Route("/sandbox/puts", self._puts),
            Route("/sandbox/received", self._received),
            Route("/sandbox/orders", self._orders),
            Route("/sandbox/shown", self._shown),
            Route("/sandbox/faults", self._show_faults),
            Route("/sandbox/faults", self._add_fault, methods=["POST"]),
            Route("/sandbox/faults", self._clear_faults, methods=["DELETE"]),
            Route("/sandbox/start", self._start, methods=["POST"]),
            Route("/sandbox/stop", self._stop, methods=["POST"]),
            Route("/sandbox/feed", self._feed, methods=["POST"]),
            Route("/sandbox/forget", self._forget, methods=["POST"]),
        ]

    async def _judge(self, _request: Request) -> Response:
        return _json(await asyncio.to_thread(judge, self._hub.ledger))

    async def _progress(self, _request: Request) -> Response:
        player = self._player
        facts = {
            "started": player.started,
            "arrivals_done": player.arrivals_done,
            "to_come": player.to_come,
            "floor_time": clock_text(player.floor_s),
        }
        return _json(progress(self._hub.ledger) | facts)

    async def _puts(self, request: Request) -> Response:
        return _json(puts(self._hub.ledger, _types(request), _after(request)))

    async def _received(self, request: Request) -> Response:
        return _json(received(self._hub.ledger, _types(request), _after(request)))

    async def _orders(self, _request: Request) -> Response:
        return _json(orders(self._hub.ledger))

    async def _shown(self, request: Request) -> Response:
        """`?after=` milliseconds: what is shown since later than that."""
        return _json(await asyncio.to_thread(shown, self._hub.ledger, _after(request)))

    async def _show_faults(self, _request: Request) -> Response:
        return _json(self._faults.ahead)

    async def _add_fault(self, request: Request) -> Response:
        self._faults.ahead.append(read(await request.body(), Fault))
        return _json(self._faults.ahead)

    async def _clear_faults(self, _request: Request) -> Response:
        self._faults.ahead.clear()
        return _json(self._faults.ahead)

    async def _start(self, request: Request) -> Response:
        wanted = read(await request.body() or b"{}", StartRequest)
        given: dict[str, Any] = {}
        if wanted.seconds is not None:
            given["seconds"] = wanted.seconds
        if wanted.speed is not None:
            given["speed"] = wanted.speed
        if wanted.start is not None:
            given["start_s"] = _seconds(wanted.start)
        self._player.start(msgspec.structs.replace(self._run, **given))
        return _json({"started": True})

    async def _stop(self, _request: Request) -> Response:
        self._player.stop()
        return _json({"stopping": True})

    async def _feed(self, request: Request) -> Response:
        given = read(await request.body(), list[_Given])
        cursor = self._hub.ledger.put([Put(g.type, g.source, g.subject, g.data) for g in given], now_ms())
        self._hub.bell.ring()
        return _json({"cursor": cursor_text(cursor)})

    async def _forget(self, request: Request) -> Response:
        """Stop keeping the feed before `{"before": cursor}`; absent: all of it."""
        before = read(await request.body() or b"{}", dict[str, str]).get("before")
        self._hub.ledger.forget(self._hub.ledger.head() + 1 if before is None else int(before))
        return _json({"oldest": cursor_text(self._hub.ledger.oldest())})


def clock_seconds(text: str) -> float:
    """Seconds since midnight of `HH:MM`. Raises ValueError."""
    hours, _, minutes = text.partition(":")
    seconds = int(hours) * 3600 + int(minutes) * 60
    if not 0 <= seconds < 86_400:
        raise ValueError(f"no time of day: {text}")
    return float(seconds)


def clock_text(time_s: float) -> str:
    """`HH:MM:SS` of seconds since midnight; a day that runs over midnight begins again."""
    whole = int(time_s)
    return f"{whole // 3600 % 24:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def _seconds(text: str) -> float:
    try:
        return clock_seconds(text)
    except ValueError:
        raise Problem(422, "malformed", f"start {text!r}, expected HH:MM") from None


def _types(request: Request) -> list[str]:
    return [name for name in request.query_params.get("type", "").split(",") if name]


def _after(request: Request) -> int:
    text = request.query_params.get("after", "0")
    if not text.isdigit():
        raise Problem(422, "malformed", f"after {text[:30]!r}, expected a row number or cursor")
    return int(text)


def _json(answer: object) -> Response:
    return Response(msgspec.json.encode(answer), media_type="application/json")
