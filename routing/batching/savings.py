"""First batches by savings (Clarke and Wright 1964): the two that save most go together, priced anew after each join.

What two batches save is worked out once, and only as far as it takes to see that others save more: what was found is
kept as it is, or as the most that it can be. Only batches with items that are near each other are joined.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from routing.batching.batches import (
    Best,
    cost_with,
    keep_best,
    may_take,
    no_batches,
    open_batch,
    over_with,
    put,
    set_cost,
    take_out,
    takes_all,
)
from routing.batching.changed import tour_joined
from routing.batching.compiled import inlined, kernel
from routing.batching.pool import Pool
from routing.batching.prices import Prices, price, whole_cost
from routing.batching.start import upgrade

_NEVER = 2**60


def save(pool: Pool, prices: Prices, best: Best, near: NDArray[np.int64]) -> bool:
    """Batches by savings, where there are carts enough for them; whether they are better than the best."""
    batches = no_batches(pool)
    ranks = _ranks(pool)
    if not pool.takes[:, ranks].any(axis=1).all():
        return False
    _alone(pool, prices, batches, ranks)
    later = np.flatnonzero(pool.kinds["waits"])
    known = np.full((pool.size, pool.size), 2 * _NEVER, np.int64)
    mate, saved = np.full(pool.size, -1, np.int64), np.zeros(pool.size, np.int64)
    room = np.full((2, pool.size), -1, np.int64)
    _join_all(pool, prices, batches, near, ranks, known, mate, saved, room)
    if batches.cost >= _NEVER or not _settle(pool, prices, batches, ranks, later):
        return False
    upgrade(pool, prices, batches)
    before = best.total[0]
    keep_best(batches, best)
    return bool(best.total[0] < before)


def _ranks(pool: Pool) -> NDArray[np.int64]:
    """The cart types for growing batches, smaller first: of this round if all items can go now, else later ones."""
    kinds = pool.kinds
    order = np.lexsort((kinds["volume_cm3"], kinds["weight_g"], kinds["slots"])).astype(np.int64)
    waits = kinds["waits"][order]
    ranks: NDArray[np.int64] = order[~waits if _all_can_go(pool) or not waits.any() else waits]
    return ranks


def _all_can_go(pool: Pool) -> bool:
    """Whether the carts of this round have room for all items, by what they take together."""
    now = pool.kinds[~pool.kinds["waits"]]
    loads = {
        "slots": pool.size,
        "weight_g": int(pool.items["weight_g"][:-1].sum()),
        "volume_cm3": int(pool.items["volume_cm3"][:-1].sum()),
    }
    return all(load <= int((now["carts"] * now[limit]).sum()) for limit, load in loads.items())


@kernel
def _alone(pool, prices, batches, ranks):  # type: ignore[no-untyped-def]
    """Each item on a cart of its own, of the first type that takes it, as if there were enough of them."""
    for i in range(len(pool.takes)):
        for kind in ranks:
            if pool.takes[i, kind]:
                b = open_batch(batches, kind)
                put(pool, batches, i, b)
                set_cost(pool, batches, b, cost_with(pool, prices, batches, b, kind, -1, -1))
                break


@kernel
def _settle(pool, prices, batches, ranks, later):  # type: ignore[no-untyped-def]
    """Each batch onto the smallest cart that there is for it, or onto one of a `later` type; whether all found one.

    Those that need most choose first.
    """
    batches.opened[:] = 0
    for rank in range(len(ranks) - 1, -1, -1):
        for k in range(batches.tally[0].open):
            b = batches.rows[k].open
            if batches.rows[b].kind != ranks[rank]:
                continue
            free = _free_kind(pool, batches, ranks[rank:], b)
            if free < 0:
                free = _free_kind(pool, batches, later, b)
            if free < 0:
                return False
            batches.opened[free] += 1
            batches.rows[b].kind = free
            set_cost(pool, batches, b, cost_with(pool, prices, batches, b, free, -1, -1))
    return True


@kernel
def _free_kind(pool, batches, kinds, b):  # type: ignore[no-untyped-def]
    """The first of these types that takes batch b and has a cart left; -1: none."""
    for kind in kinds:
        if batches.opened[kind] < pool.kinds[kind].carts and takes_all(pool, batches, b, kind, 0):
            return kind
    return -1


@kernel
def _join_all(pool, prices, batches, near, ranks, known, mate, saved, room):  # type: ignore[no-untyped-def]
    """Join while two batches save anything.

    `mate[b]` is the batch with which b saves most, `saved[b]` so much. `known[a, b]` is twice what a and b save, and
    one more where it is that and not merely no more than that. `room` is working space.
    """
    for k in range(batches.tally[0].open):
        _find_mate(pool, prices, batches, near, ranks, batches.rows[k].open, known, mate, saved, room)
    while True:
        a = -1
        for k in range(batches.tally[0].open):
            b = batches.rows[k].open
            if saved[b] > 0 and (a < 0 or saved[b] > saved[a]):
                a = b
        if a < 0:
            return
        b = mate[a]
        kind = _kind_of_both(pool, batches, ranks, a, b)
        if kind < 0:  # the carts that could take both are in use by now
            known[a, b] = known[b, a] = 1
            _find_mate(pool, prices, batches, near, ranks, a, known, mate, saved, room)
            continue
        _join(pool, batches, a, b, kind, saved[a])
        for other in range(len(mate)):
            known[a, other] = known[other, a] = 2 * _NEVER
        saved[b], mate[b] = 0, -1
        _find_mate(pool, prices, batches, near, ranks, a, known, mate, saved, room)
        for k in range(batches.tally[0].open):
            other = batches.rows[k].open
            if other != a and (mate[other] == a or mate[other] == b):
                _find_mate(pool, prices, batches, near, ranks, other, known, mate, saved, room)


@kernel
def _find_mate(pool, prices, batches, near, ranks, a, known, mate, saved, room):  # type: ignore[no-untyped-def]
    """The batch with which a saves most; it is told so where it saves more with a than with its own."""
    others = room[1]
    mate[a], saved[a] = -1, 0
    found = _others_of(batches, near, a, room[0], others)
    for n in range(found):
        b = others[n]
        if known[a, b] & 1 and known[a, b] >> 1 > saved[a]:
            mate[a], saved[a] = b, known[a, b] >> 1
    for n in range(found):
        b = others[n]
        if known[a, b] & 1 or known[a, b] >> 1 <= saved[a]:
            continue
        saving = _saving(pool, prices, batches, ranks, a, b, saved[a] + 1)
        known[a, b] = known[b, a] = 2 * saved[a] if saving <= saved[a] else 2 * saving + 1
        if saving > saved[a]:
            mate[a], saved[a] = b, saving
    if mate[a] >= 0 and saved[a] > saved[mate[a]]:
        mate[mate[a]], saved[mate[a]] = a, saved[a]


@kernel
def _others_of(batches, near, a, seen, others):  # type: ignore[no-untyped-def]
    """The batches that may go well with a, each once, into `others`: with items near its own, or all of few."""
    found = 0
    if batches.tally[0].open <= 2 * near.shape[1]:
        for k in range(batches.tally[0].open):
            if batches.rows[k].open != a:
                others[found] = batches.rows[k].open
                found += 1
        return found
    i = batches.rows[a].head
    while i >= 0:
        for k in range(near.shape[1]):
            b = batches.seats[near[i, k]].batch
            if b != a and seen[b] < 0:
                seen[b] = 1
                others[found] = b
                found += 1
        i = batches.seats[i].next
    for n in range(found):
        seen[others[n]] = -1
    return found


@inlined
def _kind_of_both(pool, batches, ranks, a, b):  # type: ignore[no-untyped-def]
    """The first type that takes a and b together; -1 where none does, or there are too few carts from that one on."""
    rows = batches.rows
    found = -1
    for rank in range(len(ranks)):
        kind = ranks[rank]
        if (
            over_with(pool, batches, a, kind, rows[b].size, rows[b].weight_g, rows[b].volume_cm3) == 0
            and may_take(pool, batches, a, kind)
            and may_take(pool, batches, b, kind)
        ):
            found = rank
            break
    left = 0
    for rank in range(len(ranks) - 1, 0, -1):
        kind = ranks[rank]
        freed = (rows[a].kind == kind) + (rows[b].kind == kind)
        left += pool.kinds[kind].carts - batches.opened[kind] + freed
        if rank <= found and left <= 0:
            return -1
    return ranks[found] if found >= 0 else -1


@kernel
def _saving(pool, prices, batches, ranks, a, b, least):  # type: ignore[no-untyped-def]
    """What a and b save together; less than `least` where it is less, or they do not go together."""
    kind = _kind_of_both(pool, batches, ranks, a, b)
    if kind < 0:
        return -_NEVER
    count = 0
    for each in (a, b):
        i = batches.rows[each].head
        while i >= 0:
            prices.chosen[count] = i
            count += 1
            i = batches.seats[i].next
    beside = whole_cost(pool, prices, count, kind, 0)
    apart = batches.rows[a].cost + batches.rows[b].cost
    if apart - beside < least:
        return -_NEVER
    limit = apart - beside - least if pool.facts[0].limits else _NEVER
    if pool.facts[0].trails:
        tour = tour_joined(pool, prices, batches, a, b, limit)
    else:
        tour = price(pool, prices, count, batches.rows[a].name ^ batches.rows[b].name, kind, limit)
    return apart - whole_cost(pool, prices, count, kind, tour)


@kernel
def _join(pool, batches, a, b, kind, saving):  # type: ignore[no-untyped-def]
    """All of b goes to a, on a cart of this type."""
    cost = batches.rows[a].cost + batches.rows[b].cost - saving
    batches.opened[batches.rows[a].kind] -= 1
    batches.opened[kind] += 1
    batches.rows[a].kind = kind
    for _ in range(batches.rows[b].size):
        i = batches.rows[b].head
        take_out(pool, batches, i)
        put(pool, batches, i, a)
    set_cost(pool, batches, a, cost)


__all__ = ["save"]
