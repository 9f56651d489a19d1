"""What the baselines load onto carts: orders by number, what they weigh, and how long tours through them are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

from routing import Cart, Problem
from routing.batching.job import CartType, Item, Job
from routing.batching.pool import pool_of
from routing.batching.prices import price, prices_for
from routing.parts import Part, prepare
from routing.taken import locations_of

_REMEMBERED = 400_000
"""Prices that are kept; the others are worked out again."""


class Freight:
    """The orders of a problem, in their order of arrival, for carts that differ in their slots alone.

    Raises ValueError where an order is split or has to stay behind, or carts differ in more.
    """

    def __init__(self, problem: Problem) -> None:
        prepared = prepare(problem)
        self.problem = problem
        self.parts: tuple[Part, ...] = prepared.parts
        self.weight_g = [part.weight_g for part in self.parts]
        self.volume_cm3 = [part.volume_cm3 for part in self.parts]
        alike = {(cart.max_weight_g, cart.max_volume_cm3, cart.zones, cart.start) for cart in problem.carts}
        if prepared.left or any(part.why for part in self.parts) or len(alike) != 1:
            raise ValueError("the baselines know whole orders, and carts that differ in their slots alone")
        ((self.max_weight_g, self.max_volume_cm3, *_),) = alike
        self.most_slots = max(cart.slots for cart in problem.carts)

    @property
    def size(self) -> int:
        """How many orders there are."""
        return len(self.parts)

    def fits(self, load: Iterable[int]) -> bool:
        """Whether the weight and volume of these orders go on one cart."""
        load = list(load)
        return (
            sum(self.weight_g[n] for n in load) <= self.max_weight_g
            and sum(self.volume_cm3[n] for n in load) <= self.max_volume_cm3
        )

    def can_be_carted(self, sizes: Iterable[int]) -> bool:
        """Whether there is a cart with slots enough for each load of more orders than the smallest cart takes."""
        carts = Counter(cart.slots for cart in self.problem.carts)
        loads = Counter(sizes)
        return all(
            sum(count for size, count in loads.items() if size > slots)
            <= sum(count for size, count in carts.items() if size > slots)
            for slots in carts
        )

    def on_carts(self, loads: Iterable[Sequence[int]]) -> list[tuple[Cart, list[int]]]:
        """The loads with carts, the largest load on a cart of the most slots. Raises ValueError where it has none."""
        carts = sorted(self.problem.carts, key=lambda cart: -cart.slots)
        largest_first = sorted((sorted(load) for load in loads if load), key=lambda load: (-len(load), load))
        if len(largest_first) > len(carts):
            raise ValueError(f"{len(largest_first)} loads, {len(carts)} carts")
        found = list(zip(carts, largest_first, strict=False))
        for cart, load in found:
            if len(load) > cart.slots or not self.fits(load):
                raise ValueError(f"cart {cart.cart} cannot take orders {load}")
        return found


class Prices:
    """Lengths in mm of the shortest tours through the stops of sets of orders, compiled; on parallel aisles only."""

    def __init__(self, freight: Freight) -> None:
        problem = freight.problem
        kind = CartType(
            count=freight.size,
            slots=freight.most_slots,
            max_weight_g=freight.max_weight_g,
            max_volume_cm3=freight.max_volume_cm3,
            start=problem.depot,
            ends=problem.drops or (problem.depot,),
        )
        items = tuple(
            Item(tuple(locations_of(part.taken)), part.weight_g, part.volume_cm3, frozenset({0}))
            for part in freight.parts
        )
        self._pool = pool_of(Job(problem.layout, problem.effort, items, (kind,)))
        if not self._pool.on_grid:
            raise ValueError("shortest tours are known on parallel aisles only")
        self._prices = prices_for(self._pool, _REMEMBERED)
        self._per_mm = problem.effort.per_mm("")

    def of(self, sets: Sequence[Sequence[int]]) -> NDArray[np.int64]:
        """The length of each set's tour."""
        start = np.cumsum([0, *map(len, sets)]).astype(np.int64)
        items = np.array([item for each in sets for item in each], np.int64)
        found = np.zeros(len(sets), np.int64)
        _price_all(self._pool, self._prices, start, items, found)
        return found // self._per_mm

    def of_pairs(self, size: int) -> NDArray[np.int64]:
        """(size, size): the tours through two of the first so many orders; of one order where both are the same."""
        found = np.zeros((size, size), np.int64)
        _price_pairs(self._pool, self._prices, found)
        return found // self._per_mm


@njit(cache=True, nogil=True)
def _price_all(pool, prices, start, items, found):  # type: ignore[no-untyped-def]
    """The price of set k, `items[start[k]:start[k + 1]]`, into `found[k]`."""
    for k in range(len(found)):
        key = np.uint64(0)
        count = start[k + 1] - start[k]
        for n in range(count):
            item = items[start[k] + n]
            prices.chosen[n] = item
            key ^= pool.names[item]
        found[k] = price(pool, prices, count, key, 0)


@njit(cache=True, nogil=True)
def _price_pairs(pool, prices, found):  # type: ignore[no-untyped-def]
    for i in range(len(found)):
        prices.chosen[0] = i
        found[i, i] = price(pool, prices, 1, pool.names[i], 0)
        for j in range(i):
            prices.chosen[0], prices.chosen[1] = i, j
            found[i, j] = found[j, i] = price(pool, prices, 2, pool.names[i] ^ pool.names[j], 0)
