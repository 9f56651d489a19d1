"""Which channel leads to the hub, and how the relay goes over to another one and back."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random

import pytest

from sync.errors import HubError, Refused, SlowDown, Unreachable
from sync.protocols import OutboxEvent, Result
from sync.relay import Relay
from sync.switch import Guarded, Switch, keep_probing, while_active
from tests.sync.conftest import Asked, States, going
from tests.sync.stores import MemoryOutbox, agent_event
from tests.sync.switches import Clock, Seen, a_switch


class Flaky:
    """A channel that is there or not, and notes what it took; `later`: the hub's word comes another way."""

    def __init__(self, hub: list[str], *, later: bool = False) -> None:
        self.hub = hub
        self.there = True
        self.later = later
        self.handed = 0
        self.calls = 0

    async def ship(self, events: Sequence[OutboxEvent]) -> Sequence[Result]:
        self.calls += 1
        await asyncio.sleep(0)
        if not self.there:
            raise Unreachable("nobody is there")
        self.hub += [event.id for event in events if event.id not in self.hub]
        if self.later:
            self.handed = events[-1].sequence
            return []
        return [Result(event.id, "accepted") for event in events]

    async def probe(self) -> None:
        if not self.there:
            raise Unreachable("nobody is there")


class Floor:
    """A relay over two channels to one hub."""

    def __init__(self, count: int, states: States, asked: Asked, *, later: bool = False) -> None:
        self.hub: list[str] = []
        self.seen = Seen()
        self.clock = Clock()
        self.switch = a_switch("http", "backup", seen=self.seen, clock=self.clock)
        self.http, self.backup = Flaky(self.hub), Flaky(self.hub, later=later)
        self.outbox = MemoryOutbox([agent_event(n) for n in range(1, count + 1)])
        channels = {
            "http": Guarded(self.switch, "http", self.http),
            "backup": Guarded(self.switch, "backup", self.backup),
        }
        self.relay = Relay(
            channels, self.outbox, self.switch, on_state=states, sleep=asked.sleep, rng=Random(1)
        )

    async def hub_answers_late(self, dice: Random) -> None:
        """A word on some of what the backup has taken over, from the first on."""
        upto = dice.randint(0, self.backup.handed)
        await self.outbox.settle([Result(event.id, "accepted") for event in self.outbox.events[:upto]])

    async def probe(self) -> None:
        with self.switch.calling("http"):
            await self.http.probe()


@pytest.fixture
def floor(states: States, asked: Asked) -> Floor:
    return Floor(1200, states, asked)


def fail(switch: Switch, name: str, times: int, error: HubError | None = None) -> None:
    for _ in range(times):
        with pytest.raises(HubError), switch.calling(name):
            raise error or Unreachable("nobody is there")


def test_the_fifth_failure_in_a_row_makes_the_backup_active() -> None:
    switch = a_switch("http", "backup")
    fail(switch, "http", 4)
    assert switch.active == "http"
    fail(switch, "http", 1)
    assert switch.active == "backup"


@pytest.mark.parametrize("error", [SlowDown(429, "later", 3.0), Refused(409, {})], ids=["429", "refused"])
def test_what_the_hub_itself_says_of_a_request_opens_nothing(error: HubError) -> None:
    switch = a_switch("http", "backup")
    if error.is_failure:
        error = type("Answer", (Refused,), {"is_failure": False})(409, {})
    fail(switch, "http", 50, error)
    assert switch.breaker("http").state == "closed"


def test_where_every_channel_is_broken_the_last_one_is_tried() -> None:
    switch = a_switch("http", "backup")
    fail(switch, "http", 5)
    fail(switch, "backup", 5)
    assert switch.active == "backup"


def test_each_change_is_reported_once_with_its_reason() -> None:
    seen = Seen()
    switch = a_switch("http", "backup", seen=seen)
    fail(switch, "http", 30)
    (http, backup), *more = seen.states
    assert (http.state, http.active, http.reason) == ("open", False, "nobody is there")
    assert (backup.state, backup.active, more) == ("closed", True, [])


