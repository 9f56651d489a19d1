"""How much floor a day needs: orders an hour in, printers, pickers and dock scanners out."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from sync.sandbox.arrivals import HOUR_S, arrival_times
from sync.sandbox.orders_csv import BadRow, read_orders_csv

_LABEL_S = 130 / 150  # a 130 mm label at 150 mm/s
_LABEL_WORK_S = 0.03  # what a label costs beside the paper's motion, however fast time runs
_LINES_AN_HOUR = 95  # one picker on short tours, handling included
_SCAN_WORK_S = 0.06
_SCANS_AN_HOUR = 900  # one person at the dock
_LINES_PER_MODEL_ORDER = 1.8


@dataclass(frozen=True, slots=True)
class Load:
    """The busiest hour that the floor will see."""

    orders_an_hour: float
    lines_an_hour: float

    def printers(self, speed: float) -> int:
        """At two thirds of their time at most, and one more than one in case it fails."""
        busy = self.orders_an_hour / HOUR_S * (_LABEL_S + _LABEL_WORK_S * speed)
        return max(2, math.ceil(busy * 1.5))

    def pickers(self) -> int:
        """A tenth more than the lines need."""
        return max(2, math.ceil(self.lines_an_hour / _LINES_AN_HOUR * 1.1))

    def docks(self, speed: float) -> int:
        """Scanners where parcels leave."""
        a_second = self.orders_an_hour / HOUR_S
        return max(
            1, math.ceil(a_second * HOUR_S / _SCANS_AN_HOUR), math.ceil(a_second * speed * _SCAN_WORK_S * 2)
        )


def load_of_csv(path: Path, start_hour: int | None) -> tuple[Load, tuple[BadRow, ...]]:
    """The hour of a file's day that the play begins with (None: its busiest), and the rows it skips."""
    day = read_orders_csv(path)
    orders = Counter(int(order.at_s // HOUR_S) for order in day.orders)
    lines: Counter[int] = Counter()
    for order in day.orders:
        lines[int(order.at_s // HOUR_S)] += len(order.lines)
    hour = max(orders, key=lambda each: orders[each], default=0) if start_hour is None else start_hour
    busiest = max(range(hour, 24), key=lambda each: orders[each], default=hour)
    return Load(orders[busiest], lines[busiest]), day.bad_rows


def load_of_model(model: str, orders_day: int, seed: int) -> Load:
    """The busiest hour of a generated day."""
    hours = Counter(int(at_s // HOUR_S) for at_s in arrival_times(model, orders_day, seed))
    busiest = max(hours.values(), default=0)
    return Load(busiest, busiest * _LINES_PER_MODEL_ORDER)
