"""What bleak's scanner sees."""

from __future__ import annotations

import asyncio

import pytest
from bleak import BleakClient, BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakBluetoothNotAvailableError, BleakDBusError, BleakError

from devices.sim.bluez import Adapter, Timing
from tests.devices.bluez import fake_bluez
from tests.devices.links.far_ends import until
from tests.devices.sim.bluez.floor import (
    HM10,
    NUS,
    adapters_known,
    found,
    handset,
    listening,
)

_SOON_S = 0.4  # some advertisements


async def test_a_discovery_lists_names_services_and_signals() -> None:
    near, far = handset(1, rssi_dbm=-48), handset(2, profile=HM10, rssi_dbm=-81)
    async with fake_bluez() as bluez:
        bluez.add(near, far)
        seen: dict[str, tuple[str | None, list[str], int]] = {}

        def first(device: BLEDevice, told: AdvertisementData) -> None:
            seen.setdefault(device.address, (device.name, told.service_uuids, told.rssi))

        async with BleakScanner(first):
            await until(lambda: len(seen) == 2)
    assert seen[near.address] == ("SCAN-1", [NUS.service], -48)
    assert seen[far.address] == ("SCAN-2", [HM10.service], -81)


async def test_a_scanner_without_a_name_has_none_for_bleak() -> None:
    nameless = handset()
    nameless.name = ""
    async with fake_bluez() as bluez:
        bluez.add(nameless)
        assert (await found(nameless)).name is None


async def test_signals_walk_while_somebody_looks_on() -> None:
    walking = handset()
    async with fake_bluez(timing=Timing(advertise_every_s=0.001)) as bluez:
        bluez.add(walking)
        heard: set[int] = set()
        async with BleakScanner(lambda _, advertisement: heard.add(advertisement.rssi)):
            await until(lambda: len(heard) >= 3)
    assert all(-75 <= rssi <= -45 for rssi in heard)


async def test_a_filter_for_services_hides_the_others() -> None:
    async with fake_bluez() as bluez:
        bluez.add(handset(1), handset(2, profile=HM10))
        devices = await BleakScanner.discover(timeout=_SOON_S, service_uuids=[HM10.service])
    assert [device.name for device in devices] == ["SCAN-2"]


async def test_an_adapter_hears_what_is_in_its_reach_and_as_strongly_as_that_is() -> None:
    roaming = handset()
    roaming.rssi_at = {"hci0": None, "hci1": -77}
    async with fake_bluez(adapters=2) as bluez:
        bluez.add(roaming)
        assert await BleakScanner.discover(timeout=_SOON_S, bluez={"adapter": "hci0"}) == []
        heard = await BleakScanner.discover(timeout=_SOON_S, return_adv=True, bluez={"adapter": "hci1"})
        assert heard[roaming.address][0].details["path"].startswith("/org/bluez/hci1/")


async def test_a_connected_scanner_does_not_advertise_and_a_lost_one_does_again() -> None:
    ours = handset()
    async with fake_bluez(adapters=2) as bluez:
        bluez.add(ours)
        async with listening(ours, "hci0"):
            assert await BleakScanner.discover(timeout=_SOON_S, bluez={"adapter": "hci1"}) == []
            ours.drop()
            assert await found(ours, "hci1")


async def test_a_scanner_that_is_off_is_not_found_until_it_is_on() -> None:
    ours = handset()
    async with fake_bluez() as bluez:
        bluez.add(ours)
        ours.power_off()
        assert await BleakScanner.discover(timeout=_SOON_S) == []
        ours.power_on()
        assert await found(ours)


async def test_what_was_never_connected_is_forgotten_some_time_after_it_was_heard() -> None:
    ours = handset()
    async with fake_bluez(timing=Timing(temporary_s=0.1)) as bluez:
        bluez.add(ours)
        device = await found(ours)
        await until(lambda: not bluez.adapter("hci0").devices)
        with pytest.raises(BleakError, match="not found"):
            await BleakClient(device).connect()


async def test_an_adapter_that_is_off_says_so() -> None:
    async with fake_bluez() as bluez:
        bluez.adapter("hci0").power(on=False)
        with pytest.raises(BleakBluetoothNotAvailableError, match="powered"):
            await BleakScanner.discover(timeout=_SOON_S)
        with pytest.raises(BleakDBusError, match="Resource Not Ready"):
            await BleakScanner.discover(timeout=_SOON_S, bluez={"adapter": "hci0"})


async def test_adapters_can_be_pulled_out_and_plugged_in() -> None:
    ours = handset()
    async with fake_bluez() as bluez:
        bluez.add(ours)
        async with listening(ours) as central:
            bluez.unplug("hci0")
            assert not ours.connected
            async with asyncio.timeout(20):
                await central.gone.wait()
        await adapters_known(set())
        with pytest.raises(BleakBluetoothNotAvailableError, match="No Bluetooth adapters"):
            await BleakScanner.discover(timeout=_SOON_S)
        bluez.plug(Adapter("hci3", "00:1A:7D:00:00:03"))
        await adapters_known({"hci3"})
        assert await found(ours, "hci3")
