"""The baseline: a plain sqlite3 loop that writes what the store wrote, without a thought between two rows.

The journal of a finished run is folded once more, outside the clock, into the very statements and values that the
store executed: the journal row, the state rows, the answer. The loop executes them on a copy of the database as it
stood before, with the store's PRAGMAs.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from time import perf_counter
from typing import Any

from agent.core.apply import apply
from agent.core.story import after
from agent.store.journal import Journal, Row, rows
from agent.store.sql_floor import NoPrinters, SqlFloor
from agent.store.store import connect, read_only
from agent.store.tables import table

Writes = list[tuple[str, Sequence[Any]]]  # what one command wrote: statements and their values
_ROW = """INSERT INTO journal (row, at, sequence, by, cause, order_no, type, data, hash, changed_at, device)
    VALUES (?,?,?,?,?,?,?,?,?,?,?)"""
_PERSONAL = "INSERT INTO personal VALUES (?, ?, ?, ?, ?)"
_ANSWER = "INSERT INTO answers VALUES (?, ?, ?, ?, ?)"


def recorded(before: Path, ran: Path) -> list[Writes]:
    """What each command of the run from database `before` to database `ran` wrote, in order."""
    scratch, live = connect(before), read_only(ran)
    head = Journal(scratch).read_head()
    floor = SqlFloor(scratch, NoPrinters(), head)
    scratch.execute("BEGIN")
    new = rows(live, "WHERE row > ? ORDER BY row", (head.row,))
    found = [
        _writes(floor, live, list(group)) for _, group in groupby(new, key=lambda row: (row.by, row.cause))
    ]
    scratch.execute("ROLLBACK")
    scratch.close()
    live.close()
    return found


def _writes(floor: SqlFloor, live: sqlite3.Connection, command: list[Row]) -> Writes:
    writes: Writes = []
    for row in command:
        entry = row.entry
        changes = apply(floor, entry)
        floor.put(changes)
        floor.head = after(floor.head, entry)
        writes.append((_ROW, row[:11]))
        writes += ((_PERSONAL, (row.order_no, row.row, *kept)) for kept in row.personal)
        writes += ((table(type(each)).upsert, table(type(each)).to_row(each)) for each in changes)
    floor.forget()
    asked = (command[0].by, command[0].cause)
    answers = live.execute(
        "SELECT asker, id, status, reason, at FROM answers WHERE asker = ? AND id = ?", asked
    )
    return writes + [(_ANSWER, answer) for answer in answers]


def replay_s(before: Path, commands: Sequence[Writes], per_commit: int) -> float:
    """Seconds to write them on a copy of `before`, so many commands in each transaction."""
    copy = before.with_name(f"raw-{per_commit}.db")
    shutil.copy(before, copy)
    try:
        return write_s(copy, commands, per_commit)
    finally:
        copy.unlink()


def write_s(database: Path, commands: Sequence[Writes], per_commit: int) -> float:
    """Seconds to write them."""
    connection = connect(database)
    begun = perf_counter()
    for group in _groups(commands, per_commit):
        connection.execute("BEGIN IMMEDIATE")
        for writes in group:
            for sql, values in writes:
                connection.execute(sql, values)
        connection.execute("COMMIT")
    took_s = perf_counter() - begun
    connection.close()
    return took_s


def _groups(commands: Sequence[Writes], size: int) -> Iterator[Sequence[Writes]]:
    for first in range(0, len(commands), size):
        yield commands[first : first + size]
