"""A link over a file descriptor that the event loop can wait for: serial ports and printers' device files.

Reading starts when the link is opened, so that an unplugged device is noticed while nobody asks for bytes.
"""

from __future__ import annotations

import asyncio
import errno
import os
import select
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol

from devices.errors import LinkLost, LinkTimeout, LinkUnreachable
from devices.links.opening import closed, opened

READ_CHUNK_BYTES = 4096
RECEIVED_LIMIT_BYTES = 65536  # what nobody asks for waits in the kernel from here on
_EMPTY_READ_PAUSE_S = 0.1
_UNREADABLE = (errno.EBADF, errno.EINVAL)  # opened for writing alone; usblp has no way back from the printer


class Port(Protocol):
    """An open device."""

    def fileno(self) -> int: ...
    def close(self) -> None: ...


class DescriptorLink(ABC):
    """A `Link`; each kind says how it is opened, and what its descriptor means by what it does."""

    def __init__(self, name: str, bytes_per_s: float) -> None:
        self.name = name
        self.bytes_per_s: float | None = bytes_per_s
        self._port: Port | None = None
        self._lost = "closed"  # why it is not open; empty while it is
        self._received = bytearray()
        self._news = asyncio.Event()  # bytes came, or the link was lost
        self._pause: asyncio.TimerHandle | None = None

    @abstractmethod
    def _open_port(self) -> Port:
        """Open the device without blocking reads and writes; runs in a thread. Raises OSError."""

    @abstractmethod
    async def _until_out(self) -> None:
        """Return when what the kernel took has left it. Raises OSError."""

    @abstractmethod
    def _discard_output(self) -> None:
        """Throw away what the kernel took and has not sent, as far as it can be."""

    @property
    def is_open(self) -> bool:
        """False once the device is gone, as far as the kernel knows by now."""
        return not self._lost

    async def open(self, *, connect_timeout_s: float) -> None:
        """Open, after closing what was open. Raises LinkUnreachable."""
        await self.close()
        self._port = await opened(
            self.name, self._open_port, lambda port: port.close(), timeout_s=connect_timeout_s
        )
        try:
            self._listen()
        except PermissionError as error:  # /dev/null and its like, which are always ready
            await self.close()
            raise LinkUnreachable(f"{self.name}: not a device that can be waited for") from error
        self._lost = ""

    async def write(
        self, data: bytes, *, deadline_s: float, on_handed: Callable[[], None] | None = None
    ) -> None:
        """Hand over `data`, and wait until it has left the kernel. Raises LinkLost or LinkTimeout.

        `on_handed` is called once the kernel took the first bytes; an error without it means that it took none.
        What was not sent when this raises is thrown away.
        """
        if self._port is None or self._lost:
            raise LinkLost(self._lost)
        try:
            async with asyncio.timeout(deadline_s):
                await self._push(self._port.fileno(), data, on_handed)
        except TimeoutError as error:
            raise LinkTimeout("takes no more bytes") from error
        except OSError as error:
            self._lose(error)
            raise LinkLost(self._lost) from error

    async def _push(self, descriptor: int, data: bytes, on_handed: Callable[[], None] | None) -> None:
        rest = memoryview(data)
        try:
            while rest:
                try:
                    rest = rest[os.write(descriptor, rest) :]
                except BlockingIOError:
                    await writable(descriptor)
                    continue
                if on_handed is not None:
                    on_handed()
                    on_handed = None
            await self._until_out()
        except BaseException:
            self._discard_output()
            raise

    async def read(self, *, deadline_s: float) -> bytes:
        """The bytes that are there, or the next to come. Raises LinkTimeout, or LinkLost at the end."""
        try:
            async with asyncio.timeout(deadline_s):
                while not self._received and not self._lost:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError as error:
            raise LinkTimeout("no answer") from error
        if not self._received:
            raise LinkLost(self._lost)
        data = bytes(self._received)
        self._received.clear()
        if len(data) >= RECEIVED_LIMIT_BYTES and not self._lost:
            self._listen()
        return data

    async def close(self) -> None:
        """Close; what was not yet taken is given up. Safe to call at any time."""
        port, self._port = self._port, None
        if port is None:
            return
        self._deafen(port)
        self._lost = "closed"
        self._received.clear()
        self._news.set()
        await closed(port.close)

    def _listen(self) -> None:
        self._pause = None
        if self._port is not None:
            asyncio.get_running_loop().add_reader(self._port.fileno(), self._receive, self._port)

    def _deafen(self, port: Port) -> None:
        asyncio.get_running_loop().remove_reader(port.fileno())
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None

    def _receive(self, port: Port) -> None:
        try:
            data = os.read(port.fileno(), READ_CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._deafen(port)
            if error.errno not in _UNREADABLE:
                self._lose(error)
            return
        if not data:
            self._on_empty_read(port)
            return
        self._received += data
        self._news.set()
        if len(self._received) >= RECEIVED_LIMIT_BYTES:
            self._deafen(port)

    def _on_empty_read(self, port: Port) -> None:
        """A device that hung up reads so; so does a printer that answers with an empty packet, again and again."""
        self._deafen(port)
        if has_hung_up(port.fileno()):
            self._lose(OSError(errno.EIO, "hung up"))
        else:
            self._pause = asyncio.get_running_loop().call_later(_EMPTY_READ_PAUSE_S, self._listen)

    def _lose(self, error: OSError) -> None:
        """Note that the device is gone; its descriptor is held until `close`, so that no other takes its number."""
        self._lost = f"unplugged: {os.strerror(error.errno) if error.errno else error}"
        if self._port is not None:
            self._deafen(self._port)
        self._news.set()


async def writable(descriptor: int) -> None:
    """Return when the descriptor takes bytes, or fails."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()

    def wake() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_writer(descriptor, wake)
    try:
        await ready
    finally:
        loop.remove_writer(descriptor)


def has_hung_up(descriptor: int) -> bool:
    """Whether the device behind it is gone."""
    state = select.poll()
    state.register(descriptor, 0)
    return bool(state.poll(0))
