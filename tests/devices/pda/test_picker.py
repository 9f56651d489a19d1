"""Simulated pickers against a tiny agent over a real broker."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from msgspec.structs import replace

from devices.broker import EmbeddedBroker
from devices.pda import Recall, Task
from devices.sim.picker import Habits, Picked, SimPicker
from tests.devices.pda.task_desk import TaskDesk, end, stop

SURE = Habits(bind_first_p=0, two_parts_p=0)


class Floor:
    """One picker, one desk, and what the picker brought to the dock."""

    def __init__(self, broker: EmbeddedBroker, **settings: Any) -> None:
        site, pda = uuid.uuid4().hex[:8], "p1"
        self.desk = TaskDesk(broker.url, site, pda)
        self.totes: asyncio.Queue[tuple[str, str, dict[str, int]]] = asyncio.Queue()
        self._revisions: asyncio.Queue[int] = asyncio.Queue()
        quick: dict[str, Any] = {"speed": 1000, "habits": SURE, "reply_timeout_s": 0.3, "retry_cap_s": 0.05}
        self.picker = SimPicker(
            pda, site=site, url=broker.url, on_tote=self._brought, on_task=self._heard, **(quick | settings)
        )

    def _heard(self, _task: str, revision: int, _received_at: float, _message: Task | Recall) -> None:
        self._revisions.put_nowait(revision)

    def _brought(self, order_no: str, task: str, picked: tuple[Picked, ...]) -> None:
        self.totes.put_nowait((order_no, task, {line.stop.stop: line.qty for line in picked}))

    async def until_revision(self, revision: int) -> None:
        async with asyncio.timeout(15):
            while await self._revisions.get() != revision:
                continue

    async def tote(self) -> tuple[str, str, dict[str, int]]:
        return await asyncio.wait_for(self.totes.get(), 15)


class Legs:
    """A picker's `sleep` that stands still until the test lets it go on."""

    def __init__(self) -> None:
        self._steps, self._stands = asyncio.Semaphore(0), asyncio.Event()
        self._free = False

    async def __call__(self, seconds: float) -> None:
        if not self._free:
            self._stands.set()
            await self._steps.acquire()

    async def step(self) -> None:
        await self.standing()
        self._steps.release()

    async def standing(self) -> None:
        await asyncio.wait_for(self._stands.wait(), 15)
        self._stands.clear()

    def let_go(self) -> None:
        self._free = True
        self._steps.release()


@asynccontextmanager
async def floor(broker: EmbeddedBroker, **settings: Any) -> AsyncIterator[Floor]:
    here = Floor(broker, **settings)
    tasks = [asyncio.create_task(here.desk.run()), asyncio.create_task(here.picker.run())]
    try:
        assert await asyncio.wait_for(here.desk.presence.get(), 15) is True
        yield here
    finally:
        await end(*tasks)


async def test_a_list_is_accepted_picked_and_handed_in(broker: EmbeddedBroker) -> None:
    async with floor(broker) as here:
        await here.desk.assign(stop("S1"), stop("S2", slot=2, qty=5), orders=("SO-1", "SO-2"))
        assert await here.tote() == ("SO-1", "T1", {"S1": 2})
        assert await here.tote() == ("SO-2", "T1", {"S2": 5})
        types = [event.type for event in here.desk.events]
        assert types == ["task.accepted", "stop.picked", "stop.picked", "task.done"]
        assert here.picker.ledger.done == ["T1"]


async def test_several_lists_are_worked_off_one_after_another(broker: EmbeddedBroker) -> None:
    async with floor(broker) as here:
        for number in range(3):
            await here.desk.assign(stop(f"S{number}"), task=f"T{number}")
            assert await here.tote() == ("SO-1", f"T{number}", {f"S{number}": 2})


async def test_a_quantity_picked_in_two_parts_adds_up(broker: EmbeddedBroker) -> None:
    async with floor(broker, habits=Habits(two_parts_p=1.0, bind_first_p=1.0)) as here:
        await here.desk.assign(stop("S1", qty=7))
        assert await here.tote() == ("SO-1", "T1", {"S1": 7})
        picks = await here.desk.until("stop.picked", 2)
        bound = await here.desk.until("tote.bound")
        assert sum(pick.qty or 0 for pick in picks) == 7
        assert {pick.tote for pick in picks} == {bound[0].tote}


async def test_what_is_missing_is_reported_short(broker: EmbeddedBroker) -> None:
    async with floor(broker, habits=Habits(short_p=1.0)) as here:
        await here.desk.assign(stop("S1", qty=4))
        await here.desk.until("task.done")
        (short,) = await here.desk.until("stop.short")
        picked = sum(event.qty or 0 for event in here.desk.events if event.type == "stop.picked")
        assert picked + (short.qty or 0) == 4
        assert here.picker.ledger.short["S1"] == short.qty


async def test_a_wrong_barcode_is_refused_and_the_right_one_follows(broker: EmbeddedBroker) -> None:
    async with floor(broker, habits=Habits(wrong_barcode_p=1.0, two_parts_p=0)) as here:
        await here.desk.assign(stop("S1"))
        assert await here.tote() == ("SO-1", "T1", {"S1": 2})
        ((event, reason),) = here.picker.ledger.refused
        assert reason.startswith("wrong-barcode")
        assert event.barcode != "6901234567892"


