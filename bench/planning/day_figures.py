"""What a simulated day is judged by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.figures import Cell
from bench.planning.day import Run
from bench.planning.day_orders import MINUTE_MS, SHIFT_MS, Day


@dataclass(frozen=True, slots=True)
class DayFigures:
    """Of one policy. A cycle is from an order's being ready to its being back from the floor; `late_orders` were back
    after their cut-off; `busy_share` is of all pickers' time from the shift's begin to the last return."""

    policy: str
    metres_per_line: float
    lists: int
    orders_per_list: float
    cycle_p50_min: float
    cycle_p95_min: float
    cycle_max_min: float
    late_orders: int
    busy_share: float
    planner_calls: int = 0
    planner_s: float = 0.0

    @property
    def row(self) -> dict[str, Cell]:
        """By the names of the table's columns."""
        return {
            "policy": self.policy,
            "m/line": self.metres_per_line,
            "lists": self.lists,
            "orders/list": self.orders_per_list,
            "p50 min": self.cycle_p50_min,
            "p95 min": self.cycle_p95_min,
            "max min": self.cycle_max_min,
            "late": self.late_orders,
            "busy %": 100 * self.busy_share,
            "plans": self.planner_calls,
            "plan s": self.planner_s,
        }


def figures_of(policy: str, day: Day, run: Run, planned_s: Sequence[float] = ()) -> DayFigures:
    """The figures of a day of at least one order."""
    cycles_min = sorted((run.back_ms[each.order] - each.ready_ms) / MINUTE_MS for each in day.orders)
    walked_m = sum(trip.batch.distance_mm for trip in run.trips) / 1000
    busy_ms = sum(trip.back_ms - trip.left_ms for trip in run.trips)
    return DayFigures(
        policy=policy,
        metres_per_line=walked_m / day.lines,
        lists=len(run.trips),
        orders_per_list=sum(len(trip.batch.slots) for trip in run.trips) / len(run.trips),
        cycle_p50_min=_percentile(cycles_min, 50),
        cycle_p95_min=_percentile(cycles_min, 95),
        cycle_max_min=cycles_min[-1],
        late_orders=sum(
            each.cutoff_ms is not None and run.back_ms[each.order] > each.cutoff_ms for each in day.orders
        ),
        busy_share=busy_ms / ((max(run.back_ms.values()) - SHIFT_MS) * len(day.carts)),
        planner_calls=len(planned_s),
        planner_s=sum(planned_s),
    )


def _percentile(ascending: Sequence[float], percent: int) -> float:
    return ascending[min(len(ascending) - 1, percent * len(ascending) // 100)]
