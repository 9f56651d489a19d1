"""Which printers there are, which are ready, and how long their queues are: what the door asks when it picks one."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Sequence

from agent.config import Printer
from agent.core.events import (
    LabelFailed,
    LabelPrinted,
    LabelQueued,
    LabelSuspect,
    PrinterPaused,
    PrinterResumed,
    PrintRequeued,
)
from agent.core.floor import Entry


class PrinterRoster:
    """Written by the event loop, read by the writer thread."""

    def __init__(self, printers: Sequence[Printer]) -> None:
        self._printers = {printer.id: printer for printer in printers}
        self._lock = threading.Lock()
        self._ready: set[str] = set()
        self._paused: set[str] = set()
        self._at: dict[str, str] = {}  # job -> the printer whose queue it is in, until it has come out
        self._queued: Counter[str] = Counter()
        self._promised: Counter[str] = Counter()  # chosen in a commit that has not been seen yet

    def choose_printer(self, carrier: str, owner: str, instead_of: str | None = None) -> str | None:
        """A ready one before one that is not, then the shortest queue; None: no printer fits.

        `instead_of`: only its group may take the job over, and only who is ready; a printer without a group fails
        over to nobody.
        """
        fitting = [each.id for each in self._peers(instead_of) if each.fits(carrier, owner)]
        if not fitting:
            return None
        with self._lock:
            chosen = min(fitting, key=self._burden)
            if instead_of in self._printers and not self._works(chosen):
                return instead_of  # else a job would wander among printers that are all down
            self._promised[chosen] += 1
        return chosen

    def stand_in(self, carrier: str, owner: str, printer: str) -> str | None:
        """The ready printer of its group with the shortest queue, never itself; None: none fits and is ready.

        The group of a printer that is in the configuration no more is everybody.
        """
        fitting = [
            each.id for each in self._peers(printer) if each.id != printer and each.fits(carrier, owner)
        ]
        with self._lock:
            working = [each for each in fitting if self._works(each)]
            if not working:
                return None
            chosen = min(working, key=self._burden)
            self._promised[chosen] += 1
        return chosen

    def _peers(self, printer: str | None) -> list[Printer]:
        before = self._printers.get(printer) if printer is not None else None
        if before is None:
            return list(self._printers.values())
        same = (each for each in self._printers.values() if before.group and each.group == before.group)
        return [before, *(each for each in same if each is not before)]

    def _burden(self, printer: str) -> tuple[bool, int]:
        return not self._works(printer), self._queued[printer] + self._promised[printer]

    def _works(self, printer: str) -> bool:
        return printer in self._ready and printer not in self._paused

    def set_ready(self, printer: str, ready: bool) -> None:
        """What the spool has just learnt of it."""
        with self._lock:
            (self._ready.add if ready else self._ready.discard)(printer)

    def is_ready(self, printer: str) -> bool:
        """As far as the spool knows."""
        return printer in self._ready

    def load(self, open_jobs: Iterable[tuple[str, str]], paused: Iterable[str] = ()) -> None:
        """(job, printer) of what is not out yet when the agent starts, and which printers a person has stopped."""
        with self._lock:
            self._paused = set(paused)
            self._at = dict(open_jobs)
            self._queued = Counter(self._at.values())

    def follow(self, entries: Sequence[Entry]) -> None:
        """Keep the queues' lengths as the journal says."""
        with self._lock:
            self._promised.clear()
            for entry in entries:
                match entry.event:
                    case LabelQueued(job=job, printer=printer) | PrintRequeued(job=job, printer=printer):
                        self._move(job, printer)
                    case LabelPrinted(job=job) | LabelSuspect(job=job) | LabelFailed(job=job):
                        self._move(job, None)
                    case PrinterPaused(device=printer):
                        self._paused.add(printer)
                    case PrinterResumed(device=printer):
                        self._paused.discard(printer)

    def _move(self, job: str, printer: str | None) -> None:
        before = self._at.pop(job, None)
        if before is not None:
            self._queued[before] -= 1
        if printer is not None:
            self._at[job] = printer
            self._queued[printer] += 1
