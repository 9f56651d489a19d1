"""Batches as linked lists in arrays, and the costs of sets that differ from one of them by an item or two."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.batching.compiled import inlined, kernel
from routing.batching.pool import Pool
from routing.batching.prices import Prices, price, whole_cost

_NEVER = 2**60
MOST_PICKED = 3
"""So many items at most go from one batch to another in one exchange."""


SEAT = np.dtype([("batch", "i8"), ("next", "i8")])
BATCH = np.dtype(
    [
        ("head", "i8"),
        ("size", "i8"),
        ("weight_g", "i8"),
        ("volume_cm3", "i8"),
        ("kind", "i8"),
        ("cost", "i8"),
        ("over", "i8"),
        ("name", "u8"),
        ("open", "i8"),
        ("place", "i8"),
    ]
)
TALLY = np.dtype([("open", "i8"), ("cost", "i8"), ("over", "i8")])


class Batches(NamedTuple):
    """Which item is in which batch.

    Of each item: its batch and the next item there.
    Of each batch: its first item, its load, name, type and cost, and by how many thousandths of its limits the cart is
    loaded too much (`over`). The batches with items are `rows[k].open` for the first k; `place` is where a batch stands
    there. `tally` (one row) counts them and sums up costs and overloads. `opened[t]` counts the batches of type t.
    `picked` are items that are to change places.
    """

    seats: NDArray[np.void]
    rows: NDArray[np.void]
    opened: NDArray[np.int64]
    tally: NDArray[np.void]
    picked: NDArray[np.int64]

    @property
    def cost(self) -> int:
        """The cost of all batches."""
        return int(self.tally["cost"][0])

    @property
    def is_overloaded(self) -> bool:
        """Whether some cart is."""
        return bool(self.tally["over"][0])

    def keep(self, best: Best) -> None:
        """Remember the batches where they are cheaper than the best, and no cart is overloaded."""
        keep_best(self, best)


def no_batches(pool: Pool) -> Batches:
    """All items still to be put somewhere."""
    seats, rows = np.zeros(pool.size, SEAT), np.zeros(pool.size, BATCH)
    seats["batch"] = seats["next"] = rows["head"] = -1
    rows["open"] = rows["place"] = np.arange(pool.size)
    return Batches(
        seats=seats,
        rows=rows,
        opened=np.zeros(len(pool.kinds), np.int64),
        tally=np.zeros(1, TALLY),
        picked=np.zeros(2 * MOST_PICKED, np.int64),
    )


class Best(NamedTuple):
    """The cheapest batches found: item i is in number `of[i]`, of type `kind[of[i]]`; `total[0]` is their cost."""

    of: NDArray[np.int64]
    kind: NDArray[np.int64]
    total: NDArray[np.int64]


def no_best(pool: Pool) -> Best:
    """Nothing found yet."""
    return Best(np.zeros(pool.size, np.int64), np.zeros(pool.size, np.int64), np.full(1, _NEVER, np.int64))


@inlined
def keep_best(batches, best):  # type: ignore[no-untyped-def]
    """Remember the batches where they are cheaper than the best, and no cart is overloaded."""
    if batches.tally[0].over == 0 and batches.tally[0].cost < best.total[0]:
        for i in range(len(best.of)):
            best.of[i] = batches.seats[i].batch
            best.kind[i] = batches.rows[i].kind
        best.total[0] = batches.tally[0].cost


@inlined
def cost_with(pool, prices, batches, b, kind, gone, come):  # type: ignore[no-untyped-def]
    """Cost of batch b on a cart of that type, without item `gone` and with item `come` (-1: none)."""
    name = np.uint64(0)
    count = 0
    if b >= 0:
        name = batches.rows[b].name
        i = batches.rows[b].head
        while i >= 0:
            if i != gone:
                prices.chosen[count] = i
                count += 1
            i = batches.seats[i].next
    if gone >= 0:
        name ^= pool.items[gone].name
    if come >= 0:
        prices.chosen[count] = come
        count += 1
        name ^= pool.items[come].name
    if count == 0:
        return 0
    tour = price(pool, prices, count, name, kind, _NEVER)
    return whole_cost(pool, prices, count, kind, tour)


@inlined
def _excess(load, limit):  # type: ignore[no-untyped-def]
    """By how many thousandths of the limit a load is too much, rounded up."""
    return 0 if load <= limit else (1000 * (load - limit) + limit - 1) // max(limit, 1)


@inlined
def overload(pool, batches, b, kind, gone, come):  # type: ignore[no-untyped-def]
    """Overload of batch b (-1: a new one) on a cart of that type, without item `gone` and with item `come` (-1: none).

    NEVER where the type may not take the item.
    """
    size, weight, volume = 0, 0, 0
    if gone >= 0:
        size -= 1
        weight -= pool.items[gone].weight_g
        volume -= pool.items[gone].volume_cm3
    if come >= 0:
        if not pool.takes[come, kind]:
            return _NEVER
        size += 1
        weight += pool.items[come].weight_g
        volume += pool.items[come].volume_cm3
    return over_with(pool, batches, b, kind, size, weight, volume)


@inlined
def over_with(pool, batches, b, kind, size, weight, volume):  # type: ignore[no-untyped-def]
    """Overload of batch b (-1: a new one) on a cart of that type when so much is added."""
    if b >= 0:
        size += batches.rows[b].size
        weight += batches.rows[b].weight_g
        volume += batches.rows[b].volume_cm3
    return (
        _excess(size, pool.kinds[kind].slots)
        + _excess(weight, pool.kinds[kind].weight_g)
        + _excess(volume, pool.kinds[kind].volume_cm3)
    )


@inlined
def takes_all(pool, batches, b, kind, most):  # type: ignore[no-untyped-def]
    """Whether a cart of that type takes batch b as it is, with at most that overload."""
    return overload(pool, batches, b, kind, -1, -1) <= most and may_take(pool, batches, b, kind)


@inlined
def may_take(pool, batches, b, kind):  # type: ignore[no-untyped-def]
    """Whether a cart of that type may take each item of batch b."""
    if kind == batches.rows[b].kind:
        return True
    i = batches.rows[b].head
    while i >= 0:
        if not pool.takes[i, kind]:
            return False
        i = batches.seats[i].next
    return True


@inlined
def set_cost(pool, batches, b, cost):  # type: ignore[no-untyped-def]
    """Batch b has changed and costs this now."""
    over = overload(pool, batches, b, batches.rows[b].kind, -1, -1)
    batches.tally[0].cost += cost - batches.rows[b].cost
    batches.tally[0].over += over - batches.rows[b].over
    batches.rows[b].cost = cost
    batches.rows[b].over = over


@inlined
def open_batch(batches, kind):  # type: ignore[no-untyped-def]
    """A new batch without items; returns its number."""
    at = batches.tally[0].open
    b = batches.rows[at].open
    batches.tally[0].open += 1
    batches.rows[b].kind = kind
    batches.opened[kind] += 1
    batches.rows[b].head = -1
    batches.rows[b].size, batches.rows[b].weight_g, batches.rows[b].volume_cm3 = 0, 0, 0
    batches.rows[b].cost, batches.rows[b].over = 0, 0
    batches.rows[b].name = 0
    return b


@inlined
def _close_batch(batches, b):  # type: ignore[no-untyped-def]
    batches.tally[0].open -= 1
    at, last = batches.rows[b].place, batches.tally[0].open
    other = batches.rows[last].open
    batches.rows[at].open, batches.rows[last].open = other, b
    batches.rows[other].place, batches.rows[b].place = at, last
    batches.opened[batches.rows[b].kind] -= 1
    batches.tally[0].cost -= batches.rows[b].cost
    batches.tally[0].over -= batches.rows[b].over


@inlined
def put(pool, batches, i, b):  # type: ignore[no-untyped-def]
    """Item i goes into batch b; the cost is set by `set_cost`."""
    batches.seats[i].next = batches.rows[b].head
    batches.rows[b].head = i
    batches.seats[i].batch = b
    batches.rows[b].size += 1
    batches.rows[b].weight_g += pool.items[i].weight_g
    batches.rows[b].volume_cm3 += pool.items[i].volume_cm3
    batches.rows[b].name ^= pool.items[i].name


@inlined
def take_out(pool, batches, i):  # type: ignore[no-untyped-def]
    """Item i leaves its batch; one that has no items any more is closed. The cost is set by `set_cost`."""
    b = batches.seats[i].batch
    before, at = -1, batches.rows[b].head
    while at != i:
        before, at = at, batches.seats[at].next
    if before < 0:
        batches.rows[b].head = batches.seats[i].next
    else:
        batches.seats[before].next = batches.seats[i].next
    batches.seats[i].batch = -1
    batches.rows[b].size -= 1
    batches.rows[b].weight_g -= pool.items[i].weight_g
    batches.rows[b].volume_cm3 -= pool.items[i].volume_cm3
    batches.rows[b].name ^= pool.items[i].name
    if batches.rows[b].size == 0:
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
        batches.rows[b].open = b
        batches.rows[b].place = b
    batches.opened[:] = 0
    batches.tally[0].open = 0
    batches.tally[0].cost, batches.tally[0].over = 0, 0
    for i in range(n):
        if new[of[i]] < 0:
            new[of[i]] = open_batch(batches, kind_of[of[i]])
        put(pool, batches, i, new[of[i]])
    for k in range(batches.tally[0].open):
        b = batches.rows[k].open
        set_cost(pool, batches, b, cost_with(pool, prices, batches, b, batches.rows[b].kind, -1, -1))


__all__ = [
    "Batches",
    "Best",
    "cost_with",
    "keep_best",
    "load_batches",
    "may_take",
    "no_batches",
    "no_best",
    "open_batch",
    "over_with",
    "overload",
    "put",
    "set_cost",
    "take_out",
    "takes_all",
]
