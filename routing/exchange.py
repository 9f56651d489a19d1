"""Orders change places between batches, and with those that wait, as long as that shortens the walk.

Each order on a cart is a *row*: the tour without it, what leaving saves, and what every other order would add
to that tour. From the rows alone all moves are priced at once: two orders change places, an order is replaced
by one that waits, an order goes over to a free slot. The best one is then made exactly, and only the rows of
the carts that it touched are priced again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.distances import Ints, length_mm
from routing.pool import NEVER, Pool


@dataclass(frozen=True, slots=True)
class Load:
    """The orders on one cart and the tour through their nodes, from 0 to 0."""

    orders: tuple[int, ...]
    tour: tuple[int, ...]


class _Row(NamedTuple):
    """One order on a cart: the tour without it, what that saves, what each order would add instead."""

    cart: int
    order: int
    tour: tuple[int, ...]
    saved_mm: int
    prices_mm: Ints


class Exchange:
    """The loads of all carts of a pool, made better in place.

    `seeds` are the orders that must stay on some cart. No move lessens the number of orders on carts.
    """

    def __init__(self, pool: Pool, loads: Sequence[Load], seeds: frozenset[int]) -> None:
        self.pool = pool
        self.loads = list(loads)
        self._seeds = seeds
        self._rows: list[list[_Row]] = [[] for _ in loads]
        self._room: list[Ints] = [np.zeros(0, np.int64) for _ in loads]
        for cart in range(len(loads)):
            self._price(cart)

    def put(self, cart: int, load: Load) -> None:
        """Give a cart another load."""
        self.loads[cart] = load
        self._price(cart)

    @property
    def worth(self) -> tuple[int, int]:
        """What is to be made small: first the orders that wait, then the walk in mm."""
        aboard = sum(len(load.orders) for load in self.loads)
        walk_mm = sum(length_mm(self.pool.matrix, load.tour) for load in self.loads)
        return len(self.pool.orders) - aboard, walk_mm

    def restore(self, loads: Sequence[Load]) -> None:
        """Go back to the loads of an earlier moment."""
        for cart, load in enumerate(loads):
            if self.loads[cart] != load:
                self.put(cart, load)

    def shake(self, rng: Random, times: int) -> None:
        """Exchange some orders at random, whatever that costs, to get away from where no single move helps."""
        for _ in range(times):
            rows = [row for cart in self._rows for row in cart]
            row = rng.choice(rows)
            elsewhere = np.flatnonzero(row.prices_mm < NEVER)
            if not len(elsewhere):
                continue
            order = int(elsewhere[rng.randrange(len(elsewhere))])
            other = next((one for one in rows if one.order == order), None)
            if other is None and row.order not in self._seeds:
                self.put(row.cart, self._instead(row, order))
            elif other and other.cart != row.cart and other.prices_mm[row.order] < NEVER:
                self._apply(
                    {row.cart: self._instead(row, order), other.cart: self._instead(other, row.order)}
                )

    def improve(self, expired: Callable[[], bool]) -> None:
        """Fill free slots, then make one move after the other until none helps or the time is over."""
        while not expired() and (self._add() or self._move()):
            pass

    def favour_urgent(self, expired: Callable[[], bool]) -> None:
        """Where a more urgent order waits that would not lengthen the walk, it goes instead."""
        while not expired() and any(self._favour(row) for cart in self._rows for row in cart):
            pass

    def _favour(self, row: _Row) -> bool:
        rank = self.pool.rank
        sooner = self._waiting() & (rank < rank[row.order]) & (row.prices_mm <= row.saved_mm)
        if row.order in self._seeds or not sooner.any():
            return False
        load = self._instead(row, int(np.where(sooner, rank, rank.max() + 1).argmin()))
        if length_mm(self.pool.matrix, load.tour) > length_mm(self.pool.matrix, self.loads[row.cart].tour):
            return False
        self.put(row.cart, load)
        return True

    def _waiting(self) -> NDArray[np.bool_]:
        waiting = np.ones(len(self.pool.orders), bool)
        waiting[[order for load in self.loads for order in load.orders]] = False
        return waiting

    def _add(self) -> bool:
        """Take along the waiting order that adds least to a cart with room for it."""
        added = np.where(self._waiting(), np.stack(self._room), NEVER)
        cart, order = np.unravel_index(int(added.argmin()), added.shape)
        if added[cart, order] >= NEVER:
            return False
        self.put(int(cart), self._with(int(cart), int(order)))
        return True

    def _move(self) -> bool:
        """Make the best move; False where none shortens the walk."""
        rows = [row for cart in self._rows for row in cart]
        options = [self._swaps(rows), self._replacements(rows), self._transfers(rows)]
        while True:
            best = [int(option.argmin()) for option in options]
            kind = int(np.argmin([option.flat[cell] for option, cell in zip(options, best, strict=True)]))
            option, cell = options[kind], best[kind]
            if option.flat[cell] >= 0:
                return False
            one, other = (int(n) for n in np.unravel_index(cell, option.shape))
            if self._gains(self._changes(kind, rows, one, other)):
                return True
            option.flat[cell] = NEVER

    def _swaps(self, rows: Sequence[_Row]) -> Ints:
        """`[r, s]`: what the walk grows by where the orders of rows r and s change places."""
        orders, carts, saved_mm = _columns(rows)
        prices = np.stack([row.prices_mm[orders] for row in rows])
        grown: Ints = prices + prices.T - saved_mm[:, None] - saved_mm[None, :]
        grown[carts[:, None] == carts[None, :]] = NEVER
        return grown

    def _replacements(self, rows: Sequence[_Row]) -> Ints:
        """`[r, o]`: what the walk grows by where waiting order o goes in place of row r's."""
        orders, _, saved_mm = _columns(rows)
        grown: Ints = np.stack([row.prices_mm for row in rows]) - saved_mm[:, None]
        grown[:, ~self._waiting()] = NEVER
        grown[np.isin(orders, list(self._seeds))] = NEVER
        return grown

    def _transfers(self, rows: Sequence[_Row]) -> Ints:
        """`[c, r]`: what the walk grows by where row r's order goes over to a free slot of cart c."""
        orders, carts, saved_mm = _columns(rows)
        grown: Ints = np.stack(self._room)[:, orders] - saved_mm
        grown[carts, np.arange(len(rows))] = NEVER
        return grown

    def _changes(self, kind: int, rows: Sequence[_Row], one: int, other: int) -> dict[int, Load]:
        """The loads of the touched carts after a swap (0), a replacement (1) or a transfer (2)."""
        if kind == 0:
            here, there = rows[one], rows[other]
            return {here.cart: self._instead(here, there.order), there.cart: self._instead(there, here.order)}
        if kind == 1:
            return {rows[one].cart: self._instead(rows[one], other)}
        left = rows[other]
        orders = tuple(order for order in self.loads[left.cart].orders if order != left.order)
        return {left.cart: Load(orders, left.tour), one: self._with(one, left.order)}

    def _gains(self, changes: Mapping[int, Load]) -> bool:
        """Make these changes if they really shorten the walk: the prices are estimates for several lines."""
        matrix = self.pool.matrix
        before = sum(length_mm(matrix, self.loads[cart].tour) for cart in changes)
        if sum(length_mm(matrix, load.tour) for load in changes.values()) >= before:
            return False
        self._apply(changes)
        return True

    def _apply(self, changes: Mapping[int, Load]) -> None:
        for cart, load in changes.items():
            self.put(cart, load)

    def _with(self, cart: int, order: int) -> Load:
        load = self.loads[cart]
        return Load((*load.orders, order), self.pool.with_order(load.tour, order))

    def _instead(self, row: _Row, order: int) -> Load:
        """The load of the row's cart with another order in the place of the row's."""
        orders = self.loads[row.cart].orders
        return Load(
            tuple(order if one == row.order else one for one in orders),
            self.pool.with_order(row.tour, order),
        )

    def _price(self, cart: int) -> None:
        load = self.loads[cart]
        self._rows[cart] = list(self._priced_rows(cart, load))
        full = len(load.orders) >= self.pool.carts[cart].slots
        nowhere = np.full(len(self.pool.orders), NEVER)
        self._room[cart] = nowhere if full else self._prices(cart, load.tour, load.orders)

    def _priced_rows(self, cart: int, load: Load) -> Iterator[_Row]:
        length = length_mm(self.pool.matrix, load.tour)
        for order in load.orders:
            others = [other for other in load.orders if other != order]
            tour = self.pool.without_order(load.tour, order, others)
            saved_mm = length - length_mm(self.pool.matrix, tour)
            yield _Row(cart, order, tour, saved_mm, self._prices(cart, tour, others))

    def _prices(self, cart: int, tour: Sequence[int], others: Sequence[int]) -> Ints:
        """What each order adds to the tour; NEVER where the cart with these others cannot take it."""
        pool, aboard = self.pool, np.array(others, np.int64)
        limits = pool.carts[cart]
        fits = (
            pool.served[cart]
            & (pool.weight_g <= limits.max_weight_g - pool.weight_g[aboard].sum())
            & (pool.volume_cm3 <= limits.max_volume_cm3 - pool.volume_cm3[aboard].sum())
        )
        return np.where(fits, pool.prices_mm(tour), NEVER)


def _columns(rows: Sequence[_Row]) -> tuple[Ints, Ints, Ints]:
    """Order, cart and saving of each row."""
    orders, carts, saved_mm = zip(*((row.order, row.cart, row.saved_mm) for row in rows), strict=True)
    return np.array(orders), np.array(carts), np.array(saved_mm)
