"""Pairing by a printed code: a code that exists once is shown on paper or a screen, and whoever sends it is it.

A hand scanner has no screen, and its address is on a label that nobody can read. So every device around that looks
like a scanner is connected to, the strongest first, until one of them sends the code.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Never

from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData

from devices.errors import DeviceGone
from devices.scanners.ble.find import Found, found_advertising, usable_adapters
from devices.scanners.ble.link import BleScanner
from devices.scanners.ble.profiles import PROFILES, Profile
from devices.scanners.ble.radio import Radio
from devices.scanners.framing.framer import Noise
from devices.scanners.scan import Feedback, Scan, Vitals

#: Without letters and digits that a person takes for others, should one ever type it.
_LETTERS = "ACDEFHJKLMNPRTUVWXY34679"
#: So long devices are gathered, so that the strongest of them is asked first.
_GATHER_S = 2.0


def new_code() -> str:
    """A code that nobody has, of characters that any symbology carries; as Code 128 it fits a terminal's 80 columns."""
    return "FH" + "".join(secrets.choice(_LETTERS) for _ in range(6))


@dataclass(frozen=True, slots=True)
class Paired:
    """The scanner that sent the code, the id of its profile, and the adapter that it came over."""

    address: str
    name: str | None
    profile: str
    adapter: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A device that may be it. `fault` None: its codes are listened to; else why not, or not yet."""

    found: Found
    fault: str | None


async def pair(
    code: str,
    seconds: float,
    profiles: Sequence[Profile] = PROFILES,
    *,
    skip: Collection[str] = (),
    adapters: Iterable[str] = (),
    slots: int = 5,
    on_progress: Callable[[Candidate], None] | None = None,
) -> Paired:
    """The scanner that sends `code`.

    `skip`: addresses that have their place already. `on_progress`: called when a candidate is heard, and when
    listening to it begins or fails. Raises DeviceGone that says what to do where the machine cannot listen, or where
    nobody sends the code in time.
    """
    only = await usable_adapters(adapters)
    pairing = _Pairing(code, profiles, skip, on_progress)
    radio = Radio((), profiles=profiles, adapters=only, slots=slots, on_heard=pairing.hear)
    try:
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
            work = (group.create_task(radio.run()), group.create_task(pairing.admit_to(radio)))
            paired = await pairing.paired
            for task in work:
                task.cancel()
    except TimeoutError as error:
        raise DeviceGone(f"no scanner sent {code}: {pairing.listened} listened to") from error
    return paired


class _Pairing:
    """Whom we listen to, and who has sent the code."""

    def __init__(
        self,
        code: str,
        profiles: Sequence[Profile],
        skip: Collection[str],
        on_progress: Callable[[Candidate], None] | None,
    ) -> None:
        self.code = code
        self.paired: asyncio.Future[Paired] = asyncio.get_running_loop().create_future()
        self.listened = 0
        self._profiles = profiles
        self._known = {address.upper() for address in skip}
        self._waiting: list[Found] = []
        self._heard: dict[str, dict[str, tuple[BLEDevice, int]]] = {}
        self._on_progress = on_progress

    def hear(self, adapter: str, device: BLEDevice, said: AdvertisementData) -> None:
        """A device that says neither what it offers nor its name is no scanner; one with a name is probed."""
        found = found_advertising(adapter, device, said, self._profiles)
        if found.address in self._heard:
            self._heard[found.address][adapter] = device, said.rssi
        elif found.address not in self._known and (found.profile or found.name):
            self._heard[found.address] = {adapter: (device, said.rssi)}
            self._known.add(found.address)
            self._waiting.append(found)
            self.tell(found, "waits for its turn")

    async def admit_to(self, radio: Radio) -> Never:
        """Known families first, the strongest first among them."""
        while True:
            await asyncio.sleep(_GATHER_S)
            for found in sorted(self._waiting, key=lambda each: (each.profile is None, -each.rssi_dbm)):
                heard = self._heard.pop(found.address)
                radio.admit(BleScanner(found.address, _Ear(self, radio, found)), heard)
            self._waiting.clear()

    def tell(self, found: Found, fault: str | None) -> None:
        """The progress of a candidate."""
        if self._on_progress is not None:
            self._on_progress(Candidate(found, fault))


class _Ear:
    """Listens to one candidate."""

    def __init__(self, pairing: _Pairing, radio: Radio, found: Found) -> None:
        self._pairing = pairing
        self._radio = radio
        self._found = found
        self._adapter = found.adapter

    async def scanned(self, scan: Scan) -> Feedback:
        """Is it the code?"""
        link = self._radio.link_of(self._found.address)
        if scan.text.strip() != self._pairing.code or link is None:
            return Feedback("wrong", "another code than the one for pairing")
        if not self._pairing.paired.done():
            paired = Paired(self._found.address, self._found.name, link.profile.id, self._adapter)
            self._pairing.paired.set_result(paired)
        return Feedback("good", "paired")

    def garbled(self, noise: Noise) -> None:
        """It is scanned once more then."""

    async def health(self, fault: str | None) -> None:
        """None: it is listened to."""
        self._pairing.listened += fault is None
        self._pairing.tell(self._found, fault)

    def vitals(self, vitals: Vitals) -> None:
        """Which adapter it hangs on."""
        self._adapter = vitals.path
