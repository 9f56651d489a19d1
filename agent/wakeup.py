"""A flag that many may raise and one waits for; raised twice before it is looked at, it wakes once."""

from __future__ import annotations

import asyncio


class Wakeup:
    """Like an Event that its waiter takes down."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def set(self) -> None:
        """There may be something to do."""
        self._event.set()

    async def wait(self, timeout_s: float | None = None) -> bool:
        """Return once it was raised, or after `timeout_s`; was it raised?"""
        try:
            async with asyncio.timeout(timeout_s):
                await self._event.wait()
        except TimeoutError:
            return False
        self._event.clear()
        return True
