"""Where a simulated printer is plugged in: a TCP port or a serial line (a pseudo-terminal, also for /dev/usb/lp0).

The printer sees bytes that arrive, and a peer to answer; the port sees to connecting and unplugging.
"""

from __future__ import annotations

import asyncio
import os
import tty
from collections.abc import Awaitable, Callable
from typing import Protocol

_READ_BYTES = 4096
Receive = Callable[[bytes], Awaitable[bool]]  # False: hang up


class Port(Protocol):
    """One way in."""

    @property
    def url(self) -> str:
        """How a configuration names it, as far as the port knows."""
        ...

    async def run(self, receive: Receive, started: Callable[[], None]) -> None:
        """Take bytes until cancelled; one peer at a time."""
        ...

    def answer(self, data: bytes) -> None:
        """Send to whoever is connected; what nobody takes is lost."""
        ...

    def drop(self) -> None:
        """Hang up: the network cable, or the USB plug."""
        ...


class TcpPort:
    """Port 9100 on the loopback; a printer serves one connection at a time."""

    def __init__(self, port: int = 0, host: str = "127.0.0.1") -> None:
        self.port = port
        self._host = host
        self._writer: asyncio.StreamWriter | None = None

    @property
    def url(self) -> str:
        return f"tcp://{self._host}:{self.port}"

    async def run(self, receive: Receive, started: Callable[[], None]) -> None:
        """The port number stays the same over stop and start."""
        one_connection = asyncio.Lock()
        async with asyncio.TaskGroup() as group:

            def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                group.create_task(self._serve(reader, writer, receive, one_connection))

            server = await asyncio.start_server(connected, self._host, self.port)
            try:
                self.port = server.sockets[0].getsockname()[1]
                started()
                await asyncio.Event().wait()
            finally:
                server.close()

    async def _serve(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        receive: Receive,
        one_connection: asyncio.Lock,
    ) -> None:
        try:
            async with one_connection:
                self._writer = writer
                while (data := await reader.read(_READ_BYTES)) and await receive(data):
                    continue
        except OSError:
            writer.transport.abort()  # the peer is gone; what it sent stays in the buffer, as in the hardware
        finally:
            if self._writer is writer:
                self._writer = None
            writer.close()

    def answer(self, data: bytes) -> None:
        if self._writer is not None:
            self._writer.write(data)

    def drop(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()


class PtyPort:
    """A serial line; `path` is its other end. With `bytes_per_s` it takes bytes as slowly as the wire would."""

    def __init__(self, *, bytes_per_s: float | None = None) -> None:
        self._bytes_per_s = bytes_per_s
        self._main, self._far = os.openpty()
        tty.setraw(self._far)
        os.set_blocking(self._main, False)
        self.path = os.ttyname(self._far)

    @property
    def url(self) -> str:
        baud = round(self._bytes_per_s * 10) if self._bytes_per_s else 115_200
        return f"serial://{self.path}?baud={baud}"

    async def run(self, receive: Receive, started: Callable[[], None]) -> None:
        """The far end is held open here too, so that an agent that closes it does not unplug it."""
        loop = asyncio.get_running_loop()
        readable = asyncio.Event()
        loop.add_reader(self._main, readable.set)
        started()
        try:
            while True:
                await readable.wait()
                readable.clear()
                await self._take(receive)
        finally:
            loop.remove_reader(self._main)

    async def _take(self, receive: Receive) -> None:
        most = _READ_BYTES if self._bytes_per_s is None else max(1, int(self._bytes_per_s / 50))
        while True:
            try:
                data = os.read(self._main, most)
            except BlockingIOError:
                return
            if self._bytes_per_s is not None:
                await asyncio.sleep(len(data) / self._bytes_per_s)
            await receive(data)

    def answer(self, data: bytes) -> None:
        try:
            os.write(self._main, data)
        except BlockingIOError:
            return  # nobody reads: a serial line has no memory

    def drop(self) -> None:
        """A cable cannot be pulled from a pseudo-terminal without closing it: see `close`."""

    def close(self) -> None:
        """Unplug for good: whoever has the other end open is told so."""
        os.close(self._main)
        os.close(self._far)
