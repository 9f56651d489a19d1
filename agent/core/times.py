"""Times: whole milliseconds since the epoch (UTC) inside, RFC 3339 with three decimals and `Z` outside."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_FRACTION = re.compile(r"\.(\d+)")


def to_text(at_ms: int) -> str:
    """2026-06-18T00:00:03.120Z"""
    whole = datetime.fromtimestamp(at_ms // 1000, UTC).replace(tzinfo=None)
    return f"{whole.isoformat()}.{at_ms % 1000:03d}Z"


def from_text(text: str) -> int:
    """Any offset, 0 to 9 decimals; what lies below a millisecond is cut. ValueError says what is wrong."""
    cut = _FRACTION.sub(lambda found: "." + found[1][:6].ljust(6, "0"), text, count=1)
    moment = datetime.fromisoformat(cut)
    if moment.tzinfo is None:
        raise ValueError(f"a time without its offset: {text!r}")
    if not 1 < moment.year < 9999:  # at the edges of the calendar an offset leads out of it
        raise ValueError(f"a year that no order has: {text!r}")
    whole = int(moment.replace(microsecond=0).timestamp())
    return whole * 1000 + moment.microsecond // 1000
