"""What bleak's client gets: links, notifications, reads and writes."""

from __future__ import annotations

import asyncio
import os

import pytest
from bleak import BleakClient, BleakScanner
from bleak.exc import BleakDBusError
from dbus_fast import Message

from devices.scanners.ble.profiles import Profile
from devices.sim.bluez.bus import connect
from tests.devices.bluez import fake_bluez
from tests.devices.links.far_ends import until
from tests.devices.sim.bluez.floor import (
    BATTERY_LEVEL,
    HM10,
    NUS,
    Listening,
    found,
    handset,
    listening,
)

_CODES = [f"JD{number:024}" for number in range(50)]  # longer than a packet


@pytest.mark.parametrize("profile", [NUS, HM10], ids=lambda profile: profile.id)
@pytest.mark.parametrize("acquire", [False, True], ids=["start", "acquire"])
async def test_codes_arrive_whole_and_in_order(profile: Profile, acquire: bool) -> None:
    ours = handset(profile=profile)
    async with fake_bluez() as bluez:
        bluez.add(ours)
        async with listening(ours, acquire=acquire) as central:
            for code in _CODES:
                await ours.scan(code)
            await central.heard(b"".join(code.encode() + b"\r" for code in _CODES))
            assert {len(packet) for packet in central.packets} == {20, 7}


async def test_a_link_shows_what_the_scanner_offers() -> None:
    ours = handset()
    async with fake_bluez() as bluez:
        bluez.add(ours)
        async with listening(ours) as central:
            services = central.client.services
            write = services.get_characteristic(NUS.write or "")
            assert write is not None
            assert write.properties == ["write-without-response", "write"]
            assert write.max_write_without_response_size == 20
            assert await central.client.read_gatt_char(BATTERY_LEVEL) == bytes([80])
            await ours.set_battery(14)
            assert await central.client.read_gatt_char(BATTERY_LEVEL) == bytes([14])


@pytest.mark.parametrize("response", [False, True])
async def test_bells_are_the_tone_of_the_oldest_scan_that_has_none(response: bool) -> None:
    ours = handset()
    async with fake_bluez() as bluez:
        bluez.add(ours)
        async with listening(ours) as central:
            first, second = await ours.scan_many(["A", "B"])
            await central.client.write_gatt_char(NUS.write or "", b"\x07", response=response)
            assert (await ours.tone_for(first), second.tone, ours.last_tone) == ("good", None, "good")
            await central.client.write_gatt_char(NUS.write or "", b"\x07\x07\x07", response=response)
            assert (first.tone, await ours.tone_for(second)) == ("good", "stop")


async def test_reading_what_notifies_looks_like_a_scan() -> None:
    """As with a real BlueZ under StartNotify: the phantom that a driver must not cause."""
    ours = handset()
    async with fake_bluez() as bluez:
        bluez.add(ours)
        async with listening(ours) as central:
            await ours.scan("A1")
            await central.client.read_gatt_char(NUS.notify)
            await central.heard(b"A1\rA1\r")


async def test_a_lost_link_calls_back_and_leaves_no_descriptor_once_it_is_closed() -> None:
    ours = handset()
    async with fake_bluez() as bluez:
        bluez.add(ours)
        descriptors: list[int] = []
        for _ in range(4):
            async with listening(ours, acquire=True) as central:
                ours.drop()
                async with asyncio.timeout(20):
                    await central.gone.wait()
            await until(lambda: not ours.connected)
            descriptors.append(len(os.listdir("/proc/self/fd")))  # noqa: PTH208 - a count, not paths
        assert len(set(descriptors[1:])) == 1


async def test_a_client_can_end_the_link() -> None:
    ours = handset()
    async with fake_bluez() as bluez:
        bluez.add(ours)
        async with listening(ours):
            assert ours.connected
        assert not ours.connected


async def test_all_links_can_be_lost_at_once() -> None:
    both = handset(1), handset(2)
    async with fake_bluez() as bluez:
        bluez.add(*both)
        async with listening(both[0]) as one, listening(both[1]) as other:
            bluez.drop_all()
            async with asyncio.timeout(20):
                await one.gone.wait()
                await other.gone.wait()


