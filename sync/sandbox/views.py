"""Looking into the ledger: what was put, what was received, how each order stands."""

from __future__ import annotations

from typing import Any

import msgspec

from sync.sandbox.ledger import Ledger, cursor_text


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


def orders(ledger: Ledger) -> list[dict[str, Any]]:
    """Every order as the hub shows it; `shown` is the state of a status newer than the events."""
    cursor = ledger.connection.execute(
        """SELECT o.*, s.state AS shown, s.as_of_sequence AS shown_as_of FROM orders o
        LEFT JOIN statuses s USING (order_no) ORDER BY o.order_no"""
    )
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
