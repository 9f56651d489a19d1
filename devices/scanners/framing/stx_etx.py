"""Codes between STX and ETX.

A check byte after the ETX (BCC) cannot be told from a stray byte, so it shows as noise and is not checked; line ends
between two codes are a scanner's usual suffix and are passed over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from devices.scanners.framing.framer import STALL_S, Framed
from devices.scanners.framing.pile import Pile
from devices.scanners.framing.timed import TimedFramer

STX, ETX = b"\x02", b"\x03"

_MARK = re.compile(rb"([\x02\x03])")


@dataclass(slots=True)
class StxEtxFramer(TimedFramer):
    """Whatever came before it, an STX begins a code; without its ETX there is none."""

    code: Pile = field(default_factory=Pile)
    _stray: Pile = field(default_factory=Pile, init=False)
    _inside: bool = field(default=False, init=False)

    @property
    def idle_s(self) -> float:
        return STALL_S

    @property
    def waiting(self) -> bool:
        return bool(self._inside or self._stray)

    def cut(self) -> list[Framed]:
        self._inside = False
        return self._stray.spoil("malformed") + self.code.spoil("truncated")

    def _take(self, data: bytes) -> list[Framed]:
        out: list[Framed] = []
        for piece in _MARK.split(data):
            if piece == STX:
                out += self.cut()
                self._inside = True
            elif piece == ETX and self._inside:
                out += self.code.end()
                self._inside = False
            elif self._inside:
                self.code.add(piece)
            else:
                self._stray.add(piece.translate(None, b"\r\n"))
        return out

    def _silence(self) -> list[Framed]:
        return self.cut()
