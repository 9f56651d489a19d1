"""What stations show of a scan: published for whatever display listens, and nobody waits for the broker."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from agent.floor_link import FloorLink
from agent.wakeup import Wakeup
from devices.pda import StationFeedback, encode

_KEPT = 100
_MATTERS_S = 10.0  # so long a loader may still look for what became of a scan


class StationScreens:
    """The `station/{station}/feedback` topics."""

    def __init__(self, link: FloorLink, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._link = link
        self._clock = clock
        self._waiting: deque[tuple[float, str, StationFeedback]] = deque(maxlen=_KEPT)
        self._wakeup = Wakeup()

    def show(self, station: str, feedback: StationFeedback) -> None:
        """The answer to a scan; call it after the commit."""
        self._waiting.append((self._clock(), station, feedback))
        self._wakeup.set()

    async def run(self) -> None:
        """In order; what could not be shown while it mattered is not shown later, but for the one on its way."""
        while True:
            await self._wakeup.wait()
            while self._waiting:
                answered_at, station, feedback = self._waiting.popleft()
                if self._link.connected and self._clock() - answered_at < _MATTERS_S:
                    topic = self._link.topics.of("feedback", station)
                    await self._link.publish(topic, encode(feedback))
