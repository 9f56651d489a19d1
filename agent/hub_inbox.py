"""The feed's inbox over the store: events and snapshot rows of the hub become commands at the door."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from agent.core import commands as c
from agent.core.authority import Authority
from agent.core.times import from_text
from agent.hub_outbox import acked_sequence
from agent.store.store import FEED_CURSOR, Store, Transaction
from sync.cloudevents import CloudEvent
from sync.protocols import FeedEvent, Mark

log = logging.getLogger(__name__)

_DISK = (OSError, sqlite3.OperationalError)  # full, gone or locked: no fault of the event that met it
_DEFAULT = Authority()
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

    async def cursor(self) -> str | None:
        return await self._store.submit(lambda transaction: transaction.position(FEED_CURSOR))

    async def mark(self, name: str) -> str | None:
        return await self._store.submit(lambda transaction: transaction.position(name))

    async def accept(self, events: Sequence[FeedEvent]) -> None:
        """One commit for a burst; an event that breaks our code is parked alone and blocks nobody."""
        await self._accept(events, [Mark(FEED_CURSOR, event.cursor) for event in events])

    async def accept_ahead(self, events: Sequence[FeedEvent], mark: Mark | None = None) -> None:
        """Likewise; only the last event moves the mark, so what was broken off comes again as a whole."""
        await self._accept(events, [*[None] * (len(events) - 1), mark])

    async def _accept(self, events: Sequence[FeedEvent], marks: Sequence[Mark | None]) -> None:
        """`marks[i]`: how far the channel is once the event `i` is taken."""
        try:
            await self._store.submit(
                lambda transaction: _take_all(transaction, events, marks[-1], self._authority)
            )
        except _DISK:
            raise  # the disk, not the event
        except Exception:  # found again, one by one, and parked
            log.exception("a burst of %d feed events failed, taking them one by one", len(events))
            for event, mark in zip(events, marks, strict=True):
                await self._accept_alone(event, mark)

    async def _accept_alone(self, event: FeedEvent, mark: Mark | None) -> None:
        try:
            await self._store.submit(
                lambda transaction: _take_all(transaction, [event], mark, self._authority)
            )
        except _DISK:
            raise
        except Exception as error:  # parked: a person sees it, and the next ones go on
            log.exception("feed event %s of %s is parked", event.event.id, event.event.source)
            text = f"{type(error).__name__}: {error}"
            await self._store.submit(lambda transaction: _park(transaction, event, text, mark))

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


def _take_all(
    transaction: Transaction, events: Sequence[FeedEvent], mark: Mark | None, authority: Authority
) -> None:
    acked = acked_sequence(transaction)
    for _, event in events:
        command = command_of(event, acked, authority)
        if command is None:
            _tell(transaction, f"{event.source}/{event.id}", f"unknown-type: {event.type}")
            continue
        outcome = transaction.ask(command)
        if outcome.status == "refused" and outcome.reason:
            _tell(transaction, f"{event.source}/{event.id}", f"{event.type}: {outcome.reason}")
    _set(transaction, mark)


def _park(transaction: Transaction, event: FeedEvent, reason: str, mark: Mark | None) -> None:
    _tell(transaction, f"{event.event.source}/{event.event.id}", f"{event.event.type}: {reason}")
    _set(transaction, mark)


def _set(transaction: Transaction, mark: Mark | None) -> None:
    if mark is not None:
        transaction.set_position(*mark)


def _tell(transaction: Transaction, subject: str, text: str) -> None:
    transaction.ask(c.OpenException(kind="broken-event", subject=subject, text=text))
