"""The journal's keeper: a checkpoint for the hub every day, old rows into files, the end of personal data.

All of it in small steps through the store's one writer, so that no label waits for it.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from agent.config import Config
from agent.core import commands as c
from agent.core.events import PersonalErased
from agent.core.floor import Entry
from agent.store import archiving
from agent.store.errors import StoreError
from agent.store.store import Store, Transaction, connect, now_ms

log = logging.getLogger(__name__)

_DAY_MS = 86_400_000
_AT_MOST_S = 3600.0
_AT_ONCE = 20  # erasures in one commit
_DROP = 250  # rows deleted in one commit: a few milliseconds
_ENDED_BEFORE = """SELECT order_no FROM orders WHERE erased = 0 AND (state = 'shipped' OR state = 'cancelled')
    AND state_at < ? ORDER BY state_at LIMIT ?"""


class Auditor:
    """One store's."""

    def __init__(self, store: Store, config: Config, clock_ms: Callable[[], int] = now_ms) -> None:
        self._store = store
        self._reader = store.reader()
        self._zone = ZoneInfo(config.site.timezone)
        self._keep = config.journal
        self._clock_ms = clock_ms
        self._erased = False
        store.follow(self._committed)

    def _committed(self, entries: Sequence[Entry]) -> None:
        self._erased = self._erased or any(isinstance(entry.event, PersonalErased) for entry in entries)

    async def run(self) -> None:
        """Every hour, and at the site's midnight."""
        while True:
            await self.checkpoint()
            await self.erase_old()
            await self.archive()
            await asyncio.sleep(self.pause_s())

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock_ms() / 1000, UTC).astimezone(self._zone)

    def pause_s(self) -> float:
        """Until the next round: an hour, or the site's midnight and a second where that comes first."""
        now = self._now()
        midnight = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), self._zone)
        return min(_AT_MOST_S, midnight.timestamp() - now.timestamp() + 1.0)

    async def checkpoint(self) -> None:
        """The chain's head, once for each of the site's days; the door remembers for which it was."""
        day = self._now().date().isoformat()

        def ask(transaction: Transaction) -> None:
            row, digest = transaction.floor.head.row, transaction.head_hash
            transaction.ask(c.TakeCheckpoint(id=f"checkpoint-{day}", row=row, hash=digest))

        await self._store.submit(ask)

    # --- personal data ----------------------------------------------------------------------------------------

    async def erase_old(self) -> None:
        """Of orders that ended long ago; what was erased is in no file of the database any more afterwards."""
        days = self._keep.personal_days
        before = self._clock_ms() - days * _DAY_MS
        while found := [row[0] for row in self._reader.execute(_ENDED_BEFORE, (before, _AT_ONCE))]:
            await self._store.submit(partial(_erase, order_nos=found, days=days))
        if self._erased:
            self._erased = not await asyncio.to_thread(_empty_log, self._store.path)

    # --- old rows ---------------------------------------------------------------------------------------------

    async def archive(self) -> None:
        """Every row that is old enough and that the hub has."""
        try:
            while await self._archive_part():
                pass
        except (
            StoreError,
            OSError,
        ) as error:  # what is damaged, or a full disk, is people's business; the floor works on
            log.error("the journal is not archived: %s", error)
            await self._store.ask(
                c.OpenException(kind="archive", subject="journal", text=f"not archived: {error}")
            )

    async def _archive_part(self) -> bool:
        now = self._clock_ms()
        before = now - self._keep.keep_days * _DAY_MS
        written = await asyncio.to_thread(archiving.write_next, self._reader, before, now)
        if written is not None:
            await self._store.submit(lambda transaction: archiving.record(transaction, *written))
        while await self._store.submit(lambda transaction: archiving.drop(transaction, _DROP)):
            pass
        return written is not None


def _erase(transaction: Transaction, order_nos: Sequence[str], days: int) -> None:
    for order_no in order_nos:
        transaction.ask(c.ErasePersonal(order_no=order_no, reason=f"it ended {days} days ago"))


def _empty_log(path: Path) -> bool:
    """Of the write-ahead log, in which erased data would stand until it is written over; False: it is in use."""
    with closing(connect(path)) as connection:
        try:
            return bool(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)
        except sqlite3.OperationalError:
            return False
