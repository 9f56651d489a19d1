"""One TCP connection to a device, with a deadline on every wait.

A label printer serves one connection at a time and a leaked socket can wedge it until it is switched off, so
a link holds exactly one and closes it before it opens the next.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from devices.errors import LinkLost, LinkTimeout, LinkUnreachable
from devices.links.link import FAST_BYTES_PER_S

READ_CHUNK_BYTES = 4096
CLOSE_TIMEOUT_S = 1.0

# A device that was switched off sends no FIN. These let the kernel notice within about 8 s, also while idle.
_SOCKET_OPTIONS = (
    (socket.SOL_SOCKET, "SO_KEEPALIVE", 1),
    (socket.IPPROTO_TCP, "TCP_KEEPIDLE", 3),
    (socket.IPPROTO_TCP, "TCP_KEEPINTVL", 2),
    (socket.IPPROTO_TCP, "TCP_KEEPCNT", 2),
    (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT", 8000),
)


class TcpLink:
    """A `Link` to `host`:`port`."""

    bytes_per_s: float | None = FAST_BYTES_PER_S

    def __init__(self, host: str, port: int) -> None:
        self.name = f"{host}:{port}"
        self._address = (host, port)
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def open(self, *, connect_timeout_s: float) -> None:
        """Connect, after closing what was open. Raises LinkUnreachable."""
        await self.close()
        try:
            async with asyncio.timeout(connect_timeout_s):
                self._reader, self._writer = await asyncio.open_connection(*self._address)
        except TimeoutError as error:
            raise LinkUnreachable(f"{self.name} does not answer") from error
        except OSError as error:
            raise LinkUnreachable(f"{self.name}: {error.strerror or error}") from error
        self._writer.transport.set_write_buffer_limits(high=0)  # so that drain() means: the kernel has it all
        _notice_dead_peers(self._writer.get_extra_info("socket"))

    @property
    def is_open(self) -> bool:
        """False once the peer has hung up or the connection broke, as far as the kernel knows by now."""
        return (
            self._reader is not None
            and self._writer is not None
            and not self._writer.transport.is_closing()
            and not self._reader.at_eof()
            and self._reader.exception() is None
        )

    async def write(
        self, data: bytes, *, deadline_s: float, on_handed: Callable[[], None] | None = None
    ) -> None:
        """Hand `data` to the socket, call `on_handed`, and wait until the kernel has taken all.

        Raises LinkLost before anything was handed over if the connection is known to be gone (`on_handed` was
        then not called), LinkLost or LinkTimeout afterwards.
        """
        if not self.is_open or self._writer is None:
            raise LinkLost("connection closed")
        self._writer.write(data)
        if on_handed is not None:
            on_handed()
        try:
            async with asyncio.timeout(deadline_s):
                await self._writer.drain()
        except TimeoutError as error:
            raise LinkTimeout("takes no more bytes") from error
        except OSError as error:
            raise LinkLost(f"connection lost: {error.strerror or error}") from error

    async def read(self, *, deadline_s: float) -> bytes:
        """The bytes that are there, or the next to come. Raises LinkTimeout, or LinkLost at the end."""
        if self._reader is None:
            raise LinkLost("connection closed")
        try:
            async with asyncio.timeout(deadline_s):
                data = await self._reader.read(READ_CHUNK_BYTES)
        except TimeoutError as error:
            raise LinkTimeout("no answer") from error
        except OSError as error:
            raise LinkLost(f"connection lost: {error.strerror or error}") from error
        if not data:
            raise LinkLost("the other side hung up")
        return data

    async def close(self) -> None:
        """Close; a peer that takes no bytes is cut off after a second. Safe to call at any time."""
        writer, self._reader, self._writer = self._writer, None, None
        if writer is None:
            return
        writer.close()
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await writer.wait_closed()
        except (TimeoutError, OSError):  # nothing is lost: who closes has given up what was not yet taken
            writer.transport.abort()


def _notice_dead_peers(sock: socket.socket) -> None:
    for level, name, value in _SOCKET_OPTIONS:
        option = getattr(socket, name, None)  # not every system has every one
        if option is not None:
            sock.setsockopt(level, option, value)
