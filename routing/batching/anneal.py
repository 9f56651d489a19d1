"""Simulated annealing over batches: items change carts or places with each other, priced by exact tours."""

from __future__ import annotations

import math

import numpy as np

from routing.batching.batches import (
    MOST_PICKED,
    cost_with,
    excess,
    keep_best,
    leave_cost,
    open_batch,
    overload,
    put,
    set_cost,
    take_out,
    takes_all,
)
from routing.batching.compiled import inlined, kernel
from routing.batching.prices import price, whole_cost

_NEVER = 2**60
_NEW_BATCH = 0.01
"""Share of the moves that try a cart of its own for an item."""
_SWAP = 0.8
_DRAWS = 10
_OTHER_CART = 0.05
"""Share of the moves that change the types of batches, where there are several types."""


@inlined
def draw(random):  # type: ignore[no-untyped-def]
    """The next number in [0, 1) of a generator with the state random[0] (xorshift64*, Vigna 2016)."""
    x = random[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    random[0] = x
    return np.float64((x * np.uint64(2685821657736338717)) >> np.uint64(11)) / 9007199254740992.0


@kernel
def anneal(pool, prices, batches, best, near, random, heat, moves, load_price, most):  # type: ignore[no-untyped-def]
    """Try so many moves at temperature `heat`; `best` is brought up to date where they found something cheaper.

    `near[i]` are the items that go well with item i, best first. Carts may be overloaded by up to `most` thousandths
    of their limits, at `load_price` each. Returns how many moves were made.
    """
    n, width = near.shape
    kinds = len(pool.kinds.count)
    made = 0
    for _ in range(moves):
        i = int(draw(random) * n)
        allowed = -heat * math.log(1.0 - draw(random))
        what = draw(random)
        if what < _NEW_BATCH or width == 0:
            moved = _try_alone(pool, prices, batches, i, int(draw(random) * kinds), allowed, load_price)
        elif kinds > 1 and what < _NEW_BATCH + _OTHER_CART:
            other = int(draw(random) * n)
            moved = _try_kind(pool, prices, batches, batches.of[i], batches.of[other], draw(random), allowed)
        else:
            skewed = draw(random)
            mate = near[i, int(skewed * width)]
            a, b = batches.of[i], batches.of[mate]
            if a == b:
                continue
            if what > 1.0 - _SWAP:
                p, q = 0, 0
                fitting = False
                for _ in range(_DRAWS):
                    p = _pick_some(
                        batches, a, i, 1 + int(draw(random) * draw(random) * MOST_PICKED), random, 0
                    )
                    q = _pick_some(batches, b, -1, int(draw(random) * MOST_PICKED + 0.5), random, MOST_PICKED)
                    if _fits_after(pool, batches, a, b, p, q, most):
                        fitting = True
                        break
                if not fitting:
                    continue
                moved = _try_exchange(pool, prices, batches, a, b, p, q, allowed, load_price)
            else:
                moved = _try_move(pool, prices, batches, i, b, allowed, load_price, most)
        if moved:
            made += 1
            keep_best(batches, best)
    return made


@inlined
def _try_move(pool, prices, batches, i, b, allowed, load_price, most):  # type: ignore[no-untyped-def]
    """Item i into batch b, where that costs no more than `allowed`."""
    a = batches.of[i]
    over = overload(pool, batches, b, batches.kind[b], -1, i)
    if over > most:
        return False
    over += overload(pool, batches, a, batches.kind[a], i, -1)
    allowed -= (over - batches.over[a] - batches.over[b]) * load_price
    old = leave_cost(pool, prices, batches, i)
    if old - batches.cost[a] > allowed:
        return False
    new = cost_with(pool, prices, batches, b, batches.kind[b], -1, i)
    if new >= _NEVER or old - batches.cost[a] + new - batches.cost[b] > allowed:
        return False
    _carry(pool, batches, i, b)
    set_cost(pool, batches, b, new)
    if batches.size[a]:
        set_cost(pool, batches, a, old)
    return True


@inlined
def _carry(pool, batches, i, b):  # type: ignore[no-untyped-def]
    """Item i goes from its batch to batch b."""
    take_out(pool, batches, i)
    put(pool, batches, i, b)


@inlined
def _try_alone(pool, prices, batches, i, kind, allowed, load_price):  # type: ignore[no-untyped-def]
    """Item i onto a cart of its own."""
    a = batches.of[i]
    if batches.size[a] == 1 or batches.opened[kind] >= pool.kinds.count[kind]:
        return False
    if overload(pool, batches, -1, kind, -1, i):
        return False
    over = overload(pool, batches, a, batches.kind[a], i, -1)
    old = leave_cost(pool, prices, batches, i)
    new = cost_with(pool, prices, batches, -1, kind, -1, i)
    if new >= _NEVER or old - batches.cost[a] + new + (over - batches.over[a]) * load_price > allowed:
        return False
    take_out(pool, batches, i)
    b = open_batch(batches, kind)
    put(pool, batches, i, b)
    set_cost(pool, batches, b, new)
    set_cost(pool, batches, a, old)
    return True


@inlined
def _pick_some(batches, b, first, count, random, at):  # type: ignore[no-untyped-def]
    """Pick up to so many items of batch b, `first` among them where it is one, into `batches.picked[at:]`."""
    count = min(count, min(batches.size[b], MOST_PICKED))
    found = 0
    if first >= 0 and count > 0:
        batches.picked[at] = first
        found = 1
    left = batches.size[b] - found
    i = batches.head[b]
    while i >= 0 and found < count:
        if i != first:
            if draw(random) * left < count - found:
                batches.picked[at + found] = i
                found += 1
            left -= 1
        i = batches.next[i]
    return found


@inlined
def _moved_load(pool, batches, p, q, values):  # type: ignore[no-untyped-def]
    """How much heavier the second batch becomes when the picked items change places."""
    more = 0
    for k in range(p):
        more += values[batches.picked[k]]
    for k in range(q):
        more -= values[batches.picked[MOST_PICKED + k]]
    return more


@inlined
def _over_with(pool, batches, b, sign, size, weight, volume):  # type: ignore[no-untyped-def]
    """Overload of batch b when so much is added (sign 1) or taken away (-1)."""
    kinds, kind = pool.kinds, batches.kind[b]
    return (
        excess(batches.size[b] + sign * size, kinds.slots[kind])
        + excess(batches.weight_g[b] + sign * weight, kinds.weight_g[kind])
        + excess(batches.volume_cm3[b] + sign * volume, kinds.volume_cm3[kind])
    )


@inlined
def _fits_after(pool, batches, a, b, p, q, most):  # type: ignore[no-untyped-def]
    """Whether a and b can change the picked items with at most so much overload; notes the moved load."""
    weight = _moved_load(pool, batches, p, q, pool.weight_g)
    volume = _moved_load(pool, batches, p, q, pool.volume_cm3)
    batches.load[0], batches.load[1], batches.load[2] = p - q, weight, volume
    if batches.size[a] == batches.size[b] == q == 1:
        return False  # nothing would change
    if _over_with(pool, batches, a, -1, p - q, weight, volume) > most:
        return False
    return _over_with(pool, batches, b, 1, p - q, weight, volume) <= most


@inlined
def _swapped_cost(pool, prices, batches, b, gone_at, gone, come_at, come):  # type: ignore[no-untyped-def]
    """Cost of batch b without `gone` picked items and with `come` others."""
    name = batches.name[b]
    count = 0
    i = batches.head[b]
    while i >= 0:
        stays = True
        for k in range(gone):
            if batches.picked[gone_at + k] == i:
                stays = False
        if stays:
            prices.chosen[count] = i
            count += 1
        i = batches.next[i]
    for k in range(gone):
        name ^= pool.names[batches.picked[gone_at + k]]
    for k in range(come):
        i = batches.picked[come_at + k]
        if not pool.takes[i, batches.kind[b]]:
            return _NEVER
        prices.chosen[count] = i
        count += 1
        name ^= pool.names[i]
    if count == 0:
        return 0
    tour = price(pool, prices, count, name, pool.kinds.round[batches.kind[b]])
    return whole_cost(pool, prices, count, batches.kind[b], tour)


@inlined
def _try_exchange(pool, prices, batches, a, b, p, q, allowed, load_price):  # type: ignore[no-untyped-def]
    """The p items of a and q items of b that are picked change places."""
    size, weight, volume = batches.load[0], batches.load[1], batches.load[2]
    over = _over_with(pool, batches, a, -1, size, weight, volume)
    over += _over_with(pool, batches, b, 1, size, weight, volume)
    allowed -= (over - batches.over[a] - batches.over[b]) * load_price
    allowed += batches.cost[a] + batches.cost[b]
    first = _swapped_cost(pool, prices, batches, a, 0, p, MOST_PICKED, q)
    if first > allowed:
        return False
    second = _swapped_cost(pool, prices, batches, b, MOST_PICKED, q, 0, p)
    if first + second > allowed:
        return False
    for k in range(max(p, q)):  # in turns, so that neither is closed meanwhile
        if k < p and not (batches.size[a] == 1 and k < q):
            _carry(pool, batches, batches.picked[k], b)
            batches.picked[k] = -1
        if k < q:
            _carry(pool, batches, batches.picked[MOST_PICKED + k], a)
        if k < p and batches.picked[k] >= 0:
            _carry(pool, batches, batches.picked[k], b)
    if batches.size[a]:
        set_cost(pool, batches, a, first)
    if batches.size[b]:
        set_cost(pool, batches, b, second)
    return True


@inlined
def _try_kind(pool, prices, batches, a, b, which, allowed):  # type: ignore[no-untyped-def]
    """Batch a onto a free cart of another type, or, where none is free, batches a and b change carts."""
    kinds = pool.kinds
    kind = int(which * len(kinds.count))
    if kind == batches.kind[a]:
        return False
    free = batches.opened[kind] < kinds.count[kind]
    if not free and (a == b or batches.kind[b] != kind):
        return False
    if not takes_all(pool, batches, a, kind, 0):
        return False
    first = cost_with(pool, prices, batches, a, kind, -1, -1)
    delta = first - batches.cost[a]
    second = 0
    if not free:
        if not takes_all(pool, batches, b, batches.kind[a], 0):
            return False
        second = cost_with(pool, prices, batches, b, batches.kind[a], -1, -1)
        delta += second - batches.cost[b]
    if first >= _NEVER or second >= _NEVER or delta > allowed:
        return False
    if not free:
        batches.kind[b] = batches.kind[a]
        set_cost(pool, batches, b, second)
    else:
        batches.opened[batches.kind[a]] -= 1
        batches.opened[kind] += 1
    batches.kind[a] = kind
    set_cost(pool, batches, a, first)
    return True
