"""Shipping the outbox through everything that a hub and a network do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from random import Random

import httpx
import pytest

from sync.client import HubClient
from sync.errors import Busy, HubError, SequenceGap, TooLarge, Unacceptable, Unauthorized
from sync.protocols import Channel, OutboxEvent, Result
from sync.relay import Relay
from sync.sandbox.proxy import HALF_OPEN, PORTAL_PAGE, PORTAL_REDIRECT, RESET_AFTER_COMMIT, Fault, FaultyProxy
from sync.sandbox.server import RunningHub
from tests.sync.conftest import TOKEN, Asked, States, going
from tests.sync.stores import MemoryOutbox, agent_event
from tests.sync.switches import a_switch

Answer = Callable[[Sequence[OutboxEvent]], HubError | None]


class ScriptedChannel:
    """Takes everything but what `answer` names an error for."""

    handed = 0

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.batches: list[list[int]] = []

    async def ship(self, events: Sequence[OutboxEvent]) -> Sequence[Result]:
        self.batches.append([event.sequence for event in events])
        error = self._answer(events)
        if error is not None:
            raise error
        return [Result(event.id, "accepted") for event in events]


def events(count: int) -> list[OutboxEvent]:
    return [agent_event(n) for n in range(1, count + 1)]


def relay(channel: Channel, outbox: MemoryOutbox, states: States, asked: Asked) -> Relay:
    switch = a_switch()
    return Relay({"hub": channel}, outbox, switch, on_state=states, sleep=asked.sleep, rng=Random(1))


async def drain(channel: Channel, outbox: MemoryOutbox, states: States, asked: Asked) -> None:
    async with going(relay(channel, outbox, states, asked).run()):
        await outbox.drained()


async def received(sandbox: httpx.AsyncClient) -> list[str]:
    return [event["id"] for event in (await sandbox.get("/received")).json()]


async def test_the_hub_gets_every_event_in_sequence(
    client: HubClient, sandbox: httpx.AsyncClient, states: States, asked: Asked
) -> None:
    outbox = MemoryOutbox(events(1234))
    await drain(client, outbox, states, asked)
    assert await received(sandbox) == [event.id for event in outbox.events]
    assert set(outbox.statuses()) == {"accepted"}


async def test_an_event_added_later_is_shipped_at_once(
    client: HubClient, sandbox: httpx.AsyncClient, states: States, asked: Asked
) -> None:
    outbox = MemoryOutbox()
    async with going(relay(client, outbox, states, asked).run()):
        await outbox.waited_for.wait()
        await outbox.add(agent_event(1))
        await outbox.drained()
    assert await received(sandbox) == ["ev-1"]
    assert states.doings()[0] == "idle"


@pytest.mark.parametrize(
    "fault",
    [
        RESET_AFTER_COMMIT,
        PORTAL_PAGE,
        PORTAL_REDIRECT,
        HALF_OPEN,
        Fault(pass_bytes=150),
        Fault(pass_bytes=300),
    ],
    ids=["reset-after-commit", "portal", "redirect", "half-open", "cut", "truncated"],
)
async def test_the_ledgers_agree_whatever_the_network_does(
    hub: RunningHub,
    proxy: FaultyProxy,
    sandbox: httpx.AsyncClient,
    states: States,
    asked: Asked,
    fault: Fault,
) -> None:
    outbox = MemoryOutbox(events(700))
    proxy.faults.extend([fault, fault])
    async with HubClient(proxy.url, "WH1", TOKEN, timeout_s=0.4) as client:
        await drain(client, outbox, states, asked)
    assert await received(sandbox) == [event.id for event in outbox.events]
    assert set(outbox.statuses()) <= {"accepted", "duplicate"}
    assert len(asked.delays_s) == 2


async def test_a_commit_whose_answer_was_lost_comes_back_as_duplicates(
    hub: RunningHub, proxy: FaultyProxy, states: States, asked: Asked
) -> None:
    outbox = MemoryOutbox(events(3))
    proxy.faults.append(RESET_AFTER_COMMIT)
    async with HubClient(proxy.url, "WH1", TOKEN) as client:
        await drain(client, outbox, states, asked)
    assert outbox.statuses() == ["duplicate"] * 3


async def test_a_gap_ships_again_from_where_the_hub_wants(
    client: HubClient, sandbox: httpx.AsyncClient, states: States, asked: Asked
) -> None:
    outbox = MemoryOutbox(events(20))
    outbox.settled = 12  # the hub has lost what it had: it was set up anew
    await drain(client, outbox, states, asked)
    assert outbox.rewinds == [1]
    assert await received(sandbox) == [event.id for event in outbox.events]
    assert asked.delays_s == []


async def test_a_gap_that_shipping_again_does_not_close_is_waited_out(states: States, asked: Asked) -> None:
    channel = ScriptedChannel(lambda _: SequenceGap(409, {}, 1) if len(asked.delays_s) < 3 else None)
    await drain(channel, MemoryOutbox(events(2)), states, asked)
    assert len(asked.delays_s) == 3
    assert len(channel.batches) == 5


async def test_a_batch_that_is_too_large_is_halved(states: States, asked: Asked) -> None:
    channel = ScriptedChannel(lambda batch: TooLarge(413, {}) if len(batch) > 100 else None)
    outbox = MemoryOutbox(events(500))
    await drain(channel, outbox, states, asked)
    assert [len(batch) for batch in channel.batches[:4]] == [500, 250, 125, 62]
    assert set(outbox.statuses()) == {"accepted"}
    assert asked.delays_s == []


async def test_only_the_event_that_cannot_be_taken_is_rejected(states: States, asked: Asked) -> None:
    bad = {3, 7}
    channel = ScriptedChannel(
        lambda batch: (
            Unacceptable(422, {"title": "no"}) if bad & {event.sequence for event in batch} else None
        )
    )
    outbox = MemoryOutbox(events(10))
    await drain(channel, outbox, states, asked)
    assert [n for n, status in enumerate(outbox.statuses(), start=1) if status == "rejected"] == [3, 7]
    assert outbox.results["ev-3"].problem == {"title": "no"}
    assert [batch for batch in channel.batches if len(batch) == 1 and batch[0] in bad] == [[3], [7]]
    assert len(channel.batches) < 20, "it is found by halves, not one by one"


async def test_an_event_too_large_on_its_own_is_rejected(states: States, asked: Asked) -> None:
    channel = ScriptedChannel(lambda batch: TooLarge(413, {}) if batch[0].sequence == 1 else None)
    outbox = MemoryOutbox(events(2))
    await drain(channel, outbox, states, asked)
    assert outbox.statuses() == ["rejected", "accepted"]


async def test_the_hub_rejects_one_event_and_takes_its_neighbours(
    client: HubClient, states: States, asked: Asked
) -> None:
    broken = OutboxEvent(2, "ev-2", agent_event(2).body.replace(b'"data":{', b'"data":[],"was":{'))
    outbox = MemoryOutbox([agent_event(1), broken, agent_event(3)])
    await drain(client, outbox, states, asked)
    assert outbox.statuses() == ["accepted", "rejected", "accepted"]
    assert "data" in str(outbox.results["ev-2"].problem)


async def test_an_event_that_the_hub_cannot_even_name_does_not_stop_the_rest(
    client: HubClient, states: States, asked: Asked
) -> None:
    nameless = OutboxEvent(2, "ev-2", agent_event(2).body.replace(b'"id":"ev-2",', b""))
    outbox = MemoryOutbox([agent_event(1), nameless, agent_event(3)])
    await drain(client, outbox, states, asked)
    assert outbox.statuses() == ["accepted", "rejected", "accepted"]
    assert outbox.rewinds == []


async def test_retry_after_is_the_floor_of_the_wait(states: States, asked: Asked) -> None:
    channel = ScriptedChannel(
        lambda _: None if len(asked.delays_s) == 2 else Busy(503, "later", retry_after_s=12.0)
    )
    await drain(channel, MemoryOutbox(events(1)), states, asked)
    assert asked.delays_s == [12.0, 12.0]
    assert states.doings()[:3] == ["sending", "retrying", "sending"]


async def test_a_hub_that_locks_the_site_out_stops_the_relay(states: States, asked: Asked) -> None:
    channel = ScriptedChannel(lambda _: None if asked.delays_s else Unauthorized(401, {}))
    await drain(channel, MemoryOutbox(events(1)), states, asked)
    assert "stopped" in states.doings()
    assert asked.delays_s == [30.0]


async def test_one_request_is_in_flight_at_a_time(states: States, asked: Asked) -> None:
    flying: list[int] = []

    class Slow(ScriptedChannel):
        async def ship(self, events: Sequence[OutboxEvent]) -> Sequence[Result]:
            flying.append(1)
            assert len(flying) == 1
            await asyncio.sleep(0)
            flying.pop()
            return await super().ship(events)

    await drain(Slow(lambda _: None), MemoryOutbox(events(2000)), states, asked)