async def test_a_stop_that_joins_on_the_way_is_picked_and_a_cancelled_one_is_not(
    broker: EmbeddedBroker,
) -> None:
    async with floor(broker, sleep=(legs := Legs())) as here:
        await here.desk.assign(stop("S1"), stop("S2"))
        await legs.step()  # accepting
        await legs.standing()  # on the way to S1
        await here.desk.change(stop("S1"), replace(stop("S2"), state="cancelled"), stop("S3"))
        await here.until_revision(2)
        legs.let_go()
        assert await here.tote() == ("SO-1", "T1", {"S1": 2, "S3": 2})


async def test_a_recall_on_the_way_is_answered_at_once_and_nothing_more_is_picked(
    broker: EmbeddedBroker,
) -> None:
    async with floor(broker, sleep=(legs := Legs())) as here:
        await here.desk.assign(stop("S1"), stop("S2"))
        await legs.step()
        await legs.standing()
        await here.desk.recall()
        (recalled,) = await here.desk.until("task.recalled")
        assert (recalled.task, recalled.revision) == ("T1", 2)
        legs.let_go()
        await here.desk.assign(stop("S9"), task="T2")
        assert await here.tote() == ("SO-1", "T2", {"S9": 2})
        assert {event.stop for event in here.desk.events} == {None, "S9"}


async def test_a_list_that_is_another_ones_by_now_is_dropped(broker: EmbeddedBroker) -> None:
    async with floor(broker, sleep=(legs := Legs())) as here:
        await here.desk.assign(stop("S1"), stop("S2"))
        await legs.step()
        await legs.standing()
        here.desk.task = None  # reassigned; the news has not reached the PDA yet
        legs.let_go()
        await here.desk.assign_after_refusal(stop("S9"), task="T2")
        assert await here.tote() == ("SO-1", "T2", {"S9": 2})
        assert any(reason.startswith("not-your-task") for _, reason in here.picker.ledger.refused)


async def test_a_revision_that_is_not_higher_is_ignored(broker: EmbeddedBroker) -> None:
    async with floor(broker, sleep=(legs := Legs())) as here:
        await here.desk.assign(stop("S1"))
        await legs.step()
        await legs.standing()
        await here.desk.assign(stop("S1"), stop("S2"))  # revision 1 again, with other contents
        await here.desk.change(stop("S1"))
        await here.until_revision(2)
        legs.let_go()
        assert await here.tote() == ("SO-1", "T1", {"S1": 2})


async def test_a_refused_done_makes_the_picker_look_at_the_list_again(broker: EmbeddedBroker) -> None:
    async with floor(broker) as here:
        here.desk.join_at_done = (stop("S2", qty=3),)
        await here.desk.assign(stop("S1"))
        assert await here.tote() == ("SO-1", "T1", {"S1": 2, "S2": 3})
        ((event, reason),) = here.picker.ledger.refused
        assert (event.type, reason.split(":")[0]) == ("task.done", "stops-open")


async def test_what_is_picked_out_of_coverage_is_kept_and_sent_in_order(broker: EmbeddedBroker) -> None:
    async with floor(broker, sleep=(legs := Legs())) as here:
        await here.desk.assign(*(stop(f"S{n}") for n in range(4)))
        await legs.step()
        await legs.standing()
        await here.desk.until("task.accepted")
        here.picker.lose_coverage(0.3)
        assert await asyncio.wait_for(here.desk.presence.get(), 15) is False
        legs.let_go()
        assert await asyncio.wait_for(here.desk.presence.get(), 15) is True
        await here.tote()
        picks = await here.desk.until("stop.picked", 4)
        assert [pick.stop for pick in picks] == ["S0", "S1", "S2", "S3"]
        assert here.picker.ledger.picked == {f"S{n}": 2 for n in range(4)}


async def test_an_unanswered_event_is_sent_again_and_counted_once(broker: EmbeddedBroker) -> None:
    async with floor(broker) as here:
        here.desk.lose_replies = 2
        await here.desk.assign(stop("S1"))
        assert await here.tote() == ("SO-1", "T1", {"S1": 2})
        assert here.desk.repeats >= 2
        assert here.picker.ledger.picked == {"S1": 2}


async def test_a_picker_who_stops_working_is_shown_offline(broker: EmbeddedBroker) -> None:
    here = Floor(broker)
    desk, picker = asyncio.create_task(here.desk.run()), asyncio.create_task(here.picker.run())
    assert await asyncio.wait_for(here.desk.presence.get(), 15) is True
    await end(picker)
    assert await asyncio.wait_for(here.desk.presence.get(), 15) is False
    await end(desk)


async def test_a_distance_takes_as_long_as_walking_it(broker: EmbeddedBroker) -> None:
    slept: list[float] = []

    async def note(seconds: float) -> None:
        slept.append(seconds)

    def walk_mm(start: str | None, end: str | None) -> float:
        return {(None, "A-S1"): 12_000, ("A-S1", "A-S2"): 6_000, ("A-S2", None): 24_000}[start, end]

    habits = Habits(accept_s=0, pick_s_per_unit=0, bind_first_p=0, two_parts_p=0)
    async with floor(broker, sleep=note, walk_mm=walk_mm, habits=habits, speed=2.0) as here:
        await here.desk.assign(stop("S1"), stop("S2"))
        await here.tote()
    assert [seconds for seconds in slept if seconds] == [5.0, 2.5, 10.0]
