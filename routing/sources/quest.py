"""The search for the best choice of shelves on one field: its bound, and choices better than a known one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.exact.lanes import NEVER, Costs
from routing.sources.field import FIXED, Field
from routing.sources.labels import EMPTIED, HIGH, OPEN
from routing.sources.moves import Guide
from routing.sources.relax import ascend, backward, price_all
from routing.sources.subfield import as_fixed, enough_of, restricted
from routing.sources.sweep import sweep_labels
from routing.sources.worth import entry_bounds, reached

Taken = Mapping[int, int]
"""Units by the number of an offer."""

ROOM, SPARE = 4, 512
DEPTH = 150
"""With how many cheaper labels each is compared; more find more that are dominated, for more time."""


class Found(NamedTuple):
    """A choice of shelves and what it costs with the walk."""

    cost: int
    taken: Taken


class Quest:
    """The search on one field. `bound` is proven for it; `looked` counts the labels of the last sweep."""

    _prices: Costs

    def __init__(self, field: Field, like: Quest | None = None) -> None:
        """`like`: a search on the same floor and demand, whose prices are a good start."""
        self.field = field
        self.bound = -int(NEVER)
        self.looked = 0
        self._prices = like._prices.copy() if like else np.zeros(len(field.demand), np.int64)
        self._residue: int | None = like._residue if like else None
        self._step = 1.0
        self._salt = np.random.default_rng(1).integers(2**62, size=2 * len(field.demand)) * 2 + 1

    def simple(self) -> Found:
        """A choice that is there on any field: the shelves that cost least extra and have most, and their tour."""
        field = self.field
        order = np.lexsort((-field.units, field.extra))
        enough = enough_of(field, order)
        served = as_fixed(restricted(field, enough | (field.offer == FIXED)))
        walk, _ = ascend(served, np.zeros(0, np.int64), 0, 1, 1.0)
        taken, left, cost = {}, field.demand.copy(), int(walk) + field.constant
        for entry in order[enough[order]].tolist():
            units = int(min(field.units[entry], left[field.good[entry]]))
            left[field.good[entry]] -= units
            taken[int(field.offer[entry])] = units
            emptied = field.bonus[entry] and units == field.units[entry]
            cost += int(-field.gift[entry] if emptied else field.extra[entry])
        self._residue = cost % field.quantum
        return Found(cost, taken)

    def ascend(self, upper: int, rounds: int) -> None:
        """Raise the bound by better prices; `upper` is a cost that some choice has, or a guess."""
        bound, self._step = ascend(
            self.field, self._prices, upper - self.field.constant, rounds, max(self._step, 0.3)
        )
        self._raise_to(int(bound))

    def sweep(self, upper: int, width: int, budget: int) -> Found | None:
        """A choice that costs less than `upper`, the best where `bound` comes up to it; None where none was found."""
        field = self.field
        guide = self._guide(self._below(upper) - field.constant, width, budget)
        room, columns = ROOM * width + SPARE, len(field.demand) * (2 if field.exact.any() else 1)
        places = np.full(2 << (2 * room - 1).bit_length(), -1, np.int64)
        cost, decisions, went, looked = sweep_labels(
            field, guide, _labels(room, columns), _labels(room, columns), places
        )
        self.looked = int(looked)
        found = None
        if cost < NEVER:
            found = Found(int(cost) + field.constant, _taken(field, decisions))
            self._residue = found.cost % field.quantum
        upper = min(upper, found.cost) if found else upper
        self._raise_to(min(int(went), upper - field.constant))
        return found

    def worths(self) -> Costs:
        """Of each entry what choices that take from it cost at the least."""
        price = self._priced()
        least, rest = reached(self.field, price), backward(self.field, price)
        bounds: Costs = entry_bounds(self.field, self._prices, least, rest) + self.field.constant
        return bounds

    def trim(self, upper: int, known: Taken) -> Costs:
        """Leave entries out that no choice for less than `upper` takes from, save those of a `known` choice.

        Returns the worths of those that stay.
        """
        field, worths = self.field, self.worths()
        stays = (worths < upper) | (field.offer == FIXED) | np.isin(field.offer, list(known))
        if not stays.all():
            self.field = restricted(field, stays)
        kept: Costs = worths[stays]
        return kept

    def closed(self, upper: int) -> bool:
        """Whether no choice on this field costs less than `upper`."""
        return self.bound > self._below(upper)

    def _below(self, upper: int) -> int:
        """The greatest cost below `upper` that a choice can have."""
        if self._residue is None:
            return upper - 1
        return upper - 1 - (upper - 1 - self._residue) % self.field.quantum

    def _raise_to(self, bound: int) -> None:
        bound += self.field.constant
        if self._residue is not None:
            bound += (self._residue - bound) % self.field.quantum
        self.bound = max(self.bound, bound)

    def _priced(self) -> Costs:
        """The options of each step under the prices."""
        price, cuts = self.field.price.copy(), np.zeros((len(self.field.table), 6, 2), np.int64)
        price_all(self.field, self._prices, price, cuts)
        return price

    def _guide(self, upper: int, width: int, budget: int) -> Guide:
        rest, upper = backward(self.field, self._priced()), min(upper, int(NEVER) // 4)
        return Guide(self._prices, rest, upper, width, DEPTH, budget, self._salt)


def _labels(room: int, columns: int) -> tuple[Costs, NDArray[np.int32]]:
    """Tables for so many labels."""
    return np.zeros((room, HIGH + 1), np.int64), np.zeros((room, columns), np.int32)


def _taken(field: Field, decisions: Costs) -> Taken:
    """How much is taken of which offer, where these were the decisions of a sweep: from few shelves."""
    passed: dict[int, list[int]] = defaultdict(list)
    left = field.demand.tolist()
    taken: dict[int, int] = {}
    for kind, low, high in decisions.tolist():
        if kind == EMPTIED:
            taken[int(field.offer[low])] = int(field.units[low])
            left[field.good[low]] -= int(field.units[low])
        elif kind == OPEN:
            passed[int(field.good[low])].append(low)
        else:
            for entry in (*range(field.first[kind], low), *range(high, field.first[kind + 1])):
                if field.offer[entry] != FIXED and not field.choice[entry]:
                    passed[int(field.good[entry])].append(entry)
    for good, entries in passed.items():
        for entry in sorted(entries, key=lambda entry: (field.extra[entry], -field.units[entry])):
            units = min(left[good], int(field.units[entry]))
            if units:
                taken[int(field.offer[entry])] = units
                left[good] -= units
    return taken
