"""A database with a door, without the writer's thread: what a command leaves in the journal, looked at at once."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from agent.core import commands as c
from agent.core import events as ev
from agent.core.floor import Head
from agent.core.lineage import Link, lineage
from agent.core.model import Order
from agent.store.history import lineage_rows
from agent.store.journal import Journal, Row, rows
from agent.store.migrate import create_schema
from agent.store.sql_floor import SqlFloor
from agent.store.store import DATABASE, Outcome, Transaction
from tests.agent.floors import NOON, OnePrinter, count, lease, location, sku


class Books:
    """`now` is what the agent's clock says."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.now = NOON
        self.connection = connection
        self.journal = Journal(connection)
        self.floor = SqlFloor(connection, OnePrinter(), Head())
        self.door = Transaction(self.floor, self.journal, lambda: self.now)
        self.door.append(ev.JournalOpened("WH1", "e1"), self.now, "agent", None)

    @classmethod
    def in_memory(cls) -> Books:
        """On a database of its own."""
        connection = sqlite3.connect(":memory:", isolation_level=None)
        create_schema(connection)
        return cls(connection)

    @classmethod
    def at(cls, data_dir: Path) -> Books:
        """On an agent's database, in one transaction that lasts until `commit`."""
        connection = sqlite3.connect(data_dir / DATABASE, isolation_level=None)
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("BEGIN")
        return cls(connection)

    def commit(self) -> None:
        """What was asked is in the file."""
        self.connection.execute("COMMIT")
        self.connection.execute("BEGIN")

    def close(self) -> None:
        """Likewise, and the file is free."""
        self.connection.execute("COMMIT")
        self.connection.close()

    def ask(self, *commands: c.Command) -> list[Outcome]:
        """One after the other, a second apart."""
        outcomes = []
        for command in commands:
            self.now += 1000
            outcomes.append(self.door.ask(command))
        return outcomes

    def stock_up(self) -> None:
        """Goods, a carrier and its numbers."""
        self.ask(sku("A"), sku("B"), location("A-01"), count("A-01", "A", 100), count("A-02", "B", 100))
        self.ask(c.SetCarrier(data={"carrier": "SF"}), *lease(*(f"SF{n:03}" for n in range(50)), until=NOON + 10**12))

    def order(self, order_no: str = "SO-1") -> Order:
        """As it is now; it must be there."""
        found = self.floor.get(Order, order_no)
        assert found is not None
        return found

    def lineage(self, order_no: str = "SO-1") -> dict[str, list[Link]]:
        """Of all of its fields."""
        return lineage(order_no, (row.told for row in lineage_rows(self.connection, order_no)))

    def rows(self, kind: str) -> list[Row]:
        """The journal's rows of a type."""
        return list(rows(self.connection, "WHERE type = ? ORDER BY row", (kind,)))
