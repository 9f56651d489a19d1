"""The current states go ahead of a backlog: to whom, when, and as far as they have changed."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from sync.client import HubClient
from sync.sandbox.proxy import Fault, FaultyProxy
from sync.sandbox.server import RunningHub
from sync.statuses import EVERY_S, Page, StatusTeller
from tests.sync.conftest import TOKEN, going


class Backlog:
    """An order an event; `acked` and the age are set by hand."""

    def __init__(self, head: int) -> None:
        self.head = head
        self.acked = 0
        self.age_s = 60.0
        self.asked: list[int] = []

    def unsent_s(self) -> float:
        return self.age_s

    async def states_after(self, sequence: int, most: int) -> Page:
        self.asked.append(sequence)
        upto = min(self.head, sequence + most)
        at = "2026-06-18T00:00:00.000Z"
        states = [{"order_no": f"SO-{n}", "state": "picked", "at": at} for n in range(sequence + 1, upto + 1)]
        return Page(self.head, upto, states)


class Rounds:
    """A sleep that lets a round begin when the test says so."""

    def __init__(self) -> None:
        self._may = asyncio.Semaphore(0)
        self._waits = asyncio.Event()
        self.slept: list[float] = []

    async def sleep(self, delay_s: float) -> None:
        self.slept.append(delay_s)
        self._waits.set()
        await self._may.acquire()

    async def play(self, count: int = 1) -> None:
        for _ in range(count):
            await asyncio.wait_for(self._waits.wait(), 10)
            self._waits.clear()
            self._may.release()
            await asyncio.wait_for(self._waits.wait(), 10)


async def told(hub: RunningHub) -> list[tuple[Any, ...]]:
    return hub.hub.ledger.connection.execute(
        "SELECT order_no, as_of_sequence FROM statuses ORDER BY cast(substr(order_no, 4) AS int)"
    ).fetchall()


@pytest.fixture
def rounds() -> Rounds:
    return Rounds()


async def test_all_of_a_long_backlog_is_told_in_one_round_then_what_has_changed(
    hub: RunningHub, client: HubClient, rounds: Rounds
) -> None:
    backlog = Backlog(2500)
    async with going(StatusTeller(backlog, lambda: client, sleep=rounds.sleep).run()):
        await rounds.play()
        assert await told(hub) == [(f"SO-{n}", 2500) for n in range(1, 2501)]
        backlog.asked.clear()
        backlog.head = 2501
        await rounds.play()
        assert (backlog.asked, (await told(hub))[-1]) == ([2500], ("SO-2501", 2501))
    assert set(rounds.slept) == {EVERY_S}


async def test_a_hub_that_is_up_to_date_is_told_nothing(
    hub: RunningHub, client: HubClient, rounds: Rounds
) -> None:
    backlog = Backlog(10)
    backlog.age_s = 10.0
    async with going(StatusTeller(backlog, lambda: client, sleep=rounds.sleep).run()):
        await rounds.play(3)
    assert (backlog.asked, await told(hub)) == ([], [])


async def test_a_channel_that_carries_no_statuses_is_left_alone(hub: RunningHub, rounds: Rounds) -> None:
    backlog = Backlog(10)
    async with going(StatusTeller(backlog, lambda: None, sleep=rounds.sleep).run()):
        await rounds.play(3)
    assert backlog.asked == []


async def test_a_round_that_broke_off_goes_on_where_it_was(
    hub: RunningHub, proxy: FaultyProxy, rounds: Rounds
) -> None:
    backlog = Backlog(1500)
    client = HubClient(proxy.url, "WH1", TOKEN)
    async with client, going(StatusTeller(backlog, lambda: client, sleep=rounds.sleep).run()):
        await rounds.play()
        backlog.head = 3500
        proxy.faults.append(Fault(then="reset"))
        await proxy.cut()
        await rounds.play()
        backlog.asked.clear()
        await rounds.play()
        assert backlog.asked[0] == 1500
        assert len(await told(hub)) == 3500


async def test_a_hub_without_statuses_is_not_asked_again_for_an_hour(
    proxy: FaultyProxy, rounds: Rounds, http: httpx.AsyncClient
) -> None:
    backlog, clock = Backlog(10), [0.0]
    proxy.faults.append(Fault(answer=b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"))
    async with HubClient(proxy.url, "WH1", TOKEN) as client:
        teller = StatusTeller(backlog, lambda: client, sleep=rounds.sleep, clock_s=lambda: clock[0])
        async with going(teller.run()):
            await rounds.play(3)
            assert backlog.asked == [0]
            clock[0] = 3600.0
            await rounds.play()
            assert backlog.asked == [0, 0]
