"""How rows get into the archive: in parts, in their order, while the writer goes on with its work.

Only rows that are old and that the hub has; row 1 and the last row that it has stay in the table as well, so that the
journal's head can always be read there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from agent.core.times import to_text
from agent.store.archive import (
    Part,
    folder_of,
    last_part,
    month_file,
    part_rows,
    subjects_of,
    write_part,
)
from agent.store.errors import StoreError
from agent.store.journal import GENESIS, Row, insert, rows
from agent.store.store import RELAY_ACKED, Transaction

PART_ROWS = 5_000
_PART_CHARS = 16_000_000
_DAY_MS = 86_400_000


def write_next(reader: sqlite3.Connection, before: int, now: int) -> tuple[Part, set[str]] | None:
    """The next rows from before that moment, in a file; None where too few have become old. StoreError."""
    last, stays = last_part(reader), _first_that_stays(reader)
    first = last.last_row + 1 if last is not None else 1
    found = list(_old(reader, first, stays, before, now, last))
    if not found or (len(found) < PART_ROWS and before - _DAY_MS < found[0].at <= now):
        return None
    _check(found, last)
    file = _file(found[0], now, last)
    offset = last.offset + last.size if last is not None and last.file == file else 0
    sequence = last.last_sequence if last is not None else 0
    return write_part(folder_of(reader), file, offset, found, sequence), subjects_of(found)


def _old(
    reader: sqlite3.Connection, first: int, stays: int, before: int, now: int, last: Part | None
) -> Iterator[Row]:
    """A run of rows for one part. A row from the future was written by a clock that was off: it holds nobody up."""
    file, chars = "", 0
    for row in rows(reader, "WHERE row >= ? AND row < ? ORDER BY row LIMIT ?", (first, stays, PART_ROWS)):
        if before <= row.at <= now or chars > _PART_CHARS:
            return
        wanted = _file(row, now, last)
        if file and wanted > file:
            return
        file, chars = file or wanted, chars + len(row.data)
        yield row


def _file(row: Row, now: int, last: Part | None) -> str:
    """Of the row's month, and never one before the last part's: files follow each other as the rows do."""
    return max(month_file(min(row.at, now)), last.file if last is not None else "")


def _check(found: list[Row], last: Part | None) -> None:
    """What is not as it was written stays where it is, for those who look into it."""
    before = last.hash if last is not None else GENESIS
    for row in found:
        if not row.follows(before):
            raise StoreError(
                f"row {row.row} of {to_text(row.at)} or its hash was changed: run floorhand verify"
            )
        before = row.hash


def _first_that_stays(connection: sqlite3.Connection) -> int:
    """Rows from this one on are not moved."""
    acked = connection.execute("SELECT value FROM positions WHERE name = ?", (RELAY_ACKED,)).fetchone()
    for sql, values in (
        (
            "SELECT row FROM journal WHERE sequence > ? ORDER BY sequence LIMIT 1",
            (int(acked[0]) if acked else 0,),
        ),
        ("SELECT row FROM journal WHERE sequence IS NOT NULL ORDER BY sequence DESC LIMIT 1", ()),
    ):
        found = connection.execute(sql, values).fetchone()
        if found is not None:
            return int(found[0])
    return 1


def record(transaction: Transaction, part: Part, subjects: set[str]) -> None:
    """From this commit on, the part is the archive's."""
    execute = transaction.floor.connection.execute
    marks = ", ".join("?" * len(part))
    execute(f"INSERT INTO archive_parts ({', '.join(Part._fields)}) VALUES ({marks})", part)
    transaction.floor.connection.executemany(
        "INSERT INTO archive_subjects VALUES (?, ?)",
        ((subject, part.first_row) for subject in sorted(subjects)),
    )


def drop(transaction: Transaction, most: int) -> bool:
    """Delete at most so many rows that are in the archive; are there more?"""
    connection = transaction.floor.connection
    last = last_part(connection)
    if last is None:
        return False
    end = min(last.last_row + 1, _first_that_stays(connection))
    first = connection.execute("SELECT row FROM journal WHERE row > 1 ORDER BY row LIMIT 1").fetchone()
    if first is None or first[0] >= end:
        return False
    upto = min(first[0] + most, end)
    connection.execute("DELETE FROM journal WHERE row > 1 AND row < ?", (upto,))
    return bool(upto < end)


def bring_back(transaction: Transaction, part: Part) -> None:
    """Into the table again, for a hub that was set back and asks for them. ArchiveDamaged."""
    connection = transaction.floor.connection
    for row in part_rows(connection, part):
        insert(connection, row, or_ignore=True)
