"""The journal: rows appended in one gapless count, each carrying the SHA-256 of the row before it."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from agent.core.events import AnyEvent, Event
from agent.core.floor import Entry, Head

GENESIS = bytes(32)
_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(AnyEvent)
_COLUMNS = "row, at, sequence, by, cause, order_no, type, data, hash"


class Row(NamedTuple):
    """One row as it stands in the table."""

    row: int
    at: int
    sequence: int | None
    by: str
    cause: str | None
    order_no: str | None
    type: str
    data: str
    hash: bytes

    def expected_hash(self, before: bytes) -> bytes:
        """What `hash` must be after a row whose hash is `before`."""
        digest = hashlib.sha256(before)
        digest.update(_encoder.encode(self[:7]))
        digest.update(self.data.encode())
        return digest.digest()

    @property
    def entry(self) -> Entry:
        """The event in its place. msgspec.ValidationError where the data is none."""
        return Entry(self.row, self.at, self.sequence, _decoder.decode(self.data))


class Journal:
    """Appends to a connection's journal, inside the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.last_hash = GENESIS

    def read_head(self) -> Head:
        """Where the journal ends; sets the hash that the next row continues."""
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

    def append(self, entry: Entry, by: str, cause: str | None) -> None:
        """The next row."""
        row = Row(
            entry.row, entry.at, entry.sequence, by, cause, getattr(entry.event, "order_no", None),
            type_of(entry.event), _encoder.encode(entry.event).decode(), GENESIS,
        )  # fmt: skip
        self.last_hash = row.expected_hash(self.last_hash)
        self.connection.execute(
            f"INSERT INTO journal ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?)", (*row[:8], self.last_hash)
        )


def type_of(event: Event) -> str:
    """The event's word in the journal and at the hub."""
    return str(event.__struct_config__.tag)


def rows(connection: sqlite3.Connection, where: str = "", values: tuple[object, ...] = ()) -> Iterator[Row]:
    """Journal rows, streamed; `where` is what follows FROM journal."""
    for row in connection.execute(f"SELECT {_COLUMNS} FROM journal {where}", values):
        yield Row(*row)
