"""An adapter's ear: discovery, on or off."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from bleak import BleakAdapter, BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData

from devices.scanners.ble.profiles import Profile, uuid_of
from devices.scanners.ble.trouble import BLEAK_TROUBLE, in_words

log = logging.getLogger(__name__)

#: What is connected already is not heard: it is as near as can be.
CONNECTED_DBM = 0

_STARTS_WITHIN_S = 10.0
_NO_RSSI = -127  # bleak's word for a change that was no advertisement
_GENERIC_ATTRIBUTES = uuid_of("1801")  # nearly every device offers it


class Ear:
    """One adapter's. `on_heard` gets each device that advertises, with its name, services and signal."""

    def __init__(self, adapter: str, on_heard: Callable[[BLEDevice, AdvertisementData], None]) -> None:
        self.adapter = adapter
        self._on_heard = on_heard
        self._scanner: BleakScanner | None = None

    async def start(self) -> None:
        """Listen. Raises one of BLEAK_TROUBLE."""
        if self._scanner is not None:
            return
        scanner = BleakScanner(self._hear, bluez={"adapter": self.adapter})
        async with asyncio.timeout(_STARTS_WITHIN_S):
            await scanner.start()
        self._scanner = scanner

    async def stop(self) -> None:
        """Do not listen; where that cannot be said to bluetoothd any more, it has stopped by itself."""
        scanner, self._scanner = self._scanner, None
        if scanner is None:
            return
        try:
            async with asyncio.timeout(_STARTS_WITHIN_S):
                await scanner.stop()
        except BLEAK_TROUBLE as error:
            log.debug("%s: stop listening: %s", self.adapter, in_words(error))

    async def connected_already(self, profiles: Sequence[Profile]) -> list[BLEDevice]:
        """Devices that BlueZ holds, for a program that is gone or another one: they do not advertise.

        Raises BLEAK_TROUBLE.
        """
        services = {_GENERIC_ATTRIBUTES, *(profile.service for profile in profiles)}
        adapter = await BleakAdapter.get(bluez={"adapter": self.adapter})
        return list(await adapter.get_connected_devices(list(services)))

    def _hear(self, device: BLEDevice, advertisement: AdvertisementData) -> None:
        if advertisement.rssi != _NO_RSSI:
            self._on_heard(device, advertisement)
