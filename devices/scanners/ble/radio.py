"""The radio: all adapters of the machine, and all Bluetooth scanners that are wanted on them.

Each adapter has a task that does one thing at a time: it connects to the scanner that the plan gives it, or listens
for those that are missing. Each connection has a task of its own, from its first try to its end. Everything waits for
something to happen; only scanners that BlueZ holds, and nobody hears therefore, are looked for now and then.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Never

from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData

from devices.errors import DeviceGone
from devices.scanners.ble.bus import Bluetooth, BluetoothWatch
from devices.scanners.ble.ear import CONNECTED_DBM, Ear
from devices.scanners.ble.link import BleScanner, Link
from devices.scanners.ble.opening import link_to
from devices.scanners.ble.pace import Pace
from devices.scanners.ble.plan import Plan
from devices.scanners.ble.profiles import PROFILES, Profile, profile_named
from devices.scanners.ble.trouble import BLEAK_TROUBLE, in_words
from devices.scanners.scan import Vitals

log = logging.getLogger(__name__)

#: Called with an adapter's name and each advertisement that it hears, whoever sends it.
OnHeard = Callable[[str, BLEDevice, AdvertisementData], None]

#: Not told to anybody: it differs from whatever is told first.
_ON_ITS_WAY = "not connected yet"


class Radio:
    """Keeps scanners connected; their listeners take what they send."""

    def __init__(
        self,
        scanners: Iterable[BleScanner],
        *,
        profiles: Sequence[Profile] = PROFILES,
        slots: int = 5,
        adapters: Iterable[str] = (),
        pace: Pace | None = None,
        on_heard: OnHeard | None = None,
    ) -> None:
        """`slots`: links per adapter. `adapters`: the ones to use ("hci0"); none: all that are powered.

        With `on_heard` the radio listens for ever, whether a scanner is missing or not. Raises ValueError for a
        profile that does not exist.
        """
        self._profiles = profiles
        self._slots = slots
        self._only = frozenset(adapters)
        self._pace = pace or Pace()
        self._on_heard = on_heard
        self._seats: dict[str, _Seat] = {}
        for scanner in scanners:
            self.add(scanner)
        self._begin()

    def _begin(self) -> None:
        self._plan = Plan(self._slots, self._pace, random.Random())
        self._antennas: dict[str, _Antenna] = {}
        self._bluetooth = Bluetooth()
        self._tasks = asyncio.TaskGroup()

    def add(self, scanner: BleScanner) -> None:
        """One more, before the radio runs. Raises ValueError for a profile that does not exist."""
        if scanner.profile is not None:
            profile_named(scanner.profile, self._profiles)
        self._seats[scanner.address] = _Seat(scanner)

    def admit(self, scanner: BleScanner, heard: Mapping[str, tuple[BLEDevice, int]]) -> None:
        """One more, while the radio runs; `heard`: by which adapters, as which device, with how many dBm.

        BlueZ does not tell a second time what has not changed. Raises ValueError for a profile that does not exist.
        """
        self.add(scanner)
        self._attend(self._seats[scanner.address])
        for adapter, (device, signal_dbm) in heard.items():
            if adapter in self._antennas:
                self._note(self._antennas[adapter], device, signal_dbm)

    def link_of(self, address: str) -> Link | None:
        """A scanner's connection, if it has one now."""
        return self._seats[address].link

    async def run(self) -> Never:
        """Until cancelled; every link is disconnected then. An error of a listener is passed on."""
        self._begin()
        try:
            async with self._tasks:
                for seat in self._seats.values():
                    self._attend(seat)
                await BluetoothWatch(self._take, self._only).run()
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None

    def _attend(self, seat: _Seat) -> None:
        self._plan.want(seat.scanner.address, _now())
        self._tasks.create_task(self._report(seat))

    def _take(self, bluetooth: Bluetooth) -> None:
        """Adapters came or went; all of them went where bluetoothd did."""
        self._bluetooth = bluetooth
        self._plan.use(bluetooth.adapters)
        for name in self._antennas.keys() - bluetooth.adapters:
            self._antennas.pop(name).take_down()
        for seat in self._seats.values():
            if seat.link is not None and seat.on not in bluetooth.adapters:
                seat.link.end(bluetooth.fault or f"adapter {seat.on} is gone")
            seat.changed.set()
        for name in sorted(bluetooth.adapters - self._antennas.keys()):
            self._put_up(name)
        self._wake()

    def _put_up(self, adapter: str) -> None:
        antenna = _Antenna(adapter)
        ear = Ear(adapter, lambda device, said: self._hear(antenna, device, said))
        self._antennas[adapter] = antenna
        antenna.task = self._tasks.create_task(self._serve(antenna, ear))

    def _wake(self) -> None:
        for antenna in self._antennas.values():
            antenna.changed.set()

    async def _serve(self, antenna: _Antenna, ear: Ear) -> Never:
        """An adapter's work, until the adapter is gone."""
        try:
            while True:
                try:
                    await self._look_for_connected(antenna, ear)
                    look_again_at = _now() + self._pace.heard_s
                    while _now() < look_again_at:
                        await self._take_turn(antenna, ear, look_again_at)
                except BLEAK_TROUBLE as error:
                    self._find_fault(antenna, f"{antenna.name} cannot listen: {in_words(error)}")
                    await asyncio.sleep(self._pace.first_s)
        finally:
            await ear.stop()

    async def _look_for_connected(self, antenna: _Antenna, ear: Ear) -> None:
        """A missing scanner that BlueZ holds, for whomever, does not advertise. Raises one of BLEAK_TROUBLE."""
        for device in await ear.connected_already(self._profiles):
            seat = self._seats.get(device.address)
            if seat is not None and seat.link is None:
                self._note(antenna, device, CONNECTED_DBM)

    def _find_fault(self, antenna: _Antenna, fault: str | None) -> None:
        if fault == antenna.fault:
            return
        log.warning("%s", fault or f"{antenna.name} listens again")
        antenna.fault = fault
        for seat in self._seats.values():
            seat.changed.set()

    async def _take_turn(self, antenna: _Antenna, ear: Ear, until: float) -> None:
        """Connect to one scanner, or listen until there is one to connect to. Raises one of BLEAK_TROUBLE."""
        antenna.changed.clear()
        now = _now()
        address = self._plan.choose(antenna.name, now)
        if address is not None:
            self._wake()  # one link more counts against this adapter: another one may be the better choice now
            is_decided = asyncio.Event()
            self._tasks.create_task(self._hold(self._seats[address], antenna, ear, is_decided))
            await is_decided.wait()
            return
        if self._plan.missing or self._on_heard:
            await ear.start()
        else:
            await ear.stop()
        self._find_fault(antenna, None)
        # As of when nothing was chosen: whoever has become ready since then is no longer "later".
        next_look_at = self._plan.next_look_at(antenna.name, now)
        await _wait(antenna.changed, until if next_look_at is None else min(next_look_at, until))

    def _hear(self, antenna: _Antenna, device: BLEDevice, said: AdvertisementData) -> None:
        self._note(antenna, device, said.rssi)
        if self._on_heard is not None:
            self._on_heard(antenna.name, device, said)

    def _note(self, antenna: _Antenna, device: BLEDevice, signal_dbm: int) -> None:
        seat = self._seats.get(device.address)
        if seat is None:
            return
        antenna.heard[device.address] = device, signal_dbm
        for name in self._plan.hears(device.address, antenna.name, signal_dbm, _now()):
            self._antennas[name].changed.set()
            seat.changed.set()

    async def _hold(self, seat: _Seat, antenna: _Antenna, ear: Ear, is_decided: asyncio.Event) -> None:
        """One connection, from its first try to its end; `is_decided` when the adapter is free for the next."""
        address = seat.scanner.address
        device, signal_dbm = antenna.heard[address]
        known = Vitals(antenna.name, signal_dbm=signal_dbm or None)
        reason = ""
        try:
            await ear.stop()  # connecting fails more often while the adapter listens
            async with link_to(device, seat.scanner, self._profiles, known, self._pace) as link:
                seat.link, seat.on = link, antenna.name
                self._plan.connected(address, _now())
                seat.changed.set()
                is_decided.set()
                await link.serve()
        except DeviceGone as gone:
            reason = gone.reason
            log.info("scanner %s on %s: %s", address, antenna.name, reason)
        finally:
            seat.link = None
            self._plan.ended(address, reason, _now())
            seat.changed.set()
            is_decided.set()
            self._wake()

    async def _report(self, seat: _Seat) -> Never:
        """Tell the listener how its scanner is, when that changes."""
        settled_at = _now() + self._pace.grace_s
        while True:
            seat.changed.clear()
            now = _now()
            fault = self._fault_of(seat, now)
            if fault != seat.said:
                seat.said = fault
                await seat.scanner.listener.health(fault)
            await _wait(seat.changed, settled_at if now < settled_at else None)

    def _fault_of(self, seat: _Seat, now: float) -> str | None:
        if seat.link is not None:
            return None
        deaf = [antenna.fault for antenna in self._antennas.values()]
        return (
            self._bluetooth.fault
            or (deaf[0] if deaf and all(deaf) else None)
            or self._plan.fault(seat.scanner.address, now)
            or seat.said
        )


class _Seat:
    """A wanted scanner, its link and the adapter of that while it has one, and what was last said of it."""

    def __init__(self, scanner: BleScanner) -> None:
        self.scanner = scanner
        self.link: Link | None = None
        self.on = ""
        self.said: str | None = _ON_ITS_WAY
        self.changed = asyncio.Event()


class _Antenna:
    """An adapter in use: whom of the wanted it has heard, and how well."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.heard: dict[str, tuple[BLEDevice, int]] = {}
        self.changed = asyncio.Event()
        self.fault: str | None = None
        self.task: asyncio.Task[Never] | None = None

    def take_down(self) -> None:
        """It is gone."""
        if self.task is not None:
            self.task.cancel()


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _wait(changed: asyncio.Event, until: float | None) -> None:
    """For what comes first."""
    try:
        async with asyncio.timeout_at(until):
            await changed.wait()
    except TimeoutError:
        return
