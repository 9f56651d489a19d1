"""The local API: HTTP over a unix socket of mode 0660, and over TCP where the site wants it."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import socket
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from agent.api.commands import read_command
from agent.api.messages import LATER, CommandAnswer
from agent.api.responses import answer_error, json_response, not_json, number_in, problem
from agent.api.scanners import ScannerSearch
from agent.config import Config, ConfigError
from agent.core import commands as c
from agent.core.authority import Authority
from agent.core.times import from_text
from agent.metrics import CONTENT_TYPE, Metrics
from agent.quarantine import release
from agent.store.errors import ArchiveDamaged
from agent.store.store import Store
from agent.views import Views
from agent.wakeup import Wakeup

_EVERY_S = 0.25  # the shortest time between two pictures of the floor
_KEEPALIVE_S = 5.0
_MOST_ORDERS = 500
_MOST_PARKED = 500
_WHOLE_MANIFEST = 999_999
_WAITING = 128  # connections that are taken before the server is up: READY is said as soon as they are
_OPEN_PATHS = frozenset({"/healthz", "/readyz"})

P = ParamSpec("P")
T = TypeVar("T")
Handler = Callable[[Request], Awaitable[Response]]


class LocalApi:
    """The routes, and the servers that carry them."""

    def __init__(self, store: Store, views: Views, config: Config) -> None:
        self._store = store
        self._views = views
        self._looker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="look")
        self._meters = Metrics(views, store.reader())
        self._config = config.api
        self._authority = Authority(config.authority)
        self._printers = frozenset(printer.id for printer in config.printers)
        self._token = config.secret(config.api.token_file)
        self._search = ScannerSearch(config.file)
        self._watchers: set[Wakeup] = set()
        self._listeners = self._listen()
        store.follow(lambda _: self._tell_watchers())

    def _tell_watchers(self) -> None:
        for watcher in self._watchers:
            watcher.set()

    # --- serving --------------------------------------------------------------------------------------------

    def _listen(self) -> list[tuple[Starlette, socket.socket]]:
        """An app for each listener: whoever may open the socket needs no token. ConfigError."""
        listeners = [(self._app(None), unix_socket(self._config.socket))]
        if self._config.listen is not None:
            listeners.append((self._app(self._token), tcp_socket(self._config.listen)))
        return listeners

    async def run(self, listening: Callable[[], None]) -> None:
        """Serve until cancelled; `listening` is called once both listeners accept connections."""
        servers = [_QuietServer(_server_config(app)) for app, _ in self._listeners]
        try:
            async with asyncio.TaskGroup() as group:
                for server, (_, listener) in zip(servers, self._listeners, strict=True):
                    group.create_task(server.serve([listener]))
                listening()
        finally:
            await self._search.stop()
            for server, (_, listener) in zip(servers, self._listeners, strict=True):
                if server.started:
                    await server.shutdown()
                listener.close()
            self._looker.shutdown(wait=False, cancel_futures=True)

    def _app(self, token: str | None) -> Starlette:
        routes: list[tuple[str, Handler, str]] = [
            ("/healthz", self._healthz, "GET"),
            ("/readyz", self._readyz, "GET"),
            ("/v1/floor", self._floor, "GET"),
            ("/v1/floor/stream", self._stream, "GET"),
            ("/v1/orders", self._orders, "GET"),
            ("/v1/orders/{order_no:path}", self._order, "GET"),
            ("/v1/exceptions", self._exceptions, "GET"),
            ("/v1/quarantine", self._quarantine, "GET"),
            ("/metrics", self._metrics, "GET"),
            ("/v1/manifests", self._departures, "GET"),
            ("/v1/manifests/{carrier:path}/{departure}", self._manifest, "GET"),
            ("/v1/scanners/find", self._search.find, "POST"),
            ("/v1/scanners/pair", self._search.pair, "POST"),
            ("/v1/commands", self._command, "POST"),
        ]
        app = Starlette(
            routes=[
                Route(path, _guarded(handler, token), methods=[method]) for path, handler, method in routes
            ],
            exception_handlers={HTTPException: answer_error, Exception: answer_error},
        )
        app.router.redirect_slashes = False  # a path is served or it is not
        return app

    # --- answers --------------------------------------------------------------------------------------------

    async def _look(self, view: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """In the one thread that reads for people: a long look holds up other looks, but no label and no tone."""
        looking = asyncio.get_running_loop().run_in_executor(self._looker, partial(view, *args, **named))
        return await looking

    async def _healthz(self, _: Request) -> Response:
        return json_response({"ok": True})

    async def _readyz(self, _: Request) -> Response:
        ready = self._views.ready
        return json_response({"ready": ready, "degraded": self._views.degraded}, 200 if ready else 503)

    async def _floor(self, _: Request) -> Response:
        return json_response(await self._look(self._views.floor))

    async def _stream(self, _: Request) -> Response:
        return StreamingResponse(
            self._floors(), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    async def _floors(self) -> AsyncIterator[bytes]:
        """A picture of the floor now, and one after each change, but not more often than people can look."""
        changed = Wakeup()
        self._watchers.add(changed)
        try:
            while True:
                view = await self._look(self._views.floor)
                yield b"event: floor\ndata: " + msgspec.json.encode(view) + b"\n\n"
                await asyncio.sleep(_EVERY_S)
                await changed.wait(_KEEPALIVE_S)
        finally:
            self._watchers.discard(changed)

    async def _orders(self, request: Request) -> Response:
        query = request.query_params
        limit = number_in(request, "limit", 100, 1, _MOST_ORDERS)
        if isinstance(limit, Response):
            return limit
        page = await self._look(
            self._views.orders,
            state=query.get("state"),
            carrier=query.get("carrier"),
            q=query.get("q"),
            limit=limit,
            after=query.get("after", ""),
        )
        return json_response(page)

    async def _order(self, request: Request) -> Response:
        order_no = request.path_params["order_no"]
        try:
            found = await self._look(self._views.order, order_no)
        except ArchiveDamaged as error:
            return problem(500, str(error))
        return json_response(found) if found is not None else problem(404, f"no order {order_no} is here")

    async def _exceptions(self, _: Request) -> Response:
        return json_response(await self._look(self._views.exceptions))

    async def _quarantine(self, request: Request) -> Response:
        limit = number_in(request, "limit", 100, 1, _MOST_PARKED)
        if isinstance(limit, Response):
            return limit
        return json_response(await self._look(self._views.quarantine, limit))

    async def _metrics(self, _: Request) -> Response:
        text = await self._look(self._meters.text)
        return Response(text, headers={"Content-Type": CONTENT_TYPE})

    async def _departures(self, request: Request) -> Response:
        carrier = request.query_params.get("carrier")
        return json_response(await self._look(self._views.departures, carrier))

    async def _manifest(self, request: Request) -> Response:
        carrier, departure = request.path_params["carrier"], request.path_params["departure"]
        limit = number_in(request, "limit", _WHOLE_MANIFEST, 0, _WHOLE_MANIFEST)
        if isinstance(limit, Response):
            return limit
        try:
            at = None if departure == LATER else from_text(departure)
        except ValueError as error:
            return problem(400, f"a departure is a time or the word {LATER}: {error}")
        found = await self._look(self._views.manifest, carrier, at, limit)
        return json_response(found) if found is not None else problem(404, f"{carrier}: no such departure")

    async def _command(self, request: Request) -> Response:
        if (other := not_json(request)) is not None:
            return other
        try:
            command = read_command(await request.body())
        except ValueError as error:  # msgspec's errors are
            return problem(400, str(error))
        printer = getattr(command, "printer", None)
        if printer is not None and printer not in self._printers:
            reason = f"unknown-printer: {printer} is not in the configuration"
            return json_response(CommandAnswer(command.id or "", "refused", reason))
        if isinstance(command, c.ReleaseParked):
            outcome = await release(self._store, command, self._authority)
        else:
            outcome = await self._store.ask(command)
        return json_response(CommandAnswer(command.id or "", outcome.status, outcome.reason))


def _guarded(handler: Handler, token: str | None) -> Handler:
    """Behind the token, but for the two paths that a load balancer asks."""

    async def guarded(request: Request) -> Response:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if (
            token is None
            or request.url.path in _OPEN_PATHS
            or hmac.compare_digest(given.encode(), token.encode())
        ):
            return await handler(request)
        return problem(401, "this listener wants the API's token: Authorization: Bearer …")

    return guarded


class _QuietServer(uvicorn.Server):
    """Signals are the service's business."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _server_config(app: Starlette) -> uvicorn.Config:
    return uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1)


def unix_socket(path: Path) -> socket.socket:
    """Bound at `path` with mode 0660; what a killed agent left there is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and stat.S_ISSOCK(path.stat().st_mode):
        path.unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    path.chmod(0o660)
    listener.listen(_WAITING)
    return listener


def tcp_socket(listen: str) -> socket.socket:
    """Bound at HOST:PORT. ConfigError where that cannot be had."""
    host, _, port = listen.rpartition(":")
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host.strip("[]"), int(port)))
    except OSError as error:
        listener.close()
        raise ConfigError(f"`api.listen`: {listen} cannot be had: {error.strerror}") from error
    listener.listen(_WAITING)
    return listener
