"""A solved trip as a Tour: its spots, its length and time, and how much shorter it could be."""

from __future__ import annotations

from dataclasses import replace

from routing.effort import Effort
from routing.result import Tour
from routing.tours.floor import Floor
from routing.tours.search import charge
from routing.tours.solve import Solved, solve, way_of
from routing.tours.visits import Trip, no_demands

_HUNDREDTHS = 100


def told(floor: Floor, plain: Floor, trip: Trip, solved: Solved) -> Tour:
    """The tour; its time is the walk's alone. `plain` is the floor where cost is distance."""
    spots = spots_of(trip, solved)
    walk = solved.cost - int(charge(way_of(solved.order), trip.demands.arrays))
    distance_mm = walk // _HUNDREDTHS if floor is plain else plain.legs.along(spots) // _HUNDREDTHS
    return Tour(
        spots=spots,
        distance_mm=distance_mm,
        bound_mm=min(distance_mm, _bound_mm(floor, plain, trip, solved)),
        time_ms=walk // 1000 if floor.effort.by_time else floor.effort.walking_ms(distance_mm),
        cost=solved.cost,
        bound=solved.bound,
    )


def plain_of(floor: Floor) -> Floor:
    """The floor under the Effort that counts mm alone."""
    effort = floor.effort
    return floor if not effort.by_time and not effort.busy_percent else Floor.of(floor.layout, Effort())


def spots_of(trip: Trip, solved: Solved) -> tuple[str, ...]:
    """Start, locations, end; visits that follow each other at one location are one stop there."""
    spots = [trip.start]
    for visit in solved.order:
        location = trip.visits[visit].location
        if location != spots[-1]:
            spots.append(location)
    return (*spots, solved.end)


def _bound_mm(floor: Floor, plain: Floor, trip: Trip, solved: Solved) -> int:
    """No tour through these stops that keeps the hard rules is shorter."""
    soft = trip.demands.without_hard().bind
    if floor is plain and not soft:
        return -(-solved.bound // _HUNDREDTHS)
    free = replace(trip, demands=no_demands(len(trip.visits) + 1))
    return -(-solve(plain, free, 0.0).bound // _HUNDREDTHS)
