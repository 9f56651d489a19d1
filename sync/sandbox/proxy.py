"""A TCP proxy between link and hub that breaks connections in the ways networks do."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import struct
from collections import deque
from typing import Literal, NamedTuple, Self

PORTAL = b"<html><body>Please log in to the guest Wi-Fi</body></html>"


class Fault(NamedTuple):
    """What befalls one connection: after `pass_bytes` of the hub's answer it is closed, reset or held still."""

    pass_bytes: int = 0
    then: Literal["close", "reset", "hold"] = "close"
    delay_s: float = 0.0
    answer: bytes | None = None  # somebody else answers, the hub never hears of it
    twice: bool = False  # the hub hears the request two times: something on the way repeats it


HEALTHY = Fault(pass_bytes=1 << 40)
RESET_AFTER_COMMIT = Fault(then="reset")
RESET_BEFORE_COMMIT = Fault(answer=b"", then="reset")
HALF_OPEN = Fault(then="hold")
REPEATED = Fault(pass_bytes=1 << 40, twice=True)
PORTAL_PAGE = Fault(
    answer=b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%b"
    % (len(PORTAL), PORTAL)
)
PORTAL_REDIRECT = Fault(
    answer=b"HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\nContent-Length: 0\r\n\r\n"
)


class FaultyProxy:
    """Connections meet `faults` one after the other, then none; `down` closes every new one at once."""

    def __init__(self, upstream_port: int) -> None:
        self._upstream_port = upstream_port
        self.faults: deque[Fault] = deque()
        self.down = False
        self.connections = 0
        self._open: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self.cut()

    async def cut(self) -> None:
        """Break every open connection."""
        tasks = list(self._open)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            if not self.down:
                await self._serve(reader, writer, self.faults.popleft() if self.faults else HEALTHY)
        except (OSError, asyncio.CancelledError):
            pass  # one side broke off, or cut(): that is what this proxy is for
        finally:
            self._open.discard(task)
            await _close(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fault: Fault) -> None:
        if fault.answer is not None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(fault.answer)
            await writer.drain()
            await _end(writer, fault)
            return
        if fault.twice:
            reader = await self._repeat(reader)
        from_hub, to_hub = await asyncio.open_connection("127.0.0.1", self._upstream_port)
        upward = asyncio.create_task(_pump(reader, to_hub))
        try:
            await self._answer(from_hub, writer, fault)
        finally:
            upward.cancel()
            await asyncio.gather(upward, return_exceptions=True)
            await _close(to_hub)

    async def _repeat(self, reader: asyncio.StreamReader) -> asyncio.StreamReader:
        """Send what has come so far to the hub and throw its answer away; then it comes once more."""
        request = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", request, re.IGNORECASE)
        request += await reader.readexactly(int(length[1])) if length else b""
        from_hub, to_hub = await asyncio.open_connection("127.0.0.1", self._upstream_port)
        to_hub.write(request)
        await from_hub.readuntil(b"\r\n\r\n")
        await _close(to_hub)
        again = asyncio.StreamReader()
        again.feed_data(request)
        return again

    async def _answer(
        self, from_hub: asyncio.StreamReader, writer: asyncio.StreamWriter, fault: Fault
    ) -> None:
        left = fault.pass_bytes
        while chunk := await from_hub.read(65_536):
            await asyncio.sleep(fault.delay_s)
            writer.write(chunk[:left])
            await writer.drain()
            left -= len(chunk)
            if left <= 0:
                await _end(writer, fault)
                return


async def _end(writer: asyncio.StreamWriter, fault: Fault) -> None:
    if fault.then == "hold":
        await asyncio.Event().wait()  # until cut() or the link gives up
    if fault.then == "reset":
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(65_536):
        writer.write(chunk)
        await writer.drain()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError, asyncio.CancelledError):
        await writer.wait_closed()
