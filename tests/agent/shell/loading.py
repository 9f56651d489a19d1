"""A dock with a clock in the hand: orders taken as far as a test wants, through the real door without its thread."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Literal

from agent.core import commands as c
from agent.core import events as ev
from agent.core.floor import Head
from agent.core.model import Order, Parcel
from agent.core.times import to_text
from agent.store.journal import Journal
from agent.store.migrate import create_schema
from agent.store.sql_floor import SqlFloor
from agent.store.store import Transaction
from tests.agent.floors import (
    GTIN,
    NOON,
    OnePrinter,
    count,
    lease,
    lines,
    location,
    order,
    paid,
    sku,
    stop,
    wave,
)

HOUR_MS = 3_600_000
CARRIERS = ("SF", "YTO")
#: How far an order may be taken, one word after the other.
ROAD = ("received", "ready", "released", "picking", "picked", "packed")


def hour(number: float) -> int:
    """So many hours after the clock's beginning."""
    return NOON + int(number * HOUR_MS)


class Loading:
    """A floor of goods A (500 g) and waybill numbers; `now` is what the agent's clock says."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.now = NOON
        self.connection = connection
        self._journal = Journal(connection)
        self._floor = SqlFloor(connection, OnePrinter(), Head())
        self._door = Transaction(self._floor, self._journal, lambda: self.now)
        self._door.append(ev.JournalOpened("WH1", "e1"), self.now, "agent", None)
        self.ask(sku("A", GTIN), location("A-01"), count("A-01", "A", 1000))
        for carrier in CARRIERS:
            numbers = (f"{carrier}{number:03}" for number in range(1, 51))
            self.ask(c.SetCarrier(data={"carrier": carrier}), *lease(*numbers, carrier=carrier, key=carrier))

    @classmethod
    def in_memory(cls) -> Loading:
        """On a database of its own."""
        connection = sqlite3.connect(":memory:", isolation_level=None)
        create_schema(connection)
        return cls(connection)

    def ask(self, *commands: c.Command) -> None:
        """One after the other in one commit; all must be taken."""
        self.connection.execute("BEGIN")
        for command in commands:
            outcome = self._door.ask(command)
            assert outcome.status == "applied", (command, outcome)
        self.connection.execute("COMMIT")
        self._floor.forget()

    def order(self, order_no: str) -> Order:
        """As it is now."""
        found = self._floor.get(Order, order_no)
        assert found is not None
        return found

    def bring(
        self, order_no: str, cutoff_at: int | None, to: str = "ready", *, qty: int = 1, **changes: Any
    ) -> None:
        """A new order of `qty` of A, as far as this state."""
        cutoff = to_text(cutoff_at) if cutoff_at is not None else None
        self.ask(order(order_no, cutoff_at=cutoff, lines=lines((1, "A", qty)), **changes))
        for state in ROAD[1 : ROAD.index(to) + 1]:
            self.ask(*self._step(order_no, state, qty))

    def _step(self, order_no: str, state: str, qty: int) -> Sequence[c.Command]:
        known = self.order(order_no)
        task = known.tasks[-1] if known.tasks else ""
        pda = f"P-{order_no}"
        match state:
            case "ready":
                return [paid(order_no)]
            case "released":
                return [wave(stop(order_no, qty=qty), pda=pda)]
            case "picking":
                return [c.AcceptTask(pda=pda, task=task)]
            case "picked":
                picks = c.PickStop(pda=pda, task=task, stop=f"{task}-1", qty=qty, barcode=GTIN)
                return [picks, c.FinishTask(pda=pda, task=task)]
        scanned = (known.waybill or "", *["A"] * qty)
        return [self._scan("pack1", "pack", text) for text in scanned]

    def job(self, order_no: str) -> str:
        """Its latest print job."""
        parcel = self._floor.get(Parcel, self.order(order_no).waybill)
        assert parcel is not None
        return parcel.job

    def printed(self, order_no: str) -> None:
        """Its label came out."""
        job = self.job(order_no)
        self.ask(c.StartPrint(job=job, printer="lp1"), c.PrintSentAll(job=job))
        self.ask(c.FinishPrint(job=job, evidence="process-id", first_byte_at=1))

    def ship(self, order_no: str, at: int, scanner: str = "dock1", told_at: int | None = None) -> None:
        """The parcel is scanned out at that moment; the agent hears of it then, or later."""
        self.now = at
        scan = self._scan(scanner, "ship", self.order(order_no).waybill or "")
        self.now = told_at or at
        self.ask(scan)

    def shipped(self, order_no: str, cutoff_at: int | None, at: int, **changes: Any) -> None:
        """A new order, picked at once and scanned out at that moment."""
        self.bring(order_no, cutoff_at, "picked", **changes)
        self.ship(order_no, at)

    def _scan(self, scanner: str, role: Literal["pack", "ship"], text: str) -> c.TakeScan:
        return c.TakeScan(
            scanner=scanner,
            role=role,
            text=text,
            scanned_at=self.now,
            packed_apart=False,
            link=f"{text}-{self.now}",
        )
