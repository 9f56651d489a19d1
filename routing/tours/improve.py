"""From good orders to better ones, until the bound is met or time is over."""

from __future__ import annotations

from collections.abc import Iterable
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from routing.tours.matrix import Matrix
from routing.tours.ortools_tour import improve_round
from routing.tours.search import descend, search
from routing.tours.visits import Trip

Order = NDArray[np.int64]

SEED = 20_011
ALL_PIECES = 45
"""Up to so many nodes pieces of any length are moved, above it those of LONGEST."""
LONGEST = 3
CHUNK = 4_000
"""About so many nodes are put in place between two looks at the clock."""
ROUNDS_PER_NODE = 60
"""The search ends after so many rounds for each node, so that it ends alike on a fast machine and a slow one."""
ORTOOLS_LEAST_S = 0.02
"""With less time than this OR-Tools would hardly have begun."""


def descended(matrix: Matrix, trip: Trip, orders: Iterable[Order], deadline: float) -> tuple[Order, int]:
    """The best order that is found by going downhill from these; the first is always looked at."""
    best: tuple[Order, int] | None = None
    for order in orders:
        cost, more = np.int64(0), True
        while more:
            cost, more = descend(matrix.legs, order, trip.demands.arrays, _longest(order), 1)
            more = more and monotonic() < deadline
        if best is None or cost < best[1]:
            best = order, int(cost)
        if monotonic() >= deadline:
            break
    assert best is not None
    return best


def searched(matrix: Matrix, trip: Trip, order: Order, bound: int, deadline: float) -> tuple[Order, int]:
    """The best order that is found from this one."""
    demands, count = trip.demands, len(order)
    best, seed = order, np.int64(SEED)
    cost = int(descend(matrix.legs, best, demands.arrays, _longest(best), 0)[0])
    chunk, rounds = max(1, CHUNK // count), ROUNDS_PER_NODE * count
    while rounds > 0 and cost > bound and monotonic() < deadline:
        found, least, seed = search(matrix.legs, best, demands.arrays, _longest(best), chunk, seed, bound)
        best, cost, rounds = found, int(least), rounds - chunk
    left_s = deadline - monotonic()
    if cost > bound and not demands.bind and left_s > ORTOOLS_LEAST_S:
        best = np.array([0, *improve_round(matrix.legs, best[1:].tolist(), left_s)], np.int64)
        cost = matrix.length(best[1:].tolist())
    return best, cost


def _longest(order: Order) -> int:
    return len(order) if len(order) <= ALL_PIECES else LONGEST
