"""Units whose first byte says how long they are.

Once such a stream is out of step, any byte may pass for a length. So what follows a bad unit is dropped up to a
silence: the next byte after it is a length again.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field

from devices.scanners.framing.framer import KEPT_OF_NOISE, STALL_S, Frame, Framed, Noise, NoiseReason
from devices.scanners.framing.timed import TimedFramer


@dataclass(slots=True)
class CountedFramer(TimedFramer):
    """Cuts the stream into units."""

    _unit: bytearray = field(default_factory=bytearray, init=False)
    _lost: NoiseReason | None = field(default=None, init=False)

    @property
    def idle_s(self) -> float:
        return STALL_S

    @property
    def waiting(self) -> bool:
        return bool(self._unit)

    def cut(self) -> list[Framed]:
        return self._drop_unit()

    def _silence(self) -> list[Framed]:
        return self._drop_unit()

    def _drop_unit(self) -> list[Framed]:
        if not self._unit:
            return []
        noise = Noise(self._lost or "truncated", bytes(self._unit[:KEPT_OF_NOISE]))
        self._unit.clear()
        self._lost = None
        return [noise]

    def _take(self, data: bytes) -> list[Framed]:
        out: list[Framed] = []
        self._unit += data
        while self._unit and self._lost is None:
            size = self._size(self._unit[0])
            if size is None:
                self._lost = "malformed"
            elif len(self._unit) < size:
                break
            elif (read := self._read(bytes(self._unit[:size]))) is None:
                self._lost = "checksum"
            else:
                out += read
                del self._unit[:size]
        if self._lost is not None:
            del self._unit[KEPT_OF_NOISE:]
        return out

    @abstractmethod
    def _size(self, first: int) -> int | None:
        """How many bytes a unit has that begins with this one; None: none does."""

    @abstractmethod
    def _read(self, unit: bytes) -> list[Framed] | None:
        """What a whole unit says; None: it does not check."""


@dataclass(slots=True)
class LengthFramer(CountedFramer):
    """One byte before each code says how many bytes it has: 1 to 255."""

    def _size(self, first: int) -> int | None:
        return 1 + first if first else None

    def _read(self, unit: bytes) -> list[Framed] | None:
        return [Frame(unit[1:])]
