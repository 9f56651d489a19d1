"""Runs the sandbox hub: in this process for tests and the demo, or as a program of its own."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Never

import msgspec
import uvicorn

from sync.sandbox.catalog import Catalog, build_catalog
from sync.sandbox.control import Control, clock_seconds
from sync.sandbox.day import Day, csv_day, csv_products, model_day
from sync.sandbox.faults import Faults, Faulty
from sync.sandbox.files_side import FilesSide
from sync.sandbox.hub import SandboxHub, now_ms
from sync.sandbox.ledger import Ledger
from sync.sandbox.orders_csv import CsvDay, read_orders_csv
from sync.sandbox.player import Player, Run


class HubOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a sandbox hub is run. `data` is a directory, made if missing; `port` 0: any free one.

    The day is that of `orders_csv`, else of the arrival `model`; `start` "HH:MM" (None: its busiest hour).
    """

    data: Path
    host: str = "127.0.0.1"
    port: int = 0
    site: str = "WH1"
    token: str = "sandbox-token"
    orders_csv: Path | None = None
    model: str = "diurnal"
    orders_day: int = 127_000
    start: str | None = None
    speed: float = 1.0
    seed: int = 1
    seconds: float | None = None
    autostart: bool = False
    keep_alive_s: float = 15.0
    page_rows: int = 1000
    waybill_stock: int | None = None
    backup_port: int | None = None  # a second URL
    files_dir: Path | None = None  # a folder of signed files; the token is the key


class RunningHub(msgspec.Struct, frozen=True):
    """A hub that answers at `url`; the parts are for tests that look inside."""

    url: str
    port: int
    hub: SandboxHub
    player: Player
    playing: asyncio.Task[None]  # done when the day is over
    backup_url: str | None = None
    files: FilesSide | None = None
    carrying: tuple[asyncio.Task[Never], ...] = ()  # channels other than HTTP


#: Work beside a running hub, for as long as it runs: another channel, say.
Beside = Callable[[RunningHub], Coroutine[Any, Any, Never]]


class _Server(uvicorn.Server):
    """Leaves the process's signals to the program around it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def running(options: HubOptions) -> AsyncIterator[RunningHub]:
    """A hub in this process, answering until the block ends. Raises OSError, ValueError for bad options."""
    csv = None if options.orders_csv is None else read_orders_csv(options.orders_csv)
    products = None if csv is None else csv_products(csv, options.seed)
    catalog = build_catalog(options.seed, products)
    run = Run(options.speed, options.seconds, None if options.start is None else clock_seconds(options.start))
    listening = [
        socket.create_server((options.host, port), backlog=256)
        for port in (options.port, options.backup_port)
        if port is not None
    ]
    ledger = Ledger(options.data / "hub.db")
    hub = SandboxHub(
        ledger,
        options.site,
        options.token,
        keep_alive_s=options.keep_alive_s,
        page_rows=options.page_rows,
        waybill_stock=options.waybill_stock,
    )
    player = Player(ledger, lambda start_s: _day(options, csv, catalog, start_s), hub.bell.ring)
    ledger.put_catalog(catalog, now_ms())
    if not player.resume() and options.autostart:
        player.start(run)
    faults = Faults()
    app = Faulty(hub.app(Control(hub, player, run, faults).routes()), faults, listening[0].getsockname()[1])
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=2, ws="none"
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=listening), name="sandbox hub")
    playing = asyncio.create_task(player.play(), name="sandbox day")
    files = _files(options, ledger)
    carrying = () if files is None else (asyncio.create_task(files.run(), name="sandbox files"),)
    ports = [int(each.getsockname()[1]) for each in listening]
    urls = [f"http://{options.host}:{port}" for port in ports]
    try:
        backup_url = urls[1] if len(urls) > 1 else None
        yield RunningHub(urls[0], ports[0], hub, player, playing, backup_url, files, carrying)
    finally:
        for task in (playing, *carrying):
            task.cancel()
        hub.close()
        server.should_exit = True
        ended = await asyncio.gather(playing, *carrying, serving, return_exceptions=True)
        ledger.close()
    for outcome in ended:
        if isinstance(outcome, Exception):
            raise outcome


def _files(options: HubOptions, ledger: Ledger) -> FilesSide | None:
    if options.files_dir is None:
        return None
    options.files_dir.mkdir(parents=True, exist_ok=True)
    return FilesSide(ledger, options.files_dir, options.token.encode(), options.site)


def serve(options: HubOptions, *beside: Beside) -> None:
    """Run a hub until SIGTERM or SIGINT; one line `{"listening": port}` on stdout when it answers.

    With a second URL, its port follows as `backup`.
    """
    asyncio.run(_serve(options, beside))


async def _serve(options: HubOptions, beside: Sequence[Beside]) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with running(options) as hub:
        sys.stdout.write(f"{msgspec.json.encode(_ports(hub)).decode()}\n")
        sys.stdout.flush()
        works = [asyncio.create_task(work(hub)) for work in beside]
        for task in (hub.playing, *hub.carrying, *works):
            task.add_done_callback(lambda task: None if _went_well(task) else ended.set())
        await ended.wait()
        for work in works:
            work.cancel()
        outcomes = await asyncio.gather(*works, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome


def _ports(hub: RunningHub) -> dict[str, int]:
    backup = {} if hub.backup_url is None else {"backup": int(hub.backup_url.rpartition(":")[2])}
    return {"listening": hub.port} | backup


def _went_well(work: asyncio.Task[Any]) -> bool:
    """Work that broke off ends the program, which then says why."""
    return work.cancelled() or work.exception() is None


def _day(options: HubOptions, csv: CsvDay | None, catalog: Catalog, start_s: float | None) -> Day:
    if csv is not None:
        return csv_day(csv, options.seed, start_s)
    return model_day(catalog, options.model, options.orders_day, options.seed, start_s)
