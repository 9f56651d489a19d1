"""The whole journal, wherever its rows are by now: first in the archive, then in the table.

Where the table is read first and the archive after it, nothing is missed that is moved meanwhile: a part is known to
the table of parts before its rows are deleted.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

import msgspec

from agent.store.archive import ACT, OF_TASKS, part_rows, parts, rows_about
from agent.store.journal import Row, rows

_OF_TASKS = " OR ".join(f"type = '{kind}'" for kind in OF_TASKS)  # as their index has it


def history_of(connection: sqlite3.Connection, order_no: str) -> list[Row]:
    """Every row about an order. ArchiveDamaged."""
    return _merged(rows(connection, "WHERE order_no = ?", (order_no,)), connection, [order_no])


def lineage_rows(connection: sqlite3.Connection, order_no: str) -> list[Row]:
    """Likewise, and what happened to its pick lists. ArchiveDamaged."""
    return _merged(_live(connection, order_no), connection, [order_no, *_lists_of(connection, order_no)])


def _live(connection: sqlite3.Connection, order_no: str) -> Iterator[Row]:
    yield from rows(connection, "WHERE order_no = ?", (order_no,))
    for task in _lists_of(connection, order_no):
        yield from rows(connection, f"WHERE json_extract(data, '$.task') = ? AND ({_OF_TASKS})", (task,))


def _lists_of(connection: sqlite3.Connection, order_no: str) -> tuple[str, ...]:
    found = connection.execute("SELECT tasks FROM orders WHERE order_no = ?", (order_no,)).fetchone()
    return () if found is None else msgspec.json.decode(found[0], type=tuple[str, ...])


def _merged(live: Iterator[Row], connection: sqlite3.Connection, subjects: Sequence[str]) -> list[Row]:
    found = {row.row: row for row in live}
    found |= {row.row: row for row in rows_about(connection, subjects)}
    return [found[number] for number in sorted(found)]


def acts(connection: sqlite3.Connection, since: int = 0) -> Iterator[Row]:
    """What people did from that time on, in order. ArchiveDamaged."""
    live = {row.row: row for row in rows(connection, f"WHERE type = '{ACT}' AND row > 0 ORDER BY row")}
    for part in parts(connection, "WHERE acts > 0"):
        live |= {row.row: row for row in part_rows(connection, part) if row.type == ACT}
    yield from (live[number] for number in sorted(live) if live[number].at >= since)
