"""What stations show of a scan: published for whatever display listens, and nobody waits for the broker."""

from __future__ import annotations

from collections import deque

from agent.floor_link import FloorLink
from agent.wakeup import Wakeup
from devices.pda import StationFeedback, encode

_KEPT = 100


class StationScreens:
    """The `station/{station}/feedback` topics."""

    def __init__(self, link: FloorLink) -> None:
        self._link = link
        self._waiting: deque[tuple[str, StationFeedback]] = deque(maxlen=_KEPT)
        self._wakeup = Wakeup()

    def show(self, station: str, feedback: StationFeedback) -> None:
        """The answer to a scan; call it after the commit."""
        self._waiting.append((station, feedback))
        self._wakeup.set()

    async def run(self) -> None:
        """In order; what could not be shown while it mattered is not shown later."""
        while True:
            await self._wakeup.wait()
            while self._waiting:
                station, feedback = self._waiting.popleft()
                if self._link.connected:
                    topic = self._link.topics.of("feedback", station)
                    await self._link.publish(topic, encode(feedback))
