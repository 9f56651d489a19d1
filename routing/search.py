"""The search: exchanges between carts and OR-Tools on each tour in turn, from many starting points, in a deadline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from time import monotonic

import numpy as np

from routing.bound import ROUNDS, tour_bound_mm
from routing.distances import Ints, length_mm
from routing.exchange import Exchange, Load
from routing.ortools_tour import improve_tour

PATIENCE = 6
"""So many shakes per cart without any gain end the search: the processor is shared with the label's way."""
SHAKES = 3
"""Exchanges at random before each new descent."""
PROOF_S = 0.03
"""Time per cart, kept for its bound and for looking beyond the local optimum of its tour."""
MAX_NODES = 150
"""A longer tour stays as it is: to build its model alone could take longer than the deadline."""
ESCAPE_S = 0.02
"""How long one tour may look beyond its local optimum."""


@dataclass(frozen=True, slots=True)
class ProvenTour:
    """A load, and a length in mm that no tour through its nodes goes below."""

    load: Load
    bound_mm: int


def search(exchange: Exchange, expires: float, rng: Random) -> list[ProvenTour]:
    """Make the loads better until nothing helps or `expires` (monotonic seconds) has come; then prove each tour."""
    tours = _Tours(exchange, expires)
    left_s = expires - monotonic()
    moves_end = expires - min(0.4 * left_s, PROOF_S * len(exchange.loads))
    _settle(exchange, tours, moves_end)
    _wander(exchange, tours, moves_end, rng)
    exchange.favour_urgent(lambda: monotonic() >= expires)
    bounds_mm = [tours.bound_mm(cart) for cart in range(len(exchange.loads))]
    for cart, bound_mm in enumerate(bounds_mm):
        tours.escape(cart, bound_mm)
    return [ProvenTour(load, bound_mm) for load, bound_mm in zip(exchange.loads, bounds_mm, strict=True)]


def _settle(exchange: Exchange, tours: _Tours, moves_end: float) -> None:
    """Tours and exchanges in turn until neither finds anything."""
    before: list[Load] = []
    while exchange.loads != before:
        tours.polish()
        before = list(exchange.loads)
        exchange.improve(lambda: monotonic() >= moves_end)
    tours.polish()


def _wander(exchange: Exchange, tours: _Tours, moves_end: float, rng: Random) -> None:
    """Iterated local search: shake the best loads, settle again, keep what is better."""
    best, worth, in_vain = list(exchange.loads), exchange.worth, 0
    while in_vain < PATIENCE * len(best) and monotonic() < moves_end:
        exchange.shake(rng, SHAKES)
        exchange.improve(lambda: monotonic() >= moves_end)
        tours.polish()
        in_vain += 1
        if exchange.worth < worth:
            best, worth, in_vain = list(exchange.loads), exchange.worth, 0
        else:
            exchange.restore(best)


class _Tours:
    """The tours of all loads, by OR-Tools; none is solved twice."""

    def __init__(self, exchange: Exchange, expires: float) -> None:
        self._exchange = exchange
        self._matrix = exchange.pool.matrix
        self._expires = expires
        self._solved: dict[frozenset[int], tuple[int, ...]] = {}

    def polish(self) -> None:
        """Bring each tour to a local optimum."""
        for cart, load in enumerate(self._exchange.loads):
            nodes = frozenset(load.tour)
            if nodes not in self._solved and 3 < len(nodes) <= MAX_NODES and monotonic() < self._expires:
                self._solved[nodes] = self._solve(load.tour, self._expires - monotonic(), escape=False)
            self._take(cart, self._solved.get(nodes, load.tour))

    def bound_mm(self, cart: int) -> int:
        """A proven bound of this cart's tour; the simplest one where the time is over."""
        tour = self._exchange.loads[cart].tour
        in_time = len(tour) <= MAX_NODES and monotonic() < self._expires
        return tour_bound_mm(self._between(tour), length_mm(self._matrix, tour), ROUNDS if in_time else 0)

    def escape(self, cart: int, bound_mm: int) -> None:
        """Look beyond the local optimum of this cart's tour, where its bound leaves room and there is time."""
        tour = self._exchange.loads[cart].tour
        limit_s = min(ESCAPE_S, self._expires - monotonic())
        if bound_mm < length_mm(self._matrix, tour) and len(tour) <= MAX_NODES and limit_s > 0:
            self._take(cart, self._solve(tour, limit_s, escape=True))

    def _solve(self, tour: Sequence[int], limit_s: float, *, escape: bool) -> tuple[int, ...]:
        walk = improve_tour(self._between(tour), [*range(len(tour) - 1), 0], limit_s, escape=escape)
        return tuple(tour[step] for step in walk)

    def _between(self, tour: Sequence[int]) -> Ints:
        """The walks between the nodes of a tour, in its own order."""
        between: Ints = self._matrix[np.ix_(tour[:-1], tour[:-1])]
        return between

    def _take(self, cart: int, tour: tuple[int, ...]) -> None:
        load = self._exchange.loads[cart]
        if length_mm(self._matrix, tour) < length_mm(self._matrix, load.tour):
            self._exchange.put(cart, Load(load.orders, tour))
