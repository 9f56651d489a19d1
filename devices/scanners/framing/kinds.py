"""From a framing's name to its framer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from devices.scanners.framing import lines
from devices.scanners.framing.counted import LengthFramer
from devices.scanners.framing.framer import Framer, FramingName
from devices.scanners.framing.lines import LineFramer
from devices.scanners.framing.ssi import SsiFramer
from devices.scanners.framing.stx_etx import StxEtxFramer

FRAMERS: dict[FramingName, Callable[[], Framer]] = {
    "line": LineFramer,
    "cr": partial(LineFramer, lines.CR, silence_ends=False),
    "lf": partial(LineFramer, lines.LF, silence_ends=False),
    "crlf": partial(LineFramer, lines.CRLF, silence_ends=False),
    "stx-etx": StxEtxFramer,
    "length": LengthFramer,
    "ssi": SsiFramer,
    "silence": partial(LineFramer, lines.NO_BYTE),
}


def framer_of(framing: FramingName) -> Framer:
    """A new framer for one connection of a scanner."""
    return FRAMERS[framing]()
