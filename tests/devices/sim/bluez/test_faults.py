"""Faults do what their names say."""

from __future__ import annotations

import asyncio
import random

import pytest
from bleak import BleakClient
from bleak.exc import BleakCharacteristicNotFoundError, BleakDBusError, BleakError
from hypothesis import given
from hypothesis import strategies as st

from devices.sim.bluez import BleHandset, FakeBluez, Faults, Timing, weather
from devices.sim.bluez.faults import distort
from devices.sim.bluez.gatt import services_of
from devices.sim.bluez.handset import Memory
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

_CHANCE = st.floats(0, 1)
_PACKETS = st.lists(st.binary(min_size=1, max_size=20), max_size=20)


@given(_PACKETS, _CHANCE, _CHANCE, st.integers())
def test_split_and_merged_packets_carry_the_same_bytes(
    packets: list[bytes], split: float, merge: float, seed: int
) -> None:
    arriving = distort(packets, Faults(split=split, merge=merge), random.Random(seed), 20)
    assert b"".join(arriving) == b"".join(packets)
    assert all(1 <= len(packet) <= 20 for packet in arriving)


@given(_PACKETS, _CHANCE, st.integers())
def test_swapped_packets_are_the_same_ones(packets: list[bytes], swap: float, seed: int) -> None:
    assert sorted(distort(packets, Faults(swap=swap), random.Random(seed), 20)) == sorted(packets)


def test_a_certain_fault_happens_to_every_packet() -> None:
    rng = random.Random(1)
    assert distort([b"A\r", b"B\r"], Faults(merge=1), rng, 20) == [b"A\rB\r"]
    assert distort([b"A\r", b"B\r"], Faults(double=1), rng, 20) == [b"A\r", b"A\r", b"B\r", b"B\r"]
    assert distort([b"A\r", b"B\r"], Faults(swap=1), rng, 20) == [b"B\r", b"A\r"]
    assert distort([b"A\r"], Faults(split=1), rng, 20) == [b"A", b"\r"]
    assert distort([b"A\r", b"B\r"], Faults(), rng, 20) == [b"A\r", b"B\r"]


async def _heard_over_two_links(ours: BleHandset, bluez: FakeBluez) -> tuple[bytes, bytes]:
    """A and B over a first link, C while nobody listens, D over a second one."""
    bluez.add(ours)
    async with listening(ours) as first:
        await ours.scan_many(["A", "B"])
        await until(lambda: b"B" in b"".join(first.packets))
        await first.client.write_gatt_char(NUS.write or "", b"\x07", response=True)  # for A
    await ours.scan("C")
    async with listening(ours) as second:
        await ours.scan("D")
        await until(lambda: b"D" in b"".join(second.packets))
    return b"".join(first.packets), b"".join(second.packets)


@pytest.mark.parametrize(
    ("memory", "replays", "sent_again"),
    [
        ("none", 0, b""),
        ("once", 0, b"C\r"),
        ("everything", 0, b"A\rB\rC\r"),
        ("unanswered", 0, b"B\rC\r"),
        ("none", 1, b"B\r"),
    ],
)
async def test_a_memory_sends_again_what_its_kind_keeps(
    memory: Memory, replays: int, sent_again: bytes
) -> None:
    ours = handset(memory=memory, faults=Faults(replays=replays))
    async with fake_bluez() as bluez:
        assert await _heard_over_two_links(ours, bluez) == (b"A\rB\r", sent_again + b"D\r")


async def test_doubled_notifications_come_twice() -> None:
    ours = handset(faults=Faults(double=1))
    async with fake_bluez() as bluez:
        bluez.add(ours)
        async with listening(ours) as central:
            await ours.scan("A")
            await central.heard(b"A\rA\r")


async def test_an_attempt_that_fails_and_one_that_hangs_are_followed_by_one_that_works() -> None:
    ours = handset()
    ours.connects.extend(["fail", "fail", "hang"])
    async with fake_bluez() as bluez:
        bluez.add(ours)
        device = await found(ours)
        for _ in range(2):
            with pytest.raises(BleakDBusError, match="abort-by-remote"):
                await BleakClient(device).connect()
        with pytest.raises(TimeoutError):
            await BleakClient(device, timeout=0.3).connect()
        async with BleakClient(device):
            assert ours.connected


