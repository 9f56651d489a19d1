"""A small floor on disk for the shell's tests: goods, numbers and orders in a real store, and who listens to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from agent.config import Config, parse
from agent.core import commands as c
from agent.core import events as ev
from agent.core.floor import Entry
from agent.core.model import Order, PrintJob
from agent.store.journal import Row, rows
from agent.store.store import Outcome, Store, now_ms
from agent.store.tables import table
from tests.agent.floors import GTIN, YEAR_MS, count, lease, location, order, paid, sku

E = TypeVar("E", bound=ev.Event)
WAIT_S = 15.0  # how long anything that must happen is waited for


def config_of(
    folder: Path,
    *,
    site: str = "WH1",
    broker_url: str = "mqtt://127.0.0.1:9",
    printers: Sequence[dict[str, Any]] = (),
    scanners: Sequence[dict[str, Any]] = (),
    gateways: Sequence[dict[str, Any]] = (),
    labels: dict[str, Any] | None = None,
    **picking: Any,
) -> Config:
    """A checked configuration; without a broker nobody answers there."""
    tables = {
        "site": {"id": site, "data_dir": str(folder)},
        "hub": {"url": "http://127.0.0.1:9"},
        "broker": {"url": broker_url},
        "api": {"socket": str(folder / "api.sock")},
        "picking": picking,
        "labels": labels or {},
        "printers": list(printers),
        "scanners": list(scanners),
        "gateways": list(gateways),
    }
    return parse(tables, folder / "floorhand.toml")


def printer_at(port: int, name: str = "lp1", **more: Any) -> dict[str, Any]:
    """A `[[printers]]` table."""
    return {"id": name, "url": f"tcp://127.0.0.1:{port}"} | more


class Diary:
    """Every event that the store commits from now on."""

    def __init__(self, store: Store) -> None:
        self.entries: list[Entry] = []
        self._written = asyncio.Event()
        self._acts: dict[type[ev.Event], Callable[[], None]] = {}
        store.follow(self._write)

    def _write(self, entries: Sequence[Entry]) -> None:
        self.entries += entries
        self._written.set()
        for entry in entries:
            self._acts.pop(type(entry.event), _nothing)()

    def on(self, kind: type[ev.Event], act: Callable[[], None]) -> None:
        """Do this at the next event of that kind, before anybody else hears of it."""
        self._acts[kind] = act

    def all(self, kind: type[E]) -> list[E]:
        """The events of this kind so far."""
        return [entry.event for entry in self.entries if isinstance(entry.event, kind)]

    async def until(self, kind: type[E], times: int = 1) -> list[E]:
        """Once there are so many of this kind: all of them."""
        async with asyncio.timeout(WAIT_S):
            while len(found := self.all(kind)) < times:
                self._written.clear()
                await self._written.wait()
        return found


def _nothing() -> None:
    """What most events are followed by."""


async def until(holds: Callable[[], bool]) -> None:
    """For what nobody announces."""
    async with asyncio.timeout(WAIT_S):
        while True:
            if holds():
                return
            await asyncio.sleep(0.01)


@asynccontextmanager
async def running(*works: Coroutine[Any, Any, Any]) -> AsyncIterator[None]:
    """Tasks that run meanwhile, and must not have failed."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    for error in ended:
        if isinstance(error, Exception):
            raise error


async def ask(store: Store, *commands: c.Command) -> list[Outcome]:
    """One after the other; all must be taken."""
    outcomes = [await store.ask(command) for command in commands]
    assert all(outcome.status != "refused" for outcome in outcomes), outcomes
    return outcomes


async def stock_up(store: Store, *, numbers: int = 40, carriers: Sequence[str] = ("SF",)) -> None:
    """Goods A and B in two aisles of zones Z1 and Z2, a depot, and leased waybill numbers."""
    await ask(store, sku("A", GTIN), sku("B", zone="Z2"), location("D", kind="depot", x_mm=1000, y_mm=0))
    await ask(store, location("A-01"), location("B-01", "Z2", x_mm=4000, y_mm=3000))
    await ask(store, count("A-01", "A", 100), count("B-01", "B", 100))
    until = now_ms() + YEAR_MS
    for carrier in carriers:
        await ask(store, c.SetCarrier(data={"carrier": carrier}))
        leased = (f"{carrier}{number:03}" for number in range(1, numbers + 1))
        await ask(store, *lease(*leased, carrier=carrier, key=f"key-{carrier}", until=until))


async def pay(store: Store, *order_nos: str, **changes: Any) -> None:
    """Orders that come and are paid at once."""
    for order_no in order_nos:
        await ask(store, order(order_no, **changes), paid(order_no))


def order_at(store: Store, order_no: str) -> Order:
    """As it is on disk."""
    reader = store.reader()
    try:
        return next(table(Order).find(reader, "WHERE order_no = ?", (order_no,)))
    finally:
        reader.close()


def jobs_of(store: Store, order_no: str) -> list[PrintJob]:
    """The print jobs of an order, the oldest first."""
    reader = store.reader()
    try:
        return list(
            table(PrintJob).find(reader, "WHERE order_no = ? ORDER BY queued_at, copy_no", (order_no,))
        )
    finally:
        reader.close()


async def came_out(store: Store, order_no: str) -> None:
    """Its latest label was printed."""
    job = jobs_of(store, order_no)[-1].job
    await ask(store, c.StartPrint(job=job, printer="lp1"), c.PrintSentAll(job=job))
    await ask(store, c.FinishPrint(job=job, evidence="process-id", first_byte_at=1))


def journal_of(store: Store, kind: str) -> list[Row]:
    """The journal's rows of a type, from the first day on."""
    reader = store.reader()
    try:
        return list(rows(reader, "WHERE type = ? ORDER BY row", (kind,)))
    finally:
        reader.close()
