"""A database with a door, without the writer's thread: what a command leaves in the journal, looked at at once."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from agent.core import commands as c
from agent.core import events as ev
from agent.core.floor import Head
from agent.core.lineage import Link, lineage
from agent.core.model import Order
from agent.store import archiving
from agent.store.history import lineage_rows
from agent.store.journal import Journal, Row, rows
from agent.store.migrate import create_schema
from agent.store.sql_floor import SqlFloor
from agent.store.store import DATABASE, RELAY_ACKED, Outcome, Transaction, read_only
from tests.agent.floors import (
    CONSIGNEE,
    NOON,
    OnePrinter,
    count,
    document,
    lease,
    location,
    paid,
    scan,
    sku,
    stop,
    wave,
)

DAY_MS = 86_400_000
ELSEWHERE = CONSIGNEE | {"phone": "13911112222", "city": "宁波市"}


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
        self.ask(
            c.SetCarrier(data={"carrier": "SF"}),
            *lease(*(f"SF{n:03}" for n in range(50)), until=NOON + 10**12),
        )

    def checkpoint(self) -> None:
        """Of the head as it is."""
        self.ask(c.TakeCheckpoint(row=self.floor.head.row, hash=self.door.head_hash))

    def acknowledge(self) -> None:
        """The hub has everything so far."""
        self.door.set_position(RELAY_ACKED, str(self.floor.head.sequence))

    def day(self, order_no: str = "SO-1") -> None:
        """An order from its coming to the dock, with a word of another system and one of a person."""
        self.ask(
            c.TakeOrder(by="hub:/erp", id=f"e1-{order_no}", changed_at=self.now - 9, data=document(order_no)),
            c.TakeOrder(by="hub:/crm", id=f"c1-{order_no}", data=document(order_no, 2, consignee=ELSEWHERE)),
            c.HoldOrder(
                by="person:Wei", id=f"k1-{order_no}", from_device="desk-2", order_no=order_no, reason="?"
            ),
            c.UnholdOrder(by="person:Wei", id=f"k2-{order_no}", order_no=order_no),
            paid(order_no),
            wave(stop(order_no)),
        )
        (task,) = self.order(order_no).tasks
        told: dict[str, Any] = {"by": "pda:P1", "pda": "P1", "task": task}
        self.ask(c.AcceptTask(**told), c.PickStop(stop=f"{task}-1", qty=2, **told), c.FinishTask(**told))
        self.ask(scan(self.order(order_no).waybill or "", by="scanner:dock1", link=order_no))

    def archive(self, before: int | None = None) -> int:
        """Everything older than that moment (all) goes into parts; how many there were. Commits."""
        count = 0
        self.commit()
        reader = read_only(self.path)
        while written := archiving.write_next(reader, before or self.now + DAY_MS * 2, self.now + DAY_MS * 3):
            archiving.record(self.door, *written)
            count += 1
            self.commit()
        reader.close()
        while archiving.drop(self.door, 7):
            self.commit()
        self.commit()
        return count

    @property
    def path(self) -> Path:
        """The database's file."""
        return Path(self.connection.execute("PRAGMA database_list").fetchone()[2])

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
