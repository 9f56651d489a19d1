"""When orders come in during a day: seconds since midnight, sorted, the same for a seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Final

HOUR_S: Final = 3600
DAY_S: Final = 24 * HOUR_S
MODELS: Final = ("diurnal", "burst", "midnight")

#: Percent of the day's orders by hour from 07:00: a 16 h window, the peak of 10 % at eight in the evening.
_WINDOW_BEGIN_HOUR: Final = 7
_HOURLY_PERCENT: Final = (3, 4.5, 6.5, 8, 7.5, 6, 5.5, 6, 6.5, 6.5, 5.5, 5.5, 7, 10, 8, 4)
_BURST_BEGIN_S: Final = 20 * HOUR_S + 30 * 60
#: An opening at midnight at 127,000 orders a day: (seconds, orders a second), one after the other.
_OPENING: Final = ((68, 48.6), (28 * 60, 17.3), (HOUR_S - 68 - 28 * 60, 5.6))
_OPENING_ORDERS_DAY: Final = 127_000


def arrival_times(model: str, orders_day: int, seed: int) -> list[float]:
    """The arrivals of a whole day. Raises ValueError for a model that is none of MODELS."""
    rng = Random(f"arrivals:{seed}")
    match model:
        case "diurnal":
            times = _diurnal(orders_day, rng)
        case "burst":
            times = _diurnal(orders_day, rng) + _burst(orders_day, rng)
        case "midnight":
            times = _midnight(orders_day, rng)
        case _:
            raise ValueError(f"arrival model {model!r}, expected one of {', '.join(MODELS)}")
    return sorted(times)


def busiest_hour(times: Sequence[float]) -> int:
    """The hour (0-23) with the most arrivals; the earliest of equals, 0 for none."""
    counts = Counter(int(time // HOUR_S) for time in times)
    return min(counts, key=lambda hour: (-counts[hour], hour), default=0)


def _diurnal(orders: int, rng: Random) -> list[float]:
    hours = rng.choices(range(len(_HOURLY_PERCENT)), weights=_HOURLY_PERCENT, k=orders)
    return [(_WINDOW_BEGIN_HOUR + hour + rng.random()) * HOUR_S for hour in hours]


def _burst(orders_day: int, rng: Random) -> list[float]:
    """Four times the peak hour's rate on top of it for a minute."""
    peak_per_s = orders_day * max(_HOURLY_PERCENT) / 100 / HOUR_S
    return [_BURST_BEGIN_S + rng.random() * 60 for _ in range(round(4 * peak_per_s * 60))]


def _midnight(orders_day: int, rng: Random) -> list[float]:
    """The opening's three rates, scaled; what is left of the day comes in the usual hours."""
    scale = orders_day / _OPENING_ORDERS_DAY
    times: list[float] = []
    begin_s = 0.0
    for length_s, per_s in _OPENING:
        times += [begin_s + rng.random() * length_s for _ in range(round(per_s * length_s * scale))]
        begin_s += length_s
    return times + _diurnal(max(0, orders_day - len(times)), rng)
