"""What became of every order: the ledger's verdict, from what the hub put and what the agent told it."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import msgspec

from sync.sandbox.ledger import Ledger

_NAMED = 20  # how many offenders a verdict names


class Spread(msgspec.Struct, frozen=True):
    """Of a set of durations in milliseconds; all zero where there is none."""

    count: int = 0
    p50: float = 0.0
    p99: float = 0.0
    max: float = 0.0


class Verdict(msgspec.Struct, frozen=True):
    """The day in numbers. `*_ms` from the put on the feed, or the scan, to the hub's commit of the answer."""

    orders: int
    paid: int
    cancelled: int  # on the feed
    called_off: int  # cancellations that the agent confirmed
    shipped: int
    lost: int  # paid, neither cancelled (here or on the floor) nor shipped
    lost_orders: list[str]
    refused: int  # order.refused events
    rejected: int  # events that the hub rejected
    duplicates: int  # events that came again
    sequence_gaps: int
    shipped_twice: int  # waybills or orders with more than one parcel.shipped
    labels_printed: int  # (waybill, copy) pairs
    labels_doubled: int  # pairs printed more than once
    doubled_labels: list[str]
    labels_suspect: int
    labels_failed: int
    unanswered_changes: int
    unanswered_holds: int
    unanswered_cancellations: int
    put: dict[str, int]
    received: dict[str, int]
    visible_ms: dict[str, Spread]  # by type: from when it happened at the agent
    since_paid_ms: dict[str, Spread]  # by type: from order.paid put, first of each order
    since_created_ms: Spread  # order.created put to its order.accepted or order.refused
    change_to_answer_ms: Spread
    outscan_to_hub_ms: Spread


def judge(ledger: Ledger) -> Verdict:
    """Read the whole ledger through a connection of its own; safe in another thread."""
    with ledger.reader() as connection:
        return _judge(connection)


def spread(samples_ms: Iterable[float]) -> Spread:
    """Count, median, 99th percentile (nearest rank) and maximum."""
    ordered = sorted(samples_ms)
    if not ordered:
        return Spread()
    last = len(ordered) - 1
    return Spread(
        len(ordered), ordered[last // 2], ordered[min(last, -(-99 * len(ordered) // 100) - 1)], ordered[-1]
    )


def _judge(connection: sqlite3.Connection) -> Verdict:
    orders, paid, cancelled, called_off, shipped = connection.execute(
        """SELECT count(created_ms), count(paid_ms), count(cancelled_ms), count(called_off_ms), count(shipped_ms)
        FROM orders"""
    ).fetchone()
    senders = connection.execute("SELECT sum(duplicates), sum(gaps), sum(rejected) FROM senders").fetchone()
    duplicates, gaps, rejected = (value or 0 for value in senders)
    lost = _column(
        connection,
        """SELECT order_no FROM orders
        WHERE paid_ms IS NOT NULL AND cancelled_ms IS NULL AND called_off_ms IS NULL AND shipped_ms IS NULL
        ORDER BY order_no""",
    )
    printed = _labels(connection)
    doubled = [label for label, times in printed.items() if times > 1]
    received = _counts(connection, "SELECT type, count(*) FROM received GROUP BY type")
    unanswered = _unanswered(connection)
    return Verdict(
        orders=orders,
        paid=paid,
        cancelled=cancelled,
        called_off=called_off,
        shipped=shipped,
        lost=len(lost),
        lost_orders=lost[:_NAMED],
        refused=received.get("order.refused", 0),
        rejected=rejected,
        duplicates=duplicates,
        sequence_gaps=gaps,
        shipped_twice=_shipped_twice(connection),
        labels_printed=len(printed),
        labels_doubled=len(doubled),
        doubled_labels=doubled[:_NAMED],
        labels_suspect=received.get("label.suspect", 0),
        labels_failed=received.get("label.failed", 0),
        unanswered_changes=unanswered["order.changed"],
        unanswered_holds=unanswered["order.held"],
        unanswered_cancellations=unanswered["order.cancelled"],
        put=_counts(connection, "SELECT type, count(*) FROM feed GROUP BY type"),
        received=received,
        visible_ms=_grouped(connection, _VISIBLE),
        since_paid_ms=_grouped(connection, _SINCE_PAID),
        since_created_ms=spread(_column(connection, _ANSWERS.format("order.created"))),
        change_to_answer_ms=spread(_column(connection, _ANSWERS.format("order.changed"))),
        outscan_to_hub_ms=spread(
            _column(
                connection,
                """SELECT received_ms - scanned_ms FROM received
                WHERE type = 'parcel.shipped' AND scanned_ms IS NOT NULL""",
            )
        ),
    )


_VISIBLE = "SELECT type, received_ms - time_ms FROM received"

_SINCE_PAID = """SELECT r.type, min(r.received_ms) - o.paid_ms FROM received r JOIN orders o USING (order_no)
    WHERE o.paid_ms IS NOT NULL AND r.type IN ('label.queued', 'label.printed', 'picklist.assigned',
        'order.picked', 'parcel.packed', 'parcel.shipped') GROUP BY r.type, r.order_no"""

_ANSWERS = """SELECT min(r.received_ms) - f.put_ms FROM feed f JOIN received r
    ON r.order_no = f.order_no AND r.revision = f.revision AND r.type IN ('order.accepted', 'order.refused')
    WHERE f.type = '{}' GROUP BY f.cursor"""

#: Types of the feed and what must have come back for the order: for a change with its revision.
_OWED = {
    "order.changed": ("order.accepted", "order.refused"),
    "order.held": ("order.held", "order.refused"),
    "order.cancelled": ("order.cancelled", "order.refused"),
}


def _unanswered(connection: sqlite3.Connection) -> dict[str, int]:
    """How many puts of each kind have no answer."""
    counts = dict.fromkeys(_OWED, 0)
    answers: dict[str, set[tuple[str, int | None]]] = defaultdict(set)
    for kind, order_no, revision in connection.execute(
        "SELECT type, order_no, revision FROM received WHERE type IN "
        "('order.accepted', 'order.refused', 'order.held', 'order.cancelled')"
    ):
        answers[kind] |= {(order_no, revision), (order_no, None)}
    for kind, owed in _OWED.items():
        puts = connection.execute("SELECT DISTINCT order_no, revision FROM feed WHERE type = ?", (kind,))
        counts[kind] = sum(not any(tuple(put) in answers[answer] for answer in owed) for put in puts)
    return counts


def _labels(connection: sqlite3.Connection) -> dict[str, int]:
    """How often each `waybill/copy` was reported printed."""
    query = """SELECT waybill || '/' || coalesce(copy, 1), count(*) FROM received
        WHERE type = 'label.printed' AND waybill IS NOT NULL GROUP BY 1"""
    return _counts(connection, query)


def _shipped_twice(connection: sqlite3.Connection) -> int:
    query = """SELECT count(*) FROM (SELECT 1 FROM received WHERE type = 'parcel.shipped'
        GROUP BY order_no HAVING count(*) > 1)"""
    return int(connection.execute(query).fetchone()[0])


def _counts(connection: sqlite3.Connection, query: str) -> dict[str, int]:
    return dict(connection.execute(query).fetchall())


def _column(connection: sqlite3.Connection, query: str) -> list[Any]:
    return [row[0] for row in connection.execute(query)]


def _grouped(connection: sqlite3.Connection, query: str) -> dict[str, Spread]:
    samples: dict[str, list[float]] = defaultdict(list)
    for name, sample_ms in connection.execute(query):
        samples[name].append(sample_ms)
    return {name: spread(values) for name, values in sorted(samples.items())}
