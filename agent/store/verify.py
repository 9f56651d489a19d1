"""Proof: the hash chain is whole, and the state tables are the fold of the journal.

The journal is folded again into a scratch database (SQLite's own temporary file: in memory as far as its cache
goes, on disk beyond), so the memory that this needs does not grow with the journal. Beside a running agent it works
on the snapshot that its one read transaction sees.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import zip_longest
from pathlib import Path
from typing import Any

import msgspec

from agent.core.apply import apply
from agent.core.floor import Head
from agent.core.story import after
from agent.store.journal import GENESIS, Row, rows
from agent.store.migrate import create_schema
from agent.store.offline import opened
from agent.store.sql_floor import NoPrinters, SqlFloor
from agent.store.store import RELAY_ACKED
from agent.store.tables import TABLES, Table

Progress = Callable[[int, int], None]
_BATCH = 2000


class Fault(msgspec.Struct, frozen=True):
    """The first thing that is wrong: at which journal row, or in which table."""

    row: int
    what: str


class Verdict(msgspec.Struct, frozen=True, omit_defaults=True):
    """`rows` journal rows were read; `first_bad` is absent where all is well."""

    ok: bool
    rows: int
    first_bad: Fault | None = None


class _BadJournal(Exception):
    def __init__(self, row: int, what: str) -> None:
        super().__init__(what)
        self.fault = Fault(row, what)


def verify(data_dir: Path, progress: Progress = lambda _done, _all: None) -> Verdict:
    """Check `data_dir`. FileNotFoundError where no agent has ever worked there; StoreTooOld, StoreTooNew."""
    with opened(data_dir) as live, closing(sqlite3.connect("", isolation_level=None)) as scratch:
        live.execute("BEGIN")
        return _verify(live, scratch, progress)


def _verify(live: sqlite3.Connection, scratch: sqlite3.Connection, progress: Progress) -> Verdict:
    total = live.execute("SELECT coalesce(max(row), 0) FROM journal").fetchone()[0]
    create_schema(scratch)
    scratch.execute("PRAGMA cache_size = -32000")
    done = 0
    try:
        for done in _fold(live, scratch):
            progress(done, total)
    except _BadJournal as bad:
        return Verdict(False, bad.fault.row, bad.fault)
    differences = (_difference(live, scratch, spec) for spec in TABLES.values())
    what = _cut_off(live) or next(filter(None, differences), None)
    return Verdict(True, done) if what is None else Verdict(False, done, Fault(done, what))


def _cut_off(live: sqlite3.Connection) -> str | None:
    """A journal that ends before what the hub already has was cut, or is an older copy."""
    acked = live.execute("SELECT value FROM positions WHERE name = ?", (RELAY_ACKED,)).fetchone()
    head = live.execute(
        "SELECT coalesce(max(sequence), 0) FROM journal WHERE sequence IS NOT NULL"
    ).fetchone()[0]
    if acked is None or int(acked[0]) <= head:
        return None
    return f"the hub has acknowledged sequence {acked[0]}, and the journal ends at {head}"


def _fold(live: sqlite3.Connection, scratch: sqlite3.Connection) -> Iterator[int]:
    """Check and apply every row; yields how many are done, now and then."""
    floor = SqlFloor(scratch, NoPrinters(), Head())
    before, sequence, done = GENESIS, 0, 0
    scratch.execute("BEGIN")
    for row in rows(live, "ORDER BY row"):
        sequence = _check(row, done, before, sequence)
        _apply(floor, row)
        before, done = row.hash, row.row
        if done % _BATCH == 0:
            scratch.execute("COMMIT")
            scratch.execute("BEGIN")
            floor.forget()
            yield done
    scratch.execute("COMMIT")
    yield done


def _check(row: Row, last: int, before: bytes, sequence: int) -> int:
    """The chain and both counts; the sequence after this row."""
    if row.row != last + 1:
        raise _BadJournal(last + 1, f"row {last + 1} is missing, {row.row} follows")
    if row.hash != row.expected_hash(before):
        raise _BadJournal(
            row.row, f"row {row.row} or its hash was changed ({row.type} of {row.order_no or row.by})"
        )
    if row.sequence is not None and row.sequence != sequence + 1:
        raise _BadJournal(row.row, f"sequence {row.sequence} follows {sequence}")
    return row.sequence or sequence


def _apply(floor: SqlFloor, row: Row) -> None:
    try:
        entry = row.entry
        floor.put(apply(floor, entry))
    except (msgspec.ValidationError, LookupError, sqlite3.IntegrityError) as error:
        raise _BadJournal(row.row, f"row {row.row} cannot be applied: {error}") from error
    floor.head = after(floor.head, entry)


def _difference(live: sqlite3.Connection, scratch: sqlite3.Connection, spec: Table[Any]) -> str | None:
    """The first entity in which a state table is not what the journal says."""
    pairs = zip_longest(live.execute(spec.select_all), scratch.execute(spec.select_all))
    keys = len(spec.kind.KEY)
    for there, folded in pairs:
        if there == folded:
            continue
        named = "/".join(str(value) for value in (there or folded)[:keys])
        if there is None or folded is None or there[:keys] != folded[:keys]:
            return f"{spec.name} {named}: stands on one side only"
        column = next(name for name, a, b in zip(spec.columns, there, folded, strict=True) if a != b)
        return f"{spec.name} {named}: {column} is not what the journal says"
    return None
