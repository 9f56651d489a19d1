"""The agent's one place where everything meets: the composition root, and the one TaskGroup.

Every long-running task is owned here by name. A device's task that fails is started again by its own supervisor and
shows as a fault; anything unexpected elsewhere ends the process, and the service manager restarts it into what is on
disk, which is always consistent.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.metadata import version as installed_version

from agent.alarms import Alarms
from agent.api.server import LocalApi
from agent.auditor import Auditor
from agent.config import Config
from agent.core import commands as c
from agent.core.model import Early
from agent.credentials import check_certificates
from agent.desk import TaskDesk
from agent.floor_link import FloorLink
from agent.hub_link import HubLink
from agent.notify import Operators
from agent.releaser import Releaser
from agent.roster import PrinterRoster
from agent.spool import Spool
from agent.station_screens import StationScreens
from agent.stations import Stations
from agent.store.store import Store, Transaction, now_ms
from agent.store.tables import table
from agent.views import Views
from sync.protocols import LinkState

log = logging.getLogger(__name__)

_STOP_WITHIN_S = 8.0
_DAY_MS = 86_400_000
_KEEP_ANSWERS_MS = 30 * _DAY_MS
_KEEP_FEED_ANSWERS_MS = 3 * _DAY_MS
_WAIT_MS = 7 * _DAY_MS
_TIDY_EVERY_S = 3600.0
_CATCH_UP = timedelta(hours=1)


class Service:
    """One agent. `run` returns when it was asked to stop, and raises what it could not live with."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._version = installed_version("floorhand")
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Open the store, start everything, say READY, work until SIGTERM. StoreError, ConfigError."""
        check_certificates(self._config)
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self._stop.set)
        roster = PrinterRoster(self._config.printers)
        store = Store(self._config.site.data_dir, self._config.site.id, roster)
        store.open()
        try:
            await self._work(store, roster)
        finally:
            await store.close()

    async def _work(self, store: Store, roster: PrinterRoster) -> None:
        spool = Spool(store, self._config, roster)
        await spool.adopt()
        link = FloorLink(self._config, self._version)
        desk = TaskDesk(store, link, self._config)
        screens = StationScreens(link)
        stations = Stations(store, link, screens, self._config)
        views = Views(store, spool, desk, stations, self._version)
        operators = Operators([each.url for each in self._config.notify], self._config.site.id)
        Alarms(store, operators)
        hub = HubLink(self._config, store, views, operators)
        async with AsyncExitStack() as stack:
            await hub.open(stack)
            api = LocalApi(store, views, self._config)
            tasks: dict[str, Awaitable[None]] = {
                **hub.tasks(),
                "operators": operators.run(),
                "broker": link.run(),
                "desk": desk.run(),
                "station screens": screens.run(),
                "releaser": Releaser(store, desk, self._config).run(),
                "tidy": self._tidy(store, views),
                "audit": Auditor(store, self._config).run(),
                "labels ahead": spool.compositor.run(),
                "health": self._health(views, hub, link, operators),
                "api": api.run(lambda: self._ready(views)),
            }
            for owner in spool.owners:
                tasks[f"printer {owner.name}"] = owner.run()
            tasks |= stations.tasks()
            await self._run_until_stopped(tasks, views, spool)

    async def _run_until_stopped(self, tasks: dict[str, Awaitable[None]], views: Views, spool: Spool) -> None:
        """The one TaskGroup. Labels under way come out; what is not finished within the time is in the journal."""
        async with asyncio.TaskGroup() as group:
            running = {name: group.create_task(_named(task), name=name) for name, task in tasks.items()}
            await self._stop.wait()
            views.ready = False
            notify("STOPPING=1")
            log.info("stopping")
            spool.stop()
            printers = [running[f"printer {owner.name}"] for owner in spool.owners]
            if printers:
                await asyncio.wait(printers, timeout=_STOP_WITHIN_S)
            for task in running.values():
                task.cancel()

    def _ready(self, views: Views) -> None:
        views.ready = True
        gc.freeze()  # what is loaded by now lives as long as the agent: collections need not walk it for 50 ms again
        notify(f"READY=1\nSTATUS=working for site {self._config.site.id}")
        log.info("ready: site %s, API at %s", self._config.site.id, self._config.api.socket)

    async def _health(self, views: Views, hub: HubLink, link: FloorLink, operators: Operators) -> None:
        """What is not as it should be, in words, for /readyz and the screens."""
        while True:
            faults = [f"waybills low: {carrier}" for carrier in hub.leases.low]
            if views.feed is None or not views.feed.up:
                faults.append("hub feed down")
            faults += [
                f"hub channel {each.name} {each.state}" for each in views.channels if each.state != "closed"
            ]
            faults += [*operators.faults, *hub.faults]
            if not link.connected:
                faults.append("broker down")
            faults += [f"broker refuses {topic}: {reason}" for topic, reason in link.refused.items()]
            views.degraded = tuple(faults)
            await asyncio.sleep(1.0)

    async def _tidy(self, store: Store, views: Views) -> None:
        """Forget old answers; tell people of facts whose order has not come for days."""
        reader = store.reader()
        while True:
            await store.submit(partial(_forget_old_answers, feed_too=_has_caught_up(views.feed)))
            for early in list(
                table(Early).find(reader, "WHERE facts <> '[]' AND since < ?", (now_ms() - _WAIT_MS,))
            ):
                kinds = ", ".join(sorted({str(fact) for fact, *_ in early.facts}))
                text = f"{kinds} came for order {early.order_no}, which has not come for 7 days"
                await store.ask(
                    c.OpenException(
                        kind="early-fact", subject=early.order_no, text=text, order_no=early.order_no
                    )
                )
            await asyncio.sleep(_TIDY_EVERY_S)


def _has_caught_up(feed: LinkState | None) -> bool:
    """After an outage the feed repeats what another channel has brought meanwhile, however long ago."""
    return feed is not None and feed.up and datetime.now(UTC) - feed.since > _CATCH_UP


def _forget_old_answers(transaction: Transaction, *, feed_too: bool) -> None:
    """PDAs may repeat themselves for 30 days; the feed goes on from its cursor, so a few days are plenty for it."""
    execute = transaction.floor.connection.execute
    execute("DELETE FROM answers WHERE at < ?", (now_ms() - _KEEP_ANSWERS_MS,))
    if feed_too:
        execute(
            "DELETE FROM answers WHERE at < ? AND asker LIKE 'hub:%'", (now_ms() - _KEEP_FEED_ANSWERS_MS,)
        )


async def _named(task: Awaitable[None]) -> None:
    await task


def notify(message: str) -> None:
    """Tell the service manager, where there is one (sd_notify(3))."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.connect("\0" + address[1:] if address.startswith("@") else address)
        manager.sendall(message.encode())


def serve(config: Config) -> None:
    """Run an agent in the foreground until SIGTERM."""
    asyncio.run(Service(config).run())
