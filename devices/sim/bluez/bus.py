"""A private system bus: a dbus-daemon of our own that lets everybody do everything; and a patient way onto it."""

from __future__ import annotations

import asyncio
import select
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dbus_fast.aio import MessageBus

from devices.broker import tied_to_this_process
from devices.errors import DeviceError

# The limits of a system bus (256 connections of a user, 128 replies) are below what hundreds of links take: bleak
# opens a connection for each.
_CONFIG = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={path}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
  </policy>
  <limit name="max_completed_connections">20000</limit>
  <limit name="max_incomplete_connections">2000</limit>
  <limit name="max_connections_per_user">20000</limit>
  <limit name="max_replies_per_connection">20000</limit>
  <limit name="max_match_rules_per_connection">20000</limit>
</busconfig>
"""


@dataclass(frozen=True, slots=True)
class PrivateBus:
    """A bus that runs; `address` is for DBUS_SYSTEM_BUS_ADDRESS."""

    address: str
    pid: int


@asynccontextmanager
async def private_bus(path: Path | None = None) -> AsyncIterator[PrivateBus]:
    """A bus at `path`, or anywhere. Raises DeviceError where there is no dbus-daemon, or where it does not start."""
    with tempfile.TemporaryDirectory(prefix="floorhand-bus-") as folder:
        config = Path(folder) / "bus.conf"
        config.write_text(_CONFIG.format(path=path or Path(folder) / "socket"))
        daemon = await _start(config)
        try:
            yield PrivateBus(await _address(daemon), daemon.pid)
        finally:
            if daemon.returncode is None:
                daemon.terminate()
            await daemon.communicate()


async def _start(config: Path) -> asyncio.subprocess.Process:
    program = shutil.which("dbus-daemon")
    if program is None:
        raise DeviceError("dbus-daemon is not installed: apt install dbus-daemon")
    command = [program, f"--config-file={config}", "--nofork", "--nopidfile", "--print-address"]
    return await asyncio.create_subprocess_exec(
        *tied_to_this_process(command),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C in a terminal ends us first
    )


async def _address(daemon: asyncio.subprocess.Process) -> str:
    """It prints it when it listens."""
    assert daemon.stdout is not None
    assert daemon.stderr is not None
    if line := await daemon.stdout.readline():
        return line.decode().strip()
    raise DeviceError((await daemon.stderr.read()).decode(errors="replace").strip())


async def connect(address: str) -> MessageBus:
    """A connection that takes bursts of any size. Raises OSError."""
    bus = await MessageBus(address, negotiate_unix_fd=True).connect()
    writer: Any = bus._writer
    writer.sock = _PatientSocket(writer.sock)
    return bus


class _PatientSocket:
    """What dbus-fast writes to.

    To dbus-fast 5.2 a full send buffer is the end of the connection (`write_callback` in its aio/message_bus.py;
    altdesktop/python-dbus-next #153); told that nothing was sent, it waits for room. Only a message with a socket in
    it, which it would send without on its second try, waits here: the daemon always reads on.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def send(self, data: memoryview) -> int:
        """How many bytes were taken."""
        try:
            return self._connection.send(data)
        except BlockingIOError:
            return 0

    def sendmsg(self, buffers: Any, ancillary: Any) -> int:
        """The same, with a socket."""
        room = select.poll()
        room.register(self._connection, select.POLLOUT)
        room.poll()
        return self._connection.sendmsg(buffers, ancillary)
