"""The door to tours: any floor, any rule of order, always with a bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from time import monotonic

from routing.effort import Effort
from routing.layout import Layout, Spot
from routing.precedence import broken
from routing.problem import Cart, Problem
from routing.quick_tour import quick_tour
from routing.result import Tour
from routing.taken import Led, Taken
from routing.tours.floor import Floor
from routing.tours.solve import Solved, solve
from routing.tours.told import plain_of, spots_of, told
from routing.tours.visits import MOST_RULES, Trip, plain_trip, ruled_trip


def tour(
    layout: Layout,
    stops: Sequence[str],
    *,
    start: str,
    ends: Sequence[str] = (),
    effort: Effort | None = None,
    deadline_s: float = 0.2,
) -> Tour:
    """The best tour from `start` through all stops to whichever of `ends` is best (none: back to the start).

    Stops that are named twice are one. Where neither the sweep over aisles nor few stops prove it to be the least, it
    is searched for until `deadline_s` is over. Raises LayoutError, naming the spot, where one is nowhere, in a closed
    aisle or cut off.
    """
    deadline = monotonic() + deadline_s
    floor = floor_of(layout, effort or Effort())
    trip = plain_trip(start, ends or (start,), stops)
    solved = solve(floor, trip, deadline)
    found = told(floor, plain_of(floor), trip, solved)
    return replace(found, time_ms=found.time_ms + floor.effort.handling_ms(_spots(layout, trip), 0))


class Guide:
    """Leads the carts of one problem: what its layout and effort ask for is worked out once."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._floor = floor_of(problem.layout, problem.effort)
        self._plain = plain_of(self._floor)

    def lead(self, cart: Cart, taken: Sequence[Taken], deadline: float) -> Led:
        """The best tour of a cart through what is to be taken, by `deadline` (monotonic seconds).

        It keeps all hard rules of what comes before what, unless they contradict each other. With more than MOST_RULES
        it is the quick tour. Raises LayoutError as `tour` does.
        """
        problem, layout = self._problem, self._problem.layout
        rules = problem.rules.before
        if len(rules) > MOST_RULES:
            return quick_tour(problem, cart, taken)
        trip = ruled_trip(layout, problem.effort, rules, problem.start_of(cart), problem.ends_of(cart), taken)
        solved = self._solved(trip, deadline)
        walk = tuple(taken[number] for visit in solved.order for number in trip.visits[visit].numbers)
        found = told(self._floor, self._plain, trip, solved)
        units = sum(each.qty for each in taken)
        return Led(
            replace(
                found,
                time_ms=found.time_ms + problem.effort.handling_ms(_spots(layout, trip), units),
                rules_cost_mm=self._rules_cost_mm(trip, found, deadline),
                broken=tuple(rule.name for rule in broken(layout, rules, walk)),
            ),
            walk,
        )

    def _solved(self, trip: Trip, deadline: float) -> Solved:
        """Where what the hard rules cost must be found out too, some of the time is left for that."""
        now = monotonic()
        hard = trip.demands.hard and trip.demands.bind
        return solve(self._floor, trip, now + _RULED_SHARE * (deadline - now) if hard else deadline)

    def _rules_cost_mm(self, trip: Trip, found: Tour, deadline: float) -> int:
        """How much longer the tour is than the best one without the hard rules."""
        if not (trip.demands.hard and trip.demands.bind):
            return 0
        free = replace(trip, demands=trip.demands.without_hard())
        other = spots_of(free, solve(self._floor, free, deadline))
        return max(0, found.distance_mm - self._plain.legs.along(other) // self._plain.effort.per_mm(""))


_RULED_SHARE = 0.75
_KEPT_FLOORS = 4
_floors: list[Floor] = []


def floor_of(layout: Layout, effort: Effort) -> Floor:
    """The floor, from those that were made lately where it is among them."""
    for floor in _floors[:]:
        if floor.layout is layout and floor.effort == effort:
            return floor
    floor = Floor.of(layout, effort)
    _floors.insert(0, floor)
    del _floors[_KEPT_FLOORS:]
    return floor


def _spots(layout: Layout, trip: Trip) -> list[Spot]:
    return [layout.spots[location] for location in dict.fromkeys(trip.locations)]
