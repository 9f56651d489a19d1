"""The releaser: who gets a list, when, and who has to give it back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from agent import releaser
from agent.core import events as ev
from agent.core.times import to_text
from agent.desk import TaskDesk
from agent.floor_link import FloorLink
from agent.releaser import Releaser
from agent.store.store import Store, now_ms
from devices.broker import EmbeddedBroker
from routing import Plan, Problem, quick_plan
from tests.agent.floors import OnePrinter, count, lines, sku
from tests.agent.shell.pda import Pda, pda_at
from tests.agent.shell.stage import Diary, ask, config_of, journal_of, order_at, pay, running, stock_up, until

HOUR_MS = 3_600_000


class QuickPlanner:
    """Plans in this process, so that a test of the policy starts no other."""

    def __init__(self, failures: Path, cores: int) -> None:
        return

    async def start(self) -> None:
        return

    async def plan(self, problem: Problem, deadline_s: float, seed: int = 1) -> Plan:
        return quick_plan(problem)

    async def close(self) -> None:
        return


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releaser, "Planner", QuickPlanner)
    monkeypatch.setattr(releaser, "_TICK_S", 0.1)


class Floor:
    """A store with desk and releaser at work; PDAs come and go."""

    def __init__(self, store: Store, desk: TaskDesk, url: str, site: str) -> None:
        self.store = store
        self.desk = desk
        self.diary = Diary(store)
        self._at = url, site

    @asynccontextmanager
    async def pda(self, name: str, **presence: Any) -> AsyncIterator[Pda]:
        """On the floor, and known to be."""
        async with pda_at(*self._at, name) as made:
            await made.present(**presence)
            await until(lambda: name in self.desk.presences)
            yield made

    async def given(self, lists: int = 1) -> list[tuple[str, set[str]]]:
        """(PDA, its orders) of the first so many lists."""
        assigned = await self.diary.until(ev.TaskAssigned, lists)
        planned = {
            each.task: {tote.order_no for tote in each.totes} for each in self.diary.all(ev.TaskPlanned)
        }
        return [(each.pda, planned[each.task]) for each in assigned]


@asynccontextmanager
async def floor(data_dir: Path, broker: EmbeddedBroker, site: str, **picking: Any) -> AsyncIterator[Floor]:
    settings = {"max_wait_s": 0.2, "plan_s": 0.1, "cart_slots": 2} | picking
    config = config_of(data_dir, site=site, broker_url=broker.url, **settings)
    store = Store(data_dir, "WH1", OnePrinter())
    store.open()
    try:
        await stock_up(store)
        link = FloorLink(config, "1.0")
        desk = TaskDesk(store, link, config)
        async with running(link.run(), desk.run(), Releaser(store, desk, config).run()):
            await until(lambda: link.connected)
            yield Floor(store, desk, broker.url, site)
    finally:
        await store.close()


Fixtures = tuple[Path, EmbeddedBroker, str]


@pytest.fixture
def here(data_dir: Path, broker: EmbeddedBroker, site: str) -> Fixtures:
    return data_dir, broker, site


# --- continuous ---------------------------------------------------------------------------------------------


async def test_an_idle_pda_has_a_list_within_the_longest_wait(here: Fixtures) -> None:
    async with floor(*here, max_wait_s=1.0) as made, made.pda("P1") as pda:
        await pay(made.store, "SO-1")
        paid_at = order_at(made.store, "SO-1").state_at
        shown = await pda.list()
        assigned_at = journal_of(made.store, "task.assigned")[0].at
        assert [tote["order_no"] for tote in shown["totes"]] == ["SO-1"]
        assert 800 <= assigned_at - paid_at <= 2500, "it waited for a second order, and not too long"


async def test_a_full_cart_goes_at_once(here: Fixtures) -> None:
    async with floor(*here, max_wait_s=600.0) as made, made.pda("P1"):
        await pay(made.store, "SO-1", "SO-2")
        assert await made.given() == [("P1", {"SO-1", "SO-2"})]


async def test_who_is_done_gets_the_next_list(here: Fixtures) -> None:
    async with floor(*here) as made, made.pda("P1") as pda:
        await pay(made.store, "SO-1", lines=lines((1, "B", 1)))
        first = await pda.list()
        await pay(made.store, "SO-2", lines=lines((1, "B", 1)))
        await pda.say("task.accepted", first["task"], revision=1)
        await pda.say("stop.picked", first["task"], stop=first["stops"][0]["stop"], qty=1)
        await pda.say("task.done", first["task"])
        assert (await made.given(2))[1] == ("P1", {"SO-2"})


async def test_nobody_without_a_picker_gets_a_list(here: Fixtures) -> None:
    async with floor(*here) as made, made.pda("P1", picker=None), made.pda("P2") as other:
        await pay(made.store, "SO-1", "SO-2")
        await other.list()
        assert {pda for pda, _ in await made.given()} == {"P2"}


async def test_a_near_cut_off_is_seen_in_a_pool_too_large_to_look_at_as_a_whole(here: Fixtures) -> None:
    soon = to_text(now_ms() + 20 * 60_000)
    async with floor(*here) as made:
        await pay(made.store, *(f"SO-{n}" for n in range(40)), lines=lines((1, "B", 1)), priority=5)
        await pay(made.store, "SO-99", lines=lines((1, "B", 1)), cutoff_at=soon)
        async with made.pda("P1"):
            ((_, orders),) = await made.given()
            assert "SO-99" in orders


# --- zones --------------------------------------------------------------------------------------------------


async def test_the_pda_that_serves_the_zone_gets_the_list_whatever_its_name(here: Fixtures) -> None:
    async with floor(*here) as made, made.pda("P1", zones=["Z1"]), made.pda("P2", zones=["Z2"]):
        await pay(made.store, "SO-1", lines=lines((1, "B", 1)))
        assert await made.given() == [("P2", {"SO-1"})]


async def test_a_pda_for_the_whole_floor_gets_its_list_beside_idle_ones_of_a_zone(here: Fixtures) -> None:
    async with floor(*here) as made, made.pda("P1", zones=["Z1"]), made.pda("P2"):
        await pay(made.store, "SO-1", lines=lines((1, "A", 1), (2, "B", 1)))
        assert await made.given() == [("P2", {"SO-1"})]


async def test_an_order_over_zones_that_nobody_serves_alone_is_picked_in_parts(here: Fixtures) -> None:
    async with floor(*here) as made, made.pda("P1", zones=["Z1"]), made.pda("P2", zones=["Z2"]):
        await pay(made.store, "SO-1", lines=lines((1, "A", 1), (2, "B", 1)))
        assert sorted(await made.given(2)) == [("P1", {"SO-1"}), ("P2", {"SO-1"})]


# --- waves --------------------------------------------------------------------------------------------------


async def test_a_wave_plans_everything_and_idle_pdas_get_its_lists_one_by_one(here: Fixtures) -> None:
    async with floor(*here, release="wave", wave_every_s=0.5) as made, made.pda("P1") as pda:
        await pay(made.store, "SO-1", "SO-2", "SO-3", lines=lines((1, "B", 1)))
        first = await pda.list()
        assert len(made.diary.all(ev.WaveReleased)) == 1
        assert len(made.diary.all(ev.TaskPlanned)) == 2
        await pda.say("task.accepted", first["task"], revision=1)
        for each in first["stops"]:
            await pda.say("stop.picked", first["task"], stop=each["stop"], qty=each["qty"])
        await pda.say("task.done", first["task"])
        lists = await made.given(2)
        assert set.union(*(orders for _, orders in lists)) == {"SO-1", "SO-2", "SO-3"}


async def test_lists_of_a_wave_go_by_cut_off_and_those_without_one_last(here: Fixtures) -> None:
    tonight = to_text(now_ms() + 12 * HOUR_MS)
    async with floor(*here, release="wave", wave_every_s=0.5, cart_slots=1) as made:
        await pay(made.store, "SO-1", cutoff_at=None)
        await pay(made.store, "SO-2", cutoff_at=tonight)
        await made.diary.until(ev.TaskPlanned, 2)
        async with made.pda("P1"):
            assert await made.given() == [("P1", {"SO-2"})]


# --- taken back ---------------------------------------------------------------------------------------------


async def test_a_list_that_nobody_accepts_is_taken_back_and_given_to_another(here: Fixtures) -> None:
    async with floor(*here, accept_within_s=0.3) as made, made.pda("P1") as sleeping:
        await pay(made.store, "SO-1")
        shown = await sleeping.list()
        async with made.pda("P2"):
            (recalled,) = await made.diary.until(ev.TaskRecalled)
            assert recalled.task == shown["task"]
            assert recalled.reason.startswith("not-accepted")
            assert (await made.given(2))[1] == ("P2", {"SO-1"})


async def test_an_accepted_list_is_never_taken_back(here: Fixtures) -> None:
    async with floor(*here, accept_within_s=0.2) as made, made.pda("P1") as pda:
        await pay(made.store, "SO-1")
        shown = await pda.list()
        await pda.say("task.accepted", shown["task"], revision=1)
        await asyncio.sleep(0.5)  # twice its time, and some rounds of the releaser
        assert made.diary.all(ev.TaskRecalled) == []


async def test_a_pda_that_is_long_away_gives_its_list_back(
    here: Fixtures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(releaser, "_SILENT_MS", 100)
    async with floor(*here) as made, made.pda("P1") as pda:
        await pay(made.store, "SO-1")
        await pda.list()
        await pda.present(online=False)
        (recalled,) = await made.diary.until(ev.TaskRecalled)
        assert recalled.reason.startswith("offline")


# --- stuck --------------------------------------------------------------------------------------------------


async def test_an_order_without_stock_is_an_exception_once_and_planned_after_a_count(here: Fixtures) -> None:
    async with floor(*here) as made, made.pda("P1"):
        await pay(made.store, "SO-1", lines=lines((1, "B", 500)))
        await pay(made.store, "SO-2")
        await made.given()
        (opened,) = [each for each in made.diary.all(ev.ExceptionOpened) if each.kind == "no-stock"]
        assert opened.order_no == "SO-1"
        await asyncio.sleep(0.4)  # it is not asked about in every round
        assert len([each for each in made.diary.all(ev.ExceptionOpened) if each.kind == "no-stock"]) == 1
        async with made.pda("P2"):
            await ask(made.store, count("B-01", "B", 600))
            assert (await made.given(2))[1] == ("P2", {"SO-1"})


async def test_stock_that_a_recalled_list_gives_back_helps_an_order_that_lacked_it(here: Fixtures) -> None:
    async with floor(*here, accept_within_s=0.5) as made, made.pda("P1"):
        await pay(made.store, "SO-1", lines=lines((1, "B", 80)), priority=1)
        await made.given()
        await pay(made.store, "SO-2", lines=lines((1, "B", 60)), priority=9)
        async with made.pda("P2"):
            assert (await made.given(2))[1] == ("P2", {"SO-2"})


async def test_orders_of_unknown_goods_do_not_block_the_others(here: Fixtures) -> None:
    async with floor(*here) as made:
        await pay(made.store, *(f"SO-{n}" for n in range(20)), lines=lines((1, "NEW", 1)), priority=5)
        await pay(made.store, "SO-99")
        async with made.pda("P1"):
            assert await made.given() == [("P1", {"SO-99"})]
            async with made.pda("P2"):
                await ask(made.store, sku("NEW"), count("A-01", "NEW", 100))
                assert len((await made.given(2))[1][1]) == 2
