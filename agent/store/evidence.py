"""What `verify` looks at beside the chain itself: the archive's files and its table, and personal data."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

import msgspec

from agent.core.events import PersonalErased
from agent.store.archive import ACT, Part, part_rows, parts, subjects_of
from agent.store.errors import ArchiveDamaged
from agent.store.journal import Row, rows
from agent.store.personal import digests, has_personal

_ERASED = str(PersonalErased.__struct_config__.tag)


class BadJournal(Exception):
    """The row at which something is wrong, and what."""

    def __init__(self, row: int, what: str) -> None:
        super().__init__(what)
        self.row = row


# --- the archive --------------------------------------------------------------------------------------------


def every_row(live: sqlite3.Connection) -> Iterator[Row]:
    """From the first part to the end of the table; rows that are in both must be the same. BadJournal."""
    found, sequence = parts(live), 0
    last = found[-1].last_row if found else 0
    both = rows(live, "WHERE row <= ? ORDER BY row", (last,))
    there = next(both, None)
    for part in found:
        archived = _read(live, part)
        sequence = _check_part(live, part, archived, sequence)
        for row in archived:
            if there is not None and there.row == row.row:
                if there != row:
                    raise BadJournal(
                        row.row, f"row {row.row} is another one in the archive than in the table"
                    )
                there = next(both, None)
            yield row
    if there is not None:
        raise BadJournal(there.row, f"row {there.row} is missing in the archive")
    known = live.execute("SELECT count(DISTINCT first_row) FROM archive_subjects").fetchone()[0]
    if known > len(found):
        raise BadJournal(last, "the archive's index names a part that there is not")
    yield from rows(live, "WHERE row > ? ORDER BY row", (last,))


def _read(live: sqlite3.Connection, part: Part) -> Sequence[Row]:
    try:
        return part_rows(live, part)
    except (ArchiveDamaged, OSError, ValueError, msgspec.DecodeError) as error:
        raise BadJournal(part.first_row, str(error)) from error


def _check_part(live: sqlite3.Connection, part: Part, archived: Sequence[Row], sequence: int) -> int:
    """What the tables say of a part is what is in it; the sequence after it."""
    sequences = [row.sequence for row in archived if row.sequence is not None]
    last = max(sequences, default=sequence)
    acts = sum(row.type == ACT for row in archived)
    inside = (archived[0].row, archived[-1].row, last, acts, archived[-1].hash)
    if inside != part[:5]:
        raise BadJournal(part.first_row, f"{part}: the table of parts does not say what is in it")
    named = {
        row[0] for row in live.execute("SELECT subject FROM archive_subjects WHERE first_row = ?", part[:1])
    }
    wrong = named ^ subjects_of(archived)
    if wrong:
        raise BadJournal(part.first_row, f"{part}: the archive's index is wrong about {min(wrong)}")
    return last


# --- personal data ------------------------------------------------------------------------------------------


class Vault:
    """Holds each value that is kept against the digest in its row, and each that is not against its erasure."""

    def __init__(self, live: sqlite3.Connection, scratch: sqlite3.Connection) -> None:
        self._live = live
        self._scratch = scratch
        self._kept = 0
        scratch.execute(
            "CREATE TEMP TABLE gone (order_no TEXT, row INTEGER, PRIMARY KEY (order_no, row)) WITHOUT ROWID"
        )

    def check(self, row: Row) -> None:
        """BadJournal."""
        if row.type == _ERASED:
            self._explain(row)
        if has_personal(row.type):
            self._compare(row)

    def _compare(self, row: Row) -> None:
        kept = {each.field: each for each in row.personal}
        for field, digest in digests(row.type, row.data):
            value = kept.get(field)
            if value is None:
                self._scratch.execute(
                    "INSERT OR IGNORE INTO gone VALUES (?, ?)", (row.order_no or "", row.row)
                )
            elif not value.proves(digest):
                raise BadJournal(row.row, f"personal data of row {row.row} ({field}) were changed")
            else:
                self._kept += 1

    def _explain(self, row: Row) -> None:
        self._scratch.execute("DELETE FROM gone WHERE order_no = ?", (row.order_no,))
        sql = "SELECT row FROM personal WHERE order_no = ? AND row < ?"
        there = self._live.execute(sql, (row.order_no, row.row)).fetchone()
        if there is not None:
            what = f"personal data of row {there[0]} are there, and row {row.row} says that they were erased"
            raise BadJournal(row.row, what)

    def left_over(self) -> str | None:
        """What no row explains."""
        gone = self._scratch.execute("SELECT row, order_no FROM gone ORDER BY row LIMIT 1").fetchone()
        if gone is not None:
            return f"personal data of row {gone[0]} (order {gone[1]}) are gone, and no row says that they were erased"
        there = self._live.execute("SELECT count(*) FROM personal").fetchone()[0]
        return None if there == self._kept else f"{there - self._kept} personal data belong to no row"
