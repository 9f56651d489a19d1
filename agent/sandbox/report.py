"""What a day on the sandbox floor came to: every ledger compared, from the places where things really happen.

The clocks start and stop where the contract says: `order.paid` on the feed to the first byte at the printer,
`order.changed` on the feed to the task at the PDA, the scan's last byte to the hub's commit.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from agent.api.messages import Percentiles
from agent.core.model import LIVE_TASK, Stock, Task
from agent.sandbox.floor import SandboxFloor, TaskSeen
from agent.store.store import DATABASE, read_only
from agent.store.tables import table
from devices.pda import Recall, TaskStop


class Summary(msgspec.Struct, frozen=True):
    """One day in figures; `lost` and `labels_doubled` must be 0."""

    orders: int
    paid: int
    labels_printed: int
    labels_doubled: int
    labels_suspect: int
    planned_lists: int
    picked: int
    shipped: int
    cancelled: int
    refused: int
    lost: int
    acknowledged: int  # events that the hub has
    duplicates: int
    sequence_gaps: int
    reservations_broken: int
    exceptions_open: int
    paid_to_first_byte_ms: Percentiles
    change_to_task_ms: Percentiles
    outscan_to_hub_ms: Percentiles
    walked_m: int
    naive_m: int
    lines_picked: int

    @property
    def saved_share(self) -> float:
        """Of the naive walk."""
        return 1 - self.walked_m / self.naive_m if self.naive_m else 0.0

    @property
    def good(self) -> bool:
        """Nothing lost, nothing doubled, no promise of stock broken."""
        return not (self.lost or self.labels_doubled or self.reservations_broken or self.sequence_gaps)


def _milliseconds(samples: Iterable[float]) -> Percentiles:
    return Percentiles.of(round(sample, 1) for sample in samples)


async def summarise(floor: SandboxFloor) -> Summary:
    """Ask the hub, look at the paper, the PDAs and the agent's own books."""
    verdict: dict[str, Any] = (await floor.hub.get("/sandbox/judge")).json()
    puts = (
        await floor.hub.get("/sandbox/puts", params={"type": "order.paid,order.changed,order.held"})
    ).json()
    wanted = "parcel.shipped,label.suspect,order.accepted,order.refused"
    received = (await floor.hub.get("/sandbox/received", params={"type": wanted})).json()
    by_type: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for event in received:
        by_type[event["type"]].append(event)
    books = _Books.read(floor.data_dir)
    paper = [label for printer in floor.printers for label in printer.paper]
    copies = Counter((label.waybill, label.copy) for label in paper)
    suspect = {(event["data"]["waybill"], event["data"]["copy"]) for event in by_type["label.suspect"]}
    return Summary(
        orders=verdict["orders"],
        paid=verdict["paid"],
        labels_printed=len(paper),
        labels_doubled=sum(1 for copy, times in copies.items() if times > 1 and copy not in suspect),
        labels_suspect=len(suspect),
        planned_lists=books.lists,
        picked=verdict["received"].get("order.picked", 0),
        shipped=verdict["shipped"],
        cancelled=verdict["called_off"],
        refused=verdict["refused"],
        lost=verdict["lost"],
        acknowledged=sum(verdict["received"].values()),
        duplicates=verdict["duplicates"],
        sequence_gaps=verdict["sequence_gaps"],
        reservations_broken=books.reservations_broken,
        exceptions_open=books.exceptions_open,
        paid_to_first_byte_ms=_milliseconds(_paid_to_first_byte(floor, puts)),
        change_to_task_ms=_milliseconds(_change_to_task(floor.tasks_seen, puts, by_type, books.relisted)),
        outscan_to_hub_ms=_milliseconds(_outscan_to_hub(floor, by_type["parcel.shipped"])),
        walked_m=books.walked_mm // 1000,
        naive_m=books.naive_mm // 1000,
        lines_picked=verdict["received"].get("stop.picked", 0),
    )


def _paid_to_first_byte(floor: SandboxFloor, puts: list[dict[str, Any]]) -> Iterable[float]:
    first_byte: dict[str, float] = {}
    for printer in floor.printers:
        for label in printer.paper:
            at = label.first_byte_at * 1000
            first_byte[label.order_no] = min(at, first_byte.get(label.order_no, at))
    held = {
        put["order_no"] for put in puts if put["type"] == "order.held"
    }  # their label waits for the release
    for put in puts:
        if put["type"] == "order.paid" and put["order_no"] in first_byte and put["order_no"] not in held:
            yield max(0.0, first_byte[put["order_no"]] - put["put_ms"])


def _outscan_to_hub(floor: SandboxFloor, shipped: list[dict[str, Any]]) -> Iterable[float]:
    last_byte: dict[str, float] = {}
    for scanner in floor.scanners:
        for scan in scanner.scans:
            if scan.tone == "good":
                last_byte.setdefault(scan.text, scan.last_byte_at * 1000)
    for event in shipped:
        waybill = event["data"]["waybill"]
        if waybill in last_byte:
            yield max(0.0, event["received_ms"] - last_byte[waybill])


