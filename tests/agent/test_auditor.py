"""The journal's keeper on a store at work: one checkpoint a day, old rows into files, old orders' people forgotten."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from agent import auditor as auditor_module
from agent.auditor import Auditor
from agent.config import Config, parse
from agent.core import commands as c
from agent.core.events import AuditCheckpoint
from agent.core.model import ERASED, FloorException, Order
from agent.core.times import from_text
from agent.hub_outbox import HubOutbox
from agent.store import archiving
from agent.store.archive import FOLDER
from agent.store.journal import rows
from agent.store.store import RELAY_ACKED, Store
from agent.store.tables import table
from agent.store.verify import verify
from tests.agent.floors import CONSIGNEE, OnePrinter, fact, order, paid, sku

DAY_MS = 86_400_000
#: A quarter of an hour before midnight in Shanghai.
EVENING = from_text("2026-06-18T15:45:00Z")


class Clock:
    """What store and keeper think that it is."""

    def __init__(self) -> None:
        self.now = EVENING

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(data_dir: Path, clock: Clock) -> AsyncIterator[Store]:
    opened = Store(data_dir, "WH1", OnePrinter(), clock)
    opened.open()
    yield opened
    await opened.close()


def config(tmp_path: Path, **journal: int) -> Config:
    tables: dict[str, Any] = {
        "site": {"id": "WH1"}, "hub": {"url": "http://h"}, "broker": {"url": "mqtt://b"}, "journal": journal,
    }  # fmt: skip
    return parse(tables, tmp_path / "floorhand.toml")


@pytest.fixture
def auditor(store: Store, clock: Clock, tmp_path: Path) -> Auditor:
    return Auditor(store, config(tmp_path, keep_days=10, personal_days=30), clock)


def found(store: Store, where: str) -> list[Any]:
    reader = store.reader()
    try:
        return list(rows(reader, where))
    finally:
        reader.close()


def all_bytes(data_dir: Path) -> bytes:
    """Of the database and its log."""
    return b"".join(path.read_bytes() for path in data_dir.iterdir() if path.is_file())


async def acknowledge(store: Store) -> None:
    """The hub has everything."""
    await store.submit(lambda t: t.set_position(RELAY_ACKED, str(t.floor.head.sequence)))


# --- checkpoints --------------------------------------------------------------------------------------------


async def test_every_day_of_the_site_has_one_checkpoint(store: Store, auditor: Auditor, clock: Clock) -> None:
    for minutes in (0, 10, 20, 40, 25 * 60, 73 * 60):
        clock.now = EVENING + minutes * 60_000
        await store.ask(sku(f"S{minutes}"))
        await auditor.checkpoint()
    events = [row.entry.event for row in found(store, "WHERE type = 'audit.checkpoint' ORDER BY row")]
    assert len(events) == 4, (
        "the evening, past midnight in Shanghai, the night after, and one for two that were missed"
    )
    for event in events:
        assert isinstance(event, AuditCheckpoint)
        (row,) = found(store, f"WHERE row = {event.row}")
        assert row.hash.hex() == event.hash


async def test_an_agent_that_starts_again_on_the_same_day_makes_no_other(
    store: Store, auditor: Auditor, clock: Clock, tmp_path: Path
) -> None:
    await auditor.checkpoint()
    await Auditor(store, config(tmp_path), clock).checkpoint()
    assert len(found(store, "WHERE type = 'audit.checkpoint'")) == 1


def test_it_wakes_at_the_sites_midnight_and_every_hour(auditor: Auditor, clock: Clock) -> None:
    assert 900 <= auditor.pause_s() <= 902
    clock.now += 16 * 60_000
    assert auditor.pause_s() == 3600


# --- rows ---------------------------------------------------------------------------------------------------


async def test_old_rows_that_the_hub_has_go_into_files(
    store: Store, auditor: Auditor, clock: Clock, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archiving, "PART_ROWS", 20)
    monkeypatch.setattr(auditor_module, "_DROP", 7)
    for number in range(60):
        await store.ask(order(f"SO-{number}"))
    clock.now += 30 * DAY_MS
    await store.ask(order("SO-60"))
    await auditor.archive()
    assert len(found(store, "WHERE sequence IS NOT NULL")) > 60, "the hub has nothing yet"
    await acknowledge(store)
    await auditor.archive()
    assert [path.name for path in (data_dir / FOLDER).iterdir()] == ["journal-2026-06.ndjson.gz"]
    assert min(row.at for row in found(store, "WHERE row > 1")) == clock.now
    assert verify(data_dir).ok
    assert (await store.ask(order("SO-61"))).status == "applied"


async def test_a_damaged_journal_is_told_to_people_and_the_floor_works_on(
    store: Store, auditor: Auditor, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    await store.ask(order())
    await acknowledge(store)
    await store.submit(
        lambda t: t.floor.connection.execute("UPDATE journal SET by = 'x' WHERE row = 1").fetchone()
    )
    clock.now += 30 * DAY_MS
    with caplog.at_level(logging.ERROR):
        await auditor.archive()
        await auditor.archive()
    reader = store.reader()
    (told,) = table(FloorException).find(reader, "WHERE kind = 'archive'")
    assert "row 1 of 2026-06-18" in told.text
    assert "floorhand verify" in caplog.text


async def test_a_hub_that_was_set_back_gets_archived_events_again(
    store: Store, auditor: Auditor, clock: Clock, data_dir: Path
) -> None:
    for number in range(5):
        await store.ask(order(f"SO-{number}"))
    outbox = HubOutbox(store, "WH1")
    await outbox.open()
    before = await outbox.pending(0, 100, 10**6)
    await acknowledge(store)
    clock.now += 30 * DAY_MS
    await auditor.archive()
    assert len(found(store, "WHERE sequence IS NOT NULL")) == 1
    await outbox.rewind(2)
    assert await outbox.pending(1, 100, 10**6) == before[1:]
    assert verify(data_dir).ok


# --- people -------------------------------------------------------------------------------------------------


async def test_people_of_orders_that_ended_long_ago_are_forgotten_in_every_file(
    store: Store, auditor: Auditor, clock: Clock, data_dir: Path
) -> None:
    for number in range(45):
        await store.ask(order(f"SO-{number}"))
        await store.ask(fact("cancelled", f"SO-{number}"))
    await store.ask(order("SO-open", consignee=CONSIGNEE | {"name": "还在"}))
    await auditor.erase_old()
    assert not found(store, "WHERE type = 'personal.erased'"), "they have ended just now"
    clock.now += 31 * DAY_MS
    await auditor.erase_old()
    assert len(found(store, "WHERE type = 'personal.erased'")) == 45
    orders = {each.order_no: each.consignee for each in table(Order).find(store.reader(), "")}
    assert orders["SO-open"].name == "还在"
    assert set(orders.values()) == {ERASED, orders["SO-open"]}
    files = await asyncio.to_thread(all_bytes, data_dir)
    assert CONSIGNEE["name"].encode() not in files
    assert "还在".encode() in files
    assert verify(data_dir).ok
    await auditor.erase_old()
    assert len(found(store, "WHERE type = 'personal.erased'")) == 45


async def test_what_a_person_erased_is_gone_with_the_next_round(
    store: Store, auditor: Auditor, data_dir: Path
) -> None:
    for command in (order(), paid(), fact("cancelled")):
        await store.ask(command)
    erase = c.ErasePersonal(by="person:Wei", id="x", order_no="SO-1", reason="asked")
    assert (await store.ask(erase)).status == "applied"
    await auditor.erase_old()
    files = await asyncio.to_thread(all_bytes, data_dir)
    assert CONSIGNEE["name"].encode() not in files
