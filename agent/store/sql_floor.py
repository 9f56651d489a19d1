"""The floor of `decide` and `apply` over the state tables, inside one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

from agent.core.floor import Head
from agent.core.model import Entity, SeenScan, Stock, Task, Waybill
from agent.store.tables import table

E = TypeVar("E", bound=Entity)


class Roster(Protocol):
    """What the shell knows of printers at this moment, and the journal does not."""

    def choose_printer(self, carrier: str, owner: str, instead_of: str | None = None) -> str | None:
        """Among the fitting printers a ready one with the shortest queue; None: no printer fits.

        `instead_of`: only its group may take the job over; a printer without a group fails over to nobody.
        """
        ...

    def stand_in(self, carrier: str, owner: str, printer: str) -> str | None:
        """The ready printer of its group with the shortest queue, never itself; None: none fits and is ready.

        The group of a printer that is in the configuration no more is everybody.
        """
        ...


class NoPrinters:
    """A roster for scratch databases: `apply` never asks for a printer."""

    def choose_printer(self, carrier: str, owner: str, instead_of: str | None = None) -> str | None:  # noqa: ARG002 - the protocol's parameters
        """Nobody prints here."""
        return None

    def stand_in(self, carrier: str, owner: str, printer: str) -> str | None:  # noqa: ARG002 - the protocol's parameters
        """Nor in place of anybody."""
        return None


class SqlFloor:
    """Look-ups by key with a cache of what this transaction has seen, and the few named questions as SQL."""

    def __init__(self, connection: sqlite3.Connection, roster: Roster, head: Head) -> None:
        self.connection = connection
        self.roster = roster
        self.head = head
        self._seen: dict[tuple[type[Entity], tuple[Any, ...]], Entity | None] = {}

    def forget(self) -> None:
        """A transaction has ended."""
        self._seen.clear()

    def get(self, kind: type[E], *key: Any) -> E | None:
        if (kind, key) not in self._seen:
            row = self.connection.execute(table(kind).select_one, key).fetchone()
            self._seen[kind, key] = None if row is None else table(kind).from_row(row)
        found = self._seen[kind, key]
        return found if isinstance(found, kind) else None

    def put(self, entities: Iterable[Entity]) -> None:
        """Write these values."""
        for entity in entities:
            spec = table(type(entity))
            self.connection.execute(spec.upsert, spec.to_row(entity))
            self._seen[type(entity), entity.key()] = entity

    def free_waybills(self, carrier: str, at: int) -> Iterator[Waybill]:
        where = "WHERE carrier = ? AND state = 'free' AND expires_at > ? ORDER BY expires_at, waybill"
        return table(Waybill).find(self.connection, where, (carrier, at))

    def stock_of(self, sku: str) -> Sequence[Stock]:
        return list(table(Stock).find(self.connection, "WHERE sku = ? ORDER BY location", (sku,)))

    def picked_since(self, location: str, sku: str, sequence: int) -> int:
        sql = "SELECT coalesce(sum(qty), 0) FROM picks WHERE location = ? AND sku = ? AND sequence > ?"
        picked: int = self.connection.execute(sql, (location, sku, sequence)).fetchone()[0]
        return picked

    def unlabelled(self, carrier: str, most: int) -> Sequence[str]:
        sql = """SELECT order_no FROM orders WHERE carrier = ? AND waybill IS NULL AND held IS NULL
                   AND paid_at IS NOT NULL AND state <> 'shipped' AND state <> 'cancelled'
                 ORDER BY paid_at, order_no LIMIT ?"""
        return [row[0] for row in self.connection.execute(sql, (carrier, most))]

    def without_label(self, carrier: str) -> Sequence[str]:
        sql = """SELECT order_no FROM orders WHERE carrier = ? AND waybill IS NULL
                   AND paid_at IS NOT NULL AND state <> 'shipped' AND state <> 'cancelled'
                 ORDER BY paid_at, order_no"""
        return [row[0] for row in self.connection.execute(sql, (carrier,))]

    def with_label(self, carrier: str) -> Sequence[str]:
        sql = """SELECT order_no FROM orders WHERE carrier = ? AND waybill IS NOT NULL
                   AND state IN ('received', 'ready', 'released', 'picking', 'picked', 'packed')
                 ORDER BY order_no"""
        return [row[0] for row in self.connection.execute(sql, (carrier,))]

    def tasks_at(self, location: str, sku: str) -> Sequence[str]:
        live = "WHERE state = 'planned' OR state = 'assigned' OR state = 'accepted' ORDER BY task"
        found = table(Task).find(self.connection, live)
        return [task.task for task in found if task.wants(location, sku)]

    def seen_scans(self, device: str, text: str) -> Iterator[SeenScan]:
        where = "WHERE device = ? AND text = ? ORDER BY number DESC"
        return table(SeenScan).find(self.connection, where, (device, text))

    def tasks_of_cart(self, cart: str) -> Sequence[str]:
        sql = "SELECT task FROM tasks WHERE cart = ? AND (state = 'assigned' OR state = 'accepted') ORDER BY task"
        return [row[0] for row in self.connection.execute(sql, (cart,))]

    def parcels_of_sscc(self, sscc: str) -> Sequence[str]:
        sql = "SELECT waybill FROM parcels WHERE sscc = ? ORDER BY waybill"
        return [row[0] for row in self.connection.execute(sql, (sscc,))]

    def parked_of(self, order_no: str) -> Sequence[str]:
        sql = "SELECT parked FROM parked WHERE order_no = ? AND state = 'parked' ORDER BY parked"
        return [row[0] for row in self.connection.execute(sql, (order_no,))]

    def choose_printer(self, carrier: str, owner: str, instead_of: str | None = None) -> str | None:
        return self.roster.choose_printer(carrier, owner, instead_of)

    def stand_in(self, carrier: str, owner: str, printer: str) -> str | None:
        return self.roster.stand_in(carrier, owner, printer)