def _change_to_task(
    seen: list[TaskSeen],
    puts: list[dict[str, Any]],
    received: dict[str, list[dict[str, Any]]],
    relisted: frozenset[tuple[str, int]],
) -> Iterable[float]:
    """Until the broker delivers a list that shows it, where it changes one; else until the hub has its answer."""
    shown = _Shown(seen)
    answers: dict[tuple[str, int], float] = {}
    for event in (*received["order.accepted"], *received["order.refused"]):
        key = event["data"]["order_no"], event["data"]["revision"]
        answers.setdefault(key, event["received_ms"])
    for put in puts:
        if put["type"] != "order.changed":
            continue
        key = put["order_no"], put["revision"]
        until = shown.first_change(put["order_no"], put["put_ms"]) if key in relisted else answers.get(key)
        if until is not None:
            yield max(0.0, until - put["put_ms"])


class _Shown:
    """When what PDAs show of an order changed by anything but picking."""

    def __init__(self, seen: list[TaskSeen]) -> None:
        self._changes: dict[str, list[float]] = defaultdict(list)
        last: dict[tuple[str, str], frozenset[tuple[str, int]]] = {}
        for each in sorted(seen, key=lambda one: one.at):
            if isinstance(each.message, Recall):
                continue
            for order_no, stops in _by_order(each).items():
                key = each.message.task, order_no
                if key in last and last[key] != stops:
                    self._changes[order_no].append(each.at * 1000)
                last[key] = stops

    def first_change(self, order_no: str, put_ms: float) -> float | None:
        """The first one after a change was put at `put_ms`."""
        times = self._changes.get(order_no, [])
        at = bisect_right(times, put_ms)
        return times[at] if at < len(times) else None


def _by_order(seen: TaskSeen) -> dict[str, frozenset[tuple[str, int]]]:
    assert not isinstance(seen.message, Recall)
    order_of = {tote.slot: tote.order_no for tote in seen.message.totes}
    stops: dict[str, set[tuple[str, int]]] = {order_no: set() for order_no in order_of.values()}
    for stop in seen.message.stops:
        if stop.state not in {"cancelled", "short"}:
            stops[order_of[stop.slot]].add(_identity(stop))
    return {order_no: frozenset(each) for order_no, each in stops.items()}


def _identity(stop: TaskStop) -> tuple[str, int]:
    return stop.stop, stop.qty


class _Books(msgspec.Struct, frozen=True):
    """What the agent's own database says."""

    lists: int
    walked_mm: int
    naive_mm: int
    reservations_broken: int
    exceptions_open: int
    relisted: frozenset[tuple[str, int]]  # (order, revision) of changes that changed a pick list

    @classmethod
    def read(cls, data_dir: Path) -> _Books:
        reader = read_only(data_dir / DATABASE)
        try:
            lists, walked, naive = reader.execute(
                "SELECT count(*), coalesce(sum(distance_mm), 0), coalesce(sum(naive_mm), 0) "
                "FROM tasks WHERE state <> 'recalled'"
            ).fetchone()
            open_now = reader.execute("SELECT count(*) FROM exceptions WHERE closed_at IS NULL").fetchone()[0]
            return cls(lists, walked, naive, broken_reservations(reader), open_now, _relisted(reader))
        finally:
            reader.close()


_RELISTED = """SELECT DISTINCT a.order_no, json_extract(a.data, '$.revision')
    FROM journal s JOIN journal a ON a.cause = s.cause AND a.type = 'order.accepted' AND a.order_no IS NOT NULL
    WHERE s.type IN ('stop.added', 'stop.resized') AND s.cause IS NOT NULL AND s.by LIKE 'hub:%'
      AND a.row BETWEEN s.row - 1000 AND s.row + 1000"""


def _relisted(reader: sqlite3.Connection) -> frozenset[tuple[str, int]]:
    """Stops that were added or resized by the same feed event as a new revision."""
    return frozenset((order_no, revision) for order_no, revision in reader.execute(_RELISTED))


def broken_reservations(reader: sqlite3.Connection) -> int:
    """Places where the promised units are not those of the open stops."""
    promised: Counter[tuple[str, str]] = Counter()
    for task in table(Task).find(
        reader, "WHERE state = 'planned' OR state = 'assigned' OR state = 'accepted'"
    ):
        assert task.state in LIVE_TASK
        for stop in task.stops:
            promised[stop.location, stop.sku] += stop.open_qty
    booked = {stock.key(): stock.reserved_qty for stock in table(Stock).find(reader, "")}
    places = set(booked) | set(promised)
    return sum(1 for place in places if booked.get(place, 0) != promised.get((place[0], place[1]), 0))
