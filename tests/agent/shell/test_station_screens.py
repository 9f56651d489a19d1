"""Station screens: in order while the broker is there, and nothing that is old news when it is back."""

from __future__ import annotations

import asyncio
from typing import cast

import msgspec

from agent.floor_link import FloorLink
from agent.station_screens import StationScreens
from devices.pda import StationFeedback
from devices.topics import Topics
from tests.agent.shell.stage import running, until


class Link:
    """A broker that can be away: what is on its way then waits for it, as over the real link."""

    def __init__(self) -> None:
        self.topics = Topics("WH1")
        self.connected = True
        self.takes = asyncio.Event()
        self.asked = 0
        self.shown: list[tuple[str, str]] = []

    async def publish(self, topic: str, payload: bytes) -> None:
        self.asked += 1
        await self.takes.wait()
        self.shown.append((topic, msgspec.json.decode(payload, type=StationFeedback).scan))


def feedback(text: str) -> StationFeedback:
    return StationFeedback(text, "good", "")


async def test_answers_are_shown_in_order_at_their_stations() -> None:
    link = Link()
    link.takes.set()
    screens = StationScreens(cast("FloorLink", link))
    for station, text in (("dock1", "1"), ("dock2", "2"), ("dock1", "3")):
        screens.show(station, feedback(text))
    async with running(screens.run()):
        await until(lambda: len(link.shown) == 3)
    places = ["dock1", "dock2", "dock1"]
    assert link.shown == [(link.topics.of("feedback", at), str(n)) for n, at in enumerate(places, start=1)]


async def test_what_waited_for_a_broker_that_was_away_is_not_shown_later() -> None:
    now_s = 100.0
    link = Link()
    screens = StationScreens(cast("FloorLink", link), clock=lambda: now_s)
    async with running(screens.run()):
        screens.show("dock1", feedback("on its way when the broker went"))
        await until(lambda: link.asked == 1)
        link.connected = False
        screens.show("dock1", feedback("while it was away"))
        now_s += 60
        link.connected = True
        screens.show("dock1", feedback("now"))
        link.takes.set()
        await until(lambda: link.shown[-1:] == [(link.topics.of("feedback", "dock1"), "now")])
    assert [text for _, text in link.shown] == ["on its way when the broker went", "now"]
