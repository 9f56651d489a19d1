"""The print spool: follows the journal's print jobs, one owner task per printer.

A job is journaled as started before its first byte. What the printer proves is journaled as printed, what surely
left no trace waits again, and everything between is suspect: never silently repeated.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from agent.compositor import Compositor
from agent.config import Config, Printer
from agent.core import commands as c
from agent.core.events import LabelQueued, OrderAccepted, PrinterPaused, PrinterResumed, PrintRequeued
from agent.core.floor import Entry
from agent.core.model import FloorException, JobState, OrderState, PrintJob
from agent.hops import Hops
from agent.labels import draft_of, label_of, order_of
from agent.printer_owner import Pace, PrinterOwner
from agent.printers import Presses, driver_of, link_to
from agent.roster import PrinterRoster
from agent.store.store import Outcome, Store
from agent.store.tables import table
from agent.templates import LabelTemplates
from devices.labels.label import Label
from devices.labels.template import Template
from devices.links.link import Link
from devices.printers.press import Press

_HAS_PROVED = """SELECT 1 FROM print_jobs WHERE printer = ? AND state = 'confirmed'
    AND evidence IN ('process-id', 'odometer', 'status') LIMIT 1"""
_OPEN = "WHERE state IN ('queued', 'sending', 'sent') ORDER BY queued_at, job"


class Spool:
    """All printers' owners, and what they have measured."""

    def __init__(
        self,
        store: Store,
        config: Config,
        roster: PrinterRoster,
        pace: Pace | None = None,
        connect: Callable[[Printer], Link] = link_to,
    ) -> None:
        self.config = config
        self._connect = connect
        self.pace = pace or Pace()
        self.compositor = Compositor()
        self.templates = LabelTemplates(config)
        self._store = store
        self._roster = roster
        self._reader = store.reader()
        self._presses = Presses()
        self._owners = {printer.id: self._owner(printer) for printer in config.printers}
        #: of the latest labels that were printed at the first attempt
        self.hops: deque[Hops] = deque(maxlen=2000)
        self.stopping = False
        roster.load(
            [(job.job, job.printer) for job in table(PrintJob).find(self._reader, _OPEN)],
            [row[0] for row in self._reader.execute("SELECT device FROM devices WHERE paused")],
        )
        store.follow(self._committed)

    def _owner(self, printer: Printer) -> PrinterOwner:
        link = self._connect(printer)
        speaks = self._reader.execute(_HAS_PROVED, (printer.id,)).fetchone() is not None
        driver = driver_of(printer, link, self.pace.timeouts, speaks=speaks)
        return PrinterOwner(self, printer, driver, self._presses.of(printer, link))

    async def adopt(self) -> None:
        """Before the owners start: what is wrong with templates, and what is left of printers that are gone."""
        for name in self._told("label-template") | self.templates.faults.keys():
            await self.tell("label-template", name, self.templates.faults.get(name))
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
                case OrderAccepted(order_no=order_no):
                    self.compositor.ahead(partial(self._drafts, order_no))

    def _wake(self, printer: str) -> None:
        if printer in self._owners:
            self._owners[printer].wakeup.set()

    def _drafts(self, order_no: str) -> Iterator[tuple[Press, Template, Label]]:
        """What can be drawn of an unpaid order's label, for each kind of printer that it may go to."""
        order = order_of(self._reader, order_no)
        if order is None or order.state is not OrderState.RECEIVED:
            return
        template = self.templates.find(order.carrier)
        if template is None:
            return
        draft = draft_of(self._reader, self.config, order)
        fitting = (owner for owner in self.owners if owner.printer.fits(order.carrier, order.owner))
        for press in dict.fromkeys(owner.press for owner in fitting):
            yield press, template, draft

    # --- what the owners use --------------------------------------------------------------------------------

    @property
    def reader(self) -> sqlite3.Connection:
        """For the owners' look-ups."""
        return self._reader

    def label_of(self, job: PrintJob) -> Label:
        """What stands on it, as the order is now."""
        return label_of(self._reader, self.config, job)

    async def ask(self, command: c.Command) -> Outcome:
        """Through the door."""
        return await self._store.ask(command)

    async def tell(self, kind: str, subject: str, fault: str | None) -> None:
        """Have an exception open while there is a fault, and closed while there is none."""
        if fault is not None:
            await self.ask(c.OpenException(kind=kind, subject=subject, text=fault))
        elif subject in self._told(kind):
            await self.ask(c.CloseException(exception=f"{kind}:{subject}", note="mended"))

    def _told(self, kind: str) -> set[str]:
        """The subjects of open exceptions."""
        opened = table(FloorException).find(self._reader, "WHERE kind = ? AND closed_at IS NULL", (kind,))
        return {each.exception.removeprefix(f"{kind}:") for each in opened}

    def show_ready(self, printer: str, ready: bool) -> None:
        """The door prefers ready printers."""
        self._roster.set_ready(printer, ready)
