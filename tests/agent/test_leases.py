"""The keeper of the waybill pool: full before the hub goes away, alarms in time, no number that its carrier refuses."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from agent.core import commands as c
from agent.core.events import LabelQueued
from agent.core.floor import Entry
from agent.core.model import Carrier, FloorException, LeaseRequest, Waybill, WaybillUse
from agent.core.times import to_text
from agent.lease_forecast import HOUR_MS
from agent.leases import LeaseKeeper
from agent.store.store import Store, now_ms
from agent.store.tables import table
from sync.client import HubClient
from sync.errors import Unacceptable, Unreachable, WaybillsExhausted
from tests.agent.floors import NOON, OnePrinter, lease, order, paid

ORDERS = 120


class Labels:
    """Hears of every label that is queued, until all orders have theirs."""

    def __init__(self, store: Store) -> None:
        self.queued: set[str] = set()
        self.all = asyncio.Event()
        store.follow(self._hear)

    def _hear(self, entries: Sequence[Entry]) -> None:
        self.queued |= {each.event.order_no for each in entries if isinstance(each.event, LabelQueued)}
        if len(self.queued) == ORDERS:
            self.all.set()


async def test_a_carrier_that_is_active_again_with_a_full_pool_leaves_no_order_waiting(store: Store) -> None:
    for command in lease(*(f"SF{n:03}" for n in range(ORDERS)), until=now_ms() + 10**9):
        await store.ask(command)
    for number in range(ORDERS):
        await store.ask(order(f"SO-{number}"))
        await store.ask(paid(f"SO-{number}"))
    labels = Labels(store)
    async with HubClient("http://127.0.0.1:9", "WH1", "secret") as nobody:
        keeper = asyncio.create_task(LeaseKeeper(store, nobody).run())
        await store.ask(c.SetCarrier(data={"carrier": "SF", "lease_low": 0}))
        async with asyncio.timeout(10):
            await labels.all.wait()
        keeper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeper


# --- a hub that gives numbers -------------------------------------------------------------------------------


class Clock:
    """The time of store and keeper."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> int:
        return self.at


class Hub:
    """Answers requests for leases, or is away; `refusals`: by carrier, what it says to them."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.counts: list[int] = []
        self.keys: list[str] = []
        self.life_h = 7 * 24
        self.is_away = False
        self.refusals: dict[str, Exception] = {}
        self.number: Callable[[int], str] = lambda serial: f"SF{serial:013d}"
        self._given = 0

    async def post(self, _: str, body: bytes, kind: type[Any], *, key: str) -> Any:
        """As HubClient has it."""
        wanted = msgspec.json.decode(body)
        self.keys.append(key)
        if self.is_away:
            raise Unreachable("nobody is there")
        if wanted["carrier"] in self.refusals:
            raise self.refusals[wanted["carrier"]]
        self.counts.append(wanted["count"])
        numbers = tuple(self.number(self._given + n) for n in range(wanted["count"]))
        self._given += len(numbers)
        expires_at = to_text(self.clock.at + self.life_h * HOUR_MS)
        return kind(f"L{len(self.counts)}", wanted["carrier"], numbers, expires_at)


class Stage:
    """A store, a keeper and its hub on one clock."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self.clock = clock
        self.hub = Hub(clock)
        self.reader = store.reader()
        self.keeper = self.new_keeper()

    def new_keeper(self) -> LeaseKeeper:
        """As after a restart."""
        hub = cast("HubClient", self.hub)
        return LeaseKeeper(self.store, hub, clock_ms=self.clock, checks={"POST": "s10"})

    async def carrier(self, name: str = "SF", **more: Any) -> None:
        await self.store.ask(
            c.SetCarrier(data={"carrier": name, "lease_size": 1_000, "lease_low": 200} | more)
        )

    async def used(self, qty_an_hour: int, days: int = 14) -> None:
        """The floor has used so many in each hour of the last days."""
        hour = self.clock.at // HOUR_MS
        rows = [WaybillUse("SF", hour - back, qty_an_hour) for back in range(1, days * 24 + 1)]
        await self.store.submit(lambda transaction: transaction.floor.put(rows))

    def free(self, carrier: str = "SF") -> int:
        sql = "SELECT count(*) FROM waybills WHERE carrier = ? AND state = 'free' AND expires_at > ?"
        return int(self.reader.execute(sql, (carrier, self.clock.at)).fetchone()[0])

    def exceptions(self) -> dict[str, FloorException]:
        """The open ones."""
        found = table(FloorException).find(self.reader, "WHERE closed_at IS NULL")
        return {each.exception: each for each in found}

    def opened(self, kind: str) -> int:
        """How often one of this kind was ever opened."""
        sql = "SELECT count(*) FROM journal WHERE type = 'exception.opened' AND json_extract(data, '$.kind') = ?"
        return int(self.reader.execute(sql, (kind,)).fetchone()[0])


@pytest.fixture
async def stage(data_dir: Path) -> AsyncIterator[Stage]:
    clock = Clock()
    store = Store(data_dir, "WH1", OnePrinter(), clock_ms=clock)
    store.open()
    yield Stage(store, clock)
    await store.close()


async def test_a_fresh_site_leases_what_the_hub_says_in_requests_of_a_bearable_size(stage: Stage) -> None:
    await stage.carrier(lease_size=25_000)
    assert await stage.keeper.fill_all()
    assert (stage.free(), max(stage.hub.counts) <= 10_000) == (25_000, True)
    assert len(set(stage.hub.keys)) == len(stage.hub.keys)


