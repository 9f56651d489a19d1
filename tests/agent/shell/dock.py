"""Stations at work on a store, for tests of ports, radios and gateways."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from agent.config import Config
from agent.core import commands as c
from agent.core import events as ev
from agent.floor_link import FloorLink
from agent.station_screens import StationScreens
from agent.stations import Stations
from agent.store.store import Store
from devices.mqtt import Message
from tests.agent.floors import GTIN, OnePrinter, lines, stop, wave
from tests.agent.shell.stage import Diary, ask, came_out, order_at, pay, running, stock_up


class Dock:
    """A store with its stations at work."""

    def __init__(self, store: Store, link: FloorLink, stations: Stations) -> None:
        self.store = store
        self.link = link
        self.stations = stations
        self.diary = Diary(store)

    async def deliver(
        self, topic: str, payload: object, *, retain: bool = False, again: bool = False
    ) -> None:
        """A message of the broker, all of it taken."""
        await self.link._received(Message(topic, msgspec.json.encode(payload), retain, again))

    def answers(self) -> list[tuple[str, str]]:
        """(tone, what was said) of every scan in the journal, taken or ignored."""
        told = self.diary.all(ev.ScanTaken) + self.diary.all(ev.ScanIgnored)
        return [(each.tone, each.reason) for each in told]

    async def picked(self, order_no: str = "SO-1") -> str:
        """The waybill of an order that was labelled and picked."""
        await pay(self.store, order_no, lines=lines((1, "A", 1)))
        await came_out(self.store, order_no)
        await ask(self.store, wave(stop(order_no, qty=1)))
        (task,) = (each.task for each in self.diary.all(ev.TaskPlanned)[-1:])
        pda: dict[str, Any] = {"pda": "P1", "task": task}
        pick = c.PickStop(stop=f"{task}-1", qty=1, barcode=GTIN, **pda)
        await ask(self.store, c.AcceptTask(**pda), pick, c.FinishTask(**pda))
        return order_at(self.store, order_no).waybill or ""


@asynccontextmanager
async def dock(config: Config) -> AsyncIterator[Dock]:
    store = Store(config.site.data_dir, "WH1", OnePrinter())
    store.open()
    try:
        await stock_up(store)
        link = FloorLink(config, "1.0")
        screens = StationScreens(link)
        stations = Stations(store, link, screens, config)
        made = Dock(store, link, stations)
        async with running(link.run(), screens.run(), *stations.tasks().values()):
            yield made
    finally:
        await store.close()
