"""Sets of items that were priced, as columns of a set partitioning problem."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.batching.batches import Best
from routing.batching.compiled import kernel
from routing.batching.pool import Pool
from routing.batching.prices import Prices, price, whole_cost

_NEVER = 2**60


class Columns(NamedTuple):
    """Loads that could be chosen: column k has items `items[start[k]:start[k + 1]]` on a cart of type `kind[k]`."""

    start: NDArray[np.int64]
    items: NDArray[np.int64]
    kind: NDArray[np.int64]
    cost: NDArray[np.int64]

    @property
    def size(self) -> int:
        """How many columns there are."""
        return len(self.cost)

    def reduced(self, worth: NDArray[np.float64], kind_worth: NDArray[np.float64]) -> NDArray[np.float64]:
        """Cost of each column less what its items, and a cart of its type, are worth."""
        if not self.size:
            return np.zeros(0)
        gained = np.add.reduceat(worth[self.items], self.start[:-1])
        return np.asarray(self.cost - gained - kind_worth[self.kind], np.float64)

    def some(self, chosen: NDArray[np.int64]) -> Columns:
        """Only these columns."""
        sizes = np.diff(self.start)[chosen]
        start = np.append(0, np.cumsum(sizes)).astype(np.int64)
        within = np.arange(start[-1]) - np.repeat(start[:-1], sizes)
        items = self.items[np.repeat(self.start[:-1][chosen], sizes) + within]
        return Columns(start, items, self.kind[chosen], self.cost[chosen])


def joined(parts: Sequence[Columns]) -> Columns:
    """All columns of all parts."""
    starts = [part.start[:-1] + offset for part, offset in zip(parts, _offsets(parts), strict=True)]
    last = sum(len(part.items) for part in parts)
    return Columns(
        np.concatenate([*starts, np.array([last], np.int64)]),
        np.concatenate([part.items for part in parts]),
        np.concatenate([part.kind for part in parts]),
        np.concatenate([part.cost for part in parts]),
    )


def _offsets(parts: Sequence[Columns]) -> list[int]:
    sizes = [len(part.items) for part in parts]
    return [sum(sizes[:k]) for k in range(len(sizes))]


def columns_of(pool: Pool, prices: Prices) -> Columns:
    """The sets of a log on each type of cart that can take them."""
    sets, kinds = int(prices.used[0]), len(pool.kinds)
    cost = np.empty((sets, kinds), np.int64)
    _costs_by_kind(pool, prices, cost)
    which, kind = np.nonzero(cost < 2**60)
    start = np.ascontiguousarray(prices.log["start"][: sets + 1])
    items = prices.items[: start[-1]].astype(np.int64)
    logged = Columns(start, items, np.zeros(sets, np.int64), np.ascontiguousarray(prices.log["cost"][:sets]))
    chosen = logged.some(which)
    return Columns(chosen.start, chosen.items, kind.astype(np.int64), cost[which, kind])


def columns_in(pool: Pool, prices: Prices, best: Best) -> Columns:
    """The batches of a solution."""
    groups = [np.flatnonzero(best.of == b) for b in np.unique(best.of)]
    kinds = np.array([best.kind[best.of[group[0]]] for group in groups], np.int64)
    cost = np.array([_cost_of(pool, prices, group, kind) for group, kind in zip(groups, kinds, strict=True)])
    start = np.cumsum([0, *map(len, groups)]).astype(np.int64)
    return Columns(start, np.concatenate(groups).astype(np.int64), kinds, cost.astype(np.int64))


def _cost_of(pool: Pool, prices: Prices, group: NDArray[np.int64], kind: int) -> int:
    prices.chosen[: len(group)] = group
    return int(set_cost_of(pool, prices, len(group), kind))


@kernel
def set_cost_of(pool, prices, count, kind):  # type: ignore[no-untyped-def]
    """Cost of the first `count` of `prices.chosen` on a cart of this type, tour, waiting and foes."""
    name = np.uint64(0)
    for n in range(count):
        name ^= pool.items[prices.chosen[n]].name
    return whole_cost(pool, prices, count, kind, price(pool, prices, count, name, kind, _NEVER))


@kernel
def _costs_by_kind(pool, prices, cost):  # type: ignore[no-untyped-def]
    """Cost of each logged set on each type, NEVER where it may not go on it."""
    kinds = pool.kinds
    for k in range(len(cost)):
        begin, end = prices.log[k].start, prices.log[k + 1].start
        weight, volume = 0, 0
        for n in range(begin, end):
            i = prices.items[n]
            prices.chosen[n - begin] = i
            weight += pool.items[i].weight_g
            volume += pool.items[i].volume_cm3
        for kind in range(len(kinds)):
            may = (
                kinds[kind].round == prices.log[k].round
                and end - begin <= kinds[kind].slots
                and weight <= kinds[kind].weight_g
                and volume <= kinds[kind].volume_cm3
            )
            for n in range(begin, end):
                may = may and pool.takes[prices.items[n], kind]
            cost[k, kind] = _NEVER
            if may:
                cost[k, kind] = whole_cost(pool, prices, end - begin, kind, prices.log[k].cost)
