"""What all framers do with time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from devices.scanners.framing.framer import Framed


@dataclass(slots=True)
class TimedFramer(ABC):
    """Knows when the last byte came; what a silence before the next byte has ended comes out before it."""

    _last_byte_at: float = field(default=0.0, init=False)

    @property
    @abstractmethod
    def idle_s(self) -> float: ...

    @property
    @abstractmethod
    def waiting(self) -> bool: ...

    def feed(self, data: bytes, now: float) -> list[Framed]:
        out = self.flush(now)
        if data:
            self._last_byte_at = now
            out += self._take(data)
        return out

    def flush(self, now: float) -> list[Framed]:
        out: list[Framed] = []
        while self.waiting and now - self._last_byte_at >= self.idle_s:
            out += self._silence()
        return out

    @abstractmethod
    def cut(self) -> list[Framed]: ...

    @abstractmethod
    def _take(self, data: bytes) -> list[Framed]:
        """What these bytes complete."""

    @abstractmethod
    def _silence(self) -> list[Framed]:
        """What a silence of `idle_s` ends; it waits for less after it."""
