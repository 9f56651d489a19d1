"""Simulated scanners on a desk: they say how a configuration names them, scan, and take faults by word."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import TypeAlias, TypeVar

from agent.sandbox.typed import say, typed_lines
from devices.links.url import ble_url
from devices.scanners.ble.profiles import Profile
from devices.sim.bluez import BleHandset, FakeBluez, adapters, private_bus
from devices.sim.scanner import PtyScanner

Say: TypeAlias = Callable[[str], None]
#: What a word does with what is typed after it; its answer. Raises ValueError for what makes no sense.
Act: TypeAlias = Callable[..., Awaitable[str]]
Words: TypeAlias = Mapping[str, Act]
_Scanner = TypeVar("_Scanner")


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
        scanners = {name: stack.enter_context(PtyScanner()) for name in _names(options)}
        for name, scanner in scanners.items():
            tell(_table(name, scanner.url, feedback="bel"))
        await _serve(SerialDesk(scanners).words, scanners.values(), options.rate, tell)


async def _run_ble(options: ScannerOptions, tell: Say) -> None:
    async with (
        private_bus(options.bus) as bus,
        FakeBluez(bus.address, adapters(options.adapters)) as bluez,
    ):
        kinds = zip(_names(options), cycle(options.profiles), strict=False)
        handsets = {name: _handset(number, kind) for number, (name, kind) in enumerate(kinds, start=1)}
        tell(f"DBUS_SYSTEM_BUS_ADDRESS={bus.address}")
        bluez.add(*handsets.values())
        for name, handset in handsets.items():
            url = ble_url(handset.address, handset.profile.id)
            tell(_table(name, url, feedback="none" if handset.profile.write is None else "bel"))
        await _serve(BleDesk(bluez, handsets).words, handsets.values(), options.rate, tell)


def _names(options: ScannerOptions) -> list[str]:
    return [f"s{number}" for number in range(1, options.count + 1)]


def _handset(number: int, profile: Profile) -> BleHandset:
    address = f"C0:DE:00:00:{number // 256:02X}:{number % 256:02X}"
    rssi_dbm = -48 - 11 * number % 40  # here and there on a floor
    return BleHandset(
        address, f"SIM-{profile.id.upper()}-{number:03}", profile, rssi_dbm=rssi_dbm, seed=number
    )


def _table(name: str, url: str, feedback: str) -> str:
    return f'[[scanners]]\nid = "{name}"\nurl = "{url}"\nrole = "ship"\nfeedback = "{feedback}"\n'


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
        return await _named(self._scanners, name).scan(code) or "no tone"

    async def _off(self, name: str) -> str:
        _named(self._scanners, name).unplug()
        return "unplugged"

    async def _on(self, name: str) -> str:
        _named(self._scanners, name).plug()
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
        handset = _named(self._handsets, name)
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
        _named(self._handsets, name).drop()
        return "the link is lost"

    async def _off(self, name: str) -> str:
        _named(self._handsets, name).power_off()
        return "off"

    async def _on(self, name: str) -> str:
        _named(self._handsets, name).power_on()
        return "on"

    async def _silent(self, name: str) -> str:
        _named(self._handsets, name).silent = True
        return "nothing passes its link"

    async def _loud(self, name: str) -> str:
        _named(self._handsets, name).silent = False
        return "its link carries again"

    async def _battery(self, name: str, percent: str) -> str:
        if not percent.isdecimal() or int(percent) > 100:
            raise ValueError(f"{percent!r}: a percentage is expected")
        await _named(self._handsets, name).set_battery(int(percent))
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


def _named(scanners: Mapping[str, _Scanner], name: str) -> _Scanner:
    if name not in scanners:
        raise ValueError(f"no scanner {name!r}: there are {', '.join(scanners)}")
    return scanners[name]


# --- typing -----------------------------------------------------------------------------------------------------


async def _serve(
    words: Words, scanners: Iterable[BleHandset | PtyScanner], rate: float | None, tell: Say
) -> None:
    """Obey words; scan at `rate` beside it."""
    tell(f"words: {', '.join(words)}, help")
    async with asyncio.TaskGroup() as group:
        if rate is not None:
            for number, scanner in enumerate(scanners, start=1):
                group.create_task(_scan_by_itself(scanner, f"SIM{number:03}", rate))
        async for line in typed_lines():
            if line:
                tell(f"{line}: {await _obey(line, words)}")


async def _obey(line: str, words: Words) -> str:
    """What a line does, and why it does nothing."""
    verb = line.split(maxsplit=1)[0]
    usage = next((usage for usage in words if usage.split()[0] == verb), None)
    if usage is None:
        return f"the words are {', '.join(words)}" if verb == "help" else "unknown: see help"
    expected = usage.split()[1:]
    given = line.split(maxsplit=len(expected))[1:]
    if len(given) != len(expected):
        return f"it is {usage!r}"
    try:
        return await words[usage](*given)
    except ValueError as error:
        return str(error)


async def _scan_by_itself(scanner: BleHandset | PtyScanner, prefix: str, per_s: float) -> None:
    number = 0
    while True:
        number += 1
        await asyncio.sleep(1 / per_s)
        await scanner.scan(f"{prefix}{number:06}")
