"""Finding scanners, and pairing one by the code that it sends."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from devices.errors import DeviceGone
from devices.scanners.ble import pairing
from devices.scanners.ble.bus import NO_ADAPTER, NO_BLUETOOTHD, NO_BUS
from devices.scanners.ble.find import Found, find
from devices.scanners.ble.pairing import Candidate, Paired, new_code, pair
from devices.scanners.ble.profiles import PROFILES, Profile, profile_named, uuid_of
from devices.sim.bluez import Adapter, BleHandset
from tests.devices.bluez import fake_bluez
from tests.devices.scanners.ble.stage import NUS, Desk, handset, on_air, until, wanted

STRANGER = Profile("stranger", uuid_of("abcd"), uuid_of("abce"))


@pytest.fixture(autouse=True)
def _no_long_gathering(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairing, "_GATHER_S", 0.3)


async def test_what_advertises_is_found_the_known_and_the_strongest_first() -> None:
    lamp = BleHandset("AA:00:00:00:00:99", "Lamp", STRANGER, rssi_dbm=-31)
    eyoyo = handset(1, profile_named("feea"), rssi_dbm=-70)
    newland = handset(2, NUS, rssi_dbm=-40)
    told: list[Found] = []
    async with fake_bluez() as bluez:
        for each in (lamp, eyoyo, newland):
            bluez.add(each)
        found = await find(1.0, on_found=told.append)
    assert [(each.address, each.name, each.profile) for each in found] == [
        (newland.address, "Scanner 2", "nus"),
        (eyoyo.address, "Scanner 1", "feea"),
        (lamp.address, "Lamp", None),
    ]
    assert {each.adapter for each in found} == {"hci0"}
    assert uuid_of("fee7") in found[1].services
    assert {each.address for each in told} == {each.address for each in found}


async def test_each_device_is_found_once_by_the_adapter_that_hears_it_best() -> None:
    gun = handset()
    gun.rssi_at |= {"hci0": -90, "hci1": -40}
    async with fake_bluez(adapters=2) as bluez:
        bluez.add(gun)
        (found,) = await find(1.0)
    assert found.adapter == "hci1"


async def test_a_scanner_that_is_connected_already_is_found_as_such() -> None:
    gun = handset()
    async with fake_bluez() as bluez, on_air([wanted(gun, Desk())]):
        bluez.add(gun)
        await until(lambda: gun.ready)
        (found,) = await find(0.3)
    assert (found.address, found.connected, found.profile) == (gun.address, True, "nus")


async def test_a_machine_that_cannot_listen_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with fake_bluez(adapters=0) as bluez:
        with pytest.raises(DeviceGone, match=NO_ADAPTER):
            await find(0.1)
        bluez.plug(Adapter("hci0", "00:1A:7D:DA:71:00", powered=False))
        with pytest.raises(DeviceGone, match="bluetoothctl power on"):
            await find(0.1)
        await bluez.kill()
        with pytest.raises(DeviceGone, match=NO_BLUETOOTHD):
            await pair("PAIR-1", 0.1)
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/none")
    with pytest.raises(DeviceGone, match=NO_BUS):
        await find(0.1)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.id)
async def test_the_scanner_that_sends_the_code_is_paired_and_let_go(profile: Profile) -> None:
    gun, other = handset(1, profile), handset(2)
    code = new_code()
    async with fake_bluez(adapters=2) as bluez:
        for each in (gun, other):
            bluez.add(each)
        task = asyncio.create_task(pair(code, 60))
        await until(lambda: gun.ready and other.ready)
        await other.scan("SF1")
        await gun.scan(code)
        paired = await task
        assert (paired.address, paired.name, paired.profile) == (gun.address, "Scanner 1", profile.id)
        assert paired.adapter in {"hci0", "hci1"}
        assert not gun.connected
        assert not other.connected


async def test_a_scanner_that_does_not_advertise_its_family_is_probed_and_configured_ones_are_left_alone() -> (
    None
):
    shy, configured = handset(1), handset(2)
    shy.advertised = ()
    progress: list[Candidate] = []
    async with fake_bluez() as bluez:
        for each in (shy, configured):
            bluez.add(each)
        task = asyncio.create_task(
            pair("PAIR-1", 60, skip=[configured.address.lower()], on_progress=progress.append)
        )
        await until(lambda: shy.ready)
        await shy.scan("PAIR-1")
        assert await task == Paired(shy.address, "Scanner 1", "nus", "hci0")
    assert [each.fault for each in progress][:2] == ["waits for its turn", None]
    assert {each.found.address for each in progress} == {shy.address}


async def test_nobody_who_sends_the_code_in_time_is_said_with_how_many_were_asked() -> None:
    gun = handset()
    async with fake_bluez() as bluez:
        bluez.add(gun)
        with pytest.raises(DeviceGone, match="no scanner sent PAIR-1: 1 listened to"):
            await pair("PAIR-1", 5)
        assert not gun.connected


def test_every_code_is_another_one_that_a_code_39_can_carry() -> None:
    codes = {new_code() for _ in range(1000)}
    assert len(codes) == 1000
    assert all(set(code) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") for code in codes)
