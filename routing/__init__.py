"""A warehouse layout, lines to pick and carts in; batches and tours out.

This face of the room is small in memory. The planner itself (`routing.planner.plan`) is imported in a
process of its own, because OR-Tools and numpy come with it.
"""

from routing.check import check
from routing.errors import LayoutError, ProblemError, RoutingError
from routing.heuristic import naive_distance_mm, quick_plan
from routing.layout import Layout, Spot
from routing.plan import Batch, Left, Plan, Stop
from routing.problem import Cart, PickLine, PickOrder, Problem

__all__ = [
    "Batch",
    "Cart",
    "Layout",
    "LayoutError",
    "Left",
    "PickLine",
    "PickOrder",
    "Plan",
    "Problem",
    "ProblemError",
    "RoutingError",
    "Spot",
    "Stop",
    "check",
    "naive_distance_mm",
    "quick_plan",
]
