"""The socket that paho-mqtt reads and writes, carried by an asyncio transport, which also does TLS."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Wire(asyncio.Protocol):
    """Bytes wait here in both directions, so that one system call carries many packets."""

    def __init__(self, on_bytes: Callable[[], None]) -> None:
        """`on_bytes()` is called when there is something to `recv`, the end of the connection included."""
        self._on_bytes = on_bytes
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._to_send = bytearray()

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        self._on_bytes()

    def connection_lost(self, _exc: Exception | None) -> None:
        self._transport = None
        self._on_bytes()

    # the link's side

    @property
    def has_bytes(self) -> bool:
        """Whether `recv` has something to give at once."""
        return bool(self._received)

    def flush(self) -> None:
        """Give what was sent to the connection."""
        if self._transport is not None and self._to_send:
            self._transport.write(bytes(self._to_send))
            self._to_send.clear()

    def abort(self) -> None:
        """End the connection without a word."""
        if self._transport is not None:
            self._transport.abort()

    # paho's side: what it uses of a non-blocking socket

    def recv(self, buffer_size: int) -> bytes:
        if self._received:
            data = bytes(self._received[:buffer_size])
            del self._received[:buffer_size]
            return data
        if self._transport is None:
            return b""
        raise BlockingIOError

    def send(self, buffer: bytes | bytearray) -> int:
        if self._transport is None:
            raise ConnectionResetError
        self._to_send += buffer
        return len(buffer)

    def close(self) -> None:
        self.flush()
        if self._transport is not None:
            self._transport.close()

    def fileno(self) -> int:
        return -1

    def setblocking(self, flag: bool) -> None:
        """Never blocks."""
