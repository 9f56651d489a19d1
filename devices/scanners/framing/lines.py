"""Codes that a line end ends, or silence, or one of them alone.

What cannot be a code (a line that never ends) is dropped up to the next end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from devices.scanners.framing.framer import IDLE_S, STALL_S, Framed
from devices.scanners.framing.pile import Pile
from devices.scanners.framing.timed import TimedFramer

ANY_LINE_END = re.compile(rb"[\r\n]")
CR = re.compile(rb"\r")
LF = re.compile(rb"\n")
CRLF = re.compile(rb"\r\n")
NO_BYTE = re.compile(rb"(?!)")


@dataclass(slots=True)
class LineFramer(TimedFramer):
    """CR, LF or CRLF, whichever comes; silence ends a code as well, a longer one where a line end has come before.

    So a radio that repeats what it lost does not cut a code in two, unless its scanner sends no line ends.
    `ends` matches another end. With `silence_ends` false nothing else ends a code, so its bytes may dawdle on a radio;
    one that stalls is truncated. `code` has the size limit.
    """

    ends: re.Pattern[bytes] = ANY_LINE_END
    silence_ends: bool = True
    code: Pile = field(default_factory=Pile)
    _has_ends: bool = field(default=False, init=False)
    _held: bytes = field(default=b"", init=False)  # the CR that may be the first half of a CRLF

    @property
    def idle_s(self) -> float:
        return IDLE_S if self.silence_ends and not self._has_ends else STALL_S

    @property
    def waiting(self) -> bool:
        return bool(self.code or self._held)

    def cut(self) -> list[Framed]:
        self._release()
        return self.code.spoil("truncated")

    def _take(self, data: bytes) -> list[Framed]:
        out: list[Framed] = []
        *ended, rest = self.ends.split(self._held + data)
        self._has_ends |= bool(ended)
        for piece in ended:
            self.code.add(piece)
            out += self.code.end()
        self._held = rest[-1:] if self.ends is CRLF and rest.endswith(b"\r") else b""
        self.code.add(rest.removesuffix(self._held))
        return out

    def _silence(self) -> list[Framed]:
        self._release()
        return self.code.end() if self.silence_ends else self.code.spoil("truncated")

    def _release(self) -> None:
        self.code.add(self._held)
        self._held = b""
