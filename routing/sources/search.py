"""What is searched for, and what is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import NamedTuple

from routing.sources.stock import Stock, extra_cost
from routing.tours.floor import Floor
from routing.tours.solve import solve
from routing.tours.visits import plain_trip

WALK_S = 0.02
"""So long at most a tour is searched for on floors where there is no exact one."""


class Answer(NamedTuple):
    """Units taken, by offer number, what that costs with the walk, and what no other choice costs less than."""

    cost: int
    taken: Mapping[int, int]
    bound: int


@dataclass(frozen=True, slots=True)
class Search:
    """A tour from `start` by all `fixed` stops to the best of `ends`, and a choice from `stock`, until `deadline`.

    Locations that are settled by the order of expiry are among the `fixed` ones.
    """

    floor: Floor
    start: str
    ends: tuple[str, ...]
    fixed: tuple[str, ...]
    stock: Stock
    deadline: float

    def cost_of(self, taken: Mapping[int, int]) -> int:
        """What these units cost with the tour to fetch them."""
        offers = self.stock.offers
        stops = dict.fromkeys((*self.fixed, *(offers[n].location for n, qty in taken.items() if qty)))
        trip = plain_trip(self.start, self.ends, list(stops))
        return solve(self.floor, trip, min(self.deadline, monotonic() + WALK_S)).cost + extra_cost(
            self.stock, taken
        )
