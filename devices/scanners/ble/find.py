"""What advertises around here: for a person who looks for the address of a scanner."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData

from devices.errors import DeviceGone
from devices.scanners.ble.bus import bluetooth
from devices.scanners.ble.ear import CONNECTED_DBM, Ear
from devices.scanners.ble.profiles import PROFILES, Profile, profile_advertised
from devices.scanners.ble.radio import Radio
from devices.scanners.ble.trouble import BLEAK_TROUBLE, in_words


@dataclass(frozen=True, slots=True)
class Found:
    """A device, by the adapter that hears it best. `profile`: the id of the family that it seems to be of.

    `connected`: a program of this machine holds it, so it does not advertise, and nothing is known of its signal.
    """

    address: str
    name: str | None
    rssi_dbm: int
    adapter: str
    profile: str | None
    services: tuple[str, ...]
    connected: bool = False


async def find(
    seconds: float,
    profiles: Sequence[Profile] = PROFILES,
    *,
    adapters: Iterable[str] = (),
    on_found: Callable[[Found], None] | None = None,
) -> list[Found]:
    """Listen for so long; the strongest first, known families before others.

    `on_found`: called at once for each device, and again when something changes, its signal included. Raises
    DeviceGone that says what to do where the machine cannot listen.
    """
    only = tuple(adapters)
    gathered = _Gathered(profiles, on_found)
    try:
        for adapter in await usable_adapters(only):
            for device in await Ear(adapter, gathered.ignore).connected_already(profiles):
                gathered.add(found_connected(adapter, device, profiles))
    except BLEAK_TROUBLE as error:
        raise DeviceGone(f"Bluetooth cannot be used: {in_words(error)}") from error
    radio = Radio((), profiles=profiles, adapters=only, on_heard=gathered.hear)
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await radio.run()
    return gathered.in_order()


async def usable_adapters(only: Iterable[str] = ()) -> list[str]:
    """Their names. Raises DeviceGone that says what to do where there are none."""
    state = await bluetooth(frozenset(only))
    if state.fault is not None:
        raise DeviceGone(state.fault)
    return sorted(state.adapters)


def found_advertising(
    adapter: str, device: BLEDevice, said: AdvertisementData, profiles: Sequence[Profile]
) -> Found:
    """What an advertisement says."""
    profile = profile_advertised(device.name, said.service_uuids, profiles)
    services = tuple(said.service_uuids)
    return Found(device.address, device.name, said.rssi, adapter, profile.id if profile else None, services)


def found_connected(adapter: str, device: BLEDevice, profiles: Sequence[Profile]) -> Found:
    """What BlueZ knows of a device that is connected."""
    services = tuple(device.details["props"].get("UUIDs", ()))
    profile = profile_advertised(device.name, services, profiles)
    id_ = profile.id if profile else None
    return Found(device.address, device.name, CONNECTED_DBM, adapter, id_, services, connected=True)


class _Gathered:
    def __init__(self, profiles: Sequence[Profile], on_found: Callable[[Found], None] | None) -> None:
        self._profiles = profiles
        self._on_found = on_found
        self._found: dict[str, Found] = {}

    def ignore(self, device: BLEDevice, said: AdvertisementData) -> None:
        """Nobody listens yet."""

    def hear(self, adapter: str, device: BLEDevice, said: AdvertisementData) -> None:
        self.add(found_advertising(adapter, device, said, self._profiles))

    def add(self, found: Found) -> None:
        before = self._found.get(found.address)
        is_better = before is None or before.adapter == found.adapter or found.rssi_dbm > before.rssi_dbm
        if found == before or not is_better:
            return
        self._found[found.address] = found
        if self._on_found is not None:
            self._on_found(found)

    def in_order(self) -> list[Found]:
        return sorted(self._found.values(), key=lambda each: (each.profile is None, -each.rssi_dbm))
