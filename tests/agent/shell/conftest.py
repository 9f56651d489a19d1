"""A store with a real roster, a broker, and printers' drivers that wait shorter than on a floor."""

from __future__ import annotations

import socket
import uuid
from collections.abc import AsyncIterator, Iterator

import pytest

from agent.printer_owner import Pace
from devices.broker import EmbeddedBroker
from devices.printers.status import Timeouts
from devices.scanners.ble.profiles import profile_named
from devices.sim.bluez import BleHandset
from tests.devices.bluez import fake_bluez

SHORT = Timeouts(
    connect_s=0.5,
    probe_s=0.2,
    status_s=0.3,
    write_s=2.0,
    confirm_s=0.7,
    poll_s=0.02,
    grace_s=0.05,
    hold_s=0.05,
)
#: The real drivers with short waits; idle checks and retries come quickly.
QUICK_PACE = Pace(SHORT, idle_check_s=0.05, retry_s=0.05)


@pytest.fixture(scope="session")
def broker() -> Iterator[EmbeddedBroker]:
    """One broker for all tests that leave it running; their PDAs and sites are their own."""
    with EmbeddedBroker(durable=False) as running:
        yield running


@pytest.fixture
def site() -> str:
    """Its own topics at the shared broker."""
    return f"S{uuid.uuid4().hex[:12]}"


@pytest.fixture
def free_port() -> int:
    """On the loopback, and nobody's a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
async def guns() -> AsyncIterator[list[BleHandset]]:
    """Three hand scanners on the air, the second the strongest."""
    async with fake_bluez() as bluez:
        made = [
            BleHandset("C0:DE:00:00:00:01", "GUN-1", profile_named("nus"), rssi_dbm=-70),
            BleHandset("C0:DE:00:00:00:02", "GUN-2", profile_named("feea"), rssi_dbm=-50),
            BleHandset("C0:DE:00:00:00:03", "GUN-3", profile_named("nus"), rssi_dbm=-85),
        ]
        bluez.add(*made)
        yield made