async def test_a_link_outlives_the_process_that_made_it_but_its_notifications_do_not() -> None:
    ours = handset()
    async with fake_bluez() as bluez:
        bluez.add(ours)
        central = Listening(await found(ours))
        await central.client.connect()
        await central.listen(NUS)
        await until(lambda: ours.ready)
        bus = central.client._backend._bus  # type: ignore[attr-defined]
        bus.disconnect()
        await until(lambda: not ours.ready)
        assert ours.connected
        ours.drop()
        await central.client.disconnect()


async def test_a_full_adapter_refuses_one_more() -> None:
    full = [handset(number) for number in range(1, 4)]
    async with fake_bluez(slots=2) as bluez:
        bluez.add(*full)
        last = await found(full[2])
        async with listening(full[0]), listening(full[1]):
            with pytest.raises(BleakDBusError, match="concurrent-connection-limit"):
                await BleakClient(last).connect()
        async with BleakClient(last):
            assert full[2].connected


async def test_an_adapter_makes_one_link_at_a_time_and_others_do_not_wait_for_it() -> None:
    hung, other, free = handset(1), handset(2), handset(3)
    hung.connects.append("hang")
    async with fake_bluez(adapters=2) as bluez:
        bluez.add(hung, other, free)
        waiting, refused, on_the_other = await found(hung), await found(other), await found(free, "hci1")
        attempt = asyncio.create_task(BleakClient(waiting, timeout=60).connect())
        await until(lambda: not hung.connects)
        with pytest.raises(BleakDBusError, match="busy"):
            await BleakClient(refused).connect()
        with pytest.raises(BleakDBusError, match="InProgress"):
            await BleakClient(waiting).connect()
        async with BleakClient(on_the_other):
            assert free.connected
        attempt.cancel()
        await asyncio.gather(attempt, return_exceptions=True)
        async with BleakClient(refused):
            assert other.connected


async def test_a_killed_bluetoothd_says_no_goodbye_and_knows_nobody_when_it_is_back() -> None:
    ours = handset()
    async with fake_bluez() as bluez:
        bluez.add(ours)
        central = Listening(await found(ours))
        await central.client.connect()
        await central.listen(NUS)
        await bluez.kill()
        assert not ours.connected
        assert not central.gone.is_set()  # the trap: bleak goes on believing in the link
        assert central.client.is_connected
        with pytest.raises(BleakDBusError):
            await central.client.read_gatt_char(BATTERY_LEVEL)
        await bluez.start()
        assert not bluez.adapter("hci0").devices
        devices = await BleakScanner.discover(timeout=0.4)
        assert [device.address for device in devices] == [ours.address]
        with pytest.raises(BleakDBusError):  # what it believed in is not connected
            await central.client.disconnect()


async def test_the_battery_is_shown_on_the_bus_as_well() -> None:
    ours = handset()
    async with fake_bluez() as bluez:
        bluez.add(ours)
        async with listening(ours):
            await ours.set_battery(33)
            bus = await connect(os.environ["DBUS_SYSTEM_BUS_ADDRESS"])
            path = "/org/bluez/hci0/dev_AA_BB_CC_00_00_01"
            call = Message(
                "org.bluez", path, "org.freedesktop.DBus.Properties", "Get",
                signature="ss", body=["org.bluez.Battery1", "Percentage"],
            )  # fmt: skip
            answer = await bus.call(call)
            assert answer.body[0].value == 33
            bus.disconnect()
            await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]


async def test_an_attempt_may_be_given_up_at_once() -> None:
    """Connect and Disconnect arrive together: the adapter is free again."""
    ours = handset()
    async with fake_bluez() as bluez:
        bluez.add(ours)
        device = await found(ours)
        bus = await connect(os.environ["DBUS_SYSTEM_BUS_ADDRESS"])
        calls = [
            bus.call(Message("org.bluez", device.details["path"], "org.bluez.Device1", member))
            for member in ("Connect", "Disconnect")
        ]
        connecting, _ = await asyncio.gather(*calls)
        assert connecting.body == ["br-connection-canceled"]
        bus.disconnect()
        await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]
        async with BleakClient(device):
            assert ours.connected


async def test_pairing_lasts_until_the_device_is_removed() -> None:
    ours = handset()
    async with fake_bluez() as bluez:
        bluez.add(ours)
        async with BleakClient(await found(ours), pair=True) as client:
            assert bluez.adapter("hci0").devices[ours.address].paired
            await client.unpair()
        assert not bluez.adapter("hci0").devices
        assert not ours.connected