async def test_a_blip_is_tried_again_by_bleak_itself() -> None:
    ours = handset()
    ours.connects.append("blip")
    async with fake_bluez() as bluez:
        bluez.add(ours)
        async with BleakClient(await found(ours)):
            assert ours.connected
            assert not ours.connects


async def test_the_radio_gives_up_on_what_is_out_of_reach() -> None:
    ours = handset()
    async with fake_bluez(timing=Timing(connect_timeout_s=0.05)) as bluez:
        bluez.add(ours)
        device = await found(ours)
        ours.power_off()
        with pytest.raises(BleakDBusError, match="le-connection-timeout"):
            await BleakClient(device).connect()


async def test_a_silent_link_stays_and_carries_nothing() -> None:
    ours = handset()
    async with fake_bluez() as bluez:
        bluez.add(ours)
        async with listening(ours) as central:
            ours.silent = True
            await ours.scan("A")
            reading = asyncio.create_task(central.client.read_gatt_char(BATTERY_LEVEL))
            await central.client.write_gatt_char(NUS.write or "", b"\x07", response=False)
            assert (central.packets, ours.last_tone, reading.done()) == ([], None, False)
            assert central.client.is_connected
            ours.drop()
            with pytest.raises(BleakError, match="Not connected"):
                await reading


async def test_services_that_are_never_told_end_with_the_patience_of_the_client() -> None:
    ours = handset()
    ours.resolves = False
    async with fake_bluez() as bluez:
        bluez.add(ours)
        with pytest.raises(TimeoutError):
            await BleakClient(await found(ours), timeout=0.3).connect()
        await until(lambda: not ours.connected)


async def test_a_link_that_is_lost_before_its_services_are_told_ends_the_attempt() -> None:
    ours = handset()
    ours.resolves = False
    async with fake_bluez() as bluez:
        bluez.add(ours)
        device = await found(ours)
        attempt = asyncio.create_task(BleakClient(device, timeout=60).connect())
        await until(lambda: ours.connected)
        ours.drop()
        with pytest.raises(BleakDBusError, match="abort-by-remote"):
            await attempt
        ours.resolves = True
        async with BleakClient(device):
            assert ours.connected


async def test_a_table_that_changed_is_not_seen_until_the_device_is_removed() -> None:
    """A stale cache: what was resolved first is remembered, and its handles are not valid any more."""
    ours = handset()
    async with fake_bluez() as bluez:
        bluez.add(ours)
        async with listening(ours):
            pass
        ours.profile, ours.services = HM10, services_of(HM10, battery=False)
        stale = Listening(await found(ours))
        await stale.client.connect()
        with pytest.raises(BleakError, match=r"0x01|(?i:invalid.handle)"):
            await stale.listen(NUS)
        await stale.client.unpair()
        async with listening(ours) as fresh:
            await ours.scan("A")
            await fresh.heard(b"A\r")


async def test_a_device_may_offer_nothing_of_what_it_advertises() -> None:
    liar = handset()
    liar.services = ()
    async with fake_bluez() as bluez:
        bluez.add(liar)
        lied_to = Listening(await found(liar))
        async with lied_to.client:
            with pytest.raises(BleakCharacteristicNotFoundError):
                await lied_to.listen(NUS)


async def test_after_any_weather_the_floor_can_be_connected_again() -> None:
    shift = [handset(number) for number in range(1, 4)]
    async with fake_bluez() as bluez:
        bluez.add(*shift)
        storm = asyncio.create_task(weather(bluez, seed=7, every_s=0.01, lasts_s=0.02))
        await asyncio.sleep(0.5)
        storm.cancel()
        assert isinstance((await asyncio.gather(storm, return_exceptions=True))[0], asyncio.CancelledError)
        if not bluez.running:
            await bluez.start()
        for ours in shift:
            ours.power_on()
            ours.silent = False
            ours.connects.clear()
            async with listening(ours) as central:
                await ours.scan("A")
                await central.heard(b"A\r")
