"""When to try again: full jitter, doubling, never earlier than the hub asked for."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random

import msgspec


class Backoff(msgspec.Struct, frozen=True):
    """The wait after the nth failure in a row lies evenly between 0 and `first_s` doubled n-1 times."""

    first_s: float = 0.5
    cap_s: float = 30.0

    def delay_s(self, failures: int, rng: Random, floor_s: float = 0.0) -> float:
        """Seconds to wait after `failures` (≥ 1) failures in a row; at least `floor_s`."""
        doublings = min(max(failures - 1, 0), 32)
        ceiling_s = min(self.cap_s, self.first_s * 2**doublings)
        return max(floor_s, rng.uniform(0.0, ceiling_s))


def parse_retry_after(value: str | None, now: datetime) -> float:
    """Seconds that a Retry-After header asks for: a number or an HTTP date; 0 if absent or unreadable."""
    if value is None:
        return 0.0
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:9]), 86_400))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return 0.0
    if moment.tzinfo is None:  # RFC 9110: HTTP dates are UTC
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), 86_400.0)
