"""Stations: scans over a pseudo-terminal and over a gateway, answered after the commit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent.config import Config
from agent.core import commands as c
from agent.core import events as ev
from agent.floor_link import FloorLink
from agent.station_screens import StationScreens
from agent.stations import Stations
from agent.store.store import Store
from devices.broker import EmbeddedBroker
from devices.mqtt import Message
from devices.sim.scanner import PtyScanner
from devices.topics import Topics
from tests.agent.floors import GTIN, OnePrinter, lines, stop, wave
from tests.agent.shell.stage import Diary, ask, came_out, config_of, order_at, pay, running, stock_up, until
from tests.devices.pda.conftest import connected_peer


class Dock:
    """A store with its stations at work."""

    def __init__(self, store: Store, link: FloorLink, stations: Stations) -> None:
        self.store = store
        self.link = link
        self.stations = stations
        self.diary = Diary(store)

    async def picked(self, order_no: str = "SO-1") -> str:
        """The waybill of an order that was labelled and picked."""
        await pay(self.store, order_no, lines=lines((1, "A", 1)))
        await came_out(self.store, order_no)
        await ask(self.store, wave(stop(order_no, qty=1)))
        (task,) = (each.task for each in self.diary.all(ev.TaskPlanned)[-1:])
        pda = {"pda": "P1", "task": task}
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


@pytest.fixture
async def scanner() -> AsyncIterator[PtyScanner]:
    with PtyScanner(baud=115_200, speed=20) as made:
        yield made


def station(scanner: PtyScanner, role: str = "ship") -> dict[str, Any]:
    return {"id": f"{role}1", "url": scanner.url, "role": role, "feedback": "bel"}


# --- serial -------------------------------------------------------------------------------------------------


async def test_a_picked_parcel_ships_with_a_good_tone_and_a_second_scan_changes_nothing(
    data_dir: Path, scanner: PtyScanner
) -> None:
    async with dock(config_of(data_dir, scanners=[station(scanner)])) as made:
        waybill = await made.picked()
        assert await scanner.scan(waybill, timeout_s=5) == "good"
        assert order_at(made.store, "SO-1").state == "shipped"
        assert await scanner.scan(waybill, timeout_s=5) == "good"
        assert len(made.diary.all(ev.ParcelShipped)) == 1
        assert made.diary.all(ev.ScanTaken)[-1].reason == "already shipped"


async def test_an_unknown_code_is_wrong_and_a_parcel_that_is_not_picked_is_stopped(
    data_dir: Path, scanner: PtyScanner
) -> None:
    async with dock(config_of(data_dir, scanners=[station(scanner)])) as made:
        await pay(made.store, "SO-1")
        assert await scanner.scan("nobody's", timeout_s=5) == "wrong"
        assert await scanner.scan(order_at(made.store, "SO-1").waybill or "", timeout_s=5) == "stop"
        assert made.diary.all(ev.ParcelShipped) == []
        assert [each.kind for each in made.diary.all(ev.ExceptionOpened)] == ["stopped-parcel"]


async def test_where_a_site_packs_the_items_are_scanned_before_it_ships(data_dir: Path) -> None:
    with PtyScanner(baud=115_200, speed=20) as packing, PtyScanner(baud=115_200, speed=20) as shipping:
        both = [station(packing, "pack"), station(shipping, "ship")]
        async with dock(config_of(data_dir, scanners=both)) as made:
            waybill = await made.picked()
            assert await shipping.scan(waybill, timeout_s=5) == "stop"
            assert await packing.scan(waybill, timeout_s=5) == "good"
            assert await packing.scan(GTIN, timeout_s=5) == "good"
            assert await shipping.scan(waybill, timeout_s=5) == "good"
            assert order_at(made.store, "SO-1").state == "shipped"


async def test_a_scanner_that_is_unplugged_is_one_fault_until_it_is_plugged_in_again(
    data_dir: Path, scanner: PtyScanner
) -> None:
    async with dock(config_of(data_dir, scanners=[station(scanner)])) as made:
        waybill = await made.picked()
        assert await scanner.scan("warm", timeout_s=5) == "wrong"
        scanner.unplug()
        await made.diary.until(ev.DeviceFault)
        await asyncio.sleep(1.5)  # it is tried again meanwhile
        assert made.stations.all[0].fault is not None
        assert made.diary.all(ev.DeviceRecovered) == []
        scanner.plug()
        await made.diary.until(ev.DeviceRecovered)
        assert await scanner.scan(waybill, timeout_s=5) == "good"
        assert len(made.diary.all(ev.DeviceFault)) <= 2, "unplugged, and not there"


# --- gateways -----------------------------------------------------------------------------------------------


async def test_a_gateways_scan_is_answered_on_its_stations_topic(
    data_dir: Path, broker: EmbeddedBroker, site: str
) -> None:
    heard: asyncio.Queue[Message] = asyncio.Queue()

    async def hear(message: Message) -> None:
        heard.put_nowait(message)

    topics = Topics(site)
    scanners = [{"id": "dock1", "url": "mqtt://gw1/ring7", "role": "ship"}]
    config = config_of(data_dir, site=site, broker_url=broker.url, scanners=scanners)
    gateway = connected_peer(
        broker.url, client_id=f"{site}-gw1", subscriptions=(topics.of("feedback", "dock1"),), on_message=hear
    )
    async with gateway as peer, dock(config) as made:
        await until(lambda: made.link.connected)
        waybill = await made.picked()
        for device, text in [("nobody", waybill), ("ring7", "unknown"), ("ring7", waybill)]:
            scan = {"device": device, "data": text, "at": "2026-06-18T08:00:00Z"}
            await peer.link.publish(topics.of("scan", "gw1"), msgspec.json.encode(scan))
        async with asyncio.timeout(10):
            answers = [msgspec.json.decode((await heard.get()).payload) for _ in range(2)]
        assert [(each["scan"], each["tone"]) for each in answers] == [("unknown", "wrong"), (waybill, "good")]
        assert len(made.diary.all(ev.ParcelShipped)) == 1


async def test_a_gateway_without_a_device_in_its_url_is_one_station(data_dir: Path) -> None:
    scanners = [{"id": "dock1", "url": "mqtt://gw1", "role": "ship"}]
    async with dock(config_of(data_dir, scanners=scanners)) as made:
        (only,) = made.stations.all
        assert only.listens_to("gw1", "any")
        assert not only.listens_to("gw2", "any")


async def test_a_gateway_that_sends_a_scan_again_is_answered_the_same_and_counts_once(data_dir: Path) -> None:
    scanners = [
        {"id": "pack1", "url": "mqtt://gw1/ring7", "role": "pack"},
        {"id": "dock1", "url": "mqtt://gw1/ring8", "role": "ship"},
    ]
    async with dock(config_of(data_dir, scanners=scanners)) as made:
        waybill = await made.picked()
        pack1, dock1 = made.stations.all
        await pack1.take(waybill, 1, "gw1/ring7/1")
        first = await dock1.take(waybill, 2, "gw1/ring8/1")
        again = await dock1.take(waybill, 2, "gw1/ring8/1")
        assert (first.tone, again) == ("stop", first)
        items = [await pack1.take(GTIN, 3, "gw1/ring7/2") for _ in range(2)]
        assert [each.tone for each in items] == ["good", "good"]
        scanned = [event for event in made.diary.all(ev.ScanTaken) if event.text == GTIN]
        assert len(scanned) == 1
