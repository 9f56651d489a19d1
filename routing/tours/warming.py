"""Runs each compiled path of tours once, on floors of a few spots."""

from __future__ import annotations

from time import monotonic

import numpy as np

from routing.effort import Effort
from routing.exact.lanes import Lanes
from routing.exact.phases import Wish, phased_cost
from routing.layout import Layout, Spot
from routing.tours.bound import round_bound
from routing.tours.door import tour
from routing.tours.floor import Floor
from routing.tours.improve import descended, searched
from routing.tours.matrix import Matrix
from routing.tours.starts import starts
from routing.tours.subsets import best_round
from routing.tours.visits import plain_trip

_BINS = 5


def warm() -> None:
    """Compile, or read from where it is kept, all that a tour may need."""
    layout = _floor()
    bins = [spot for spot in layout.spots if spot != "depot"]
    tour(layout, bins, start="depot")
    tour(layout, bins, start="depot", ends=bins[:1], effort=Effort(minimise="time", turn_ms=1))
    floor, trip = Floor.of(layout, Effort()), plain_trip("depot", ("depot",), bins)
    matrix = Matrix.of(floor.legs, trip)
    best, cost = descended(matrix, trip, starts(trip, [range(1, _BINS + 1)]), monotonic())
    searched(matrix, trip, best, 0, monotonic() + 1, rounds=1)
    best_round(matrix.legs, trip.demands)
    if layout.grid:
        wishes = [Wish(layout.cell(spot), spot == bins[0], spot == bins[1], 1) for spot in bins]
        phased_cost(Lanes.of(layout.grid, Effort()), wishes, layout.cell("depot"), layout.cell("depot"))
    round_bound(matrix.legs, np.int64(cost), 1)


def _floor() -> Layout:
    bins = [Spot(f"b{n}", "bin", "", str(n % 2), n, 1, n % 2 * 1_000, n * 500) for n in range(_BINS)]
    return Layout.of([Spot("depot", "depot", "", "", 0, 0, 0, 0), *bins])
