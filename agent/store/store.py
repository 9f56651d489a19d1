"""The store: one file, one writer thread, one transaction for journal and state.

Requests that arrive while a commit is under way share the next one (group commit). Nobody is answered before the
commit that holds his request is on disk.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import queue
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from agent.core.apply import apply
from agent.core.commands import Command, PdaCommand
from agent.core.decide import decide
from agent.core.events import Event, JournalOpened
from agent.core.floor import Entry
from agent.core.model import Task
from agent.core.story import Refused, after, place
from agent.store.errors import StoreBusy
from agent.store.journal import Journal
from agent.store.migrate import ensure_schema
from agent.store.sql_floor import NoPrinters, Roster, SqlFloor

T = TypeVar("T")
_GROUP = 256  # requests in one commit at the most, so that nobody waits for a whole backlog
DATABASE = "floorhand.db"
#: Names of positions: the last feed event that is committed here, and the last of our events that is at the hub.
FEED_CURSOR, RELAY_ACKED = "feed.cursor", "relay.acked"


def now_ms() -> int:
    """Wall clock, milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


class Outcome(NamedTuple):
    """What became of a command, once it is on disk."""

    status: Literal["applied", "repeat", "refused"]
    reason: str | None = None
    entries: tuple[Entry, ...] = ()
    revision: int | None = None  # of the pick list, for a PDA's command

    @property
    def refusal(self) -> str | None:
        """Why it was refused; None where it was not."""
        return self.reason if self.status == "refused" else None


class Request(Generic[T]):
    """A function to run inside the next transaction, and who waits for it."""

    def __init__(self, work: Callable[[Transaction], T], waiter: asyncio.Future[T]) -> None:
        self.work = work
        self.waiter = waiter
        self.result: T | None = None
        self.error: BaseException | None = None


