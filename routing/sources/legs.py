"""The choice of shelves on floors of any shape: shelves are put into the tour one by one where they lengthen it least.

Then, as long as there is time, the shelves of one want after the other are chosen anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from time import monotonic

import numpy as np

from routing.exact.lanes import Costs
from routing.sources.search import Answer, Search


def by_legs(search: Search, known: Answer | None = None) -> Answer:
    """A good choice until the deadline, starting from one that is `known`; with a simple bound where there is none."""
    route = _Route(search)
    taken = dict(known.taken) if known else route.filled({})
    cost = search.cost_of(taken)
    bound = known.bound if known else route.bound()
    goods = range(len(search.stock.demand))
    better = True
    while better and cost > bound and monotonic() < search.deadline:
        better = False
        for good in goods:
            if monotonic() >= search.deadline:
                break
            others = {n: qty for n, qty in taken.items() if search.stock.offers[n].good != good}
            trial = route.filled(others)
            if trial != taken and search.cost_of(trial) < cost:
                taken, cost, better = trial, search.cost_of(trial), True
    return Answer(cost, taken, bound)


class _Route:
    """All legs between the places of a search: node 0 is the start, then the fixed stops, then the offers."""

    def __init__(self, search: Search) -> None:
        self._search = search
        offers = search.stock.offers
        places = [search.start, *search.fixed, *(offer.location for offer in offers)]
        self._first_offer = 1 + len(search.fixed)
        self._legs = search.floor.legs.between(places, places)
        self._home = search.floor.legs.between(places, search.ends).min(axis=1)
        self._gain = np.array([offer.bonus - offer.extra for offer in offers], np.int64)

    def bound(self) -> int:
        """Out to the farthest stop and back, or to the nearest shelf of a want; less all that can be earned."""
        out_and_back = self._legs[0] + self._home
        stock, first = self._search.stock, self._first_offer
        needed = out_and_back[1:first].tolist()
        for good in range(len(stock.demand)):
            shelves = [
                int(out_and_back[first + n]) for n, offer in enumerate(stock.offers) if offer.good == good
            ]
            needed += [min(shelves)] if shelves else []
        bonuses = sum(offer.bonus for offer in stock.offers)
        return max(needed, default=int(self._home[0])) + stock.settled_cost - bonuses

    def filled(self, taken: Mapping[int, int]) -> dict[int, int]:
        """This and what is still wanted, each time from the shelf that lengthens the tour least for its units."""
        stock, full = self._search.stock, dict(taken)
        left = Counter(dict(enumerate(stock.demand)))
        for n, qty in taken.items():
            left[stock.offers[n].good] -= qty
        tour = self._tour(
            [*range(1, self._first_offer), *(self._first_offer + n for n, qty in taken.items() if qty)]
        )
        open_offers = {n for n, offer in enumerate(stock.offers) if n not in full}
        while any(qty > 0 for qty in left.values()):
            longer, where = self._insertions(tour)
            able = [n for n in open_offers if left[stock.offers[n].good] > 0]
            best = min(able, key=lambda n: self._per_unit(n, int(longer[self._first_offer + n]), left))
            units = min(stock.offers[best].qty, left[stock.offers[best].good])
            full[best] = units
            left[stock.offers[best].good] -= units
            open_offers.remove(best)
            node = self._first_offer + best
            tour.insert(int(where[node]) + 1, node)
        return full

    def _per_unit(self, n: int, longer: int, left: Mapping[int, int]) -> tuple[float, int]:
        """What a shelf costs for each unit that is wanted from it; the number settles what is equal."""
        offer = self._search.stock.offers[n]
        units = min(offer.qty, left[offer.good])
        earned = offer.bonus if units == offer.qty else 0
        return (longer + offer.extra - earned) / units, n

    def _insertions(self, tour: list[int]) -> tuple[Costs, Costs]:
        """Of each node how much longer the tour becomes by it, and after which place in the tour that is."""
        here, after = np.array(tour), np.array(tour[1:], np.int64)
        onward = np.concatenate([self._legs[:, after], self._home[:, None]], axis=1)
        legs = np.append(self._legs[here[:-1], after], self._home[here[-1]])
        longer = self._legs[here].T + onward - legs
        return longer.min(axis=1), longer.argmin(axis=1)

    def _tour(self, nodes: list[int]) -> list[int]:
        """A tour by these nodes from the start, each put where it lengthens it least."""
        tour, left = [0], set(nodes)
        while left:
            longer, where = self._insertions(tour)
            node = min(left, key=lambda node: (int(longer[node]), node))
            tour.insert(int(where[node]) + 1, node)
            left.remove(node)
        return tour
