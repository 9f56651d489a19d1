"""A line that is far away and not quite sound: every byte arrives later, and connections are lost now and then."""

from __future__ import annotations

import asyncio
import contextlib
import random
from typing import Self


class LaggingLine:
    """Forwards to a port of this machine; each direction is `one_way_s` late, in order, and nothing waits for it.

    `loss`: the share of new connections that come to nothing, and of open ones that are reset in each second.
    """

    def __init__(self, port: int, one_way_s: float, loss: float, seed: int = 1) -> None:
        self._port = port
        self._one_way_s = one_way_s
        self._loss = loss
        self._dice = random.Random(seed)
        self._open: set[asyncio.Task[None]] = set()
        self.connections = 0
        self.lost = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        self.connections += 1
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass  # one side has gone, or this line has: that is what it is for
        finally:
            self._open.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._dice.random() < self._loss:
            self.lost += 1
            return
        from_hub, to_hub = await asyncio.open_connection("127.0.0.1", self._port)
        works = [self._carry(reader, to_hub), self._carry(from_hub, writer), self._be_lost()]
        tasks = [asyncio.create_task(work) for work in works]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            to_hub.close()
            with contextlib.suppress(OSError):
                writer.transport.abort()

    async def _be_lost(self) -> None:
        while self._dice.random() >= self._loss:  # noqa: ASYNC110  # each second is one throw
            await asyncio.sleep(1.0)
        self.lost += 1

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """What is read now is written one way later."""
        loop = asyncio.get_running_loop()
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def arrive() -> None:
            while True:
                at_s, chunk = await under_way.get()
                await asyncio.sleep(max(0.0, at_s - loop.time()))
                writer.write(chunk)
                await writer.drain()

        arriving = asyncio.create_task(arrive())
        try:
            while chunk := await reader.read(65_536):
                under_way.put_nowait((loop.time() + self._one_way_s, chunk))
            await asyncio.sleep(self._one_way_s * 2)
        finally:
            arriving.cancel()
            await asyncio.gather(arriving, return_exceptions=True)
