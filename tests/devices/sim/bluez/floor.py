"""What the claims about the fake BlueZ share: handsets, and the real bleak."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bleak import BleakClient, BleakScanner
from bleak.backends.bluezdbus.manager import get_global_bluez_manager
from bleak.backends.device import BLEDevice

from devices.scanners.ble.profiles import Profile, profile_named, uuid_of
from devices.sim.bluez import BleHandset, Faults
from devices.sim.bluez.handset import Memory
from tests.devices.links.far_ends import until

NUS, HM10 = profile_named("nus"), profile_named("ffe0")
BATTERY_LEVEL = uuid_of("2a19")


def handset(
    number: int = 1,
    *,
    profile: Profile = NUS,
    rssi_dbm: int = -60,
    memory: Memory = "none",
    faults: Faults | None = None,
) -> BleHandset:
    return BleHandset(
        f"AA:BB:CC:00:00:{number:02X}",
        f"SCAN-{number}",
        profile,
        rssi_dbm=rssi_dbm,
        memory=memory,
        faults=faults,
    )


async def found(sought: BleHandset, adapter: str = "hci0") -> BLEDevice:
    """As bleak finds it."""
    device = await BleakScanner.find_device_by_address(sought.address, timeout=20, bluez={"adapter": adapter})
    assert device is not None
    return device


async def adapters_known(names: set[str]) -> None:
    """Until bleak has been told of these adapters alone."""
    manager = await get_global_bluez_manager()
    paths = {f"/org/bluez/{name}" for name in names}
    await until(lambda: manager._adapters == paths)


class Listening:
    """A bleak client of a handset, and what it got."""

    def __init__(self, device: BLEDevice) -> None:
        self.packets: list[bytes] = []
        self.gone = asyncio.Event()
        self.client = BleakClient(device, disconnected_callback=lambda _: self.gone.set())

    async def listen(self, profile: Profile, *, acquire: bool = False) -> None:
        await self.client.start_notify(
            profile.notify,
            lambda _, packet: self.packets.append(bytes(packet)),
            bluez={"use_start_notify": not acquire},
        )

    async def heard(self, data: bytes) -> None:
        """Until these bytes have come, and nothing else."""
        await until(lambda: b"".join(self.packets) == data)


@asynccontextmanager
async def listening(
    sought: BleHandset, adapter: str = "hci0", *, acquire: bool = False
) -> AsyncIterator[Listening]:
    """Connected and subscribed."""
    central = Listening(await found(sought, adapter))
    await central.client.connect()
    try:
        await central.listen(sought.profile, acquire=acquire)
        await until(lambda: sought.ready)
        yield central
    finally:
        await central.client.disconnect()
