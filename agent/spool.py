"""The print spool: follows the journal's print jobs, one owner task per printer.

A job is journaled as started before its first byte. What the printer proves is journaled as printed, what surely
left no trace waits again, and everything between is suspect: never silently repeated.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol
from urllib.parse import urlsplit

from agent.config import Config, Printer
from agent.core import commands as c
from agent.core.events import LabelQueued, PrinterPaused, PrinterResumed, PrintRequeued
from agent.core.floor import Entry
from agent.core.model import Device, JobState, PrintJob
from agent.labels import label_of
from agent.roster import PrinterRoster
from agent.store.store import Outcome, Store, now_ms
from agent.store.tables import table
from agent.wakeup import Wakeup
from devices.errors import NotStarted, Uncertain, Unprintable
from devices.printers.printer import EscposPrinter, PrinterStatus
from devices.printers.escpos.native import compose
from devices.labels.label import Media

log = logging.getLogger(__name__)

IDLE_CHECK_S = 4.0  # a dead idle printer is noticed within 10 s
RETRY_S = 0.5  # while it is not ready
_WAITING = "WHERE printer = ? AND state = 'queued' ORDER BY queued_at, job LIMIT 1"
_UNFINISHED = "WHERE printer = ? AND state IN ('sending', 'sent')"
_OPEN = "WHERE state IN ('queued', 'sending', 'sent') ORDER BY queued_at, job"


class LabelPrinter(Protocol):
    """What the spool needs of a printer's driver."""

    async def status(self) -> PrinterStatus:
        """May a job be sent now? Never raises."""
        ...

    async def print(
        self, payload: bytes, *, on_first_byte: Callable[[], None], on_sent: Callable[[], Awaitable[None]]
    ) -> str:
        """Print one label; the evidence. NotStarted, Uncertain."""
        ...

    async def take_over(self) -> bool:
        """The last owner died in the middle of a job; can nothing of it come out any more?"""
        ...

    async def close(self) -> None:
        """Hang up."""
        ...


def driver_of(printer: Printer) -> LabelPrinter:
    """The driver for a printer of the configuration."""
    url = urlsplit(printer.url)
    return EscposPrinter(url.hostname or "", url.port or 9100, media_of(printer), confirm=printer.confirm)


def media_of(printer: Printer) -> Media:
    """What labels it holds, as the devices room says it."""
    media = printer.media
    return Media(media.width_mm, media.height_mm, media.dpi, media.gap)


class Spool:
    """All printers' owners, and what they have measured."""

    def __init__(self, store: Store, config: Config, roster: PrinterRoster) -> None:
        self._store = store
        self._config = config
        self._roster = roster
        self._reader = store.reader()
        self._owners = {printer.id: PrinterOwner(self, printer) for printer in config.printers}
        #: ms from the payment's commit to the first byte, of the latest labels
        self.paid_to_first_byte_ms: deque[int] = deque(maxlen=2000)
        self.stopping = False
        roster.load(
            self._reader.execute("SELECT job, printer FROM print_jobs WHERE state = 'queued'"),
            [row[0] for row in self._reader.execute("SELECT device FROM devices WHERE paused")],
        )
        store.follow(self._committed)

    async def adopt(self) -> None:
        """Before the owners start: what is left of printers that are in the configuration no more."""
        for job in list(table(PrintJob).find(self._reader, _OPEN)):
            if job.printer in self._owners:
                continue
            reason = f"printer {job.printer} is in the configuration no more"
            if job.state is not JobState.QUEUED:
                await self.ask(c.SuspectPrint(job=job.job, reason=reason))
            elif (await self.ask(c.RequeuePrint(job=job.job, reason=reason))).status != "applied":
                await self.ask(c.FailPrint(job=job.job, reason=reason))

    def stop(self) -> None:
        """Begin no further label: every owner returns once the one it is at has come out."""
        self.stopping = True
        for owner in self.owners:
            owner.wakeup.set()

    @property
    def owners(self) -> Sequence[PrinterOwner]:
        """One per configured printer; each runs as a task of its own."""
        return tuple(self._owners.values())

    def _committed(self, entries: Sequence[Entry]) -> None:
        self._roster.follow(entries)
        for entry in entries:
            match entry.event:
                case LabelQueued(printer=printer) | PrintRequeued(printer=printer):
                    self._wake(printer)
                case PrinterPaused(device=printer) | PrinterResumed(device=printer):
                    self._wake(printer)

    def _wake(self, printer: str) -> None:
        if printer in self._owners:
            self._owners[printer].wakeup.set()

    # --- what the owners use --------------------------------------------------------------------------------

    @property
    def reader(self) -> sqlite3.Connection:
        """For the owners' look-ups."""
        return self._reader

    @property
    def config(self) -> Config:
        """For the sender on a label."""
        return self._config

    async def ask(self, command: c.Command) -> Outcome:
        """Through the door."""
        return await self._store.ask(command)

    def show_ready(self, printer: str, ready: bool) -> None:
        """The door prefers ready printers."""
        self._roster.set_ready(printer, ready)


