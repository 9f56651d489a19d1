"""RFC 3339 times: written in UTC with exactly three decimals and Z, read with any offset and 0-9 decimals."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_RFC3339 = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


def format_time(moment: datetime) -> str:
    """The moment as the contracts write it, cut (not rounded) to the millisecond; it must know its offset."""
    if moment.tzinfo is None:
        raise ValueError(f"a time without offset: {moment}")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_time(text: str) -> datetime:
    """The moment in UTC, to the microsecond. Raises ValueError for anything that is not RFC 3339."""
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise ValueError(f"not an RFC 3339 time: {text[:40]!r}")
    day, minute, second, fraction, offset = match.groups()
    # RFC 3339 allows the leap second 60, which datetime does not know: it is the first of the next minute
    leap = timedelta(seconds=second == "60")
    whole = f"{day}T{minute}:{'59' if leap else second}.{(fraction or '0')[:6].ljust(6, '0')}"
    try:
        return datetime.fromisoformat(whole + offset.upper().replace("Z", "+00:00")).astimezone(UTC) + leap
    except (ValueError, OverflowError) as error:
        raise ValueError(f"not a time that exists: {text!r} ({error})") from None


def epoch_ms(text: str) -> int:
    """Milliseconds since 1970 of an RFC 3339 time."""
    return (parse_time(text) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def from_epoch_ms(moment_ms: float) -> str:
    """The RFC 3339 text of milliseconds since 1970."""
    return format_time(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=moment_ms))
