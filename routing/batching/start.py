"""First batches: filled one after the other along the floor."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from routing.batching.batches import (
    Batches,
    Best,
    cost_with,
    keep_best,
    no_batches,
    open_batch,
    overload,
    put,
    set_cost,
    takes_all,
)
from routing.batching.compiled import inlined, kernel
from routing.batching.pool import Pool
from routing.batching.prices import Prices, back_ms, price
from routing.errors import ProblemError

_NEVER = 2**60


def begin(pool: Pool, prices: Prices, best: Best) -> None:
    """Fill carts with items in the order of their first segments. Raises ProblemError where an item finds no cart."""
    _look_at_each(pool, prices)
    word = np.append(pool.masks["word"], 0)[pool.items["start"][:-1]]
    for order in (np.argsort(word, kind="stable"), np.argsort(-pool.items["weight_g"][:-1], kind="stable")):
        batches = no_batches(pool)
        if not fill(pool, prices, batches, order.astype(np.int64)):
            upgrade(pool, prices, batches)
            keep_best(batches, best)
            return
    raise ProblemError("no-room: there are not enough carts for all items")


def fill(pool: Pool, prices: Prices, batches: Batches, order: NDArray[np.int64]) -> int:
    """Items in this order, each onto the cart that was opened last for its type, or onto a new one.

    Returns how many items found no cart.
    """
    return int(_fill(pool, prices, batches, order, np.full(len(pool.kinds), -1, np.int64)))


@kernel
def _fill(pool, prices, batches, order, last):  # type: ignore[no-untyped-def]
    """`last[t]` is the batch that was opened last for type t."""
    kinds = len(pool.kinds)
    lost = 0
    for k in range(len(order)):
        i = order[k]
        placed = False
        for turn in range(2):
            for kind in range(kinds):
                if placed or not pool.takes[i, kind]:
                    continue
                b = last[kind]
                if turn == 0 and b < 0:
                    continue
                if turn == 1 and batches.opened[kind] >= pool.kinds[kind].carts:
                    continue
                if turn == 1:
                    b = -1
                placed = _put_where_it_fits(pool, prices, batches, i, b, kind)
                if placed:
                    last[kind] = batches.seats[i].batch
        if not placed and not _put_anywhere(pool, prices, batches, i):
            lost += 1
    return lost


@kernel
def _put_where_it_fits(pool, prices, batches, i, b, kind):  # type: ignore[no-untyped-def]
    """Item i into batch b, or into a new one (-1), if it may go there."""
    if overload(pool, batches, b, kind, -1, i):
        return False
    cost = cost_with(pool, prices, batches, b, kind, -1, i)
    if cost >= _NEVER:
        return False
    if b < 0:
        b = open_batch(batches, kind)
    put(pool, batches, i, b)
    set_cost(pool, batches, b, cost)
    return True


@inlined
def _put_anywhere(pool, prices, batches, i):  # type: ignore[no-untyped-def]
    """Item i into the first open batch that takes it."""
    for k in range(batches.tally[0].open):
        b = batches.rows[k].open
        if _put_where_it_fits(pool, prices, batches, i, b, batches.rows[b].kind):
            return True
    return False


@kernel
def _look_at_each(pool, prices):  # type: ignore[no-untyped-def]
    """What each costs alone. One that is late even so, on the best cart that may take it, is not to hold up others."""
    kinds = pool.kinds
    for i in range(len(pool.takes)):
        prices.chosen[0] = i
        pool.items[i].alone = price(pool, prices, 1, pool.items[i].name, 0, _NEVER)
        soonest = _NEVER
        for kind in range(len(kinds)):
            if pool.takes[i, kind] and not kinds[kind].waits:
                tour = price(pool, prices, 1, pool.items[i].name, kind, _NEVER)
                soonest = min(soonest, back_ms(pool, prices, 1, tour))
        if soonest > pool.items[i].due_ms:
            pool.items[i].due_ms = _NEVER


@kernel
def upgrade(pool, prices, batches):  # type: ignore[no-untyped-def]
    """Batches onto free carts of other types, that first which gains most."""
    kinds = pool.kinds
    while True:
        gain, which, where = 0, -1, -1
        for kind in range(len(kinds)):
            if batches.opened[kind] >= kinds[kind].carts:
                continue
            for k in range(batches.tally[0].open):
                b = batches.rows[k].open
                if batches.rows[b].kind != kind and takes_all(pool, batches, b, kind, 0):
                    cost = cost_with(pool, prices, batches, b, kind, -1, -1)
                    if batches.rows[b].cost - cost > gain:
                        gain, which, where = batches.rows[b].cost - cost, b, kind
        if which < 0:
            return
        batches.opened[batches.rows[which].kind] -= 1
        batches.opened[where] += 1
        batches.rows[which].kind = where
        set_cost(pool, batches, which, batches.rows[which].cost - gain)
