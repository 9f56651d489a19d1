"""How many waybill numbers a carrier's pool needs, from what was used hour by hour: pure, the clock passed in.

The estimate is an upper one. An hour to come takes what the same hour of the day took before, the last days weighing
more, plus a standard deviation, and no less than a week before; where more is used just now than that says, all of it
grows. The pool is then played forward: every hour takes its numbers, those that expire first go first, and what has
expired is gone. What is missing by then is leased, and no more, so that nothing is leased which would expire unused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, sqrt
from typing import NamedTuple

from agent.core.model import Carrier, WaybillPool

HOUR_MS = 3_600_000
HISTORY_DAYS = 14  #: what is older says nothing
LOW_H = 24  #: a pool that does not last as long is an alarm
_DAY_H, _WEEK_H = 24, 168
_FADING = 0.8  # the weight of a day beside the one after it
_RECENT_H = 6
_MOST_SURGE = 4.0
_ROUNDING = 0.01  # of a number: no hour lacks so little
_SPARE_PART = (
    12  # so much of the time to be covered is leased beyond it, so that not every label asks the hub again
)


class Outlook(NamedTuple):
    """How a pool stands.

    `free`: numbers that may be used now; `to_lease`: so many more are wanted; `lasts_h`: until the first hour that
    finds too few, None where none does; `expiring`: so many expire before then, unused.
    """

    free: int
    to_lease: int
    lasts_h: int | None
    expiring: int

    @property
    def is_low(self) -> bool:
        """It does not last a day."""
        return self.lasts_h is not None and self.lasts_h < LOW_H


def outlook(
    carrier: Carrier, pools: Sequence[WaybillPool], used: Mapping[int, int], at: int, lease_hours: int
) -> Outlook:
    """`used`: numbers by hour since the epoch, this hour included; `lease_hours` have to be covered."""
    hour = at // HOUR_MS
    alive = sorted((pool for pool in pools if pool.expires_at > at), key=lambda pool: pool.expires_at)
    free = sum(pool.free_qty for pool in alive)
    spare_h = max(1, lease_hours // _SPARE_PART)
    covered_h = max(1, min(lease_hours, _life_h(alive, lease_hours + spare_h) - spare_h))
    takes = demand(used, hour, covered_h + spare_h)
    lasts_h, _, expiring = _play(alive, takes[:covered_h], at)
    missing = _play(alive, takes, at)[1] if lasts_h is not None else 0
    if free < carrier.lease_low:
        spare = carrier.lease_size if _is_fresh(used, hour) else ceil(sum(takes[covered_h:]))
        missing = max(missing, spare, carrier.lease_low - free)
    return Outlook(free, missing, lasts_h, expiring)


def _life_h(alive: Sequence[WaybillPool], unknown: int) -> int:
    """For how long the carrier's latest lease was given."""
    latest = max(alive, key=lambda pool: pool.leased_at, default=None)
    return unknown if latest is None else (latest.expires_at - latest.leased_at) // HOUR_MS


def _play(pools: Sequence[WaybillPool], takes: Sequence[float], at: int) -> tuple[int | None, int, int]:
    """(the first hour that finds too few, how many are missing in all, how many expire before that hour)"""
    left = [[pool.expires_at, float(pool.free_qty)] for pool in pools]
    lasts_h, missing, expired = None, 0.0, 0.0
    for number, wanted in enumerate(takes):
        while left and left[0][0] <= at + number * HOUR_MS:
            gone = left.pop(0)[1]
            expired += gone if lasts_h is None else 0.0
        lacking = _take(left, wanted)
        if lacking > _ROUNDING and lasts_h is None:
            lasts_h = number
        missing += lacking
    return lasts_h, ceil(missing - _ROUNDING), round(expired)


def _take(left: list[list[float]], wanted: float) -> float:
    """Numbers that expire first go first; answers how many are lacking."""
    while left and wanted > 0:
        taken = min(wanted, left[0][1])
        left[0][1] -= taken
        wanted -= taken
        if not left[0][1]:
            left.pop(0)
    return wanted


# --- what the coming hours take -----------------------------------------------------------------------------


def demand(used: Mapping[int, int], hour: int, hours: int) -> list[float]:
    """Numbers that `hour` and the hours after it take; nothing where no full hour is known yet."""
    if _is_fresh(used, hour):
        return [0.0] * hours
    surge = _surge(used, hour)
    return [surge * _usual(used, hour, each) for each in range(hour, hour + hours)]


def _is_fresh(used: Mapping[int, int], hour: int) -> bool:
    return min(used, default=hour) >= hour


def _usual(used: Mapping[int, int], now: int, hour: int) -> float:
    """What `hour` takes by all that was used before `now`; on the first day every hour is like those so far."""
    first = min(used)
    days = range(1, HISTORY_DAYS + 1 + (hour - now) // _DAY_H)
    at = {day: hour - day * _DAY_H for day in days}
    known = [(_FADING**day, used.get(each, 0)) for day, each in at.items() if first <= each < now]
    if not known:
        begun = min(first + 1, now - 1)  # the first hour was not a whole one
        return _upper([(1.0, used.get(each, 0)) for each in range(begun, now)])
    week_before = used.get(hour - _WEEK_H, 0) if hour - _WEEK_H < now else 0
    return max(_upper(known), week_before)


def _upper(known: Sequence[tuple[float, int]]) -> float:
    """Mean and standard deviation of (weight, quantity)."""
    whole = sum(weight for weight, _ in known)
    mean = sum(weight * qty for weight, qty in known) / whole
    variance = sum(weight * (qty - mean) ** 2 for weight, qty in known) / whole
    return mean + sqrt(variance)


def _surge(used: Mapping[int, int], hour: int) -> float:
    """How much more is used just now than was usual: over the last hours, or in this one already."""
    start = max(hour - _RECENT_H, min(used) + _DAY_H)
    spans = [range(start, hour), range(hour, hour + 1)] if start < hour else []
    ratios = [_ratio(used, start, span) for span in spans]
    return min(_MOST_SURGE, max(1.0, *ratios)) if ratios else 1.0


def _ratio(used: Mapping[int, int], now: int, hours: range) -> float:
    usual = sum(_usual(used, now, each) for each in hours)
    return sum(used.get(each, 0) for each in hours) / usual if usual else 1.0
