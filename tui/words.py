"""Numbers as a supervisor reads them: units, thousands, ages, clock times."""

from __future__ import annotations

from datetime import datetime, tzinfo

from agent.api.messages import LATER


def count_text(count: int, width: int | None = None) -> str:
    """`12,345`; where that is wider than `width`, `12.3k` or `12k` or `1.2M`."""
    full = f"{count:,}"
    if width is None or len(full) <= width:
        return full
    for unit, size in (("k", 1_000), ("M", 1_000_000)):
        for digits in (1, 0):
            short = f"{count / size:.{digits}f}{unit}"
            if len(short) <= width:
                return short
    return full


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 label`, `2 labels`."""
    return f"{count_text(count)} {one if count == 1 else many or one + 's'}"


def duration_text(seconds: float) -> str:
    """`34 s`, `5 min`, `2 h 05 min`, `3 d 4 h`: as exact as one decides by."""
    whole_s = max(0, int(seconds))
    minutes, hours, days = whole_s // 60, whole_s // 3600, whole_s // 86_400
    if days:
        return f"{days} d {hours % 24} h"
    if hours:
        return f"{hours} h {minutes % 60:02} min"
    return f"{minutes} min" if minutes else f"{whole_s} s"


def ms_text(milliseconds: float) -> str:
    """Milliseconds up to ten seconds, seconds beyond."""
    if milliseconds < 10_000:
        return f"{milliseconds:,.0f} ms"
    return f"{milliseconds / 1000:,.1f} s"


def signal_text(dbm: int | None) -> str:
    """`-71 dBm`; `-` where nobody knows it."""
    return "-" if dbm is None else f"{dbm} dBm"


def weight_text(weight_g: int) -> str:
    """Kilograms with one decimal."""
    return f"{weight_g / 1000:,.1f} kg"


def distance_text(distance_mm: int) -> str:
    """Metres up to ten kilometres, kilometres beyond."""
    if distance_mm < 10_000_000:
        return f"{distance_mm / 1000:,.0f} m"
    return f"{distance_mm / 1_000_000:,.1f} km"


def saved_percent(walked_mm: int, naive_mm: int) -> int | None:
    """How much of the naive way was not walked; None while there is nothing to compare."""
    return None if naive_mm <= 0 else round(100 * (naive_mm - walked_mm) / naive_mm)


def moment(at: str) -> datetime:
    """An API time (RFC 3339) as an aware datetime."""
    return datetime.fromisoformat(at)


def age_s(at: str, now: str) -> float:
    """Seconds from `at` to `now`, both by the agent's clock; never negative."""
    return max(0.0, (moment(now) - moment(at)).total_seconds())


def clock_text(at: str, zone: tzinfo | None = None) -> str:
    """The time of day in `zone` (None: where the supervisor sits)."""
    return moment(at).astimezone(zone).strftime("%H:%M:%S")


def departure_text(at: str | None, zone: tzinfo | None = None) -> str:
    """`06-18 16:00` in `zone`; `later` where the time is not known yet."""
    return LATER if at is None else moment(at).astimezone(zone).strftime("%m-%d %H:%M")
