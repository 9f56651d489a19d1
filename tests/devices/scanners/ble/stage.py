"""A floor for Bluetooth tests: listeners that remember, a radio in a hurry, and waiting for what must come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

from devices.scanners.ble.link import BleScanner
from devices.scanners.ble.pace import Pace
from devices.scanners.ble.profiles import Profile, profile_named
from devices.scanners.ble.radio import Radio
from devices.scanners.framing.framer import Noise
from devices.scanners.scan import Feedback, Scan, Tone, Vitals
from devices.scanners.voice import FeedbackMode
from devices.sim.bluez import BleHandset

NUS = profile_named("nus")

#: In a hurry where the plan waits, patient where a busy machine may keep an answer waiting.
HURRY = Pace(first_s=0.05, longest_s=0.4, spread_s=0.1, settled_s=0.3, gather_s=0.3, grace_s=0.3)


class Desk:
    """Listens to one scanner, answers with one tone, and remembers everything."""

    def __init__(self, tone: Tone = "good") -> None:
        self.tone: Tone = tone
        self.scans: list[Scan] = []
        self.noise: list[Noise] = []
        self.faults: list[str | None] = []
        self.last_vitals = Vitals()

    @property
    def texts(self) -> list[str]:
        return [scan.text for scan in self.scans]

    @property
    def fault(self) -> str | None:
        """What was told last; no fault that there is, before anything was."""
        return self.faults[-1] if self.faults else "nothing told yet"

    async def scanned(self, scan: Scan) -> Feedback:
        self.scans.append(scan)
        return Feedback(self.tone, f"{scan.text} ok")

    def garbled(self, noise: Noise) -> None:
        self.noise.append(noise)

    async def health(self, fault: str | None) -> None:
        self.faults.append(fault)

    def vitals(self, vitals: Vitals) -> None:
        self.last_vitals = vitals


def handset(number: int = 1, profile: Profile = NUS, **more: Any) -> BleHandset:
    """A scanner with a number for an address."""
    return BleHandset(f"AA:00:00:00:00:{number:02X}", f"Scanner {number}", profile, **more)


def wanted(
    gun: BleHandset, desk: Desk, *, profile: str | None = None, feedback: FeedbackMode = "bel"
) -> BleScanner:
    return BleScanner(gun.address, desk, profile, feedback)


@asynccontextmanager
async def on_air(scanners: Iterable[BleScanner], **options: Any) -> AsyncIterator[asyncio.Task[None]]:
    """A radio that runs; its task."""
    radio = Radio(scanners, **{"pace": HURRY, **options})
    task: asyncio.Task[None] = asyncio.create_task(radio.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(true: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait for what must come; how long it takes is no claim."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - what is waited for is a fact about a simulator, not an event of ours
            await asyncio.sleep(0.01)
