"""Faults that come by chance, from a seed: what a day on a floor does to radio links."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Never, TypeAlias

from devices.sim.bluez.bluez import FakeBluez
from devices.sim.bluez.handset import BleHandset

_Fault: TypeAlias = Callable[[FakeBluez, BleHandset, float], Awaitable[None]]


async def weather(bluez: FakeBluez, *, seed: int, every_s: float, lasts_s: float) -> Never:
    """A fault every `every_s` on average, of up to `lasts_s` where it lasts, until cancelled. Needs a handset."""
    rng = random.Random(seed)
    faults, weights = zip(*_FAULTS.items(), strict=True)
    while True:
        await asyncio.sleep(rng.expovariate(1 / every_s))
        (fault,) = rng.choices(faults, weights)
        await fault(bluez, rng.choice(bluez.handsets), rng.uniform(0, lasts_s))


async def _drop(_: FakeBluez, handset: BleHandset, _for_s: float) -> None:
    handset.drop()


async def _drop_all(bluez: FakeBluez, _: BleHandset, _for_s: float) -> None:
    bluez.drop_all()


async def _cut_power(_: FakeBluez, handset: BleHandset, for_s: float) -> None:
    handset.power_off()
    await asyncio.sleep(for_s)
    handset.power_on()


async def _silence(_: FakeBluez, handset: BleHandset, for_s: float) -> None:
    handset.silent = True
    await asyncio.sleep(for_s)
    handset.silent = False


async def _fail_connects(_: FakeBluez, handset: BleHandset, _for_s: float) -> None:
    handset.connects.extend(["fail", "blip"])
    handset.drop()


async def _kill(bluez: FakeBluez, _: BleHandset, for_s: float) -> None:
    await bluez.kill()
    await asyncio.sleep(for_s)
    await bluez.start()


#: How often each comes, compared with the others.
_FAULTS: dict[_Fault, float] = {
    _drop: 10, _cut_power: 4, _fail_connects: 3, _silence: 2, _drop_all: 1, _kill: 1,
}  # fmt: skip
