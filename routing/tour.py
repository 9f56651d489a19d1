"""One tour: a quick order of the stops, its length, a simple bound, and the batch that comes of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

from routing.layout import Layout
from routing.plan import Batch, Stop
from routing.problem import PickOrder, Problem

NEAREST_UP_TO = 60
"""Nearest neighbour grows with the square of the locations; above this many only the S-shape is tried."""


def locations_of(orders: Iterable[PickOrder]) -> list[str]:
    """The distinct locations of these orders, in the order they are first named."""
    return list(dict.fromkeys(line.location for order in orders for line in order.lines))


def tour_mm(layout: Layout, depot: str, locations: Sequence[str]) -> int:
    """Length of the walk from the depot through the locations as they stand, and back; mm."""
    return sum(layout.distance_mm(a, b) for a, b in pairwise([depot, *locations, depot]))


def round_trip_mm(layout: Layout, depot: str, locations: Iterable[str]) -> int:
    """A lower bound of any tour through the locations: to the farthest one and back; mm."""
    return max((2 * layout.distance_mm(depot, location) for location in locations), default=0)


def quick_tour(layout: Layout, depot: str, locations: Sequence[str]) -> list[str]:
    """The distinct locations in a good walking order: S-shape or nearest neighbour, whichever is shorter."""
    tours = [s_shape(layout, locations)]
    if len(locations) <= NEAREST_UP_TO:
        tours.append(nearest_neighbour(layout, depot, locations))
    return min(tours, key=lambda tour: tour_mm(layout, depot, tour))


def s_shape(layout: Layout, locations: Iterable[str]) -> list[str]:
    """Corridor after corridor, up the one and down the next."""
    corridors: dict[int, list[str]] = defaultdict(list)
    for location in locations:
        corridors[layout.place(location).corridor].append(location)
    tour: list[str] = []
    for n, corridor in enumerate(sorted(corridors)):
        tour += sorted(corridors[corridor], key=lambda one: layout.place(one).y_mm, reverse=n % 2 == 1)
    return tour


def nearest_neighbour(layout: Layout, depot: str, locations: Iterable[str]) -> list[str]:
    """Always on to the nearest location that is left."""
    left, here, tour = dict.fromkeys(locations), depot, []
    while left:
        here = min(left, key=lambda location: layout.distance_mm(here, location))
        del left[here]
        tour.append(here)
    return tour


def batch_of(
    problem: Problem, cart: str, orders: Sequence[PickOrder], tour: Sequence[str], bound_mm: int
) -> Batch:
    """The batch of these orders on one cart, slot by slot; `tour` is its distinct locations as walked."""
    by_location: dict[str, list[Stop]] = defaultdict(list)
    for slot, order in enumerate(orders, start=1):
        for line in order.lines:
            stop = Stop(line.location, line.sku, line.order, line.line_no, line.qty, slot)
            by_location[line.location].append(stop)
    return Batch(
        cart=cart,
        slots=tuple(order.order for order in orders),
        stops=tuple(stop for location in tour for stop in by_location[location]),
        distance_mm=tour_mm(problem.layout, problem.depot, tour),
        bound_mm=bound_mm,
    )
