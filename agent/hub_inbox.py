"""The feed's inbox over the store: events and snapshot rows of the hub become commands at the door."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from msgspec.structs import replace

from agent.core import commands as c
from agent.core.authority import Authority
from agent.core.rules.holds import MISSING
from agent.core.times import from_text
from agent.hub_outbox import acked_sequence
from agent.parking import broken, park_arrival, park_row
from agent.snapshot_roll import SnapshotRoll
from agent.store.store import FEED_CURSOR, Store, Transaction
from sync.cloudevents import CloudEvent
from sync.protocols import Arrival, BrokenEvent, FeedEvent, Mark, Row

log = logging.getLogger(__name__)

_DISK = (OSError, sqlite3.OperationalError)  # full, gone or locked: no fault of the event that met it
_DEFAULT = Authority()
UNKNOWN_TYPE = "unknown-type: this version knows no such event"
#: Takes one arrival, or parks it: for the reason that is given, or for what the door says.
_Take = Callable[[Transaction, str | None], None]
_FACTS = frozenset({"order.paid", "order.held", "order.unheld", "order.cancelled"})


def command_of(event: CloudEvent, acked: int, authority: Authority = _DEFAULT) -> c.Command | None:
    """What a feed event asks; None for a type that this version does not know."""
    command = _command_of(event, acked, authority)
    return replace(command, changed_at=_changed_at(event.time)) if command is not None else None


def _changed_at(time: str) -> int | None:
    """When it changed in its system; what no calendar of ours has is none."""
    try:
        return from_text(time)
    except ValueError:
        return None


def _command_of(event: CloudEvent, acked: int, authority: Authority) -> c.Command | None:
    by, known = f"hub:{event.source}", event.id
    match event.type:
        case "order.created" | "order.changed":
            return c.TakeOrder(by=by, id=known, data=event.data, authority=authority)
        case fact if fact in _FACTS:
            return c.TakeFact(by=by, id=known, fact=fact, data=event.data, authority=authority)
        case "sku.changed":
            return c.SetSku(by=by, id=known, data=event.data)
        case "location.changed":
            return c.SetLocation(by=by, id=known, data=event.data)
        case "carrier.changed":
            return c.SetCarrier(by=by, id=known, data=event.data)
        case "stock.set":
            return c.SetStock(by=by, id=known, data=event.data, acked_sequence=acked)
        case "rules.published":
            return c.SetRules(by=by, id=known, data=event.data)
    return None


def commands_of_row(kind: str, row: dict[str, Any], acked: int) -> list[c.Command]:
    """What a snapshot row asks; each repeats harmlessly by its content."""
    by = c.SNAPSHOT
    match kind:
        case "skus":
            return [c.SetSku(by=by, data=row)]
        case "locations":
            return [c.SetLocation(by=by, data=row)]
        case "carriers":
            return [c.SetCarrier(by=by, data=row)]
        case "stock":
            return [c.SetStock(by=by, data=row, acked_sequence=acked)]
        case "orders":
            return _commands_of_order(by, row)
    return []


def _commands_of_order(by: str, row: dict[str, Any]) -> list[c.Command]:
    order_no = row.get("order_no")
    facts = {name: row.get(name) for name in ("paid_at", "payment_ref", "held", "cancelled")}
    commands: list[c.Command] = [
        c.TakeOrder(by=by, data={name: value for name, value in row.items() if name not in facts})
    ]

    def fact(name: str, **data: Any) -> None:
        commands.append(c.TakeFact(by=by, fact=name, data={"order_no": order_no, **data}))

    for name in ("held", "cancelled"):  # before the payment, which would print a label at once
        if facts[name]:
            fact(f"order.{name}", reason=facts[name] if isinstance(facts[name], str) else name)
    if facts["paid_at"] and not facts["cancelled"]:
        fact("order.paid", paid_at=facts["paid_at"], payment_ref=facts["payment_ref"] or "")
    return commands


class HubInbox:
    """Feed events and snapshot rows into the door; the cursor is committed with what it stands for."""

    def __init__(self, store: Store, authority: Authority = _DEFAULT) -> None:
        self._store = store
        self._authority = authority
        self._roll = SnapshotRoll(store.reader())

    async def cursor(self) -> str | None:
        return await self._store.submit(lambda transaction: transaction.position(FEED_CURSOR))

    async def mark(self, name: str) -> str | None:
        return await self._store.submit(lambda transaction: transaction.position(name))

    async def accept(self, events: Sequence[Arrival]) -> None:
        """One commit for a burst; what cannot be taken is parked in its place and blocks nobody."""
        await self._take_each(
            [partial(_take_event, event, _after(event), self._authority) for event in events]
        )

    async def accept_ahead(self, events: Sequence[Arrival], mark: Mark | None = None) -> None:
        """Likewise; the mark moves after all of them, so what was broken off comes again as a whole."""
        takes: list[_Take] = [partial(_take_event, event, None, self._authority) for event in events]
        await self._take_each([*takes, partial(_set, mark)])

    async def _take_each(self, takes: Sequence[_Take]) -> None:
        """One commit for all; where one breaks our code, one for each, so that it is parked alone."""
        try:
            await self._store.submit(lambda transaction: [take(transaction, None) for take in takes])
        except _DISK:
            raise  # the disk, not the event
        except Exception:  # found again, one by one, and parked
            log.exception("%d arrivals of the hub failed in one commit, taking them one by one", len(takes))
            for take in takes:
                await self._take_alone(take)

    async def _take_alone(self, take: _Take) -> None:
        try:
            await self._store.submit(lambda transaction: take(transaction, None))
        except _DISK:
            raise
        except Exception as error:  # parked: a person sees it, and the next ones go on
            log.exception("an arrival of the hub is parked")
            reason = broken(error)
            await self._store.submit(lambda transaction: take(transaction, reason))

    async def begin_snapshot(self) -> None:
        """Rows replace what has their keys; which of our orders have none there, the roll finds out."""
        self._roll.begin()

    async def snapshot_rows(self, kind: str, rows: Sequence[Row | BrokenEvent]) -> None:
        if kind == "orders":
            self._roll.page([_order_no(row) for row in rows])
        await self._take_each([partial(_take_row, kind, row) for row in rows])

    async def end_snapshot(self, cursor: str) -> None:
        self._roll.end()
        named, missing = tuple(self._roll.named), self._roll.missing

        def end(transaction: Transaction) -> None:
            for order_no in named:
                transaction.ask(c.MissOrder(by=c.SNAPSHOT, order_no=order_no))
            if missing > len(named):
                _tell_lost(transaction, missing)
            transaction.set_position(FEED_CURSOR, cursor)

        await self._store.submit(end)


def _order_no(row: Row | BrokenEvent) -> str | None:
    return str(row.data.get("order_no")) if isinstance(row, Row) else None


def _tell_lost(transaction: Transaction, missing: int) -> None:
    text = f"{missing} orders are open here, and the hub has them no more"
    proposal = "ask the hub whether it has lost orders; until then the floor works on"
    transaction.ask(c.OpenException(kind=MISSING, subject="snapshot", text=text, proposal=proposal))


def _after(arrived: Arrival) -> Mark | None:
    """How far the feed is once this is taken or parked."""
    return None if arrived.cursor is None else Mark(FEED_CURSOR, arrived.cursor)


def _take_event(
    arrived: Arrival, mark: Mark | None, authority: Authority, transaction: Transaction, reason: str | None
) -> None:
    acked = acked_sequence(transaction)
    if reason is None and isinstance(arrived, FeedEvent):
        reason = _asked(transaction, command_of(arrived.event, acked, authority))
    if reason is not None or isinstance(arrived, BrokenEvent):
        transaction.ask(park_arrival(arrived, reason or "", acked))
    _set(mark, transaction)


def _set(mark: Mark | None, transaction: Transaction, _: str | None = None) -> None:
    if mark is not None:
        transaction.set_position(*mark)


def _asked(transaction: Transaction, command: c.Command | None) -> str | None:
    """Why the door does not take it. A business refusal is no such reason: the hub is told by an event of its own."""
    if command is None:
        return UNKNOWN_TYPE
    return transaction.ask(command).refusal


def _take_row(kind: str, row: Row | BrokenEvent, transaction: Transaction, reason: str | None) -> None:
    acked = acked_sequence(transaction)
    if reason is None and isinstance(row, Row):
        outcomes = [transaction.ask(command) for command in commands_of_row(kind, row.data, acked)]
        reason = next((outcome.refusal for outcome in outcomes if outcome.refusal), None)
        if kind == "orders" and reason is None:  # as it came alone: a row that is released later is history
            transaction.ask(c.CompareOrder(by=c.SNAPSHOT, data=row.data))
    if reason is not None or isinstance(row, BrokenEvent):
        transaction.ask(park_row(kind, row, reason or "", acked))
