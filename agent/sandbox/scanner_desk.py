"""Simulated scanners on a desk: they say how a configuration names them, scan, and take faults by word."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from agent.sandbox.scanners import hardware_address, names, serve, table
from agent.sandbox.typed import Say, Words, named, say, whole
from devices.links.url import ble_url
from devices.scanners.ble.profiles import Profile
from devices.sim.bluez import BleHandset, FakeBluez, adapters, private_bus
from devices.sim.scanner import PtyScanner


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannerOptions:
    """How many scanners, and of which kind: Bluetooth ones of each of `profiles` in turn, or (none) on serial lines.

    `bus`: where the private bus listens. `rate`: codes that each scans a second by itself.
    """

    count: int
    adapters: int
    profiles: tuple[Profile, ...]
    bus: Path | None = None
    rate: float | None = None


async def run_scanners(options: ScannerOptions, tell: Say = say) -> None:
    """Until interrupted. Raises DeviceError where there is no dbus-daemon for Bluetooth."""
    if not options.profiles:
        await _run_serial(options, tell)
    else:
        await _run_ble(options, tell)


async def _run_serial(options: ScannerOptions, tell: Say) -> None:
    with ExitStack() as stack:
        scanners = {name: stack.enter_context(PtyScanner()) for name in names("s", options.count)}
        for name, scanner in scanners.items():
            tell(table(name, scanner.url, feedback="bel"))
        await serve(SerialDesk(scanners).words, scanners.values(), options.rate, tell)


async def _run_ble(options: ScannerOptions, tell: Say) -> None:
    async with (
        private_bus(options.bus) as bus,
        FakeBluez(bus.address, adapters(options.adapters)) as bluez,
    ):
        kinds = zip(names("s", options.count), cycle(options.profiles), strict=False)
        handsets = {name: _handset(number, kind) for number, (name, kind) in enumerate(kinds, start=1)}
        tell(f"DBUS_SYSTEM_BUS_ADDRESS={bus.address}")
        bluez.add(*handsets.values())
        for name, handset in handsets.items():
            url = ble_url(handset.address, handset.profile.id)
            tell(table(name, url, feedback="none" if handset.profile.write is None else "bel"))
        await serve(BleDesk(bluez, handsets).words, handsets.values(), options.rate, tell)


def _handset(number: int, profile: Profile) -> BleHandset:
    rssi_dbm = -48 - 11 * number % 40  # here and there on a floor
    return BleHandset(
        hardware_address("C0:DE", number),
        f"SIM-{profile.id.upper()}-{number:03}",
        profile,
        rssi_dbm=rssi_dbm,
        seed=number,
    )


# --- words ------------------------------------------------------------------------------------------------------


class SerialDesk:
    """What a person can do to scanners on serial lines."""

    def __init__(self, scanners: Mapping[str, PtyScanner]) -> None:
        self._scanners = scanners
        self.words: Words = {
            "scan NAME CODE": self._scan,
            "off NAME": self._off,
            "on NAME": self._on,
        }

    async def _scan(self, name: str, code: str) -> str:
        return await named(self._scanners, name).scan(code) or "no tone"

    async def _off(self, name: str) -> str:
        named(self._scanners, name).unplug()
        return "unplugged"

    async def _on(self, name: str) -> str:
        named(self._scanners, name).plug()
        return "plugged in"


class BleDesk:
    """What a person can do to Bluetooth scanners, and to bluetoothd."""

    def __init__(self, bluez: FakeBluez, handsets: Mapping[str, BleHandset]) -> None:
        self._bluez, self._handsets = bluez, handsets
        self.words: Words = {
            "scan NAME CODE": self._scan,
            "drop NAME|all": self._drop,
            "off NAME": self._off,
            "on NAME": self._on,
            "silent NAME": self._silent,
            "loud NAME": self._loud,
            "battery NAME PERCENT": self._battery,
            "kill": self._kill,
            "restart": self._restart,
            "list": self._list,
        }

    async def _scan(self, name: str, code: str) -> str:
        handset = named(self._handsets, name)
        scan = await handset.scan(code)
        if not scan.sent:
            return "nobody listens: lost"
        if handset.profile.write is None:
            return "sent"
        return await handset.tone_for(scan) or "no tone"

    async def _drop(self, name: str) -> str:
        if name == "all":
            self._bluez.drop_all()
            return "all links are lost"
        named(self._handsets, name).drop()
        return "the link is lost"

    async def _off(self, name: str) -> str:
        named(self._handsets, name).power_off()
        return "off"

    async def _on(self, name: str) -> str:
        named(self._handsets, name).power_on()
        return "on"

    async def _silent(self, name: str) -> str:
        named(self._handsets, name).silent = True
        return "nothing passes its link"

    async def _loud(self, name: str) -> str:
        named(self._handsets, name).silent = False
        return "its link carries again"

    async def _battery(self, name: str, percent: str) -> str:
        await named(self._handsets, name).set_battery(whole(percent, 0, 100))
        return f"{percent} %"

    async def _kill(self) -> str:
        await self._bluez.kill()
        return "bluetoothd is gone"

    async def _restart(self) -> str:
        await self._bluez.kill()
        await self._bluez.start()
        return "bluetoothd is back"

    async def _list(self) -> str:
        states = [f"{name} {_state(handset)}" for name, handset in self._handsets.items()]
        return ", ".join(states)


def _state(handset: BleHandset) -> str:
    if handset.ready:
        return "listened to"
    if handset.connected:
        return "connected"
    return "advertising" if handset.on_air.is_set() else "off"
