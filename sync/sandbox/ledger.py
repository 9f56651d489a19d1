"""The sandbox hub's memory in SQLite: the feed, the snapshots' rows, notes. Commit, then answer."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from sync.cloudevents import CloudEvent, encode
from sync.sandbox.catalog import Catalog
from sync.times import from_epoch_ms

_MASTER_KINDS = {"sku.changed": "skus", "location.changed": "locations", "carrier.changed": "carriers"}
_FACTS = {
    "order.paid": "paid_ms = coalesce(paid_ms, :now_ms), paid_at = :paid_at, payment_ref = :payment_ref",
    "order.held": "held = 1",
    "order.unheld": "held = 0",
    "order.cancelled": "cancelled_ms = coalesce(cancelled_ms, :now_ms)",
}
#: The largest number that SQLite keeps.
MAX_KEPT = 2**63 - 1
_ORDER_TYPES = ("order.created", "order.changed")


class Put(NamedTuple):
    """An event to be put on the feed."""

    type: str
    source: str
    subject: str | None
    data: dict[str, Any]


class FeedRow(NamedTuple):
    """An event of the feed, encoded."""

    cursor: int
    type: str
    body: bytes


class Ledger:
    """One connection, one thread; every public write is one transaction.

    WAL with synchronous=NORMAL: what was answered survives the death of the process, not of the machine.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = NORMAL")
        self.connection.executescript(files("sync.sandbox").joinpath("schema.sql").read_text("utf-8"))

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    @contextmanager
    def reader(self) -> Iterator[sqlite3.Connection]:
        """Another connection that only reads, for another thread."""
        with closing(sqlite3.connect(f"{self.path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            yield connection

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield self.connection
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def note(self, name: str) -> Any:
        """A remembered value; None if there is none."""
        found = self.connection.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchone()
        return None if found is None else msgspec.json.decode(found[0])

    def remember(self, **notes: Any) -> None:
        """Remember values by name; joins the transaction that is open, if one is."""
        self.connection.executemany(
            "INSERT OR REPLACE INTO notes VALUES (?, ?)",
            [(name, msgspec.json.encode(value)) for name, value in notes.items()],
        )

    def put(self, puts: Sequence[Put], now_ms: int, **notes: Any) -> int:
        """Put events on the feed and remember the notes with them; the feed's head after that."""
        with self.transaction() as connection:
            cursor = self.head()
            feed = []
            for cursor, put in enumerate(puts, start=cursor + 1):  # noqa: B020 (counts on from the head)
                event = CloudEvent(
                    f"hub-{cursor}", put.source, put.type, from_epoch_ms(now_ms), put.data, put.subject
                )
                order_no = put.data.get("order_no") if isinstance(put.data.get("order_no"), str) else None
                feed.append(
                    (cursor, put.type, order_no, whole(put.data.get("revision")), now_ms, encode(event))
                )
                self._apply(put, now_ms)
            connection.executemany("INSERT INTO feed VALUES (?, ?, ?, ?, ?, ?)", feed)
            self.remember(**notes)
        return cursor

    def put_catalog(self, catalog: Catalog, now_ms: int) -> None:
        """Master data on the feed, once in the ledger's life."""
        if self.head() > 0:
            return
        puts = [Put("sku.changed", "/wms", row["sku"], row) for row in catalog.skus]
        puts += [Put("location.changed", "/wms", row["location"], row) for row in catalog.locations]
        puts += [Put("carrier.changed", "/erp", row["carrier"], row) for row in catalog.carriers]
        puts += [Put("stock.set", "/wms", row["location"], row) for row in catalog.stock]
        self.put(puts, now_ms)

    def head(self) -> int:
        """The last cursor ever given; 0 before the first."""
        found = self.connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'feed'").fetchone()
        return int(found[0]) if found else 0

    def oldest(self) -> int:
        """The oldest cursor kept; one past the head where nothing is kept."""
        found = self.connection.execute("SELECT min(cursor) FROM feed").fetchone()[0]
        return self.head() + 1 if found is None else int(found)

    def feed_after(self, cursor: int, limit: int) -> list[FeedRow]:
        """The next events of the feed."""
        query = "SELECT cursor, type, body FROM feed WHERE cursor > ? ORDER BY cursor LIMIT ?"
        return [FeedRow(*row) for row in self.connection.execute(query, (cursor, limit))]

    def forget(self, before: int) -> None:
        """Keep only events from this cursor on; agents behind it need a snapshot."""
        self.connection.execute("DELETE FROM feed WHERE cursor < ?", (before,))

    def rows_after(self, kind: str, key: str, limit: int) -> list[tuple[str, bytes]]:
        """The next rows of a snapshot by key; orders that are shipped are history and left out."""
        if kind == "orders":
            return self._orders_after(key, limit)
        query = "SELECT key, data FROM rows WHERE kind = ? AND key > ? ORDER BY key LIMIT ?"
        rows = self.connection.execute(query, (kind, key, limit)).fetchall()
        if kind == "stock":
            as_of = self._as_of()
            return [(key, msgspec.json.encode(msgspec.json.decode(data) | as_of)) for key, data in rows]
        return [(key, data.encode()) for key, data in rows]

    def _orders_after(self, key: str, limit: int) -> list[tuple[str, bytes]]:
        query = """SELECT o.order_no, r.data, o.paid_at, o.payment_ref, o.held, o.cancelled_ms FROM orders o
            JOIN rows r ON r.kind = 'orders' AND r.key = o.order_no
            WHERE o.order_no > ? AND o.shipped_ms IS NULL ORDER BY o.order_no LIMIT ?"""
        return [(row[0], _order_row(*row[1:])) for row in self.connection.execute(query, (key, limit))]

    def _as_of(self) -> dict[str, str]:
        """Up to which of the agent's events the stock is counted."""
        found = self.connection.execute("SELECT max(next_sequence) - 1 FROM senders").fetchone()[0]
        return {"as_of_sequence": f"{found or 0:020d}"}

    def _apply(self, put: Put, now_ms: int) -> None:
        """The snapshots' rows and the orders' view after this event."""
        data = put.data
        if put.type in _MASTER_KINDS:
            kind = _MASTER_KINDS[put.type]
            self.set_row(kind, data[kind.removesuffix("s")], data)
        elif put.type == "stock.set":
            self.set_row("stock", f"{data['location']}/{data['sku']}", data)
        elif put.type in _ORDER_TYPES and isinstance(data.get("order_no"), str):
            self._apply_order(data, now_ms)
        elif put.type in _FACTS and isinstance(data.get("order_no"), str):
            self._apply_fact(put.type, data, now_ms)

    def set_row(self, kind: str, key: str, data: dict[str, Any]) -> None:
        """Replace one row of the snapshots."""
        row = (kind, key, msgspec.json.encode(data).decode())
        self.connection.execute("INSERT OR REPLACE INTO rows VALUES (?, ?, ?)", row)

    def _apply_order(self, data: dict[str, Any], now_ms: int) -> None:
        self.connection.execute(
            """INSERT INTO orders (order_no, revision, created_ms) VALUES (?, ?, ?) ON CONFLICT DO UPDATE
            SET revision = excluded.revision, created_ms = coalesce(created_ms, excluded.created_ms)""",
            (data["order_no"], whole(data.get("revision")), now_ms),
        )
        self.set_row("orders", data["order_no"], data)

    def _apply_fact(self, kind: str, data: dict[str, Any], now_ms: int) -> None:
        order_no = data["order_no"]
        self.connection.execute("INSERT OR IGNORE INTO orders (order_no) VALUES (?)", (order_no,))
        self.connection.execute(
            f"UPDATE orders SET {_FACTS[kind]} WHERE order_no = :order_no",
            {"order_no": order_no, "now_ms": now_ms, "paid_at": None, "payment_ref": None} | _texts(data),
        )


def whole(value: object) -> int | None:
    """A number as far as it is one that can be kept; tests put broken orders on the feed too."""
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > MAX_KEPT:
        return None
    return value


def _texts(data: dict[str, Any]) -> dict[str, str]:
    return {name: value for name, value in data.items() if isinstance(value, str)}


def _order_row(
    data: str, paid_at: str | None, payment_ref: str | None, held: int, cancelled_ms: int | None
) -> bytes:
    facts = {
        "paid_at": paid_at,
        "payment_ref": payment_ref,
        "held": bool(held),
        "cancelled": cancelled_ms is not None,
    }
    return msgspec.json.encode(msgspec.json.decode(data) | facts)


def cursor_text(cursor: int) -> str:
    """A feed position as the protocol carries it."""
    return f"{cursor:020d}"


def sse(rows: Iterable[FeedRow]) -> bytes:
    """Rows of the feed as server-sent events."""
    return b"".join(
        b"id: %020d\nevent: %b\ndata: %b\n\n" % (row.cursor, row.type.encode(), row.body) for row in rows
    )


def with_cursor(row: FeedRow) -> bytes:
    """The event on one line, with its position as the extension `cursor`: for channels that carry none beside it."""
    return row.body[:-1] + b',"cursor":"%020d"}' % row.cursor
