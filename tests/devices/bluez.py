"""A fake BlueZ for the real bleak, in the test's own loop."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from devices.sim.bluez import FakeBluez, Timing, private_bus
from devices.sim.bluez import adapters as some_adapters

_VARIABLE = "DBUS_SYSTEM_BUS_ADDRESS"


@asynccontextmanager
async def fake_bluez(
    adapters: int = 1, slots: int = 7, timing: Timing | None = None
) -> AsyncIterator[FakeBluez]:
    """A private bus for as long as it is wanted, which bleak takes for the system's; skips where that cannot be had."""
    if shutil.which("dbus-daemon") is None:
        pytest.skip("dbus-daemon is not installed")
    before = os.environ.get(_VARIABLE)
    async with private_bus() as bus:
        os.environ[_VARIABLE] = bus.address
        try:
            async with FakeBluez(bus.address, some_adapters(adapters, slots), timing=timing) as bluez:
                yield bluez
        finally:
            if before is None:
                del os.environ[_VARIABLE]
            else:
                os.environ[_VARIABLE] = before
