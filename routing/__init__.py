"""A warehouse layout, lines to pick and carts in; batches and tours out, with a proven bound.

This face of the room is small in memory: what OR-Tools, numpy and compiled code are needed for is imported when it is
first asked for, in a process that is meant for it.
"""

from __future__ import annotations

from collections.abc import Sequence

from routing.check import check
from routing.effort import Effort
from routing.errors import LayoutError, ProblemError, RoutingError
from routing.layout import FloorRules, Layout, Spot, Way
from routing.problem import ANYWHERE, Cart, PickLine, PickOrder, Problem, Shelf, Sourcing
from routing.quick import naive_distance_mm, quick_plan
from routing.result import Batch, Left, Link, Plan, Stop, Tour
from routing.rules import Apart, Before, Goods, Rules

__all__ = [
    "ANYWHERE",
    "Apart",
    "Batch",
    "Before",
    "Cart",
    "Effort",
    "FloorRules",
    "Goods",
    "Layout",
    "LayoutError",
    "Left",
    "Link",
    "PickLine",
    "PickOrder",
    "Plan",
    "Problem",
    "ProblemError",
    "RoutingError",
    "Rules",
    "Shelf",
    "Sourcing",
    "Spot",
    "Stop",
    "Tour",
    "Way",
    "check",
    "naive_distance_mm",
    "plan",
    "quick_plan",
    "tour",
]


def plan(problem: Problem, deadline_s: float, seed: int = 1, *, cores: int = 1) -> Plan:
    """Plan one round within `deadline_s` seconds; see `routing.planner.plan`. Imports OR-Tools and compiled code."""
    from routing import planner  # noqa: PLC0415  # the agent's own process imports this face without its weight

    return planner.plan(problem, deadline_s, seed, cores=cores)


def tour(
    layout: Layout,
    stops: Sequence[str],
    *,
    start: str,
    ends: Sequence[str] = (),
    effort: Effort | None = None,
    deadline_s: float = 0.2,
) -> Tour:
    """The shortest tour from `start` through all stops to the best of `ends` (none: back); see `routing.tours.door`."""
    from routing.tours import door  # noqa: PLC0415  # as above

    return door.tour(layout, stops, start=start, ends=ends, effort=effort, deadline_s=deadline_s)