async def test_the_fifth_failure_is_followed_by_the_backup_without_waiting(
    floor: Floor, asked: Asked
) -> None:
    floor.http.there = False
    async with going(floor.relay.run()):
        await floor.outbox.drained()
    assert (floor.http.calls, len(asked.delays_s)) == (5, 4), (
        "no wait between the fifth failure and the backup"
    )
    assert floor.hub == [event.id for event in floor.outbox.events]


async def test_the_preferred_channel_is_used_again_after_its_third_answer(floor: Floor) -> None:
    floor.http.there = False
    async with going(floor.relay.run()):
        await floor.outbox.drained()
        floor.http.there = True
        for _ in range(2):
            await floor.probe()
        assert floor.switch.breaker("http").state == "half-open"
        await floor.probe()
        calls = floor.backup.calls
        await floor.outbox.add(agent_event(1201))
        await floor.outbox.drained()
    assert (floor.switch.breaker("http").state, floor.backup.calls) == ("closed", calls)
    assert floor.hub == [event.id for event in floor.outbox.events]


async def test_an_open_channel_is_probed_when_its_time_has_come_until_it_is_closed(floor: Floor) -> None:
    slept: list[float] = []

    async def sleep(delay_s: float) -> None:
        slept.append(delay_s)
        floor.clock.now_s += delay_s
        floor.http.there = len(slept) >= 4
        await asyncio.sleep(0)

    fail(floor.switch, "http", 5)
    async with going(keep_probing(floor.switch, floor.probe, sleep)), asyncio.timeout(10):
        await floor.switch.until_back()
    assert all(3.0 <= delay_s <= 8.0 for delay_s in slept[:4])
    assert slept[4:] == [1.0, 1.0]


async def test_what_a_channel_has_taken_over_is_not_given_to_it_again_before_the_hub_answers(
    states: States, asked: Asked
) -> None:
    floor = Floor(700, states, asked, later=True)
    fail(floor.switch, "http", 5)
    async with going(floor.relay.run()):
        async with asyncio.timeout(10):
            await floor.outbox.waited_for.wait()
        assert (floor.outbox.settled, floor.backup.calls) == (0, 2)
        fail(floor.switch, "backup", 5)
        for _ in range(3):
            await floor.probe()
        await floor.outbox.drained()
    assert floor.hub == [event.id for event in floor.outbox.events], (
        "the first channel has all of it answered"
    )


async def test_work_for_the_backup_runs_only_while_it_is_active(floor: Floor) -> None:
    runs: list[str] = []

    async def follow() -> None:
        runs.append("begun")
        try:
            await asyncio.Event().wait()
        finally:
            runs.append("ended")

    async with going(while_active(floor.switch, "backup", follow)):  # type: ignore[arg-type]  # ends by being cancelled
        await asyncio.sleep(0)
        assert runs == []
        fail(floor.switch, "http", 5)
        await asyncio.sleep(0.01)
        assert runs == ["begun"]
        for _ in range(3):
            await floor.probe()
        await asyncio.sleep(0.01)
        assert runs == ["begun", "ended"]


@pytest.mark.parametrize("seed", range(20))
async def test_switching_at_any_moment_loses_and_doubles_nothing(
    seed: int, states: States, asked: Asked
) -> None:
    dice = Random(seed)
    floor = Floor(3000, states, asked, later=seed % 2 == 1)
    floor.relay._max_events = 20  # many small batches: many moments
    async with going(floor.relay.run()), asyncio.timeout(20):
        while floor.outbox.settled < 3000:
            floor.http.there, floor.backup.there = dice.random() < 0.5, dice.random() < 0.8
            for _ in range(dice.randrange(8)):
                await asyncio.sleep(0)
            if dice.random() < 0.3 and floor.http.there:
                await floor.probe()
            if floor.backup.later and dice.random() < 0.3:
                await floor.hub_answers_late(dice)
    assert floor.hub == [event.id for event in floor.outbox.events]
