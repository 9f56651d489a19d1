"""The one task that talks to a printer: recovers what was on the wire, then prints what waits, label by label."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections import deque
from dataclasses import dataclass, field
from typing import Protocol

from agent.compositor import Compositor
from agent.config import Printer
from agent.core import commands as c
from agent.core.model import Device, PrintJob
from agent.hops import Hops, clock_ms
from agent.store.store import Outcome
from agent.store.tables import NEXT_JOB, table
from agent.templates import LabelTemplates
from agent.wakeup import Wakeup
from devices.errors import NotStarted, Uncertain, Unprintable
from devices.labels.label import Label
from devices.labels.template import Template
from devices.printers.press import PROMISE_S, Composed, Press
from devices.printers.printer import LabelPrinter
from devices.printers.status import PrinterStatus, State, Timeouts

log = logging.getLogger(__name__)

_UNFINISHED = "WHERE printer = ? AND state IN ('sending', 'sent')"


@dataclass(frozen=True, slots=True)
class Pace:
    """How long printers are waited for, and how often an idle or a faulty one is looked at."""

    timeouts: Timeouts = field(default_factory=Timeouts)
    idle_check_s: float = 4.0  # a dead idle printer is noticed within 10 s
    retry_s: float = 0.5  # while it is not ready


class Owners(Protocol):
    """What all printers' owners share: the spool, as one of them sees it."""

    pace: Pace
    compositor: Compositor
    templates: LabelTemplates
    hops: deque[Hops]
    stopping: bool

    @property
    def reader(self) -> sqlite3.Connection:
        """For look-ups."""
        ...

    def label_of(self, job: PrintJob) -> Label:
        """What stands on it, as the order is now."""
        ...

    async def ask(self, command: c.Command) -> Outcome:
        """Through the door."""
        ...

    async def tell(self, kind: str, subject: str, fault: str | None) -> None:
        """Have an exception open while there is a fault, and closed while there is none."""
        ...

    def show_ready(self, printer: str, ready: bool) -> None:
        """The door prefers ready printers."""
        ...


