"""The plan that is always there: pure Python, milliseconds, feasible; the planner is never worse."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from routing.layout import Layout
from routing.plan import Batch, Left, Plan
from routing.problem import Cart, PickOrder, Problem
from routing.sift import LATER, sift
from routing.tour import batch_of, locations_of, quick_tour, round_trip_mm, tour_mm

WINDOW = 300
"""How many of the most urgent fitting orders are compared for each free slot."""


def quick_plan(problem: Problem) -> Plan:
    """Fill one cart after the other: the most urgent order first, then those that add least walking.

    The orders in slot 1 are the seeds: whatever else a planner does, these go now.
    """
    ready, left = sift(problem)
    pool = {order.order: _Candidate.of(problem.layout, order) for order in ready}
    batches = []
    for cart in _choosiest_first(problem.carts):
        orders = _fill(cart, pool)
        if orders:
            batches.append(_quick_batch(problem, cart, orders))
    left += tuple(Left(order, LATER) for order in pool)
    return Plan(tuple(batches), left, sum(batch.distance_mm for batch in batches), "quick")


def naive_distance_mm(layout: Layout, depot: str, locations_by_order: Iterable[Sequence[str]]) -> int:
    """The walk without planning, in mm: each order alone, its locations as they stand, depot to depot.

    Raises LayoutError where a location or the depot is nowhere.
    """
    return sum(tour_mm(layout, depot, locations) for locations in locations_by_order)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An order with what the choice needs to know: its load, its aisle blocks and its span along x."""

    order: PickOrder
    weight_g: int
    volume_cm3: int
    zones: frozenset[str]
    blocks: frozenset[tuple[int, int]]
    least_x_mm: int
    greatest_x_mm: int

    @classmethod
    def of(cls, layout: Layout, order: PickOrder) -> _Candidate:
        places = [layout.place(line.location) for line in order.lines]
        xs_mm = [layout.corridors[place.corridor].x_mm for place in places]
        crossings = layout.crossings_y_mm
        return cls(
            order=order,
            weight_g=order.weight_g,
            volume_cm3=order.volume_cm3,
            zones=order.zones,
            blocks=frozenset((place.corridor, bisect_right(crossings, place.y_mm)) for place in places),
            least_x_mm=min(xs_mm),
            greatest_x_mm=max(xs_mm),
        )


def _choosiest_first(carts: Iterable[Cart]) -> list[Cart]:
    """Carts of few zones first, so that a cart for all zones is not opened for what they can take."""
    return sorted(carts, key=lambda cart: len(cart.zones) if cart.zones else float("inf"))


def _fill(cart: Cart, pool: dict[str, _Candidate]) -> list[PickOrder]:
    """Take the orders of one cart out of the pool, seed first."""
    taken: list[_Candidate] = []
    weight_g, volume_cm3 = cart.max_weight_g, cart.max_volume_cm3
    blocks: set[tuple[int, int]] = set()
    while len(taken) < cart.slots:
        fitting = (
            candidate
            for candidate in pool.values()
            if candidate.weight_g <= weight_g
            and candidate.volume_cm3 <= volume_cm3
            and cart.serves(candidate.zones)
        )
        chosen = _least_added(fitting, taken, blocks) if taken else next(fitting, None)
        if chosen is None:
            break
        del pool[chosen.order.order]
        taken.append(chosen)
        blocks |= chosen.blocks
        weight_g -= chosen.weight_g
        volume_cm3 -= chosen.volume_cm3
    return [candidate.order for candidate in taken]


def _least_added(
    fitting: Iterable[_Candidate], taken: Sequence[_Candidate], blocks: set[tuple[int, int]]
) -> _Candidate | None:
    """The one that adds fewest aisle blocks, then least span along x; the most urgent of equals."""
    least_x_mm = min(candidate.least_x_mm for candidate in taken)
    greatest_x_mm = max(candidate.greatest_x_mm for candidate in taken)

    def added(candidate: _Candidate) -> tuple[int, int]:
        wider_mm = max(0, least_x_mm - candidate.least_x_mm) + max(0, candidate.greatest_x_mm - greatest_x_mm)
        return len(candidate.blocks - blocks), wider_mm

    return min(islice(fitting, WINDOW), key=added, default=None)


def _quick_batch(problem: Problem, cart: Cart, orders: Sequence[PickOrder]) -> Batch:
    layout, depot = problem.layout, problem.depot
    tour = quick_tour(layout, depot, locations_of(orders))
    return batch_of(problem, cart.cart, orders, tour, round_trip_mm(layout, depot, tour))
