"""Bytes in, frames out; no I/O and no clock.

Scanners end a scan with CR, LF or CRLF, and some with nothing: then silence ends it. What cannot be a scan (a
line that never ends) is dropped up to the next terminator or silence, and counted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

LONGEST_FRAME = 4096
IDLE_FLUSH_S = 0.080

_TERMINATOR = re.compile(rb"[\r\n]")


@dataclass(slots=True)
class Framer:
    """One scanner's assembly of frames. However its bytes are split, the same frames come out."""

    longest: int = LONGEST_FRAME
    idle_s: float = IDLE_FLUSH_S
    dropped: int = 0
    _partial: bytearray = field(default_factory=bytearray)
    _overlong: bool = False
    _last_byte_at: float = 0.0

    @property
    def waiting(self) -> bool:
        """Whether silence may still end something: ask `flush` when `idle_s` have passed."""
        return bool(self._partial) or self._overlong

    def feed(self, data: bytes, now: float) -> list[bytes]:
        """The frames that these bytes complete; `now` in seconds of any steady clock."""
        frames = self.flush(now)
        if data:
            self._last_byte_at = now
        *ended, rest = _TERMINATOR.split(data)
        for piece in ended:
            self._take(piece)
            frames += self._end()
        self._take(rest)
        return frames

    def flush(self, now: float) -> list[bytes]:
        """The frame that silence has ended, if it has lasted long enough."""
        if self.waiting and now - self._last_byte_at >= self.idle_s:
            return self._end()
        return []

    def _take(self, piece: bytes) -> None:
        if self._overlong:
            return
        self._partial += piece
        if len(self._partial) > self.longest:
            self._overlong = True
            self._partial.clear()

    def _end(self) -> list[bytes]:
        frame, self._partial = bytes(self._partial), bytearray()
        if self._overlong:
            self._overlong = False
            self.dropped += 1
        return [frame] if frame else []  # nothing stands between the CR and the LF of a CRLF
