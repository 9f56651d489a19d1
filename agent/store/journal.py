"""The journal: rows appended in one gapless count, each carrying the SHA-256 of the row before it."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from agent.core.events import AnyEvent, Event, PersonalErased
from agent.core.floor import Entry, Head
from agent.core.lineage import Told
from agent.store.personal import Kept, has_personal, seal, unseal

GENESIS = bytes(32)
_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(AnyEvent)
_COLUMNS = "row, at, sequence, by, cause, order_no, type, data, hash, changed_at, device"
_CHANGED = (
    AttributeError,
    TypeError,
    UnicodeError,
)  # what a column's value is no more, once it was tampered with


class Row(NamedTuple):
    """One row as it stands in the table; `personal`: what is kept of the values that `data` names by digest."""

    row: int
    at: int
    sequence: int | None
    by: str
    cause: str | None
    order_no: str | None
    type: str
    data: str
    hash: bytes
    changed_at: int | None = None
    device: str | None = None
    personal: tuple[Kept, ...] = ()

    def expected_hash(self, before: bytes) -> bytes:
        """What `hash` must be after a row whose hash is `before`."""
        digest = hashlib.sha256(before)
        more = () if self.changed_at is None and self.device is None else (self.changed_at, self.device)
        digest.update(_encoder.encode((*self[:7], *more)))
        digest.update(self.data.encode())
        return digest.digest()

    def follows(self, before: bytes) -> bool:
        """Is it as it was written, after a row whose hash is `before`?"""
        try:
            return self.hash == self.expected_hash(before)
        except _CHANGED:
            return False

    @property
    def entry(self) -> Entry:
        """The event in its place. msgspec.ValidationError where the data is none."""
        sealed = has_personal(self.type)
        event = unseal(self.type, self.data, self.personal) if sealed else _decoder.decode(self.data)
        return Entry(self.row, self.at, self.sequence, event)

    @property
    def told(self) -> Told:
        """Likewise, with who said so."""
        return Told(self.entry, self.type, self.by, self.cause, self.changed_at)


class Journal:
    """Appends to a connection's journal, inside the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.last_hash = GENESIS

    def read_head(self) -> Head:
        """Where the journal ends; sets the hash that the next row continues.

        Row 1, the last row that the hub gets and all after it are never only in the archive.
        """
        last = self.connection.execute("SELECT row, hash FROM journal ORDER BY row DESC LIMIT 1").fetchone()
        if last is None:
            self.last_hash = GENESIS
            return Head()
        self.last_hash = last[1]
        sequence = self.connection.execute(
            "SELECT max(sequence) FROM journal WHERE sequence IS NOT NULL"
        ).fetchone()
        epoch = self.connection.execute("SELECT data FROM journal WHERE row = 1").fetchone()
        return Head(msgspec.json.decode(epoch[0])["epoch"], last[0], sequence[0] or 0)

    def append(
        self,
        entry: Entry,
        by: str,
        cause: str | None,
        changed_at: int | None = None,
        device: str | None = None,
    ) -> None:
        """The next row."""
        data, kept = seal(entry.event)
        order_no = getattr(entry.event, "order_no", None)
        row = Row(
            entry.row, entry.at, entry.sequence, by, cause, order_no, type_of(entry.event), data, GENESIS,
            changed_at, device,
        )  # fmt: skip
        self.last_hash = row.expected_hash(self.last_hash)
        insert(self.connection, row._replace(hash=self.last_hash))
        for value in kept:
            self.connection.execute(
                "INSERT INTO personal VALUES (?, ?, ?, ?, ?)", (order_no or "", entry.row, *value)
            )
        if isinstance(entry.event, PersonalErased):
            self.connection.execute("DELETE FROM personal WHERE order_no = ?", (order_no,))


def insert(connection: sqlite3.Connection, row: Row, *, or_ignore: bool = False) -> None:
    """Into the table as it is; `or_ignore`: it may be there."""
    how = "INSERT OR IGNORE" if or_ignore else "INSERT"
    connection.execute(f"{how} INTO journal ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?)", row[:11])


def type_of(event: Event) -> str:
    """The event's word in the journal and at the hub."""
    return str(event.__struct_config__.tag)


def rows(connection: sqlite3.Connection, where: str = "", values: tuple[object, ...] = ()) -> Iterator[Row]:
    """Rows of the table, streamed; `where` is what follows FROM journal. Older ones are in the archive."""
    for row in connection.execute(f"SELECT {_COLUMNS} FROM journal {where}", values):
        yield with_personal(connection, Row(*row))


def with_personal(connection: sqlite3.Connection, row: Row) -> Row:
    """The row with what is still kept of its personal data."""
    if not has_personal(row.type):
        return row
    sql = "SELECT field, salt, data FROM personal WHERE order_no = ? AND row = ? ORDER BY field"
    kept = connection.execute(sql, (row.order_no or "", row.row))
    return row._replace(personal=tuple(Kept(*each) for each in kept))
