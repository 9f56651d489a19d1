"""The relay's outbox over the store: the journal's public events, in sequence order, and what the hub has of them."""

from __future__ import annotations

from collections.abc import Sequence

from agent.core import commands as c
from agent.core.floor import Entry
from agent.core.outbound import project
from agent.core.times import to_text
from agent.store.journal import rows, type_of
from agent.store.store import RELAY_ACKED, Store, Transaction
from agent.wakeup import Wakeup
from sync.cloudevents import CloudEvent, encode
from sync.protocols import OutboxEvent, Result


def acked_sequence(transaction: Transaction) -> int:
    """Up to where the hub has our events."""
    return int(transaction.position(RELAY_ACKED) or 0)


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
