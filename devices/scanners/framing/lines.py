"""Codes that a line end ends, or silence where the scanner sends none.

What cannot be a code (a line that never ends) is dropped up to the next terminator or silence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from devices.scanners.framing.framer import KEPT_OF_NOISE, LONGEST_FRAME, Frame, Noise

IDLE_FLUSH_S = 0.080

_TERMINATOR = re.compile(rb"[\r\n]")


@dataclass(slots=True)
class LineFramer:
    """CR, LF or CRLF, whichever comes; silence ends a code as well."""

    longest: int = LONGEST_FRAME
    idle_s: float = IDLE_FLUSH_S
    _partial: bytearray = field(default_factory=bytearray)
    _overlong: bool = False
    _last_byte_at: float = 0.0

    @property
    def waiting(self) -> bool:
        return bool(self._partial)

    def feed(self, data: bytes, now: float) -> list[Frame | Noise]:
        out = self.flush(now)
        if data:
            self._last_byte_at = now
        *ended, rest = _TERMINATOR.split(data)
        for piece in ended:
            self._take(piece)
            out += self._end()
        self._take(rest)
        return out

    def flush(self, now: float) -> list[Frame | Noise]:
        if self.waiting and now - self._last_byte_at >= self.idle_s:
            return self._end()
        return []

    def cut(self) -> list[Frame | Noise]:
        partial, self._partial = bytes(self._partial), bytearray()
        self._overlong = False
        return [Noise("truncated", partial[:KEPT_OF_NOISE])] if partial else []

    def _take(self, piece: bytes) -> None:
        if self._overlong:
            return
        self._partial += piece
        if len(self._partial) > self.longest:
            self._overlong = True
            del self._partial[KEPT_OF_NOISE:]

    def _end(self) -> list[Frame | Noise]:
        frame, self._partial = bytes(self._partial), bytearray()
        if self._overlong:
            self._overlong = False
            return [Noise("too-long", frame)]
        return [Frame(frame)] if frame else []  # nothing stands between the CR and the LF of a CRLF