class PrinterOwner:
    """The only one who talks to this printer."""

    def __init__(self, spool: Owners, printer: Printer, driver: LabelPrinter, press: Press) -> None:
        self.name = printer.id
        self.printer = printer
        self.press = press
        self.wakeup = Wakeup()
        self.status = PrinterStatus(State.UNKNOWN, "not asked yet")
        self.printing = False
        self._spool = spool
        self._driver = driver
        self._told: str | None = ""  # the fault that the journal knows; at first nobody knows what it knows
        self._doubtful: str | None = None  # the job that evidence may still come for

    async def run(self) -> None:
        """Recover, then print what waits, until the spool stops."""
        try:
            await self._recover()
            await self._reckon()
            while not self._spool.stopping:
                job = self._next()
                if job is None or self._paused():
                    if job is None or not await self._moved(job, "paused"):
                        await self._idle()
                elif self.status.ready or (await self._check()).ready:
                    await self._print(job)
                elif not await self._moved(job, self.status.words):
                    await asyncio.sleep(self._spool.pace.retry_s)
        finally:
            self._spool.show_ready(self.name, ready=False)
            await self._driver.close()

    async def _recover(self) -> None:
        """What was on the wire when the last run ended: the printer is asked first, then people."""
        for job in list(table(PrintJob).find(self._spool.reader, _UNFINISHED, (self.name,))):
            await self._settle(job.job, job.mark, "the agent was restarted before the printer confirmed it")
        await self._check()

    async def _reckon(self) -> None:
        """Say at the start where a wire is too slow for the promise, whatever the form."""
        templates = self._spool.templates.of_any(self.printer.carriers)
        unfit = [why for template in templates if (why := await self._unfit_for(template)) is not None]
        fault = f"printer {self.name}: {'; '.join(sorted(unfit))}" if unfit else None
        await self._spool.tell("unfit-printer", self.name, fault)

    async def _unfit_for(self, template: Template) -> str | None:
        try:
            reckoned = await self._spool.compositor.reckon(self.press, template)
        except Unprintable as error:
            return f"template {template.name} does not fit: {error.reason}"
        log.info(
            "printer %s: %s labels as %s, %d bytes, %.1f s", self.name, template.name, reckoned.form,
            reckoned.payload_bytes, reckoned.label_s,
        )  # fmt: skip
        if reckoned.keeps_promise:
            return None
        return (
            f"a label of template {template.name} takes {reckoned.label_s:.1f} s over its link, and "
            f"{PROMISE_S:.0f} s are promised: use a faster one, or a template with less on it"
        )

    async def _idle(self) -> None:
        if not await self.wakeup.wait(self._spool.pace.idle_check_s):
            await self._check()

    def _next(self) -> PrintJob | None:
        return next(table(PrintJob).find(self._spool.reader, NEXT_JOB, (self.name,)), None)

    def _paused(self) -> bool:
        device = next(table(Device).find(self._spool.reader, "WHERE device = ?", (self.name,)), None)
        return device is not None and device.paused

    async def _moved(self, job: PrintJob, why: str) -> bool:
        """Nothing of the job was written, so a ready printer of the same group may have it."""
        outcome = await self._spool.ask(c.RequeuePrint(job=job.job, reason=f"{self.name}: {why}"))
        return outcome.status == "applied"

    async def _check(self) -> PrinterStatus:
        await self._tell(await self._driver.status())
        evidence = self._driver.late_evidence()
        if evidence is not None and self._doubtful is not None:
            await self._spool.ask(c.FinishPrint(job=self._doubtful, evidence=evidence, first_byte_at=None))
            self._doubtful = None
        return self.status

    async def _tell(self, status: PrinterStatus) -> None:
        """To the roster at once, to the journal when it changes."""
        self.status = status
        fault = None if status.ready else status.words
        self._spool.show_ready(self.name, ready=fault is None)
        if fault != self._told:
            await self._spool.ask(c.ReportFault(device=self.name, fault=fault))
            self._told = fault

    async def _print(self, job: PrintJob) -> None:
        """One label, from the intent to whatever proves it."""
        hops = Hops(job.order_no, queued_at=job.queued_at, woken_at=clock_ms())
        composed = await self._composed(job)
        if composed is None:
            return
        hops.composed_at = clock_ms()
        try:
            mark = await self._driver.mark()
        except NotStarted as nothing:
            await self._not_ready(job, nothing.reason)
            return
        hops.connected_at = clock_ms()
        started = await self._spool.ask(c.StartPrint(job=job.job, printer=self.name, mark=mark))
        if started.status == "refused":
            return  # it was voided or moved meanwhile
        hops.started_at = clock_ms()
        self.printing = True
        try:
            await self._send(job, composed.payload, mark, hops)
        finally:
            self.printing = False

    async def _composed(self, job: PrintJob) -> Composed | None:
        """The label's bytes; None where there can be none, and a person was told why."""
        try:
            template = self._spool.templates.of(job.carrier)
            composed = await self._spool.compositor.compose(self.press, template, self._spool.label_of(job))
        except Unprintable as error:
            await self._spool.ask(c.FailPrint(job=job.job, reason=error.reason))
            return None
        if composed.missing:
            text = f"the label of order {job.order_no} lacks characters: {' '.join(composed.missing)}"
            await self._spool.ask(
                c.OpenException(kind="missing-glyph", subject=job.job, text=text, order_no=job.order_no)
            )
        return composed

    async def _not_ready(self, job: PrintJob, why: str) -> None:
        """Not a byte was written: the same copy waits on, here or at a printer that is better off."""
        status = await self._driver.status()
        await self._tell(PrinterStatus(State.UNKNOWN, why) if status.ready else status)
        await self._moved(job, why)

    async def _send(self, job: PrintJob, payload: bytes, mark: str, hops: Hops) -> None:
        def first_byte() -> None:
            hops.first_byte_at = clock_ms()

        async def sent() -> None:
            await self._spool.ask(c.PrintSentAll(job=job.job))

        try:
            evidence = await self._driver.print(payload, mark=mark, on_first_byte=first_byte, on_sent=sent)
        except NotStarted as nothing:
            await self._not_ready(job, nothing.reason)
        except Uncertain as doubt:
            await self._settle(job.job, mark, doubt.reason)
        else:
            at = round(hops.first_byte_at)
            await self._spool.ask(c.FinishPrint(job=job.job, evidence=evidence, first_byte_at=at))
            if job.copy_no == 1 and job.attempts == 0:
                self._spool.hops.append(hops)

    async def _settle(self, job: str, mark: str, reason: str) -> None:
        """Bytes went out and nothing proves a label: what can be found out is, and what cannot is suspect.

        A printer that keeps its fault and whose buffer could not be cleared is failed over from, by a marked copy.
        """
        settled = await self._driver.settle(mark)
        self._doubtful = job
        status = await self._check()
        if settled is False:
            await self._spool.ask(c.RequeuePrint(job=job, reason=reason))
        elif settled is not True:
            await self._spool.ask(c.FinishPrint(job=job, evidence=settled, first_byte_at=None))
        else:
            doubt = c.SuspectPrint if status.ready else c.FailOverPrint
            await self._spool.ask(doubt(job=job, reason=reason))
