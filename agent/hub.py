"""The hub link over the store: the feed's inbox and the relay's outbox."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from typing import Any

from agent.core import commands as c
from agent.core.floor import Entry
from agent.core.outbound import project
from agent.core.times import to_text
from agent.store.journal import rows, type_of
from agent.store.store import FEED_CURSOR, RELAY_ACKED, Store, Transaction
from agent.wakeup import Wakeup
from sync.cloudevents import CloudEvent, encode
from sync.protocols import FeedEvent, OutboxEvent, Result

log = logging.getLogger(__name__)

_DISK = (OSError, sqlite3.OperationalError)  # full, gone or locked: no fault of the event that met it
_FACTS = frozenset({"order.paid", "order.held", "order.unheld", "order.cancelled"})


def acked_sequence(transaction: Transaction) -> int:
    """Up to where the hub has our events."""
    return int(transaction.position(RELAY_ACKED) or 0)


def command_of(event: CloudEvent, acked: int) -> c.Command | None:
    """What a feed event asks; None for a type that this version does not know."""
    by, known = f"hub:{event.source}", event.id
    match event.type:
        case "order.created" | "order.changed":
            return c.TakeOrder(by=by, id=known, data=event.data)
        case fact if fact in _FACTS:
            return c.TakeFact(by=by, id=known, fact=fact, data=event.data)
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
    by = "hub:snapshot"
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

    def __init__(self, store: Store) -> None:
        self._store = store

    async def cursor(self) -> str | None:
        return await self._store.submit(lambda transaction: transaction.position(FEED_CURSOR))

    async def accept(self, events: Sequence[FeedEvent]) -> None:
        """One commit for a burst; an event that breaks our code is parked alone and blocks nobody."""
        try:
            await self._store.submit(lambda transaction: _take_all(transaction, events))
        except _DISK:
            raise  # the disk, not the event
        except Exception:  # found again, one by one, and parked
            log.exception("a burst of %d feed events failed, taking them one by one", len(events))
            for event in events:
                await self._accept_alone(event)

    async def _accept_alone(self, event: FeedEvent) -> None:
        try:
            await self._store.submit(lambda transaction: _take_all(transaction, [event]))
        except _DISK:
            raise
        except Exception as error:  # parked: a person sees it, and the next ones go on
            log.exception("feed event %s of %s is parked", event.event.id, event.event.source)
            text = f"{type(error).__name__}: {error}"
            await self._store.submit(lambda transaction: _park(transaction, event, text))

    async def begin_snapshot(self) -> None:
        """Nothing to prepare: rows replace what has their keys."""

    async def snapshot_rows(self, kind: str, rows: Sequence[dict[str, Any]]) -> None:
        def take(transaction: Transaction) -> None:
            acked = acked_sequence(transaction)
            for row in rows:
                for command in commands_of_row(kind, row, acked):
                    outcome = transaction.ask(command)
                    if outcome.status == "refused" and outcome.reason:
                        _tell(transaction, f"snapshot/{kind}/{_row_name(row)}", outcome.reason)

        await self._store.submit(take)

    async def end_snapshot(self, cursor: str) -> None:
        await self._store.submit(lambda transaction: transaction.set_position(FEED_CURSOR, cursor))


def _row_name(row: dict[str, Any]) -> str:
    return "/".join(str(row[name]) for name in ("order_no", "location", "sku", "carrier") if name in row)


def _take_all(transaction: Transaction, events: Sequence[FeedEvent]) -> None:
    acked = acked_sequence(transaction)
    for _, event in events:
        command = command_of(event, acked)
        if command is None:
            _tell(transaction, f"{event.source}/{event.id}", f"unknown-type: {event.type}")
            continue
        outcome = transaction.ask(command)
        if outcome.status == "refused" and outcome.reason:
            _tell(transaction, f"{event.source}/{event.id}", f"{event.type}: {outcome.reason}")
    transaction.set_position(FEED_CURSOR, events[-1].cursor)


def _park(transaction: Transaction, event: FeedEvent, reason: str) -> None:
    _tell(transaction, f"{event.event.source}/{event.event.id}", f"{event.event.type}: {reason}")
    transaction.set_position(FEED_CURSOR, event.cursor)


def _tell(transaction: Transaction, subject: str, text: str) -> None:
    transaction.ask(c.OpenException(kind="broken-event", subject=subject, text=text))


class HubOutbox:
    """The journal's public events after the acknowledged position, as CloudEvents."""

    def __init__(self, store: Store, site: str) -> None:
        self._store = store
        self._source = f"/sites/{site}/agent"
        self._reader = store.reader()
        self._pending: list[int] = []  # sequences of the batch under way
        self._wakeup = Wakeup()
        self.acked = 0
        self.epoch = ""
        store.follow(self._committed)

    async def open(self) -> None:
        """Find out how far the hub is."""

        def look(transaction: Transaction) -> tuple[int, str]:
            return acked_sequence(transaction), transaction.floor.head.epoch

        self.acked, self.epoch = await self._store.submit(look)

    def _committed(self, entries: Sequence[Entry]) -> None:
        if any(entry.sequence is not None for entry in entries):
            self._wakeup.set()

    async def pending(self, max_events: int, max_bytes: int) -> Sequence[OutboxEvent]:
        """In sequence order; the bodies are made from the journal, so every channel ships the same bytes."""
        batch: list[OutboxEvent] = []
        size = 0
        where = "WHERE sequence > ? ORDER BY sequence LIMIT ?"
        for row in rows(self._reader, where, (self.acked, max_events)):
            event = self._outbox_event(row.entry)
            size += len(event.body) + 1
            if batch and size > max_bytes:
                break
            batch.append(event)
        self._pending = [event.sequence for event in batch]
        return batch

    def _outbox_event(self, entry: Entry) -> OutboxEvent:
        subject, data = project(entry.event)
        sequence = entry.sequence or 0
        event = CloudEvent(
            id=f"{self.epoch}-{entry.row}", source=self._source, type=type_of(entry.event), time=to_text(entry.at),
            data=data, subject=subject, sequence=f"{sequence:020d}",
        )  # fmt: skip
        return OutboxEvent(sequence, event.id, encode(event))

    async def settle(self, results: Sequence[Result]) -> None:
        """The hub's word on the oldest pending events; a rejected one is parked with an exception."""
        settled = self._pending[: len(results)]
        if not settled:
            return
        rejected = [result for result in results if result.status == "rejected"]

        def commit(transaction: Transaction) -> None:
            for result in rejected:
                text = (
                    f"the hub rejected event {result.id}: {(result.problem or {}).get('detail', 'no reason')}"
                )
                transaction.ask(c.OpenException(kind="rejected-event", subject=result.id, text=text))
            transaction.set_position(RELAY_ACKED, str(settled[-1]))

        await self._store.submit(commit)
        self.acked = settled[-1]
        self._pending = self._pending[len(results) :]

    async def rewind(self, expected_sequence: int) -> None:
        self.acked = expected_sequence - 1
        await self._store.submit(lambda transaction: transaction.set_position(RELAY_ACKED, str(self.acked)))

    async def wait(self) -> None:
        await self._wakeup.wait()

    def oldest_unsent_at(self) -> int | None:
        """When the first event that the hub has not got was committed; None: it has them all."""
        row = self._reader.execute("SELECT at FROM journal WHERE sequence = ?", (self.acked + 1,)).fetchone()
        return None if row is None else int(row[0])
