"""The store: answered means on disk, one commit for those who wait together, one agent per data directory."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from agent.core import commands as c
from agent.core.floor import Entry
from agent.core.model import Sku
from agent.store.errors import StoreBusy, StoreTooNew
from agent.store.journal import GENESIS, rows
from agent.store.migrate import FILES, ensure_schema
from agent.store.store import DATABASE, Outcome, Store, Transaction
from agent.store.tables import table
from tests.agent.floors import order, paid, sku


def skus(store: Store) -> list[str]:
    """What another connection sees."""
    reader = store.reader()
    try:
        return [each.sku for each in table(Sku).find(reader, "ORDER BY sku")]
    finally:
        reader.close()


def broken(transaction: Transaction) -> None:
    """A request whose code fails after it has written."""
    transaction.ask(sku("BROKEN"))
    raise ZeroDivisionError


class Gate:
    """A request that holds the writer until it is opened, so that others gather behind it."""

    def __init__(self) -> None:
        self.entered, self._open = threading.Event(), threading.Event()

    def __call__(self, transaction: Transaction) -> None:
        transaction.ask(sku("GATE"))
        self.entered.set()
        assert self._open.wait(10)

    def open(self) -> None:
        self._open.set()


async def held(store: Store) -> tuple[Gate, asyncio.Task[None]]:
    """The writer, inside a transaction."""
    gate = Gate()
    waiting = asyncio.create_task(store.submit(gate))
    assert await asyncio.to_thread(gate.entered.wait, 10)
    return gate, waiting


# --- commits ------------------------------------------------------------------------------------------------


async def test_nothing_is_seen_and_nobody_is_answered_before_the_commit(store: Store) -> None:
    gate, waiting = await held(store)
    assert skus(store) == []
    assert not waiting.done()
    gate.open()
    await waiting
    assert skus(store) == ["GATE"]


async def test_requests_that_wait_together_share_a_commit(store: Store) -> None:
    gate, waiting = await held(store)
    others = [asyncio.create_task(store.ask(sku(f"S{number}"))) for number in range(20)]
    await asyncio.sleep(0)
    before = store.commits
    gate.open()
    await asyncio.gather(waiting, *others)
    assert store.commits - before <= 2, "the gate's, and one for all who waited behind it"
    assert len(skus(store)) == 21


async def test_a_request_that_fails_leaves_the_others_of_its_group(store: Store) -> None:
    gate, waiting = await held(store)
    first = asyncio.create_task(store.ask(sku("FIRST")))
    fails = asyncio.create_task(store.submit(broken))
    last = asyncio.create_task(store.ask(sku("LAST")))
    await asyncio.sleep(0)
    gate.open()
    outcomes = await asyncio.gather(waiting, first, fails, last, return_exceptions=True)
    assert isinstance(outcomes[2], ZeroDivisionError)
    assert skus(store) == ["FIRST", "GATE", "LAST"]


async def test_after_a_failed_request_the_journal_goes_on_without_a_gap(store: Store) -> None:
    await store.ask(sku("ONE"))
    with pytest.raises(ZeroDivisionError):
        await store.submit(broken)
    await store.ask(order())
    found = list(rows(store.reader(), "ORDER BY row"))
    assert [row.row for row in found] == list(range(1, len(found) + 1))
    assert [row.type for row in found[:2]] == ["journal.opened", "sku.set"]


async def test_a_full_disk_answers_with_an_error_and_leaves_the_store_whole(store: Store) -> None:
    await store.submit(lambda t: t.floor.connection.execute("PRAGMA max_page_count = 1").fetchone())
    large = c.SetRules(data={"ruleset": "r", "version": "1", "rules": ["x" * 100_000] * 9})
    with pytest.raises(sqlite3.OperationalError, match="full"):
        await store.ask(large)
    await store.submit(lambda t: t.floor.connection.execute("PRAGMA max_page_count = 1000000").fetchone())
    assert (await store.ask(large)).status == "applied"


async def test_followers_hear_of_each_commit_in_order_and_of_nothing_that_failed(store: Store) -> None:
    heard: list[Entry] = []
    store.follow(heard.extend)
    await store.ask(sku("A"))
    with pytest.raises(ZeroDivisionError):
        await store.submit(broken)
    await store.ask(order())
    assert [entry.row for entry in heard] == sorted(entry.row for entry in heard)
    assert "BROKEN" not in {getattr(entry.event, "sku", None) for entry in heard}


async def test_closing_commits_what_is_queued(data_dir: Path) -> None:
    opened = Store(data_dir, "WH1")
    opened.open()
    waiting = [asyncio.create_task(opened.ask(sku(f"S{number}"))) for number in range(9)]
    await asyncio.sleep(0)
    await opened.close()
    assert {outcome.status for outcome in await asyncio.gather(*waiting)} == {"applied"}


# --- answers ------------------------------------------------------------------------------------------------


async def test_a_command_id_is_answered_the_same_for_ever(data_dir: Path) -> None:
    def take() -> c.Command:
        return c.TakeOrder(by="hub:/erp", id="e1", data=order().data)

    refused = c.HoldOrder(by="person:Wei", id="k1", order_no="?", reason="x")
    seen: list[Outcome] = []
    for _ in range(2):
        opened = Store(data_dir, "WH1")
        opened.open()
        seen += [await opened.ask(take()), await opened.ask(take()), await opened.ask(refused)]
        await opened.close()
    assert [outcome.status for outcome in seen] == [
        "applied",
        "repeat",
        "refused",
        "repeat",
        "repeat",
        "refused",
    ]
    assert seen[2].reason == seen[5].reason == "unknown-order: no order ? is here"


async def test_a_refusal_stands_even_when_it_could_be_taken_by_now(store: Store) -> None:
    hold = c.HoldOrder(by="person:Wei", id="k1", order_no="SO-1", reason="x")
    first = await store.ask(hold)
    await store.ask(order())
    assert await store.ask(hold) == first


async def test_ids_are_the_askers_own(store: Store) -> None:
    await store.ask(order())
    asked = [c.HoldOrder(by=who, id="1", order_no="SO-1", reason=who) for who in ("person:a", "person:b")]
    assert [(await store.ask(each)).status for each in asked] == ["applied", "applied"]


async def test_a_failed_request_leaves_no_answer_behind(store: Store) -> None:
    take = c.TakeOrder(by="hub:/erp", id="e1", data=order().data)

    def breaks(transaction: Transaction) -> None:
        transaction.ask(take)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await store.submit(breaks)
    assert (await store.ask(take)).status == "applied"


async def test_a_pdas_answer_names_its_lists_revision(store: Store) -> None:
    outcome = await store.ask(c.AcceptTask(by="pda:P1", id="1", pda="P1", task="?"))
    assert (outcome.status, outcome.revision) == ("refused", None)


async def test_positions_are_kept_with_what_they_stand_for(store: Store) -> None:
    def moves_and_breaks(transaction: Transaction) -> None:
        transaction.set_position("feed.cursor", "8")
        raise ZeroDivisionError

    await store.submit(lambda t: t.set_position("feed.cursor", "7"))
    with pytest.raises(ZeroDivisionError):
        await store.submit(moves_and_breaks)
    assert await store.submit(lambda t: t.position("feed.cursor")) == "7"


# --- the journal --------------------------------------------------------------------------------------------


async def test_each_row_carries_the_hash_of_the_row_before_it(store: Store) -> None:
    await asyncio.gather(*(store.ask(command) for command in (sku("A"), order(), paid())))
    before = GENESIS
    for row in rows(store.reader(), "ORDER BY row"):
        assert row.hash == row.expected_hash(before)
        before = row.hash


async def test_a_row_says_who_asked_by_which_command_about_which_order(store: Store) -> None:
    await store.ask(c.TakeOrder(by="hub:/erp", id="e1", data=order().data))
    (row,) = rows(store.reader(), "WHERE type = 'order.accepted'")
    assert (row.by, row.cause, row.order_no, row.sequence) == ("hub:/erp", "e1", "SO-1", 1)


async def test_two_databases_of_a_site_make_different_ids(tmp_path: Path, blank: Path) -> None:
    epochs = set()
    for name in ("one", "two"):
        shutil.copytree(blank.parent, tmp_path / name)
        opened = Store(tmp_path / name, "WH1")
        opened.open()
        epochs.add(await opened.submit(lambda t: t.floor.head.epoch))
        await opened.close()
    assert len(epochs) == 2


# --- the file -----------------------------------------------------------------------------------------------


async def test_a_commit_is_on_disk_when_it_returns(store: Store) -> None:
    def pragma(name: str) -> object:
        return lambda t: t.floor.connection.execute(f"PRAGMA {name}").fetchone()[0]

    assert await store.submit(pragma("synchronous")) == 2, "FULL"  # type: ignore[arg-type]
    assert await store.submit(pragma("journal_mode")) == "wal"  # type: ignore[arg-type]


async def test_a_reader_cannot_write(store: Store) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        store.reader().execute("DELETE FROM journal")


async def test_a_second_agent_on_the_same_data_is_refused_at_once(store: Store, data_dir: Path) -> None:
    with pytest.raises(StoreBusy, match="another agent"):
        Store(data_dir, "WH1").open()


async def test_a_newer_database_is_left_alone(data_dir: Path) -> None:
    with sqlite3.connect(data_dir / DATABASE) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    opened = Store(data_dir, "WH1")
    with pytest.raises(StoreTooNew, match="install the newer version"):
        opened.open()
    await opened.close()


def test_a_migrated_database_needs_no_second_process(blank: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("a process was started"))
    ensure_schema(blank)
    with sqlite3.connect(blank) as connection:
        assert connection.execute("PRAGMA user_version").fetchone()[0] == len(FILES)
    connection.close()


def test_neither_the_solver_nor_the_migrator_is_in_the_agents_memory() -> None:
    heavy = {"pandas", "numpy", "ortools", "sqlite_utils"}
    code = f"import sys, agent.service; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
