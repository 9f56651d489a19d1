"""One connection to a printer as its language uses it: bytes out, and replies in until what is waited for is met."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from devices.errors import LinkTimeout
from devices.links.link import Link, wire_s
from devices.printers.status import Timeouts


class Line:
    """`hear` is called with every chunk of bytes that comes back, while somebody waits."""

    def __init__(self, link: Link, timeouts: Timeouts, hear: Callable[[bytes], None]) -> None:
        self.heard = False  # anything at all
        self._link = link
        self._timeouts = timeouts
        self._hear = hear

    def wire_s(self, data: bytes) -> float:
        """How long the wire takes for these bytes, as far as that is known."""
        return wire_s(len(data), self._link.bytes_per_s)

    async def write(self, data: bytes) -> None:
        """Within the time that the wire takes, and some more. Raises LinkLost, LinkTimeout."""
        await self._link.write(data, deadline_s=self.wire_s(data) + self._timeouts.write_s)

    async def wait_for(self, met: Callable[[], bool], timeout_s: float) -> bool:
        """Read replies until `met` or the time is up. Raises LinkLost."""
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout_s
        while not met():
            try:
                data = await self._link.read(deadline_s=until - loop.time())
            except LinkTimeout:
                return met()
            self.heard = True
            self._hear(data)
        return True

    async def listen(self, timeout_s: float) -> None:
        """Read replies for so long."""
        await self.wait_for(lambda: False, timeout_s)
