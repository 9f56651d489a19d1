"""Bars and sparklines out of block characters."""

from __future__ import annotations

from collections.abc import Sequence

EIGHTHS = "▏▎▍▌▋▊▉█"
LEVELS = "▁▂▃▄▅▆▇█"


def bar(share: float, width: int, *, track: str = " ") -> str:
    """A bar of exactly `width` cells, `share` (0 to 1) of it full; a share above 0 always shows."""
    eighths = round(min(1.0, max(0.0, share)) * width * 8)
    if share > 0:
        eighths = max(1, eighths)
    full, part = divmod(eighths, 8)
    drawn = "█" * full + (EIGHTHS[part - 1] if part else "")
    return drawn.ljust(width, track)


def spark(values: Sequence[float], width: int) -> str:
    """The last `width` values as columns that stand on zero, the newest at the right."""
    shown = values[-width:] if width > 0 else ()
    top = max(shown, default=0.0)
    columns = "".join(_column(value, top) for value in shown)
    return columns.rjust(max(0, width))


def _column(value: float, top: float) -> str:
    if value <= 0 or top <= 0:
        return LEVELS[0]
    return LEVELS[min(7, max(1, int(value / top * 7.999)))]
