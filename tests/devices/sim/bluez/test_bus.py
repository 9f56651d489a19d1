"""The private bus."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest
from dbus_fast import Message

from devices.errors import DeviceError
from devices.sim.bluez import FakeBluez, adapters, private_bus
from devices.sim.bluez.bus import connect
from tests.devices.bluez import fake_bluez


async def test_without_dbus_daemon_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DeviceError, match="apt install dbus-daemon"):
        async with private_bus():
            raise AssertionError("there is no bus")


async def test_a_bus_that_cannot_listen_says_why() -> None:
    async with fake_bluez():
        with pytest.raises(DeviceError, match="Failed to"):
            async with private_bus(Path("/nowhere/socket")):
                raise AssertionError("there is no bus")


async def test_a_bus_ends_with_its_block_and_is_where_it_was_wanted(tmp_path: Path) -> None:
    async with fake_bluez():
        path = tmp_path / "bus"
        async with private_bus(path) as bus:
            assert bus.address.startswith(f"unix:path={path}")
        with pytest.raises(ProcessLookupError):
            os.kill(bus.pid, 0)


async def test_a_bus_does_not_outlive_an_owner_that_is_killed() -> None:
    async with fake_bluez():
        owner = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _OWNER, stdout=asyncio.subprocess.PIPE
        )  # fmt: skip
        assert owner.stdout is not None
        bus = os.pidfd_open(int(await owner.stdout.readline()))
        owner.kill()
        await owner.communicate()
        ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(bus, ended.set)
        async with asyncio.timeout(20):
            await ended.wait()
        asyncio.get_running_loop().remove_reader(bus)
        os.close(bus)


_OWNER = """
import asyncio
from devices.sim.bluez import private_bus

async def own():
    async with private_bus() as bus:
        print(bus.pid, flush=True)
        await asyncio.Event().wait()

asyncio.run(own())
"""


async def test_the_variable_is_what_it_was_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/run/before")
    async with fake_bluez():
        assert os.environ["DBUS_SYSTEM_BUS_ADDRESS"] != "unix:path=/run/before"
    assert os.environ["DBUS_SYSTEM_BUS_ADDRESS"] == "unix:path=/run/before"


async def test_a_second_bluetoothd_is_refused() -> None:
    async with fake_bluez():
        with pytest.raises(DeviceError, match="another bluetoothd"):
            await FakeBluez(os.environ["DBUS_SYSTEM_BUS_ADDRESS"], adapters(1)).start()


async def test_a_connection_outlives_a_burst_that_fills_its_send_buffer() -> None:
    """40 MB at once, where a socket's buffer takes a fifth of one."""
    async with fake_bluez():
        bus = await connect(os.environ["DBUS_SYSTEM_BUS_ADDRESS"])
        burst = Message.new_signal("/burst", "floor.Burst", "Data", "ay", [bytes(1_000_000)])
        for sending in [bus.send(burst) for _ in range(40)]:
            await sending
        assert bus.connected
        bus.disconnect()
        await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]
