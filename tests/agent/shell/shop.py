"""A store with its spool at work at simulated printers, and people who look at the paper."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from agent.config import Config
from agent.core import commands as c
from agent.core import events as ev
from agent.core.model import JobState, PrintJob
from agent.roster import PrinterRoster
from agent.spool import Spool
from agent.store.store import Store
from agent.store.tables import table
from devices.labels.label import Media
from devices.labels.template import SHIPPED
from devices.sim.printer import SimPrinter
from tests.agent.shell.conftest import QUICK_PACE
from tests.agent.shell.stage import WAIT_S, Diary, ask, jobs_of, running, stock_up, until

MEDIA = Media(76, 130)
LANGUAGES = ("escpos", "tspl", "zpl")
OPEN = frozenset({JobState.QUEUED, JobState.SENDING, JobState.SENT, JobState.SUSPECT})


class Shop:
    """A store with its spool at work."""

    def __init__(self, store: Store, spool: Spool, roster: PrinterRoster) -> None:
        self.store = store
        self.roster = roster
        self.diary = Diary(store)
        self.spool = spool

    def job(self, order_no: str = "SO-1") -> PrintJob:
        """The latest of an order."""
        return jobs_of(self.store, order_no)[-1]

    def jobs(self) -> list[PrintJob]:
        """All of them."""
        reader = self.store.reader()
        try:
            return list(table(PrintJob).find(reader, "ORDER BY queued_at, job"))
        finally:
            reader.close()

    async def printed(self, times: int = 1) -> list[ev.LabelPrinted]:
        """Once so many labels have come out with evidence, since this shop was opened."""
        return await self.diary.until(ev.LabelPrinted, times)

    async def ready(self, *printers: str) -> None:
        """Until the spool has seen that these are."""
        await until(lambda: all(self.roster.is_ready(name) for name in printers))

    async def told(self, kind: str) -> ev.ExceptionOpened:
        """Once a person is told of such a thing: the first."""
        await until(lambda: kind in self.kinds())
        return next(opened for opened in self.diary.all(ev.ExceptionOpened) if opened.kind == kind)

    def kinds(self) -> set[str]:
        """Of all that people were told."""
        return {opened.kind for opened in self.diary.all(ev.ExceptionOpened)}

    async def settle_by_sight(self, *sims: SimPrinter) -> None:
        """A person looks at the paper, until every job is printed or given up."""
        async with asyncio.timeout(WAIT_S):
            while waiting := [job for job in self.jobs() if job.state in OPEN]:
                await asyncio.sleep(0.1)  # his walk: whatever a printer still holds comes out meanwhile
                on_paper = {label.job for sim in sims for label in sim.paper}
                for job in waiting:
                    if job.state is JobState.SUSPECT:
                        found = c.SettlePrint(by="person", job=job.job, printed=job.job in on_paper)
                        await ask(self.store, found)


@asynccontextmanager
async def shop(config: Config, *, stocked: bool = True) -> AsyncIterator[Shop]:
    """Open the store, then let the printers' owners work."""
    roster = PrinterRoster(config.printers)
    store = Store(config.site.data_dir, "WH1", roster)
    store.open()
    try:
        if stocked:
            await stock_up(store, carriers=("SF", "YTO"))
        spool = Spool(store, config, roster, QUICK_PACE)
        made = Shop(store, spool, roster)
        await spool.adopt()
        async with running(spool.compositor.run(), *(owner.run() for owner in spool.owners)):
            yield made
        spool.compositor.close()
    finally:
        await store.close()


@asynccontextmanager
async def switched_on(*sims: SimPrinter) -> AsyncIterator[tuple[SimPrinter, ...]]:
    """Printers that run meanwhile."""
    async with AsyncExitStack() as stack:
        for sim in sims:
            await stack.enter_async_context(sim)
        yield sims


def quick(language: str = "escpos", **more: Any) -> SimPrinter:
    """A printer that needs 20 ms for a label."""
    return SimPrinter(MEDIA, language=language, speed=40, **more)


def tables_of(sims: Sequence[SimPrinter], **more: Any) -> list[dict[str, Any]]:
    """`[[printers]]` of these, by the names lp1, lp2, …"""
    return [
        {"id": f"lp{number}", "url": sim.plug.url, "language": sim.language} | more
        for number, sim in enumerate(sims, start=1)
    ]


def labels(printer: SimPrinter) -> list[tuple[str, int]]:
    """(order, copy) of the whole labels on the table."""
    return [(label.order_no, label.copy) for label in printer.paper if label.qr]


def site_template(folder: Path, name: str, *changes: tuple[str, str]) -> Path:
    """The shipped express template as a site's own of this name; `changes`: what of its text is another."""
    text = (SHIPPED / "express.toml").read_text("utf-8")
    for old, new in (('name = "express"', f'name = "{name}"'), *changes):
        assert old in text
        text = text.replace(old, new)
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.toml"
    path.write_text(text, "utf-8")
    return path
