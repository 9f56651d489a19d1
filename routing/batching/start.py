"""First batches: filled one after the other along the floor, or joined by savings (Clarke and Wright 1964)."""

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
    take_out,
    takes_all,
)
from routing.batching.compiled import inlined, kernel
from routing.batching.pool import Pool
from routing.batching.prices import Prices, back_ms, price, whole_cost
from routing.errors import ProblemError

_NEVER = 2**60


def begin(pool: Pool, prices: Prices, best: Best) -> None:
    """Fill carts with items in the order of their first segments. Raises ProblemError where an item finds no cart."""
    _look_at_each(pool, prices)
    word = np.append(pool.masks["word"], 0)[pool.items["start"][:-1]]
    for order in (np.argsort(word, kind="stable"), np.argsort(-pool.items["weight_g"][:-1], kind="stable")):
        batches = no_batches(pool)
        if not fill(pool, prices, batches, order.astype(np.int64)):
            _upgrade(pool, prices, batches)
            keep_best(batches, best)
            return
    raise ProblemError("no-room: there are not enough carts for all items")


def save(pool: Pool, prices: Prices, best: Best, near: NDArray[np.int64]) -> bool:
    """Batches by savings, where there are carts enough for them; whether they are better than the best."""
    batches = no_batches(pool)
    alone(pool, prices, batches, _kinds_to_join(pool))
    join_by_savings(pool, prices, batches, near, pool.size)
    if (batches.opened > pool.carts).any() or batches.cost >= _NEVER:
        return False
    _upgrade(pool, prices, batches)
    known = best.total[0]
    keep_best(batches, best)
    return bool(best.total[0] < known)


def fill(pool: Pool, prices: Prices, batches: Batches, order: NDArray[np.int64]) -> int:
    """Items in this order, each onto the cart that was opened last for its type, or onto a new one.

    Returns how many items found no cart.
    """
    return int(_fill(pool, prices, batches, order, np.full(len(pool.kinds), -1, np.int64)))


def join_by_savings(pool: Pool, prices: Prices, batches: Batches, near: NDArray[np.int64], joins: int) -> int:
    """Up to so many times join the two batches that save most, priced anew after each join; returns how many joined.

    Only batches with items that are `near` each other are joined.
    """
    none = np.full(pool.size, -1, np.int64)
    return int(
        _join_by_savings(pool, prices, batches, near, joins, none, np.zeros(pool.size, np.int64), none.copy())
    )


def _kinds_to_join(pool: Pool) -> NDArray[np.int64]:
    """The cart type that each item begins with, which its batch keeps as it grows: of a later round where there is one,
    else all types in turn, as often as they have carts, so that no type runs out of carts."""
    waits_first = np.lexsort((-pool.carts, ~pool.kinds["waits"]))
    kind_of: NDArray[np.int64] = waits_first[np.argmax(pool.takes[:, waits_first], axis=1)].astype(np.int64)
    if pool.kinds["waits"].any():
        return kind_of
    turns = np.concatenate([(np.arange(count) + 0.5) / count for count in pool.carts])
    in_turn = np.repeat(np.arange(len(pool.carts)), pool.carts)[np.argsort(turns, kind="stable")]
    wished = np.resize(in_turn, pool.size)
    return np.where(pool.takes[np.arange(pool.size), wished], wished, kind_of)


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
def _upgrade(pool, prices, batches):  # type: ignore[no-untyped-def]
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


@kernel
def alone(pool, prices, batches, kind_of):  # type: ignore[no-untyped-def]
    """Each item on a cart of its own, of type `kind_of[i]`, as if there were enough of them."""
    for i in range(len(kind_of)):
        b = open_batch(batches, kind_of[i])
        put(pool, batches, i, b)
        set_cost(pool, batches, b, cost_with(pool, prices, batches, b, kind_of[i], -1, -1))


@inlined
def joined_cost(pool, prices, batches, a, b):  # type: ignore[no-untyped-def]
    """What a and b cost together on a cart of a's type; NEVER where they do not go together."""
    kind = batches.rows[a].kind
    kinds = pool.kinds
    if (
        batches.rows[a].size + batches.rows[b].size > kinds[kind].slots
        or batches.rows[a].weight_g + batches.rows[b].weight_g > kinds[kind].weight_g
        or batches.rows[a].volume_cm3 + batches.rows[b].volume_cm3 > kinds[kind].volume_cm3
        or (batches.rows[b].kind != kind and not takes_all(pool, batches, b, kind, 0))
    ):
        return _NEVER
    count = 0
    for each in (a, b):
        i = batches.rows[each].head
        while i >= 0:
            prices.chosen[count] = i
            count += 1
            i = batches.seats[i].next
    limit = batches.rows[a].cost + batches.rows[b].cost if pool.facts[0].limits else _NEVER
    tour = price(pool, prices, count, batches.rows[a].name ^ batches.rows[b].name, kind, limit)
    return whole_cost(pool, prices, count, kind, tour)


@kernel
def _join_by_savings(pool, prices, batches, near, joins, mate, saved, seen):  # type: ignore[no-untyped-def]
    """`mate[b]` is the batch with which b saves most, `saved[b]` so much. `seen` is working space."""
    for k in range(batches.tally[0].open):
        _find_mate(pool, prices, batches, near, batches.rows[k].open, mate, saved, seen)
    for join in range(joins):
        a = -1
        for k in range(batches.tally[0].open):
            b = batches.rows[k].open
            if saved[b] > 0 and (a < 0 or saved[b] > saved[a]):
                a = b
        if a < 0:
            return join
        b = mate[a]
        _join(pool, batches, a, b, saved[a])
        seen[:] = -1
        saved[b], mate[b] = 0, -1
        _find_mate(pool, prices, batches, near, a, mate, saved, seen)
        for k in range(batches.tally[0].open):
            other = batches.rows[k].open
            if other != a and (mate[other] == a or mate[other] == b):
                _find_mate(pool, prices, batches, near, other, mate, saved, seen)
    return joins


@kernel
def _join(pool, batches, a, b, saving):  # type: ignore[no-untyped-def]
    """All of b goes to a."""
    cost = batches.rows[a].cost + batches.rows[b].cost - saving
    for _ in range(batches.rows[b].size):
        i = batches.rows[b].head
        take_out(pool, batches, i)
        put(pool, batches, i, a)
    set_cost(pool, batches, a, cost)


@kernel
def _find_mate(pool, prices, batches, near, a, mate, saved, seen):  # type: ignore[no-untyped-def]
    """The batch with which a saves most; others that save more with a than with theirs are told so."""
    mate[a], saved[a] = -1, 0
    i = batches.rows[a].head
    while i >= 0:
        for k in range(near.shape[1]):
            b = batches.seats[near[i, k]].batch
            if b == a or seen[b] == a:
                continue
            seen[b] = a
            cost = joined_cost(pool, prices, batches, a, b)
            saving = batches.rows[a].cost + batches.rows[b].cost - cost
            if saving > saved[a]:
                mate[a], saved[a] = b, saving
        i = batches.seats[i].next
    if mate[a] >= 0 and saved[a] > saved[mate[a]] and batches.rows[mate[a]].kind == batches.rows[a].kind:
        mate[mate[a]], saved[mate[a]] = a, saved[a]
