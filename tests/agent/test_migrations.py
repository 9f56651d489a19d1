"""A database of an older version becomes one of this version, and its journal still proves its state."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlite_utils import Database

from agent.cli import main
from agent.core import commands as c
from agent.core import events as ev
from agent.core.model import Order, Parcel, PrintJob
from agent.core.times import from_text
from agent.store.journal import GENESIS, Row, rows
from agent.store.migrate import FILES, ensure_schema
from agent.store.migrations_cli import migrations
from agent.store.store import DATABASE, Store, now_ms
from agent.store.tables import table
from agent.store.verify import verify
from tests.agent.floors import (
    CONSIGNEE,
    NOON,
    OnePrinter,
    count,
    lease,
    order,
    paid,
    scan,
    sku,
    stop,
    wave,
)

MOVED = CONSIGNEE | {"address": "another street 1"}
#: Fields by the version that they came with: a journal of an older one has none of them.
_NEW = {
    2: {"print.started": "mark", "label.queued": "reason"},
    4: {"order.accepted": "source"},
    5: {"exception.opened": "proposal"},
}


def old_journal(connection: sqlite3.Connection, version: int) -> Iterator[Row]:
    """The rows as that version wrote them, chained anew: consignees stood in the journal itself then."""
    before = GENESIS
    for row in rows(connection, "ORDER BY row"):
        data = json.loads(msgspec.json.encode(row.entry.event))
        for since, fields in _NEW.items():
            if version < since:
                data.pop(fields.get(row.type), None)
        bare = row._replace(data=json.dumps(data, ensure_ascii=False, separators=(",", ":")))
        before = bare.expected_hash(before)
        yield bare._replace(hash=before)


def as_version(version: int, now: Path, old: Path) -> None:
    """What an agent of that version would have on disk after the same commands."""
    with closing(Database(old)) as database:
        migrations.apply(database, stop_before=FILES[version].stem)
    with closing(sqlite3.connect(now)) as source, closing(sqlite3.connect(old)) as target:
        for (name,) in target.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            if name not in {"_sqlite_migrations", "journal"}:
                names = ", ".join(each[1] for each in target.execute(f"PRAGMA table_info({name})"))
                copied = source.execute(f"SELECT {names} FROM {name}").fetchall()
                marks = ", ".join("?" * (names.count(",") + 1))
                target.executemany(f"INSERT INTO {name} ({names}) VALUES ({marks})", copied)
        wrote = (row[:9] for row in old_journal(source, version))
        target.executemany(f"INSERT INTO journal VALUES ({', '.join('?' * 9)})", wrote)
        target.commit()


async def label(store: Store, command: c.Command) -> None:
    """A command that queues a label, and the label printed."""
    queued = next(e.event for e in (await store.ask(command)).entries if isinstance(e.event, ev.LabelQueued))
    await store.ask(c.StartPrint(job=queued.job, printer="lp1", mark="odometer 7"))
    await store.ask(c.FinishPrint(job=queued.job, evidence="odometer", first_byte_at=None))


async def work(store: Store) -> None:
    """SO-1 is hurried, printed again and shipped, SO-2 gets another label and is hurried, SO-3 has time and is shipped;
    SO-1 and SO-2 are logistic units, SO-2 becomes another one."""
    numbers = lease(*(f"SF{n}" for n in range(9)), until=now_ms() + 10**9)
    for command in (sku("A"), c.SetCarrier(data={"carrier": "SF"}), *numbers):
        await store.ask(command)
    for order_no, hour, sscc in (("SO-1", 8, "1"), ("SO-2", 8, "2"), ("SO-3", None, 18)):
        await store.ask(by(hour, order_no, 1, sscc=sscc))
        await label(store, paid(order_no))
    await store.ask(by(6, "SO-1", 2, sscc="1"))
    await label(store, c.ReprintLabel(order_no="SO-1", reason="torn"))
    await store.ask(by(5, "SO-1", 3, sscc="1"))
    await label(store, by(4, "SO-2", 2, consignee=MOVED, sscc="4"))
    await store.ask(by(3, "SO-2", 3, consignee=MOVED, sscc="4"))
    for order_no in ("SO-1", "SO-3"):
        await ship(store, order_no)
    await find_nothing(store, "SO-2")


async def ship(store: Store, order_no: str) -> None:
    """An order picked and shipped, by a scanner whose scans nobody told apart then."""
    await store.ask(count("A-01", "A", 9))
    planned = (await store.ask(wave(stop(order_no)))).entries
    (listed,) = (entry.event for entry in planned if isinstance(entry.event, ev.TaskPlanned))
    told: dict[str, Any] = {"pda": "P1", "task": listed.task}
    await store.ask(c.AcceptTask(**told))
    await store.ask(c.PickStop(stop=listed.stops[0].stop, qty=2, **told))
    await store.ask(c.FinishTask(**told))
    waybill = await store.submit(lambda t: t.floor.get(Order, order_no).waybill)  # type: ignore[union-attr]
    assert (await store.ask(scan(waybill or ""))).status == "applied"


async def find_nothing(store: Store, order_no: str) -> None:
    """An order whose picker finds its bin empty."""
    planned = (await store.ask(wave(stop(order_no)))).entries
    (listed,) = (entry.event for entry in planned if isinstance(entry.event, ev.TaskPlanned))
    told: dict[str, Any] = {"pda": "P1", "task": listed.task}
    await store.ask(c.AcceptTask(**told))
    short = c.ShortStop(stop=listed.stops[0].stop, qty=2, reason="empty", **told)
    assert (await store.ask(short)).status == "applied"
    await store.ask(count("A-01", "A", 9, as_of=0))


def by(hour: int | None, order_no: str, revision: int, **changes: object) -> c.TakeOrder:
    """An order with its cut-off at that hour."""
    cutoff_at = None if hour is None else f"2026-06-18T{hour:02}:00:00Z"
    return order(order_no, revision, cutoff_at=cutoff_at, **changes)


@pytest.fixture(params=[1, 2, 3])
def version(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
async def old(data_dir: Path, tmp_path: Path, version: int) -> Path:
    """The data of an older version, and in `data_dir` what this one made of the same day."""
    opened = Store(data_dir, "WH1", OnePrinter())
    opened.open()
    await work(opened)
    await opened.close()
    folder = tmp_path / "old"
    folder.mkdir()
    as_version(version, data_dir / DATABASE, folder / DATABASE)
    return folder


def jobs(folder: Path) -> list[PrintJob]:
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        return list(table(PrintJob).find(connection, "ORDER BY job"))


def test_a_migrated_database_is_the_fold_of_its_old_journal(old: Path) -> None:
    ensure_schema(old / DATABASE)
    verdict = verify(old)
    assert verdict.first_bad is None
    assert verdict.rows > 20


def test_its_parcels_left_when_they_were_scanned_and_carry_what_was_on_their_labels(
    old: Path, data_dir: Path
) -> None:
    ensure_schema(old / DATABASE)
    found = parcels(old)
    assert found == parcels(data_dir)
    assert [each.scanner for each in found] == ["ship1", None, None, "ship1"]
    assert [(each.order_no, each.sscc, each.shipped_at, each.cutoff_at) for each in found] == [
        ("SO-1", "1", NOON, from_text("2026-06-18T05:00:00Z")),
        ("SO-2", "2", None, None),
        ("SO-2", "4", None, None),
        ("SO-3", None, NOON, None),
    ]


def parcels(folder: Path) -> list[Parcel]:
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        return list(table(Parcel).find(connection, "ORDER BY order_no, waybill"))


def test_its_jobs_wait_by_the_cut_offs_that_their_orders_had(old: Path, data_dir: Path, version: int) -> None:
    ensure_schema(old / DATABASE)
    cutoffs = [job.cutoff_at for job in jobs(old)]
    assert cutoffs == [job.cutoff_at for job in jobs(data_dir)]
    assert (None in cutoffs, len(set(cutoffs))) == (True, 5)
    assert {job.mark for job in jobs(old)} == {"" if version == 1 else "odometer 7"}


@pytest.mark.parametrize("command", [["verify"], ["manifest"], ["lineage", "SO-1"]])
def test_until_the_agent_has_migrated_it_nobody_reads_it_and_that_is_said(
    old: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    assert main([*command, "--data", str(old)]) == 2
    assert "start the agent once, it brings the database up to date" in capsys.readouterr().err
    ensure_schema(old / DATABASE)
    assert main([*command, "--data", str(old)]) in {0, 1}


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
