"""Runs the sandbox hub: in this process for tests and the demo, or as a program of its own."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import msgspec
import uvicorn

from sync.sandbox.catalog import Catalog, build_catalog
from sync.sandbox.control import Control, clock_seconds
from sync.sandbox.day import Day, csv_day, csv_products, model_day
from sync.sandbox.faults import Faults, Faulty
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


class RunningHub(msgspec.Struct, frozen=True):
    """A hub that answers at `url`; the parts are for tests that look inside."""

    url: str
    port: int
    hub: SandboxHub
    player: Player
    playing: asyncio.Task[None]  # done when the day is over


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
    listening = socket.create_server((options.host, options.port), backlog=256)
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
    app = Faulty(hub.app(Control(hub, player, run, faults).routes()), faults)
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=2, ws="none"
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]), name="sandbox hub")
    playing = asyncio.create_task(player.play(), name="sandbox day")
    port = int(listening.getsockname()[1])
    try:
        yield RunningHub(f"http://{options.host}:{port}", port, hub, player, playing)
    finally:
        playing.cancel()
        hub.close()
        server.should_exit = True
        ended = await asyncio.gather(playing, serving, return_exceptions=True)
        ledger.close()
    for outcome in ended:
        if isinstance(outcome, Exception):
            raise outcome


def serve(options: HubOptions) -> None:
    """Run a hub until SIGTERM or SIGINT; one line `{"listening": port}` on stdout when it answers."""
    asyncio.run(_serve(options))


async def _serve(options: HubOptions) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with running(options) as hub:
        sys.stdout.write(f'{{"listening": {hub.port}}}\n')
        sys.stdout.flush()
        hub.playing.add_done_callback(lambda day: None if _went_well(day) else ended.set())
        await ended.wait()


def _went_well(day: asyncio.Task[None]) -> bool:
    """A day that broke off ends the program, which then says why."""
    return day.cancelled() or day.exception() is None


def _day(options: HubOptions, csv: CsvDay | None, catalog: Catalog, start_s: float | None) -> Day:
    if csv is not None:
        return csv_day(csv, options.seed, start_s)
    return model_day(catalog, options.model, options.orders_day, options.seed, start_s)
