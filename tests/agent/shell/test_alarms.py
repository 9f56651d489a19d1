"""Exceptions that cannot wait are told to operators: once when the first opens, once when the last is closed."""

from __future__ import annotations

import asyncio

import pytest

from agent.alarms import ALARMS, Alarms
from agent.core import commands as c
from agent.notify import Operators
from agent.notify_messages import Delivery
from agent.store.store import Store
from tests.sync.conftest import going


class Told:
    """What operators read, in order."""

    def __init__(self) -> None:
        self.titles: asyncio.Queue[str] = asyncio.Queue()
        self.texts: list[str] = []

    async def __call__(self, delivery: Delivery) -> str:
        if delivery.text:
            self.texts.append(delivery.text)
            self.titles.put_nowait(delivery.title.removeprefix("floorhand WH1: "))
        return ""

    async def next(self) -> str:
        async with asyncio.timeout(10):
            return await self.titles.get()


@pytest.fixture
def told() -> Told:
    return Told()


def operators(told: Told) -> Operators:
    return Operators(["json://127.0.0.1/"], "WH1", send=told)


async def opened(store: Store, kind: str, subject: str, text: str = "of the hub") -> None:
    await store.ask(c.OpenException(kind=kind, subject=subject, text=text))


async def closed(store: Store, kind: str, subject: str) -> None:
    await store.ask(c.CloseException(exception=f"{kind}:{subject}", note="Mr Wang has phoned 13800000000"))


async def test_many_of_a_kind_are_one_matter_which_is_over_with_the_last(store: Store, told: Told) -> None:
    words = ALARMS["parked-event"].words
    team = operators(told)
    Alarms(store, team)
    async with going(team.run()):
        for n in range(3):
            await opened(store, "parked-event", f"E{n}")
        assert await told.next() == words
        for n in range(3):
            await closed(store, "parked-event", f"E{n}")
            assert n == 2 or told.titles.empty()
        assert await told.next() == f"over: {words}"
    assert len(told.texts) == 2


async def test_carriers_are_a_matter_each(store: Store, told: Told) -> None:
    team = operators(told)
    Alarms(store, team)
    async with going(team.run()):
        for carrier in ("SF", "YTO"):
            await opened(store, "waybills-low", carrier, f"9 numbers of {carrier} are left")
            assert await told.next() == ALARMS["waybills-low"].words
        await closed(store, "waybills-low", "SF")
        assert await told.next() == f"over: {ALARMS['waybills-low'].words}"
    assert told.texts == ["9 numbers of SF are left", "9 numbers of YTO are left", "waybills-low:SF"]


async def test_what_others_have_written_does_not_leave_the_house(store: Store, told: Told) -> None:
    team = operators(told)
    Alarms(store, team)
    async with going(team.run()):
        for kind, alarm in ALARMS.items():
            await opened(store, kind, "X", "ours" if alarm.ours else "Mr Wang, 13800000000, lives elsewhere")
            await told.next()
            await closed(store, kind, "X")
            await told.next()
    assert not [text for text in told.texts if "Wang" in text or "13800000000" in text]


async def test_what_can_wait_is_told_to_nobody(store: Store, told: Told) -> None:
    team = operators(told)
    Alarms(store, team)
    async with going(team.run()):
        await opened(store, "short", "SO-1")
        await opened(store, "parked-event", "E1")
        assert await told.next() == ALARMS["parked-event"].words
    assert told.titles.empty()


async def test_after_a_restart_only_the_end_of_what_was_open_is_news(store: Store, told: Told) -> None:
    await opened(store, "parked-event", "E1")
    await opened(store, "parked-event", "E2")
    team = operators(told)
    Alarms(store, team)
    async with going(team.run()):
        await opened(store, "parked-event", "E3")
        for n in (1, 2, 3):
            await closed(store, "parked-event", f"E{n}")
        assert await told.next() == f"over: {ALARMS['parked-event'].words}"
    assert told.titles.empty()
