"""Verify: it finds every change that did not go through the door, names it, and finds nothing else."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import tracemalloc
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from agent.core import commands as c
from agent.core.apply import apply
from agent.store import verify as verify_module
from agent.store.store import DATABASE, RELAY_ACKED, Store
from agent.store.verify import verify
from tests.agent.floors import OnePrinter, count, lease, order, paid, sku, stocked, stop, wave
from tests.agent.universe import any_command


@pytest.fixture
async def worked(data_dir: Path) -> Path:
    """The data of an agent that has worked a little."""
    opened = Store(data_dir, "WH1", OnePrinter())
    opened.open()
    commands = (
        sku("A"),
        c.SetCarrier(data={"carrier": "SF"}),
        count("A-01", "A", 9),
        *lease("SF1", "SF2"),
        order(),
        paid(),
        order("SO-2"),
        wave(stop()),
    )
    for command in commands:
        assert (await opened.ask(command)).status == "applied"
    await opened.close()
    return data_dir


def tamper(data_dir: Path, sql: str) -> None:
    """What a hand with a database tool does."""
    with closing(sqlite3.connect(data_dir / DATABASE, isolation_level=None)) as connection:
        assert connection.execute(sql).rowcount == 1


def test_an_untouched_store_is_whole(worked: Path) -> None:
    verdict = verify(worked)
    assert verdict.ok
    assert verdict.first_bad is None
    assert verdict.rows > 9


@pytest.mark.parametrize(
    ("sql", "row", "what"),
    [
        ("UPDATE journal SET data = replace(data, 'ACME', 'ACMF') WHERE type = 'order.accepted' AND order_no = 'SO-2'",
         10, "row 10 or its hash was changed (order.accepted of SO-2)"),
        ("UPDATE journal SET hash = zeroblob(32) WHERE row = 3", 3, "row 3 or its hash was changed"),
        ("UPDATE journal SET at = at + 1 WHERE row = 4", 4, "row 4 or its hash was changed"),
        ("UPDATE journal SET by = 'person:x' WHERE row = 2", 2, "row 2 or its hash was changed"),
        ("UPDATE journal SET sequence = 99 WHERE row = 10", 10, "row 10 or its hash was changed"),
        ("DELETE FROM journal WHERE row = 5", 5, "row 5 is missing, 6 follows"),
        ("DELETE FROM journal WHERE row = 1", 1, "row 1 is missing, 2 follows"),
    ],
)  # fmt: skip
def test_a_change_of_the_journal_is_found_at_its_row(worked: Path, sql: str, row: int, what: str) -> None:
    tamper(worked, sql)
    bad = verify(worked).first_bad
    assert bad is not None
    assert bad.row == row
    assert what in bad.what


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("UPDATE orders SET priority = 9 WHERE order_no = 'SO-1'", "orders SO-1: priority is not what"),
        ("UPDATE stock SET reserved_qty = 0", "stock A-01/A: reserved_qty is not what the journal says"),
        ("UPDATE waybills SET state = 'free' WHERE waybill = 'SF1'", "waybills SF1: state"),
        ("UPDATE tasks SET revision = revision + 1", "revision is not what the journal says"),
        ("INSERT INTO stock VALUES ('A-02', 'A', 1, 0, 0)", "stock A-02/A: stands on one side only"),
        ("DELETE FROM orders WHERE order_no = 'SO-2'", "orders SO-2: stands on one side only"),
        ("DELETE FROM journal WHERE row = (SELECT max(row) FROM journal WHERE type = 'task.planned')", "is missing"),
    ],
)  # fmt: skip
def test_a_state_that_is_not_the_fold_of_the_journal_is_found_by_name(
    worked: Path, sql: str, what: str
) -> None:
    tamper(worked, sql)
    bad = verify(worked).first_bad
    assert bad is not None
    assert what in bad.what


def test_a_journal_cut_off_at_its_end_is_found_by_the_state(worked: Path) -> None:
    tamper(worked, "DELETE FROM journal WHERE row = (SELECT max(row) FROM journal)")
    tamper(worked, "DELETE FROM journal WHERE row = (SELECT max(row) FROM journal)")
    assert not verify(worked).ok


async def test_random_days_through_the_door_are_whole_and_asked_again_add_nothing(
    store: Store, data_dir: Path
) -> None:
    memory = stocked(waybills=3, printers=("lp1",))
    rng = random.Random(7)
    for number in range(400):
        command = replace(any_command(memory, rng.choice), by="test", id=f"c{number}")
        outcome = await store.ask(command)
        for entry in outcome.entries:
            memory.put(apply(memory, entry))
        again = await store.ask(command)
        assert (again.entries, again.reason) == ((), outcome.reason)
        assert again.status == ("refused" if outcome.status == "refused" else "repeat")
    assert verify(data_dir).ok


async def test_beside_a_running_writer_every_look_is_whole(store: Store, data_dir: Path) -> None:
    async def write() -> None:
        for number in range(300):
            await store.ask(sku(f"S{number}"))

    writing = asyncio.create_task(write())
    seen = []
    while not writing.done():
        seen.append(await asyncio.to_thread(verify, data_dir))
    await writing
    assert seen
    assert all(verdict.ok for verdict in seen)
    assert (await asyncio.to_thread(verify, data_dir)).rows == 301


async def test_its_memory_does_not_grow_with_the_journal(
    store: Store, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify_module, "_BATCH", 50)
    peaks = []
    for number in range(1200):
        if number in {200, 1199}:
            tracemalloc.start()
            assert verify(data_dir).ok
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        await store.submit(lambda t, name=f"S{number}": t.ask(sku(name)))  # type: ignore[misc]
    assert peaks[1] < 1.5 * peaks[0]


def test_how_far_it_is_can_be_followed(worked: Path) -> None:
    seen: list[tuple[int, int]] = []
    rows = verify(worked, lambda done, total: seen.append((done, total))).rows
    assert seen[-1] == (rows, rows)


def test_without_a_database_it_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="is this the data_dir of an agent"):
        verify(tmp_path)


async def test_a_journal_that_ends_before_what_the_hub_has_was_cut(worked: Path) -> None:
    opened = Store(worked, "WH1", OnePrinter())
    opened.open()
    head = await opened.submit(lambda transaction: transaction.floor.head.sequence)
    await opened.submit(lambda transaction: transaction.set_position(RELAY_ACKED, str(head)))
    await opened.close()
    assert verify(worked).ok
    tamper(worked, f"UPDATE positions SET value = '{head + 1}' WHERE name = '{RELAY_ACKED}'")
    bad = verify(worked).first_bad
    assert bad is not None
    assert bad.what == f"the hub has acknowledged sequence {head + 1}, and the journal ends at {head}"
