"""A shift of simulated Bluetooth scanners, the hands that hold them, and what befalls them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from agent.sandbox.scanners import table
from devices.scanners.ble.profiles import PROFILES
from devices.sim.bluez import BleHandset, FakeBluez, Faults, Timing, weather

#: As slow as good radios are.
TIMING = Timing(connect_s=0.15, resolve_s=0.15, advertise_every_s=0.5)

_TERMINATORS = (b"\r", b"\r\n", b"\n")
_LONG = "/of-two-notifications"
_ROUGH = Faults(split=0.1, merge=0.1, double=0.05)
_GUST_EVERY_S, _GUST_LASTS_S = 1.0, 3.0
_AWAY_S = (1.0, 2.0)


@dataclass(frozen=True, slots=True)
class Blow:
    """What befalls the whole shift at once: its name, and how it is done."""

    name: str
    strike: Callable[[], Awaitable[None]]


class Shift:
    """Handsets of all families in turn; what they read while they are not connected they send later, once."""

    def __init__(self, bluez: FakeBluez, count: int, *, seed: int, rough: bool) -> None:
        """`rough`: packets are split, merged and doubled, and links fail one by one."""
        self._bluez = bluez
        self._rng = random.Random(f"shift {seed}")
        self._rough = rough
        self.handsets = [_handset(number, seed, rough) for number in range(count)]
        self._volleys = 0
        bluez.add(*self.handsets)

    @property
    def tables(self) -> Iterator[str]:
        """Its scanners, as a configuration has them."""
        for handset in self.handsets:
            url = f"ble://{handset.address}?profile={handset.profile.id}"
            yield table(handset.name, url, "bel" if handset.profile.write else "none")

    @property
    def scanned(self) -> int:
        """Codes that were read."""
        return sum(len(handset.scans) for handset in self.handsets)

    @property
    def kept(self) -> bool:
        """Is a code in a memory still?"""
        return any(not scan.sent for handset in self.handsets for scan in handset.scans)

    # --- hands ----------------------------------------------------------------------------------------------

    async def scan(self, per_s: float, seconds: float) -> None:
        """Every hand scans at this rate, with jitter, each code once; a late one catches up."""
        async with asyncio.TaskGroup() as group:
            for number, handset in enumerate(self.handsets):
                group.create_task(self._hand(number, handset, per_s, seconds))

    async def _hand(self, number: int, handset: BleHandset, per_s: float, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        began, rng = loop.time() + self._rng.uniform(0, 1 / per_s), random.Random(self._rng.random())
        for pull in range(round(per_s * seconds)):
            await asyncio.sleep(began + (pull + rng.uniform(0, 0.5)) / per_s - loop.time())
            await handset.scan(f"X{number:03}/{pull:05}{_LONG if pull % 3 == 0 else ''}")

    async def _volley(self) -> None:
        """Every hand scans in this very moment, so that much is on its way when the blow falls."""
        self._volleys += 1
        for number, handset in enumerate(self.handsets):
            await handset.scan(f"X{number:03}/volley-{self._volleys}")

    # --- what befalls them ----------------------------------------------------------------------------------

    async def are_back(self, within_s: float) -> bool:
        """Wait until every handset has been listened to at some time from now on."""
        missing = set(self.handsets)
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while missing := {each for each in missing if not each.ready}:  # noqa: ASYNC110 - a simulator's fact
                    await asyncio.sleep(0.05)
        return not missing

    async def none_listened_to(self) -> None:
        """Wait until nobody listens to any handset."""
        while any(handset.ready for handset in self.handsets):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)

    def kill(self) -> Blow:
        """bluetoothd dies, and is back after a second or two."""

        async def strike() -> None:
            await self._volley()
            await self._bluez.kill()
            await asyncio.sleep(self._rng.uniform(*_AWAY_S))
            await self._bluez.start()

        return Blow("bluetoothd killed", strike)

    def drop_all(self) -> Blow:
        """Every link is lost at once."""

        async def strike() -> None:
            await self._volley()
            self._bluez.drop_all()

        return Blow("all links dropped", strike)

    @asynccontextmanager
    async def weather(self) -> AsyncIterator[None]:
        """Single faults by chance meanwhile, if it is a rough shift; all is mended at the end."""
        if not self._rough:
            yield
            return
        seed = self._rng.randrange(2**32)
        gusts = asyncio.create_task(
            weather(self._bluez, seed=seed, every_s=_GUST_EVERY_S, lasts_s=_GUST_LASTS_S)
        )
        try:
            yield
        finally:
            gusts.cancel()
            with suppress(asyncio.CancelledError):
                await gusts
            await self._bluez.start()
            for handset in self.handsets:
                handset.silent = False
                handset.power_on()


def _handset(number: int, seed: int, rough: bool) -> BleHandset:
    profile = PROFILES[number % len(PROFILES)]
    return BleHandset(
        f"C0:DE:00:00:{number // 256:02X}:{number % 256:02X}",
        f"SIM-{number:03}",
        profile,
        terminator=_TERMINATORS[number % len(_TERMINATORS)],
        memory="once",
        faults=_ROUGH if rough else None,
        seed=seed,
    )
