"""A good tour in pure Python: the shorter of two simple walks, layer after layer where rules want an order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from routing.layout import Layout
from routing.measure import measured, walk_mm
from routing.precedence import agreed, layers, mark_of, under
from routing.problem import Cart, Problem
from routing.taken import Led, Taken, locations_of

NEAREST_UP_TO = 60
"""Nearest neighbour grows with the square of the locations; above this many only the S-shape is tried."""


def quick_tour(problem: Problem, cart: Cart, taken: Sequence[Taken]) -> Led:
    """A tour of this cart through what is to be taken; it keeps all hard rules of what comes before what."""
    start, ends = problem.start_of(cart), problem.ends_of(cart)
    rules = problem.rules.before
    marks = [mark_of(problem.layout, rules, each) for each in taken]
    walk: list[Taken] = []
    for layer in layers(under(marks, agreed(marks, rules))):
        group = [taken[number] for number in layer]
        here = walk[-1].location if walk else start
        walk += _by_location(group, _short(problem.layout, here, locations_of(group)))
    last = walk[-1].location if walk else start
    end = min(ends, key=lambda spot: problem.layout.distance_mm(last, spot))
    return measured(problem, start, walk, end)


def _by_location(taken: Iterable[Taken], locations: Iterable[str]) -> list[Taken]:
    at: dict[str, list[Taken]] = defaultdict(list)
    for each in taken:
        at[each.location].append(each)
    return [each for location in locations for each in at[location]]


def _short(layout: Layout, start: str, locations: Sequence[str]) -> list[str]:
    """These locations in a good walking order: S-shape or nearest neighbour, whichever is shorter."""
    tours = [s_shape(layout, locations)]
    if len(locations) <= NEAREST_UP_TO:
        tours.append(nearest_neighbour(layout, start, locations))
    return min(tours, key=lambda tour: walk_mm(layout, [start, *tour]))


def s_shape(layout: Layout, locations: Iterable[str]) -> list[str]:
    """Column after column, up the one and down the next."""
    columns: dict[tuple[int, str], list[str]] = defaultdict(list)
    for location in locations:
        spot = layout.spots[location]
        columns[spot.x_mm, spot.aisle].append(location)
    tour: list[str] = []
    for n, column in enumerate(sorted(columns)):
        tour += sorted(columns[column], key=lambda one: layout.spots[one].y_mm, reverse=n % 2 == 1)
    return tour


def nearest_neighbour(layout: Layout, start: str, locations: Iterable[str]) -> list[str]:
    """Always on to the nearest location that is left."""
    left, here, tour = dict.fromkeys(locations), start, []
    while left:
        here = min(left, key=lambda location: layout.distance_mm(here, location))
        del left[here]
        tour.append(here)
    return tour
