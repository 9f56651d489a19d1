"""Proof: the hash chain is whole, through the archive and the table, and the state tables are the fold of the journal.

What stands beside the chain is held against it: checkpoints, the values that rows name by digest, the archive's
table of parts. The journal is folded again into a scratch database (SQLite's own temporary file: in memory as far as
its cache goes, on disk beyond), so the memory that this needs does not grow with the journal. Beside a running agent it
works on the snapshot that its one read transaction sees.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from itertools import zip_longest
from pathlib import Path
from typing import Any

import msgspec

from agent.core.apply import apply
from agent.core.events import AuditCheckpoint
from agent.core.floor import Head
from agent.core.story import after
from agent.store.evidence import BadJournal, Vault, every_row
from agent.store.journal import GENESIS, Row
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


def verify(
    data_dir: Path, progress: Progress = lambda _done, _all: None, known: Mapping[int, str] | None = None
) -> Verdict:
    """Check `data_dir`; `known`: hashes of rows as the hub has them from its checkpoints.

    FileNotFoundError where no agent has ever worked there; StoreTooOld, StoreTooNew.
    """
    with opened(data_dir) as live, closing(sqlite3.connect("", isolation_level=None)) as scratch:
        live.text_factory = _any_text
        live.execute("BEGIN")
        return _Proof(live, scratch, known or {}).verdict(progress)


def _any_text(raw: bytes) -> str:
    """What is no text any more shall be found where it stands, and not stop the look."""
    return raw.decode("utf-8", "surrogateescape")


class _Proof:
    """One look at everything."""

    def __init__(
        self, live: sqlite3.Connection, scratch: sqlite3.Connection, known: Mapping[int, str]
    ) -> None:
        self._live = live
        self._scratch = scratch
        self._known = known
        self._vault = Vault(live, scratch)
        self._done = 0

    def verdict(self, progress: Progress) -> Verdict:
        create_schema(self._scratch)
        self._scratch.execute("PRAGMA cache_size = -32000")
        try:
            total = self._live.execute("SELECT coalesce(max(row), 0) FROM journal").fetchone()[0]
            for done in self._fold():
                progress(done, total)
            what = self._beside_the_chain()
        except BadJournal as bad:
            return Verdict(False, bad.row, Fault(bad.row, str(bad)))
        except sqlite3.DatabaseError as error:
            what = f"the database is damaged: {error}"
        return (
            Verdict(True, self._done) if what is None else Verdict(False, self._done, Fault(self._done, what))
        )

    def _beside_the_chain(self) -> str | None:
        unseen = next((row for row in self._known if row > self._done), None)
        if unseen is not None:
            return f"the hub has a checkpoint of row {unseen}, and the journal ends at {self._done}"
        differences = (_difference(self._live, self._scratch, spec) for spec in TABLES.values())
        return _cut_off(self._live) or self._vault.left_over() or next(filter(None, differences), None)

    def _fold(self) -> Iterator[int]:
        """Check and apply every row; yields how many are done, now and then."""
        floor = SqlFloor(self._scratch, NoPrinters(), Head())
        before, sequence = GENESIS, 0
        self._scratch.execute("BEGIN")
        for row in every_row(self._live):
            sequence = self._check(row, before, sequence)
            self._apply(floor, row, before)
            before, self._done = row.hash, row.row
            if self._done % _BATCH == 0:
                self._scratch.execute("COMMIT")
                self._scratch.execute("BEGIN")
                floor.forget()
                yield self._done
        self._scratch.execute("COMMIT")
        yield self._done

    def _check(self, row: Row, before: bytes, sequence: int) -> int:
        """The chain and both counts; the sequence after this row."""
        number = row.row
        if number != self._done + 1:
            raise BadJournal(self._done + 1, f"row {self._done + 1} is missing, {number} follows")
        if not row.follows(before):
            raise BadJournal(
                number, f"row {number} or its hash was changed ({row.type} of {row.order_no or row.by})"
            )
        if row.sequence is not None and row.sequence != sequence + 1:
            raise BadJournal(number, f"sequence {row.sequence} follows {sequence}")
        if self._known.get(number, row.hash.hex()) != row.hash.hex():
            what = f"row {number} is not the one that the hub has a checkpoint of: it, or one before it, was made anew"
            raise BadJournal(number, what)
        return row.sequence or sequence

    def _apply(self, floor: SqlFloor, row: Row, before: bytes) -> None:
        self._vault.check(row)
        try:
            entry = row.entry
            floor.put(apply(floor, entry))
        except (msgspec.ValidationError, LookupError, sqlite3.IntegrityError) as error:
            raise BadJournal(row.row, f"row {row.row} cannot be applied: {error}") from error
        event = entry.event
        if isinstance(event, AuditCheckpoint) and (event.row, event.hash) != (row.row - 1, before.hex()):
            raise BadJournal(row.row, f"the checkpoint in row {row.row} is not of the row before it")
        floor.head = after(floor.head, entry)


def _cut_off(live: sqlite3.Connection) -> str | None:
    """A journal that ends before what the hub already has was cut, or is an older copy."""
    acked = live.execute("SELECT value FROM positions WHERE name = ?", (RELAY_ACKED,)).fetchone()
    head = live.execute(
        "SELECT coalesce(max(sequence), 0) FROM journal WHERE sequence IS NOT NULL"
    ).fetchone()[0]
    if acked is None or int(acked[0]) <= head:
        return None
    return f"the hub has acknowledged sequence {acked[0]}, and the journal ends at {head}"


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
