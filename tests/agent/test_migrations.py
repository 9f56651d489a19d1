"""A database of an older version becomes one of this version, and its journal still proves its state."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from agent.core import commands as c
from agent.core import events as ev
from agent.core.model import PrintJob
from agent.store.journal import GENESIS, Row, rows
from agent.store.migrate import FILES, ensure_schema
from agent.store.migrations_cli import migrations
from agent.store.store import DATABASE, Store, now_ms
from agent.store.tables import table
from agent.store.verify import verify
from tests.agent.floors import CONSIGNEE, OnePrinter, lease, order, paid, sku

MOVED = CONSIGNEE | {"address": "another street 1"}
#: Fields that came with version 2: a journal of version 1 has none of them.
_NEW = {"print.started": "mark", "label.queued": "reason"}


def old_journal(connection: sqlite3.Connection) -> Iterator[Row]:
    """The rows as version 1 wrote them, chained anew."""
    before = GENESIS
    for row in rows(connection, "ORDER BY row"):
        data = json.loads(row.data)
        data.pop(_NEW.get(row.type), None)
        bare = row._replace(data=json.dumps(data, ensure_ascii=False, separators=(",", ":")))
        before = bare.expected_hash(before)
        yield bare._replace(hash=before)


def as_version_1(now: Path, old: Path) -> None:
    """What an agent of version 1 would have on disk after the same commands."""
    with closing(Database(old)) as database:
        migrations.apply(database, stop_before=FILES[1].stem)
    with closing(sqlite3.connect(now)) as source, closing(sqlite3.connect(old)) as target:
        for (name,) in target.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            if name not in {"_sqlite_migrations", "journal"}:
                names = ", ".join(each[1] for each in target.execute(f"PRAGMA table_info({name})"))
                copied = source.execute(f"SELECT {names} FROM {name}").fetchall()
                marks = ", ".join("?" * (names.count(",") + 1))
                target.executemany(f"INSERT INTO {name} ({names}) VALUES ({marks})", copied)
        target.executemany(f"INSERT INTO journal VALUES ({', '.join('?' * 9)})", old_journal(source))
        target.commit()


async def label(store: Store, command: c.Command) -> None:
    """A command that queues a label, and the label printed."""
    queued = next(e.event for e in (await store.ask(command)).entries if isinstance(e.event, ev.LabelQueued))
    await store.ask(c.StartPrint(job=queued.job, printer="lp1", mark="odometer 7"))
    await store.ask(c.FinishPrint(job=queued.job, evidence="odometer", first_byte_at=None))


async def work(store: Store) -> None:
    """Three orders: SO-1 is hurried and printed again, SO-2 gets another label and is hurried, SO-3 has time."""
    numbers = lease(*(f"SF{n}" for n in range(9)), until=now_ms() + 10**9)
    for command in (sku("A"), c.SetCarrier(data={"carrier": "SF"}), *numbers):
        await store.ask(command)
    for order_no, hour in (("SO-1", 8), ("SO-2", 8), ("SO-3", None)):
        await store.ask(by(hour, order_no, 1))
        await label(store, paid(order_no))
    await store.ask(by(6, "SO-1", 2))
    await label(store, c.ReprintLabel(order_no="SO-1", reason="torn"))
    await store.ask(by(5, "SO-1", 3))
    await label(store, by(4, "SO-2", 2, consignee=MOVED))
    await store.ask(by(3, "SO-2", 3, consignee=MOVED))


def by(hour: int | None, order_no: str, revision: int, **changes: object) -> c.TakeOrder:
    """An order with its cut-off at that hour."""
    cutoff_at = None if hour is None else f"2026-06-18T{hour:02}:00:00Z"
    return order(order_no, revision, cutoff_at=cutoff_at, **changes)


@pytest.fixture
async def old(data_dir: Path, tmp_path: Path) -> Path:
    """The data of version 1, and beside it in `now` what version 2 made of the same day."""
    opened = Store(data_dir, "WH1", OnePrinter())
    opened.open()
    await work(opened)
    await opened.close()
    folder = tmp_path / "old"
    folder.mkdir()
    as_version_1(data_dir / DATABASE, folder / DATABASE)
    return folder


def jobs(folder: Path) -> list[PrintJob]:
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        return list(table(PrintJob).find(connection, "ORDER BY job"))


def test_a_migrated_database_is_the_fold_of_its_old_journal(old: Path) -> None:
    ensure_schema(old / DATABASE)
    verdict = verify(old)
    assert verdict.first_bad is None
    assert verdict.rows > 20


def test_its_jobs_wait_by_the_cut_offs_that_their_orders_had(old: Path, data_dir: Path) -> None:
    ensure_schema(old / DATABASE)
    cutoffs = [job.cutoff_at for job in jobs(old)]
    assert cutoffs == [job.cutoff_at for job in jobs(data_dir)]
    assert (None in cutoffs, len(set(cutoffs))) == (True, 5)
    assert {job.mark for job in jobs(old)} == {""}


async def test_work_goes_on_where_it_was(old: Path) -> None:
    opened = Store(old, "WH1", OnePrinter())
    opened.open()
    assert (await opened.ask(order("SO-9"))).status == "applied"
    await opened.close()
    assert verify(old).ok


def test_every_file_is_applied_once_and_in_order(old: Path) -> None:
    for _ in range(2):
        ensure_schema(old / DATABASE)
    with closing(sqlite3.connect(old / DATABASE)) as connection:
        applied = [row[0] for row in connection.execute("SELECT name FROM _sqlite_migrations ORDER BY id")]
        assert connection.execute("PRAGMA user_version").fetchone()[0] == len(FILES)
    assert applied == [file.stem for file in FILES]
