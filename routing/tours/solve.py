"""The best tour for a trip: exact where that can be had, else searched for, and always with a bound."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from time import monotonic
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.precedence import Mark, layers
from routing.quick_tour import s_shape
from routing.tours.bounds import Bounds
from routing.tours.chain import Chain, layers_of
from routing.tours.floor import Floor, Least
from routing.tours.improve import by_ortools, cost_of, descended, gathered, searched
from routing.tours.matrix import Matrix
from routing.tours.search import charge
from routing.tours.starts import nearest_first, starts
from routing.tours.subsets import MOST_VISITS, best_round
from routing.tours.visits import Trip

MOST_NODES = 1_500
"""Above so many visits no matrix of all legs is made."""
FEW_VISITS = 12
"""So many are solved exactly even when time is over."""
FIRST_ROUNDS = 150
"""So many rounds are searched before bounds are: they find better ones where they know a better tour."""


class Solved(NamedTuple):
    """Visits (numbers from 0) as walked, the end, cost with penalties of soft rules; none costs less than `bound`."""

    order: tuple[int, ...]
    end: str
    cost: int
    bound: int


def solve(floor: Floor, trip: Trip, deadline: float) -> Solved:
    """A tour for this trip by `deadline` (monotonic seconds); it keeps all hard rules. Raises LayoutError."""
    least = floor.least(floor.lanes, trip.start, trip.locations, trip.ends) if floor.lanes else None
    if least and least.proven:
        for order in _both_ways(trip, least):
            if not charge(way_of(order), trip.demands.arrays):
                return Solved(tuple(order), least.end, least.cost, least.cost)
    if len(trip.visits) > MOST_NODES:
        return _very_large(floor, trip, least)
    return _by_matrix(floor, trip, least, deadline)


def _both_ways(trip: Trip, least: Least) -> Iterator[Sequence[int]]:
    """A tour, and where it ends where it starts the same the other way round."""
    yield least.order
    if least.end == trip.start:
        yield least.order[::-1]


def way_of(order: Sequence[int]) -> NDArray[np.int64]:
    """Visits by number as nodes, from the depot."""
    return np.array([0, *(number + 1 for number in order)], np.int64)


def _by_matrix(floor: Floor, trip: Trip, least: Least | None, deadline: float) -> Solved:
    """Any floor, any rules: by subsets or by layers where that is exact, else by search."""
    matrix = Matrix.of(floor.legs, trip)

    def solved(order: Sequence[int], bound: int) -> Solved:
        order = gathered(matrix, trip, order)
        cost, end = cost_of(matrix, trip, order), trip.ends[matrix.end_after(order)]
        return Solved(tuple(node - 1 for node in order), end, cost, min(bound, cost))

    if not trip.visits:
        return solved((), matrix.length(()))
    if len(trip.visits) <= (MOST_VISITS if monotonic() < deadline else FEW_VISITS):
        cost, order = best_round(matrix.legs, trip.demands)
        return solved(order, cost)
    chain = Chain(floor, trip, matrix, (monotonic() + deadline) / 2)
    found = layers_of(trip)
    exact = chain.least(found) if found else None
    if exact:
        return solved(exact[1], exact[0])
    bases = [[number + 1 for number in least.order]] if least else [nearest_first(matrix.legs)]
    bounds = Bounds(replace(chain, deadline=deadline), least)
    best, cost = descended(matrix, trip, starts(trip, bases), deadline)
    if not (least and least.proven):
        best, cost = searched(matrix, trip, best, 0, deadline, rounds=FIRST_ROUNDS)
    bound = bounds.best(cost)
    if cost > bound:
        best, cost = searched(matrix, trip, best, bound, deadline)
    if cost > bound and not trip.demands.bind:
        best, cost = by_ortools(matrix, best, deadline)
    return solved(best[1:].tolist(), bound)


def _very_large(floor: Floor, trip: Trip, least: Least | None) -> Solved:
    """Layer by layer in S-shape, without a search."""
    hard = trip.demands.hard
    marks = [Mark(visit.mark.early & hard, visit.mark.late & hard) for visit in trip.visits]
    walk: list[int] = []
    for layer in layers(marks):
        at: dict[str, list[int]] = defaultdict(list)
        for number in layer:
            at[trip.visits[number].location].append(number)
        walk += [number for location in s_shape(floor.layout, at) for number in at[location]]
    spots = [trip.start, *(trip.visits[number].location for number in walk)]
    home = floor.legs.between(spots, trip.ends)
    end = trip.ends[int(home[-1].argmin())]
    cost = floor.legs.along([*spots, end]) + int(charge(way_of(walk), trip.demands.arrays))
    out_and_back = int((floor.legs.between([trip.start], spots)[0] + home.min(axis=1)).max())
    bound = least.cost if least and least.proven else out_and_back
    return Solved(tuple(walk), end, cost, min(bound, cost))
