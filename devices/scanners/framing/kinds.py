"""From a framing's name to its framer."""

from __future__ import annotations

from devices.scanners.framing.framer import Framer, FramingName
from devices.scanners.framing.lines import LineFramer


def framer_of(framing: FramingName) -> Framer:
    """A new framer for one connection of a scanner."""
    if framing != "line":
        raise NotImplementedError(framing)
    return LineFramer()
