"""The bytes of one code as they come."""

from __future__ import annotations

from dataclasses import dataclass, field

from devices.scanners.framing.framer import KEPT_OF_NOISE, LONGEST_FRAME, Frame, Framed, Noise, NoiseReason


@dataclass(slots=True)
class Pile:
    """Grows up to the longest code there is; of what grows further only a sample is kept."""

    longest: int = LONGEST_FRAME
    overlong: bool = field(default=False, init=False)
    _bytes: bytearray = field(default_factory=bytearray, init=False)

    def __bool__(self) -> bool:
        return bool(self._bytes)

    def add(self, piece: bytes) -> None:
        """The next bytes of the code."""
        if self.overlong:
            return
        self._bytes += piece
        if len(self._bytes) > self.longest:
            self.overlong = True
            del self._bytes[KEPT_OF_NOISE:]

    def take(self) -> bytes:
        """All of it; the pile is empty again."""
        data = bytes(self._bytes)
        self._bytes.clear()
        self.overlong = False
        return data

    def end(self) -> list[Framed]:
        """The code is complete. Where nothing came, nothing ends: so it is between the CR and the LF of a CRLF."""
        if self.overlong:
            return self.spoil("too-long")
        data = self.take()
        return [Frame(data)] if data else []

    def spoil(self, reason: NoiseReason) -> list[Framed]:
        """It will never be a code."""
        data = self.take()
        return [Noise(reason, data[:KEPT_OF_NOISE])] if data else []
