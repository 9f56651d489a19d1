"""An inbox and an outbox in memory, with conditions to wait for instead of sleeping."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from sync.cloudevents import CloudEvent, encode
from sync.protocols import Arrival, BrokenEvent, FeedEvent, Mark, OutboxEvent, Result, Row

SOURCE = "/sites/WH1/agent"


class MemoryInbox:
    """Keeps what it is given; `gate` lets a test hold a commit open."""

    def __init__(self, cursor: str | None = None) -> None:
        self.at = cursor
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.events: list[FeedEvent] = []
        self.broken: list[tuple[int, BrokenEvent]] = []  # and after how many events it came
        self.ahead: list[FeedEvent] = []
        self.marks: dict[str, str] = {}
        self.batches: list[int] = []
        self.snapshots = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self._changed = asyncio.Condition()

    async def cursor(self) -> str | None:
        return self.at

    async def accept(self, events: Sequence[Arrival]) -> None:
        await self.gate.wait()
        self._sort(events, self.events)
        self.batches.append(len(events))
        cursors = (event.cursor for event in reversed(events) if event.cursor is not None)
        await self._move(next(cursors, self.at))

    async def accept_ahead(self, events: Sequence[Arrival], mark: Mark | None = None) -> None:
        await self.gate.wait()
        self._sort(events, self.ahead)
        if mark is not None:
            self.marks[mark.name] = mark.value
        await self._move(self.at)

    def _sort(self, arrivals: Sequence[Arrival], good: list[FeedEvent]) -> None:
        for arrived in arrivals:
            if isinstance(arrived, FeedEvent):
                good.append(arrived)
            else:
                self.broken.append((len(good), arrived))

    async def mark(self, name: str) -> str | None:
        return self.marks.get(name)

    async def begin_snapshot(self) -> None:
        self.rows = {}

    async def snapshot_rows(self, kind: str, rows: Sequence[Row | BrokenEvent]) -> None:
        good = [row.data for row in rows if isinstance(row, Row)]
        self.rows.setdefault(kind, []).extend(good)
        self.broken += [(len(good), row) for row in rows if isinstance(row, BrokenEvent)]

    async def end_snapshot(self, cursor: str) -> None:
        self.snapshots += 1
        await self._move(cursor)

    async def until(self, claim: Callable[[MemoryInbox], bool]) -> None:
        """Return once the claim holds."""
        async with asyncio.timeout(10), self._changed:
            await self._changed.wait_for(lambda: claim(self))

    def subjects(self) -> list[str | None]:
        return [event.event.subject for event in self.events]

    async def _move(self, cursor: str | None) -> None:
        async with self._changed:
            self.at = cursor
            self._changed.notify_all()


class MemoryOutbox:
    """Events in sequence order and what the hub said of them."""

    def __init__(self, events: Sequence[OutboxEvent] = ()) -> None:
        self.events = list(events)
        self.settled = 0
        self.results: dict[str, Result] = {}
        self.rewinds: list[int] = []
        self.waited_for = asyncio.Event()
        self._changed = asyncio.Condition()

    @property
    def acked(self) -> int:
        return self.settled

    async def pending(self, after: int, max_events: int, max_bytes: int) -> Sequence[OutboxEvent]:
        batch: list[OutboxEvent] = []
        for event in self.events[after : after + max_events]:
            max_bytes -= len(event.body)
            if batch and max_bytes < 0:
                break
            batch.append(event)
        return batch

    async def settle(self, results: Sequence[Result]) -> None:
        async with self._changed:
            for result in results:
                if self.settled < len(self.events) and result.id == self.events[self.settled].id:
                    self.results[result.id] = result
                    self.settled += 1
            self._changed.notify_all()

    async def rewind(self, expected_sequence: int) -> None:
        self.rewinds.append(expected_sequence)
        self.settled = expected_sequence - 1

    async def wait(self, after: int) -> None:
        self.waited_for.set()
        async with self._changed:
            await self._changed.wait_for(lambda: after < len(self.events))

    async def add(self, event: OutboxEvent) -> None:
        async with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    async def drained(self) -> None:
        """Return once everything is settled."""
        await self.until_settled(len(self.events))

    async def until_settled(self, count: int) -> None:
        """Return once so many are."""
        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(lambda: self.settled >= count)

    def statuses(self) -> list[str]:
        return [self.results[event.id].status for event in self.events]


def agent_event(
    sequence: int, kind: str = "label.queued", order_no: str = "SO-1", *, source: str = SOURCE, **data: Any
) -> OutboxEvent:
    """An event as the agent's outbox holds it."""
    event = CloudEvent(
        id=f"ev-{sequence}",
        source=source,
        type=kind,
        time="2026-06-18T00:00:00.000Z",
        data={"order_no": order_no} | data,
        subject=order_no,
        sequence=f"{sequence:020d}",
    )
    return OutboxEvent(sequence, event.id, encode(event))