class PrinterOwner:
    """The only one who talks to this printer."""

    def __init__(self, spool: Spool, printer: Printer) -> None:
        self._spool = spool
        self.name = printer.id
        self._driver = driver_of(printer)
        self._media = media_of(printer)
        self.wakeup = Wakeup()
        self.fault: str | None = None
        self.printing = False

    async def run(self) -> None:
        """Recover, then print what waits, until the spool stops."""
        try:
            await self._recover()
            while not self._spool.stopping:
                job = self._next()
                if job is None or self._paused():
                    if job is None or not await self._moved(job, "paused"):
                        await self._idle()
                elif await self._healthy():
                    await self._print(job)
                elif not await self._moved(job, self.fault):
                    await asyncio.sleep(RETRY_S)
        finally:
            self._spool.show_ready(self.name, ready=False)
            await self._driver.close()

    async def _recover(self) -> None:
        """What was on the wire when the last run ended is suspect: this language cannot ask for old jobs."""
        unfinished = list(table(PrintJob).find(self._spool.reader, _UNFINISHED, (self.name,)))
        if unfinished:
            await self._driver.take_over()
        for job in unfinished:
            reason = "the agent was restarted before the printer confirmed it"
            await self._spool.ask(c.SuspectPrint(job=job.job, reason=reason))
        await self._check()

    async def _idle(self) -> None:
        if not await self.wakeup.wait(IDLE_CHECK_S):
            await self._check()

    def _next(self) -> PrintJob | None:
        return next(table(PrintJob).find(self._spool.reader, _WAITING, (self.name,)), None)

    def _paused(self) -> bool:
        device = next(table(Device).find(self._spool.reader, "WHERE device = ?", (self.name,)), None)
        return device is not None and device.paused

    async def _healthy(self) -> bool:
        """Nothing is started at a printer whose fault is known and still there."""
        if self.fault is not None:
            await self._check()
        return self.fault is None

    async def _moved(self, job: PrintJob, why: str | None) -> bool:
        """Nothing of the job was written, so a ready printer of the same group may have it."""
        outcome = await self._spool.ask(c.RequeuePrint(job=job.job, reason=f"{self.name}: {why}"))
        return outcome.status == "applied"

    async def _check(self) -> None:
        status = await self._driver.status()
        await self._tell(None if status.ready else status.reason)

    async def _tell(self, fault: str | None) -> None:
        """Told to the journal only when it changes."""
        self.fault = fault
        self._spool.show_ready(self.name, ready=fault is None)
        await self._spool.ask(c.ReportFault(device=self.name, fault=fault))

    async def _print(self, job: PrintJob) -> None:
        """One label, from the intent to whatever proves it."""
        try:
            composed = compose(label_of(self._spool.reader, self._spool.config, job), self._media)
        except Unprintable as error:
            await self._spool.ask(c.FailPrint(job=job.job, reason=error.reason))
            return
        if composed.missing:
            text = f"the label of order {job.order_no} lacks characters: {' '.join(composed.missing)}"
            await self._spool.ask(
                c.OpenException(kind="missing-glyph", subject=job.job, text=text, order_no=job.order_no)
            )
        started = await self._spool.ask(c.StartPrint(job=job.job, printer=self.name))
        if started.status == "refused":
            return  # it was voided or moved meanwhile
        self.printing = True
        try:
            await self._send(job, composed.payload)
        finally:
            self.printing = False

    async def _send(self, job: PrintJob, payload: bytes) -> None:
        first_byte_at: list[int] = []

        async def sent() -> None:
            await self._spool.ask(c.PrintSentAll(job=job.job))

        try:
            evidence = await self._driver.print(
                payload, on_first_byte=lambda: first_byte_at.append(now_ms()), on_sent=sent
            )
        except NotStarted as nothing:
            await self._tell(nothing.reason)
            await self._spool.ask(c.RequeuePrint(job=job.job, reason=nothing.reason))
            return
        except Uncertain as doubt:
            await self._spool.ask(c.SuspectPrint(job=job.job, reason=doubt.reason))
            await self._check()
            return
        at = first_byte_at[0] if first_byte_at else None
        await self._spool.ask(c.FinishPrint(job=job.job, evidence=evidence, first_byte_at=at))
        if at is not None and job.copy_no == 1 and job.attempts == 0:
            self._spool.paid_to_first_byte_ms.append(at - job.queued_at)
