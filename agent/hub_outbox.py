"""The relay's outbox over the store: the journal's public events, in sequence order, and what the hub has of them."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from agent.core.floor import Entry
from agent.core.model import Order
from agent.core.outbound import project
from agent.core.times import to_text
from agent.parking import park_rejected
from agent.store.archive import parts_after
from agent.store.archiving import bring_back
from agent.store.journal import rows, type_of
from agent.store.store import RELAY_ACKED, Store, Transaction, now_ms
from agent.store.tables import table
from agent.wakeup import Wakeup
from sync.cloudevents import CloudEvent, encode
from sync.protocols import OutboxEvent, Result
from sync.statuses import Page

_HEAD = "SELECT coalesce(max(sequence), 0) FROM journal WHERE sequence IS NOT NULL"
_WINDOW = 500  # events whose orders are looked at together


def acked_sequence(transaction: Transaction) -> int:
    """Up to where the hub has our events."""
    return int(transaction.position(RELAY_ACKED) or 0)


class HubOutbox:
    """The journal's public events after the acknowledged position, as CloudEvents."""

    def __init__(self, store: Store, site: str) -> None:
        self._store = store
        self._source = f"/sites/{site}/agent"
        self._reader = store.reader()
        self._states_reader = store.reader()
        self._looker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="statuses")
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

    async def pending(self, after: int, max_events: int, max_bytes: int) -> Sequence[OutboxEvent]:
        """In sequence order; the bodies are made from the journal, so every channel ships the same bytes."""
        batch: list[OutboxEvent] = []
        size = 0
        where = "WHERE sequence > ? ORDER BY sequence LIMIT ?"
        for row in rows(self._reader, where, (after, max_events)):
            event = self._outbox_event(row.entry)
            size += len(event.body) + 1
            if batch and size > max_bytes:
                break
            batch.append(event)
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
        """The hub's word, as far as it goes on without a gap; a rejected event is parked: its number is settled."""

        def commit(transaction: Transaction) -> int:
            acked = before = acked_sequence(transaction)
            for result in results:
                if self._sequence_of(transaction, result.id) != acked + 1:
                    continue
                acked += 1
                if result.status == "rejected":
                    self._park(transaction, acked, result)
            if acked > before:
                transaction.set_position(RELAY_ACKED, str(acked))
            return acked

        self.acked = await self._store.submit(commit)

    def _sequence_of(self, transaction: Transaction, event_id: str) -> int | None:
        """Of one of our events, by its id."""
        epoch, _, row = event_id.rpartition("-")
        if epoch != self.epoch or not (row.isascii() and row.isdigit()) or len(row) > 18:
            return None
        found = transaction.floor.connection.execute(
            "SELECT sequence FROM journal WHERE row = ?", (int(row),)
        ).fetchone()
        return None if found is None else found[0]

    def _park(self, transaction: Transaction, sequence: int, result: Result) -> None:
        for row in rows(transaction.floor.connection, "WHERE sequence = ?", (sequence,)):
            entry = row.entry
            transaction.ask(park_rejected(self._outbox_event(entry), entry.event, row.type, result))

    async def rewind(self, expected_sequence: int) -> None:
        for part in parts_after(self._reader, expected_sequence - 1):
            await self._store.submit(partial(bring_back, part=part))
        self.acked = expected_sequence - 1
        await self._store.submit(lambda transaction: transaction.set_position(RELAY_ACKED, str(self.acked)))

    async def wait(self, after: int) -> None:
        while self._store_head() <= after:
            await self._wakeup.wait()

    def _store_head(self) -> int:
        """The last sequence that is committed."""
        return int(self._reader.execute(_HEAD).fetchone()[0])

    def unsent_s(self) -> float:
        """The age of the oldest event that the hub has not got; 0 where it has them all."""
        oldest = self.oldest_unsent_at()
        return 0.0 if oldest is None else max(0.0, (now_ms() - oldest) / 1000)

    async def states_after(self, sequence: int, most: int) -> Page:
        """The states of up to `most` orders whose last unsent events follow `sequence`; read in a thread of its own."""
        return await asyncio.get_running_loop().run_in_executor(
            self._looker, states_after, self._states_reader, sequence, most
        )

    def oldest_unsent_at(self) -> int | None:
        """When the first event that the hub has not got was committed; None: it has them all."""
        row = self._reader.execute("SELECT at FROM journal WHERE sequence = ?", (self.acked + 1,)).fetchone()
        return None if row is None else int(row[0])


_ORDERS_IN_WINDOW = """SELECT DISTINCT order_no FROM journal AS here
WHERE sequence > :after AND sequence <= :upto AND order_no IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM journal AS later INDEXED BY journal_order WHERE later.order_no = here.order_no
    AND later.row > :last AND later.sequence IS NOT NULL)"""


def states_after(reader: sqlite3.Connection, sequence: int, most: int) -> Page:
    """See `HubOutbox.states_after`: of one view of the database.

    The journal is walked in windows. An order that has events beyond the window is told with those.
    """
    reader.execute("BEGIN")
    try:
        head = int(reader.execute(_HEAD).fetchone()[0])
        orders: dict[str, None] = {}
        while sequence < head and len(orders) + _WINDOW <= most:
            upto = min(head, sequence + _WINDOW)
            last = reader.execute("SELECT row FROM journal WHERE sequence = ?", (upto,)).fetchone()[0]
            found = reader.execute(_ORDERS_IN_WINDOW, {"after": sequence, "upto": upto, "last": last})
            orders.update((row[0], None) for row in found)
            sequence = upto
        return Page(head, sequence, [status for each in orders for status in _status(reader, each)])
    finally:
        reader.execute("COMMIT")


def _status(reader: sqlite3.Connection, order_no: str) -> Iterator[dict[str, str]]:
    """None for an order that was refused as it came: it is not here."""
    for order in table(Order).find(reader, "WHERE order_no = ?", (order_no,)):
        status = {"order_no": order_no, "state": order.shown_state, "at": to_text(order.state_at)}
        yield status | ({"waybill": order.waybill} if order.waybill else {}) | {"carrier": order.carrier}