async def test_a_pool_is_filled_for_three_days_of_the_use_so_far_and_then_left_alone(stage: Stage) -> None:
    await stage.carrier()
    await stage.used(100)
    assert await stage.keeper.fill_all()
    assert 7_200 <= stage.free() <= 8_000
    asked = len(stage.hub.counts)
    assert await stage.keeper.fill_all()
    assert len(stage.hub.counts) == asked


async def test_the_use_is_counted_from_the_labels(stage: Stage) -> None:
    await stage.carrier()
    await stage.keeper.fill_all()
    for number in range(30):
        await stage.store.ask(order(f"SO-{number}"))
        await stage.store.ask(paid(f"SO-{number}"))
    stage.clock.at += HOUR_MS
    (sf,) = table(Carrier).find(stage.reader, "")
    assert stage.keeper.look(sf) == (970, 30 * 78 - 970, 32, 0)
    await stage.keeper.fill_all()
    assert stage.free() == 30 * 78


async def test_a_pool_that_does_not_last_a_day_is_an_alarm_once_until_it_does(stage: Stage) -> None:
    await stage.carrier()
    await stage.used(100)
    await stage.keeper.fill_all()
    stage.hub.is_away = True
    await stage.used(500)
    for _ in range(3):
        assert not await stage.keeper.fill_all()
    alarm = stage.exceptions()["waybills-low:SF"]
    assert alarm.proposal
    assert stage.keeper.low
    assert not await stage.new_keeper().fill_all()
    assert stage.opened("waybills-low") == 1, "neither again, nor after a restart"
    stage.hub.is_away = False
    assert await stage.keeper.fill_all()
    assert stage.exceptions() == {}
    assert not stage.keeper.low


async def test_an_alarm_of_an_earlier_run_is_closed_by_the_next(stage: Stage) -> None:
    await stage.carrier()
    await stage.used(100)
    stage.hub.is_away = True
    await stage.keeper.fill_all()
    assert "waybills-low:SF" in stage.exceptions()
    stage.hub.is_away = False
    await stage.new_keeper().fill_all()
    assert stage.exceptions() == {}


async def test_an_alarm_ends_with_its_carrier(stage: Stage) -> None:
    await stage.carrier()
    await stage.used(100)
    stage.hub.is_away = True
    await stage.keeper.fill_all()
    await stage.carrier(active=False)
    assert await stage.keeper.fill_all()
    assert stage.exceptions() == {}


async def test_numbers_that_expire_before_they_are_used_are_an_alarm_while_the_rest_does_not_last(
    stage: Stage,
) -> None:
    await stage.carrier()
    await stage.used(20)
    await stage.keeper.fill_all()
    stage.hub.is_away = True
    stage.clock.at += (7 * 24 - 30) * HOUR_MS
    await stage.used(20)
    await stage.keeper.fill_all()
    alarm = stage.exceptions()["waybills-expiring:SF"]
    assert alarm.text.startswith("960 waybill numbers of carrier SF expire before they are used")
    stage.hub.is_away = False
    await stage.keeper.fill_all()
    assert stage.exceptions() == {}


async def test_a_refusal_of_one_carrier_stops_no_other(stage: Stage) -> None:
    for name in ("AA", "SF"):
        await stage.carrier(name)
    stage.hub.refusals["AA"] = WaybillsExhausted(409, {"detail": "none left"})
    assert not await stage.keeper.fill_all()
    assert (stage.free(), set(stage.exceptions())) == (1_000, {"lease-refused:AA"})


async def test_a_request_that_the_hub_finds_wrong_is_not_repeated_for_ever(stage: Stage) -> None:
    await stage.carrier()
    stage.hub.refusals["SF"] = Unacceptable(422, {"detail": "this key was used"})
    await stage.keeper.fill_all()
    del stage.hub.refusals["SF"]
    assert await stage.keeper.fill_all()
    assert len(set(stage.hub.keys)) == 2
    assert [each.state for each in table(LeaseRequest).find(stage.reader, "WHERE state = 'open'")] == []


async def test_a_request_whose_answer_was_lost_is_made_again_with_its_key(stage: Stage) -> None:
    await stage.carrier()
    stage.hub.is_away = True
    await stage.keeper.fill_all()
    stage.hub.is_away = False
    await stage.new_keeper().fill_all()
    assert stage.hub.keys[0] == stage.hub.keys[1]


async def test_a_hub_that_gives_the_same_numbers_again_is_not_asked_without_end(stage: Stage) -> None:
    await stage.carrier(lease_size=1_000)
    stage.hub.number = lambda serial: f"SF{serial % 10:013d}"
    assert not await stage.keeper.fill_all()
    assert (stage.free(), len(stage.hub.counts)) == (10, 2)
    assert {each.kind for each in stage.exceptions().values()} >= {"waybill-given-twice"}


# --- check digits -------------------------------------------------------------------------------------------

RIGHT, WRONG, OTHER = "RA473124829CN", "RA473124828CN", "RR473124829CN"


async def test_a_number_that_breaks_its_carriers_rule_never_joins_the_pool(stage: Stage) -> None:
    await stage.carrier("POST", lease_size=2, lease_low=1)
    stage.hub.number = lambda serial: (RIGHT, WRONG, OTHER)[serial]
    assert await stage.keeper.fill_all()
    assert {each.waybill for each in table(Waybill).find(stage.reader, "")} == {RIGHT, OTHER}
    assert WRONG in stage.exceptions()["waybill-check:POST"].text


async def test_a_lease_of_wrong_numbers_alone_is_a_failure_and_not_repeated_at_once(stage: Stage) -> None:
    await stage.carrier("POST", lease_size=1, lease_low=1)
    stage.hub.number = lambda serial: (WRONG, RIGHT)[serial]
    assert not await stage.keeper.fill_all()
    assert len(stage.hub.counts) == 1
    assert await stage.keeper.fill_all()
    assert stage.free("POST") == 1
