"""Batches as linked lists in arrays, and the costs of sets that differ from one of them by an item or two."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.batching.compiled import inlined, kernel
from routing.batching.pool import Pool
from routing.batching.prices import Prices, price, whole_cost

_NEVER = 2**60
_NONE = -1
MOST_PICKED = 3
"""So many items at most go from one batch to another in one exchange."""


class Batches(NamedTuple):
    """Which item is in which batch. Batches are numbers; those in `open[:count[0]]` have items.

    `leave[i]`: what i's batch would cost without it, -1 where that is not known. `opened[t]`: batches of type t.
    `over[b]`: by how many thousandths of its limits the cart is loaded too much. `total`: cost and overload of all.
    `place[b]` is where b stands in `open`. `picked` are items that are to change places, `load` is their number, weight
    and volume.
    """

    of: NDArray[np.int64]
    next: NDArray[np.int64]
    head: NDArray[np.int64]
    size: NDArray[np.int64]
    weight_g: NDArray[np.int64]
    volume_cm3: NDArray[np.int64]
    kind: NDArray[np.int64]
    cost: NDArray[np.int64]
    over: NDArray[np.int64]
    name: NDArray[np.uint64]
    leave: NDArray[np.int64]
    open: NDArray[np.int64]
    place: NDArray[np.int64]
    opened: NDArray[np.int64]
    count: NDArray[np.int64]
    total: NDArray[np.int64]
    picked: NDArray[np.int64]
    load: NDArray[np.int64]


def no_batches(pool: Pool) -> Batches:
    """All items still to be put somewhere."""
    n = pool.size
    none, zero = np.full(n, _NONE, np.int64), np.zeros(n, np.int64)
    numbers = np.arange(n, dtype=np.int64)
    return Batches(
        of=none,
        next=none.copy(),
        head=none.copy(),
        size=zero,
        weight_g=zero.copy(),
        volume_cm3=zero.copy(),
        kind=zero.copy(),
        cost=zero.copy(),
        over=zero.copy(),
        name=np.zeros(n, np.uint64),
        leave=none.copy(),
        open=numbers,
        place=numbers.copy(),
        opened=np.zeros(len(pool.kinds.count), np.int64),
        count=np.zeros(1, np.int64),
        total=np.zeros(2, np.int64),
        picked=np.zeros(2 * MOST_PICKED, np.int64),
        load=np.zeros(3, np.int64),
    )


class Best(NamedTuple):
    """The cheapest batches found: item i is in number `of[i]`, which has type `kind[of[i]]`; `total[0]` is their cost."""

    of: NDArray[np.int64]
    kind: NDArray[np.int64]
    total: NDArray[np.int64]


def no_best(pool: Pool) -> Best:
    """Nothing found yet."""
    return Best(np.zeros(pool.size, np.int64), np.zeros(pool.size, np.int64), np.full(1, _NEVER, np.int64))


@inlined
def keep_best(batches, best):  # type: ignore[no-untyped-def]
    """Remember the batches where they are cheaper than the best, and no cart is overloaded."""
    if batches.total[1] == 0 and batches.total[0] < best.total[0]:
        for i in range(len(best.of)):
            best.of[i] = batches.of[i]
            best.kind[i] = batches.kind[i]
        best.total[0] = batches.total[0]


@inlined
def cost_with(pool, prices, batches, b, kind, gone, come):  # type: ignore[no-untyped-def]
    """Cost of batch b on a cart of that type, without item `gone` and with item `come` (-1: none)."""
    name = np.uint64(0)
    count = 0
    if b >= 0:
        name = batches.name[b]
        i = batches.head[b]
        while i >= 0:
            if i != gone:
                prices.chosen[count] = i
                count += 1
            i = batches.next[i]
    if gone >= 0:
        name ^= pool.names[gone]
    if come >= 0:
        prices.chosen[count] = come
        count += 1
        name ^= pool.names[come]
    if count == 0:
        return 0
    tour = price(pool, prices, count, name, pool.kinds.round[kind])
    return whole_cost(pool, prices, count, kind, tour)


@inlined
def excess(load, limit):  # type: ignore[no-untyped-def]
    """By how many thousandths of the limit a load is too much, rounded up."""
    return 0 if load <= limit else (1000 * (load - limit) + limit - 1) // max(limit, 1)


@inlined
def overload(pool, batches, b, kind, gone, come):  # type: ignore[no-untyped-def]
    """Overload of batch b (-1: a new one) on a cart of that type, without item `gone` and with item `come` (-1: none).

    NEVER where the type may not take the item.
    """
    kinds = pool.kinds
    size, weight, volume = 0, 0, 0
    if b >= 0:
        size, weight, volume = batches.size[b], batches.weight_g[b], batches.volume_cm3[b]
    if gone >= 0:
        size -= 1
        weight -= pool.weight_g[gone]
        volume -= pool.volume_cm3[gone]
    if come >= 0:
        if not pool.takes[come, kind]:
            return _NEVER
        size += 1
        weight += pool.weight_g[come]
        volume += pool.volume_cm3[come]
    return (
        excess(size, kinds.slots[kind])
        + excess(weight, kinds.weight_g[kind])
        + excess(volume, kinds.volume_cm3[kind])
    )


@inlined
def takes_all(pool, batches, b, kind, most):  # type: ignore[no-untyped-def]
    """Whether a cart of that type takes batch b as it is, with at most that overload."""
    if overload(pool, batches, b, kind, -1, -1) > most:
        return False
    i = batches.head[b]
    while i >= 0:
        if not pool.takes[i, kind]:
            return False
        i = batches.next[i]
    return True


@inlined
def leave_cost(pool, prices, batches, i):  # type: ignore[no-untyped-def]
    """What the batch of item i costs without it."""
    if batches.leave[i] < 0:
        b = batches.of[i]
        batches.leave[i] = cost_with(pool, prices, batches, b, batches.kind[b], i, -1)
    return batches.leave[i]


@inlined
def set_cost(pool, batches, b, cost):  # type: ignore[no-untyped-def]
    """Batch b has changed and costs this now."""
    over = overload(pool, batches, b, batches.kind[b], -1, -1)
    batches.total[0] += cost - batches.cost[b]
    batches.total[1] += over - batches.over[b]
    batches.cost[b] = cost
    batches.over[b] = over
    i = batches.head[b]
    while i >= 0:
        batches.leave[i] = -1
        i = batches.next[i]


@inlined
def open_batch(batches, kind):  # type: ignore[no-untyped-def]
    """A new batch without items; returns its number."""
    at = batches.count[0]
    b = batches.open[at]
    batches.count[0] += 1
    batches.kind[b] = kind
    batches.opened[kind] += 1
    batches.head[b] = -1
    batches.size[b], batches.weight_g[b], batches.volume_cm3[b] = 0, 0, 0
    batches.cost[b], batches.over[b] = 0, 0
    batches.name[b] = 0
    return b


@inlined
def _close_batch(batches, b):  # type: ignore[no-untyped-def]
    batches.count[0] -= 1
    at, last = batches.place[b], batches.count[0]
    other = batches.open[last]
    batches.open[at], batches.open[last] = other, b
    batches.place[other], batches.place[b] = at, last
    batches.opened[batches.kind[b]] -= 1
    batches.total[0] -= batches.cost[b]
    batches.total[1] -= batches.over[b]


@inlined
def put(pool, batches, i, b):  # type: ignore[no-untyped-def]
    """Item i goes into batch b; the cost is set by `set_cost`."""
    batches.next[i] = batches.head[b]
    batches.head[b] = i
    batches.of[i] = b
    batches.size[b] += 1
    batches.weight_g[b] += pool.weight_g[i]
    batches.volume_cm3[b] += pool.volume_cm3[i]
    batches.name[b] ^= pool.names[i]


@inlined
def take_out(pool, batches, i):  # type: ignore[no-untyped-def]
    """Item i leaves its batch; one that has no items any more is closed. The cost is set by `set_cost`."""
    b = batches.of[i]
    before, at = -1, batches.head[b]
    while at != i:
        before, at = at, batches.next[at]
    if before < 0:
        batches.head[b] = batches.next[i]
    else:
        batches.next[before] = batches.next[i]
    batches.of[i] = -1
    batches.size[b] -= 1
    batches.weight_g[b] -= pool.weight_g[i]
    batches.volume_cm3[b] -= pool.volume_cm3[i]
    batches.name[b] ^= pool.names[i]
    if batches.size[b] == 0:
        _close_batch(batches, b)


def load_batches(
    pool: Pool, prices: Prices, batches: Batches, of: NDArray[np.int64], kind_of: NDArray[np.int64]
) -> None:
    """Start from given batches: item i is in number `of[i]`, which has type `kind_of[of[i]]`."""
    _load(pool, prices, batches, of, kind_of, np.full(pool.size, -1, np.int64))


@kernel
def _load(pool, prices, batches, of, kind_of, new):  # type: ignore[no-untyped-def]
    """`new[b]` becomes the number of the batch that is made for number b; -1 before."""
    n = len(of)
    for b in range(n):
        batches.open[b] = b
        batches.place[b] = b
    batches.opened[:] = 0
    batches.count[0] = 0
    batches.total[0], batches.total[1] = 0, 0
    for i in range(n):
        if new[of[i]] < 0:
            new[of[i]] = open_batch(batches, kind_of[of[i]])
        put(pool, batches, i, new[of[i]])
    for k in range(batches.count[0]):
        b = batches.open[k]
        set_cost(pool, batches, b, cost_with(pool, prices, batches, b, batches.kind[b], -1, -1))


__all__ = [
    "Batches",
    "Best",
    "cost_with",
    "keep_best",
    "leave_cost",
    "load_batches",
    "no_batches",
    "no_best",
    "open_batch",
    "overload",
    "put",
    "set_cost",
    "take_out",
    "takes_all",
]
