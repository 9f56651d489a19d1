"""Looking into the ledger: what was put, what was received, how each order stands."""

from __future__ import annotations

import sqlite3
from typing import Any

import msgspec

from sync.sandbox.ledger import Ledger, cursor_text
from sync.times import epoch_ms


def puts(ledger: Ledger, types: list[str], after: int) -> list[dict[str, Any]]:
    """Order events put on the feed after a cursor, of these types (empty: all)."""
    query = f"""SELECT cursor, type, order_no, revision, put_ms FROM feed
        WHERE order_no IS NOT NULL AND cursor > ? {_among(types)} ORDER BY cursor"""
    return [
        {
            "order_no": order_no,
            "type": kind,
            "revision": revision,
            "put_ms": put_ms,
            "cursor": cursor_text(cursor),
        }
        for cursor, kind, order_no, revision, put_ms in ledger.connection.execute(query, (after, *types))
    ]


def received(ledger: Ledger, types: list[str], after: int) -> list[dict[str, Any]]:
    """Events of the agent after a row, of these types (empty: all); `row` is where to go on."""
    query = f"SELECT row, received_ms, body FROM received WHERE row > ? {_among(types)} ORDER BY row"
    return [
        {"row": row, "received_ms": received_ms, **msgspec.json.decode(body)}
        for row, received_ms, body in ledger.connection.execute(query, (after, *types))
    ]


#: A status is shown until the ledger has the events that it already knew of.
_AHEAD = "LEFT JOIN statuses s ON s.order_no = o.order_no AND s.as_of_sequence > :head"

_ORDERS = f"""SELECT o.*, coalesce(s.state, o.state) AS shown, s.as_of_sequence AS shown_as_of
    FROM orders o {_AHEAD} ORDER BY o.order_no"""

#: A state that a status showed first is shown since then.
_SHOWN = f"""SELECT * FROM (
    SELECT o.order_no, coalesce(s.state, o.state) AS state, iif(s.state IS NULL, 'event', 'status') AS told_by,
      coalesce(s.at, o.state_at) AS at, coalesce(s.shown_ms, earlier.shown_ms, o.state_ms) AS since_ms
    FROM orders o {_AHEAD} LEFT JOIN statuses earlier ON earlier.order_no = o.order_no
      AND earlier.state = o.state AND earlier.at = o.state_at AND earlier.shown_ms < o.state_ms)
    WHERE state IS NOT NULL AND since_ms > :after ORDER BY since_ms"""


def orders(ledger: Ledger) -> list[dict[str, Any]]:
    """Every order: `state` by the events, `shown` by a status where that is newer (`shown_as_of`)."""
    return _named(ledger.connection.execute(_ORDERS, {"head": _head(ledger.connection)}))


def shown(ledger: Ledger, after_ms: int) -> list[dict[str, Any]]:
    """The state shown of each order, when it arose at the agent, and since when it is shown.

    `lag_ms` lies between the two. Only what is shown since later than `after_ms`. Safe in another thread.
    """
    with ledger.reader() as reader:
        rows = _named(reader.execute(_SHOWN, {"head": _head(reader), "after": after_ms}))
    return [row | {"lag_ms": row["since_ms"] - epoch_ms(row["at"])} for row in rows]


def _head(connection: sqlite3.Connection) -> int:
    """The last of the agent's events that the ledger has."""
    return int(connection.execute("SELECT coalesce(max(next_sequence), 1) - 1 FROM senders").fetchone()[0])


def _named(cursor: sqlite3.Cursor) -> list[dict[str, Any]]:
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def progress(ledger: Ledger) -> dict[str, int]:
    """How far the floor is; `open` orders are neither shipped nor called off."""
    names = ("orders_created", "paid", "cancelled", "called_off", "shipped", "open")
    query = """SELECT count(created_ms), count(paid_ms), count(cancelled_ms), count(called_off_ms),
        count(shipped_ms), count(*) FILTER (WHERE shipped_ms IS NULL AND called_off_ms IS NULL) FROM orders"""
    facts = dict(zip(names, ledger.connection.execute(query).fetchone(), strict=True))
    head = ledger.connection.execute("SELECT coalesce(max(row), 0) FROM received").fetchone()[0]
    return facts | {"received": head}


def _among(types: list[str]) -> str:
    return f"AND type IN ({', '.join('?' * len(types))})" if types else ""