class Transaction:
    """What a request may do: ask the door, and keep its own position, in one commit."""

    def __init__(self, floor: SqlFloor, journal: Journal, clock_ms: Callable[[], int]) -> None:
        self.floor = floor
        self.entries: list[Entry] = []
        self._journal = journal
        self._clock_ms = clock_ms

    def ask(self, command: Command) -> Outcome:
        """Decide, append, apply; a command id that was answered before gets the same answer."""
        known = self._answered(command)
        outcome = known if known is not None else self._decide(command)
        if isinstance(command, PdaCommand):
            task = self.floor.get(Task, command.task)
            outcome = outcome._replace(revision=task.revision if task is not None else None)
        return outcome

    def _decide(self, command: Command) -> Outcome:
        at = self._clock_ms()
        decided = decide(self.floor, command, at)
        if isinstance(decided, Refused):
            outcome = Outcome("refused", decided.reason, self._record(decided.events, command, at))
        else:
            outcome = Outcome("applied" if decided else "repeat", None, self._record(decided, command, at))
        if command.id is not None:
            self.floor.connection.execute(
                "INSERT INTO answers VALUES (?, ?, ?, ?, ?)",
                (command.by, command.id, outcome.status, outcome.reason, at),
            )
        return outcome

    def _answered(self, command: Command) -> Outcome | None:
        if command.id is None:
            return None
        sql = "SELECT status, reason FROM answers WHERE asker = ? AND id = ?"
        row = self.floor.connection.execute(sql, (command.by, command.id)).fetchone()
        if row is None:
            return None
        return Outcome("refused", row[1]) if row[0] == "refused" else Outcome("repeat")

    def _record(self, events: Sequence[Event], command: Command, at: int) -> tuple[Entry, ...]:
        more = command.changed_at, command.from_device
        return tuple(self.append(event, at, command.by, command.id, *more) for event in events)

    def append(
        self, event: Event, at: int, by: str, cause: str | None, changed_at: int | None = None,
        device: str | None = None,
    ) -> Entry:  # fmt: skip
        """One event into the journal and into the state tables."""
        entry = place(self.floor.head, event, at)
        self._journal.append(entry, by, cause, changed_at, device)
        self.floor.put(apply(self.floor, entry))
        self.floor.head = after(self.floor.head, entry)
        self.entries.append(entry)
        return entry

    @property
    def head_hash(self) -> str:
        """The chain's hash at the journal's last row."""
        return self._journal.last_hash.hex()

    def position(self, name: str) -> str | None:
        """How far a follower is."""
        row = self.floor.connection.execute("SELECT value FROM positions WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def set_position(self, name: str, value: str) -> None:
        """Committed together with whatever else this transaction does."""
        self.floor.connection.execute("INSERT OR REPLACE INTO positions VALUES (?, ?)", (name, value))


class Store:
    """Opens the database and owns its writer. Use `submit` from the event loop; `readers` are separate."""

    def __init__(
        self, data_dir: Path, site: str, roster: Roster | None = None, clock_ms: Callable[[], int] = now_ms
    ) -> None:
        self.path = data_dir / DATABASE
        self.site = site
        self.roster: Roster = roster or NoPrinters()
        self.commits = 0
        self._queue: queue.SimpleQueue[Request[Any] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._listeners: list[Callable[[Sequence[Entry]], None]] = []
        self._lock_fd: int | None = None
        self._clock_ms = clock_ms

    def open(self) -> None:
        """Lock, migrate, recover, start the writer. StoreBusy, StoreTooNew, StoreError."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lock_fd = lock(self.path.parent)
        ensure_schema(self.path)
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._write, name="store-writer", daemon=True)
        self._thread.start()

    def follow(self, listener: Callable[[Sequence[Entry]], None]) -> None:
        """Called in the event loop after each commit with what it added, in order."""
        self._listeners.append(listener)

    async def submit(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in the next commit; returns after that commit is on disk."""
        request = Request(work, self._loop.create_future())
        self._queue.put(request)
        result: T = await request.waiter
        return result

    async def ask(self, command: Command) -> Outcome:
        """The one door."""
        return await self.submit(lambda transaction: transaction.ask(command))

    async def close(self) -> None:
        """Commit what is queued, then stop."""
        self._queue.put(None)
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)
        if self._lock_fd is not None:
            os.close(self._lock_fd)

    def reader(self) -> sqlite3.Connection:
        """A new read-only connection; it sees what is committed when it asks."""
        return read_only(self.path)

    # --- the writer thread ----------------------------------------------------------------------------------

    def _write(self) -> None:
        connection = connect(self.path)
        journal = Journal(connection)
        floor = SqlFloor(connection, self.roster, journal.read_head())
        if not floor.head.row:
            self._commit(floor, journal, [self._first_row()])
        while (group := self._next_group()) is not None:
            self._commit(floor, journal, group)
        connection.execute("PRAGMA optimize")
        connection.close()

    def _first_row(self) -> Request[None]:
        opened = JournalOpened(self.site, secrets.token_hex(2))

        def write(transaction: Transaction) -> None:
            transaction.append(opened, self._clock_ms(), "agent", None)

        return Request(write, self._loop.create_future())

    def _next_group(self) -> list[Request[Any]] | None:
        first = self._queue.get()
        if first is None:
            return None
        group = [first]
        while len(group) < _GROUP:
            try:
                request = self._queue.get_nowait()
            except queue.Empty:
                break
            if request is None:
                self._queue.put(None)
                break
            group.append(request)
        return group

    def _commit(self, floor: SqlFloor, journal: Journal, group: Sequence[Request[Any]]) -> None:
        transaction = Transaction(floor, journal, self._clock_ms)
        connection = floor.connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            for request in group:
                self._run(transaction, journal, request)
            connection.execute("COMMIT")
            self.commits += 1
        except BaseException as error:
            for request in group:
                request.error = error
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            floor.head = journal.read_head()
            transaction.entries.clear()
        floor.forget()
        self._loop.call_soon_threadsafe(self._answer, group, tuple(transaction.entries))

    def _run(self, transaction: Transaction, journal: Journal, request: Request[Any]) -> None:
        """One request; what it breaks is undone, and the others of its group do not notice."""
        connection, before = transaction.floor.connection, len(transaction.entries)
        connection.execute("SAVEPOINT request")
        try:
            request.result = request.work(transaction)
        except Exception as error:
            if not connection.in_transaction:
                raise  # a full or broken disk: SQLite has undone the whole group already
            request.error = error
            connection.execute("ROLLBACK TO request")
            transaction.floor.forget()
            transaction.floor.head = journal.read_head()
            del transaction.entries[before:]
        connection.execute("RELEASE request")

    def _answer(self, group: Sequence[Request[Any]], entries: Sequence[Entry]) -> None:
        for request in group:
            if request.waiter.cancelled():
                continue
            if request.error is not None:
                request.waiter.set_exception(request.error)
            else:
                request.waiter.set_result(request.result)
        if entries:
            for listener in self._listeners:
                listener(entries)


def connect(path: Path) -> sqlite3.Connection:
    """The writing connection: a commit is on disk when COMMIT returns."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA temp_store = MEMORY")  # where each savepoint keeps copies of its pages
    connection.execute("PRAGMA secure_delete = ON")  # erased means overwritten
    connection.execute("PRAGMA cache_size = -16000")
    connection.execute("PRAGMA journal_size_limit = 67108864")
    return connection


def read_only(path: Path) -> sqlite3.Connection:
    """A connection that cannot write."""
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=10,
                                 check_same_thread=False)  # fmt: skip
    connection.execute("PRAGMA query_only = ON")
    return connection


def lock(data_dir: Path) -> int:
    """One agent per data_dir; the kernel lets go when the process ends, however it ends. StoreBusy."""
    fd = os.open(data_dir / "agent.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(fd)
        raise StoreBusy(f"another agent runs on {data_dir}") from error
    return fd
