"""From good orders to better ones, until the bound is met or time is over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from routing.tours.matrix import Matrix
from routing.tours.ortools_tour import improve_round
from routing.tours.search import charge, descend, search
from routing.tours.visits import Trip

Order = NDArray[np.int64]

SEED = 20_011
LONGEST = 3
"""Pieces of so many nodes at most are moved; longer ones were no better for the time that they took."""
CHUNK = 150_000
"""About so many moves are looked at between two looks at the clock."""
SLOWER = 8
"""Rounds take about so many times as long where rules charge."""
PATIENCE = 400
"""The search ends after so many rounds, and as many again for each ten nodes, that found nothing better."""
ORTOOLS_LEAST_S = 0.02
"""With less time than this OR-Tools would hardly have begun."""


def descended(matrix: Matrix, trip: Trip, orders: Iterable[Order], deadline: float) -> tuple[Order, int]:
    """The best order that is found by going downhill from these; the first is always looked at."""
    best: tuple[Order, int] | None = None
    for order in orders:
        cost, more = np.int64(0), True
        while more:
            cost, more = descend(matrix.legs, order, trip.demands.arrays, LONGEST, 1)
            more = more and monotonic() < deadline
        if best is None or cost < best[1]:
            best = order, int(cost)
        if monotonic() >= deadline:
            break
    assert best is not None
    return best


def searched(
    matrix: Matrix, trip: Trip, order: Order, bound: int, deadline: float, *, rounds: int | None = None
) -> tuple[Order, int]:
    """The best order that is found from this one in so many rounds (None: until nothing better comes any more)."""
    demands, count = trip.demands, len(order)
    chunk = max(1, CHUNK // (count * count * (SLOWER if demands.bind else 1)))
    patience = PATIENCE * (1 + count // 10)
    best, seed, done, found_at = order, np.int64(SEED), 0, 0
    cost = cost_of(matrix, trip, best[1:].tolist())
    while cost > bound and done - found_at < patience and monotonic() < deadline:
        best, least, seed = search(matrix.legs, best, demands.arrays, LONGEST, chunk, seed, bound)
        done += chunk
        cost, found_at = int(least), done if least < cost else found_at
        if rounds is not None and done >= rounds:
            return best, cost
    return best, cost


def by_ortools(matrix: Matrix, order: Order, deadline: float) -> tuple[Order, int]:
    """The best order that OR-Tools finds from this one, where no rules bind."""
    nodes, left_s = order[1:].tolist(), deadline - monotonic()
    if left_s > ORTOOLS_LEAST_S:
        nodes = improve_round(matrix.legs, nodes, left_s)
    return np.array([0, *nodes], np.int64), matrix.length(nodes)


def gathered(matrix: Matrix, trip: Trip, order: Sequence[int]) -> list[int]:
    """The order with visits of one location side by side, wherever that costs nothing: the picker stops there once."""
    best = list(order)
    locations = ["", *trip.locations]
    if len(set(locations)) == len(locations):
        return best
    for node in order:
        for beside in _beside_twins(locations, best, node):
            fewer = _stops(locations, beside) < _stops(locations, best)
            if fewer and cost_of(matrix, trip, beside) <= cost_of(matrix, trip, best):
                best = beside
    return best


def _beside_twins(locations: Sequence[str], order: Sequence[int], node: int) -> Iterator[list[int]]:
    """The orders in which a node stands before or behind another one of its location."""
    rest = [other for other in order if other != node]
    for place, other in enumerate(rest):
        if locations[other] == locations[node]:
            yield [*rest[:place], node, *rest[place:]]
            yield [*rest[: place + 1], node, *rest[place + 1 :]]


def _stops(locations: Sequence[str], order: Sequence[int]) -> int:
    return sum(locations[one] != locations[other] for one, other in pairwise(order))


def cost_of(matrix: Matrix, trip: Trip, order: Sequence[int]) -> int:
    """The cost of the walk through these nodes, with what the rules charge."""
    return matrix.length(order) + int(charge(np.array([0, *order], np.int64), trip.demands.arrays))
