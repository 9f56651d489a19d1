"""The far end of each kind of link: a socket, a terminal's master side, a USB printer."""

from __future__ import annotations

import asyncio
import os
import socket
import tty
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol, Self

from devices.links.file import FileLink
from devices.links.link import Link
from devices.links.serial import SerialLink
from devices.links.tcp import TcpLink
from devices.links.usb import UsbLink
from tests.devices.links.fake_libusb1 import FakeUsb

PATIENCE_S = 5.0


async def until(met: Callable[[], object]) -> None:
    """Wait for something that another thread or the kernel brings about."""
    async with asyncio.timeout(PATIENCE_S):
        while not met():  # noqa: ASYNC110 - what brings it about knows no event
            await asyncio.sleep(0.001)


class FarEnd(Protocol):
    """What a device does; used as a context."""

    link: Link

    def __enter__(self) -> Self: ...
    def __exit__(self, *exc: object) -> None: ...
    def connect(self) -> None: ...
    def say(self, data: bytes) -> int: ...
    def take(self) -> bytes: ...
    def unplug(self) -> None: ...


async def opened(far: FarEnd) -> Link:
    """Its link, open."""
    await far.link.open(connect_timeout_s=PATIENCE_S)
    far.connect()
    return far.link


async def say(far: FarEnd, data: bytes) -> None:
    """Send all of it, in as many parts as the way takes."""
    async with asyncio.timeout(PATIENCE_S):
        while data:
            data = data[far.say(data) :]
            await asyncio.sleep(0)


async def take(far: FarEnd, count: int) -> bytes:
    """Exactly so many bytes."""
    taken = bytearray()
    async with asyncio.timeout(PATIENCE_S):
        while len(taken) < count:
            taken += far.take()
            await asyncio.sleep(0)
    return bytes(taken)


class TcpEnd:
    """A server of one connection."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.link: Link = TcpLink(*self._server.getsockname())
        self._socket = socket.socket()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.close()
        self._socket.close()

    def connect(self) -> None:
        self._socket.close()
        self._socket, _ = self._server.accept()
        self._socket.setblocking(False)

    def say(self, data: bytes) -> int:
        return _write(self._socket.fileno(), data)

    def take(self) -> bytes:
        return _read(self._socket.fileno())

    def unplug(self) -> None:
        self._server.close()
        if self._socket.fileno() >= 0:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


class PtyEnd:
    """The master side of a raw terminal."""

    def __init__(self, kind: Callable[[str], Link] | None = None) -> None:
        self.master, self.slave = os.openpty()
        os.set_blocking(self.master, False)
        tty.setraw(self.slave)
        self.path = os.ttyname(self.slave)
        self.link: Link = kind(self.path) if kind else SerialLink(f"serial://{self.path}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.unplug()

    def connect(self) -> None:
        """A terminal is always connected."""

    def say(self, data: bytes) -> int:
        return _write(self.master, data)

    def take(self) -> bytes:
        return _read(self.master)

    def unplug(self) -> None:
        for descriptor in (self.master, self.slave):
            if descriptor >= 0:
                os.close(descriptor)
        self.master = self.slave = -1


class SerialEnd(PtyEnd):
    """A serial port."""


class FileEnd(PtyEnd):
    """A terminal where usblp would be: a device file that is read and written without blocking."""

    def __init__(self) -> None:
        super().__init__(lambda path: FileLink(f"file://{path}"))


class UsbEnd:
    """A printer on a fake libusb."""

    def __init__(self, usb: FakeUsb | None = None, query: str = "") -> None:
        self.usb = usb or FakeUsb()
        self.link: Link = UsbLink(f"usb://04b8:0202{query}", backend=self.usb)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.unplug()

    def connect(self) -> None:
        """From here on it has room for as much as a kernel's buffer."""
        self.usb.make_room(65536)

    def say(self, data: bytes) -> int:
        self.usb.say(data)
        return len(data)

    def take(self) -> bytes:
        with self.usb.changed:
            data = bytes(self.usb.taken)
            self.usb.taken.clear()
        self.usb.make_room(65536)
        return data

    def unplug(self) -> None:
        self.usb.unplug()


def _write(descriptor: int, data: bytes) -> int:
    try:
        return os.write(descriptor, data)
    except BlockingIOError:
        return 0


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except BlockingIOError:
        return b""
