"""Simulated annealing over batches: items go to other carts or change places, priced by exact tours."""

from __future__ import annotations

import math

import numpy as np

from routing.batching.batches import (
    MOST_PICKED,
    cost_with,
    keep_best,
    open_batch,
    over_with,
    put,
    set_cost,
    take_out,
    takes_all,
)
from routing.batching.changed import is_hopeless
from routing.batching.compiled import inlined, kernel
from routing.batching.prices import price, whole_cost

_NEVER = 2**60
_NEW = -1
"""Instead of a batch: one that is to be opened."""
_ALONE = 0.01
"""Share of the moves that try a cart of its own for an item."""
_OTHER_CART = 0.05
"""Share of the moves that change the types of batches, where there are several types."""
_SWAP = 0.6
"""Share of the moves of one item where another one comes back."""
_SEVERAL = 0.03
"""Share of the moves where several items may go and come back."""
_DRAWS = 10
"""How often items are drawn anew where those drawn do not fit."""


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
def anneal(pool, prices, batches, best, near, shares, mine, opens, random, heat, moves, load_price, most):  # type: ignore[no-untyped-def]
    """Try so many moves at temperature `heat`; `best` is brought up to date where they found something cheaper.

    `near[i]` are the items that go well with item i, best first. Carts may be overloaded by up to `most` thousandths
    of their limits, at `load_price` each. Only batches of the items `mine` are changed: those of one of the `shares`,
    which say of each item in which it is. Carts that are free are taken where this search `opens` them.
    """
    n, width = len(mine), near.shape[1]
    kinds = len(pool.kinds)
    for _ in range(moves):
        i = mine[int(draw(random) * n)]
        allowed = -heat * math.log(1.0 - draw(random))
        what = draw(random)
        a = batches.seats[i].batch
        if what < _OTHER_CART and kinds > 1:
            other = batches.seats[mine[int(draw(random) * n)]].batch
            if try_kind(pool, prices, batches, a, other, int(draw(random) * kinds), opens, allowed):
                keep_best(batches, best)
            continue
        b, kind = _NEW, int(draw(random) * kinds)
        if width > 0 and what < 1.0 - _ALONE:
            b = batches.seats[near[i, int(draw(random) * width)]].batch
            kind = batches.rows[b].kind
            if a == b or shares[batches.rows[b].head] != shares[i]:
                continue
        elif not opens or batches.rows[a].size == 1 or batches.opened[kind] >= pool.kinds[kind].carts:
            continue
        p, q = _pick(pool, batches, i, b, kind, random, most)
        if p == 0:
            continue
        allowed -= _more_overload(pool, batches, a, b, kind, p, q) * load_price
        may_ask = pool.facts[0].trails and b >= 0 and p == 1 and q <= 1
        if may_ask and is_hopeless(pool, prices, batches, b, q, allowed):
            continue
        first, second = _exchanged(pool, prices, batches, a, b, kind, p, q, allowed)
        if first + second < _NEVER:
            exchange(pool, batches, a, b, kind, p, q, first, second)
            keep_best(batches, best)


@inlined
def _pick(pool, batches, i, b, kind, random, most):  # type: ignore[no-untyped-def]
    """Draw items, i among them, that go from i's batch to b, and others that come back; how many of each (0: none)."""
    a = batches.seats[i].batch
    several = draw(random) < _SEVERAL
    for _ in range(_DRAWS):
        go = 1 + int(draw(random) * MOST_PICKED) if several else 1
        come = int(draw(random) * (MOST_PICKED + 1)) if several else int(draw(random) < _SWAP)
        p = _pick_some(batches, a, i, go, random, 0)
        q = 0
        if b >= 0:
            q = _pick_some(batches, b, -1, come, random, MOST_PICKED)
            if batches.rows[a].size == p and batches.rows[b].size == q:
                continue  # nothing would change
        if _fits_after(pool, batches, a, b, kind, p, q, most):
            return p, q
    return 0, 0


@inlined
def _pick_some(batches, b, first, count, random, at):  # type: ignore[no-untyped-def]
    """Pick up to so many items of batch b, `first` among them where it is one, into `batches.picked[at:]`."""
    count = min(count, batches.rows[b].size, MOST_PICKED)
    found = 0
    if first >= 0 and count > 0:
        batches.picked[at] = first
        found = 1
    left = batches.rows[b].size - found
    i = batches.rows[b].head
    while i >= 0 and found < count:
        if i != first:
            if draw(random) * left < count - found:
                batches.picked[at + found] = i
                found += 1
            left -= 1
        i = batches.seats[i].next
    return found


@inlined
def _moved_load(pool, batches, p, q):  # type: ignore[no-untyped-def]
    """By how much the second batch becomes heavier and larger when the picked items change places."""
    weight, volume = 0, 0
    for k in range(p):
        weight += pool.items[batches.picked[k]].weight_g
        volume += pool.items[batches.picked[k]].volume_cm3
    for k in range(q):
        weight -= pool.items[batches.picked[MOST_PICKED + k]].weight_g
        volume -= pool.items[batches.picked[MOST_PICKED + k]].volume_cm3
    return weight, volume


@inlined
def _fits_after(pool, batches, a, b, kind, p, q, most):  # type: ignore[no-untyped-def]
    """Whether a and b can change the picked items with at most so much overload."""
    weight, volume = _moved_load(pool, batches, p, q)
    if over_with(pool, batches, b, kind, p - q, weight, volume) > most:
        return False
    return over_with(pool, batches, a, batches.rows[a].kind, q - p, -weight, -volume) <= most


@inlined
def _more_overload(pool, batches, a, b, kind, p, q):  # type: ignore[no-untyped-def]
    """By how many thousandths a and b are overloaded more when the picked items have changed places."""
    weight, volume = _moved_load(pool, batches, p, q)
    over = over_with(pool, batches, a, batches.rows[a].kind, q - p, -weight, -volume) - batches.rows[a].over
    over += over_with(pool, batches, b, kind, p - q, weight, volume)
    return over - batches.rows[b].over if b >= 0 else over


@inlined
def _exchanged(pool, prices, batches, a, b, kind, p, q, allowed):  # type: ignore[no-untyped-def]
    """The costs of a and b when the picked items have changed places; NEVER where they cost so much more."""
    allowed += batches.rows[a].cost
    if b >= 0:
        allowed += batches.rows[b].cost
    come, go = 0, 0
    for k in range(p):
        go += pool.items[batches.picked[k]].alone
    for k in range(q):
        come += pool.items[batches.picked[MOST_PICKED + k]].alone
    first, second = 0, 0
    for turn in range(2):  # what becomes less first: then it is known how much the other may cost
        if (turn == 0) == (come < go):
            first = _swapped_cost(
                pool, prices, batches, a, batches.rows[a].kind, 0, p, MOST_PICKED, q, allowed - second
            )
        else:
            second = _swapped_cost(pool, prices, batches, b, kind, MOST_PICKED, q, 0, p, allowed - first)
        if first + second > allowed:
            return _NEVER, 0
    return first, second


@inlined
def _swapped_cost(pool, prices, batches, b, kind, gone_at, gone, come_at, come, limit):  # type: ignore[no-untyped-def]
    """Cost of batch b on that type without `gone` picked items and with `come` others; NEVER above the limit."""
    name, count = np.uint64(0), 0
    if b >= 0:
        name = batches.rows[b].name
        i = batches.rows[b].head
        while i >= 0:
            stays = True
            for k in range(gone):
                if batches.picked[gone_at + k] == i:
                    stays = False
            if stays:
                prices.chosen[count] = i
                count += 1
            i = batches.seats[i].next
    for k in range(gone):
        name ^= pool.items[batches.picked[gone_at + k]].name
    for k in range(come):
        i = batches.picked[come_at + k]
        if not pool.takes[i, kind]:
            return _NEVER
        prices.chosen[count] = i
        count += 1
        name ^= pool.items[i].name
    if count == 0:
        return 0
    tour = price(pool, prices, count, name, kind, limit)
    return _NEVER if tour >= _NEVER else whole_cost(pool, prices, count, kind, tour)


@kernel
def exchange(pool, batches, a, b, kind, p, q, first, second):  # type: ignore[no-untyped-def]
    """The picked items change places; a and b (_NEW: a new batch) cost so much then."""
    if b < 0:
        b = open_batch(batches, kind)
    keep_a = p == batches.rows[a].size  # then a must not be closed before something came
    for k in range(q if keep_a else p):
        carry(pool, batches, batches.picked[MOST_PICKED + k if keep_a else k], a if keep_a else b)
    for k in range(p if keep_a else q):
        carry(pool, batches, batches.picked[k if keep_a else MOST_PICKED + k], b if keep_a else a)
    if batches.rows[a].size:
        set_cost(pool, batches, a, first)
    if batches.rows[b].size:
        set_cost(pool, batches, b, second)


@inlined
def carry(pool, batches, i, b):  # type: ignore[no-untyped-def]
    """Item i goes from its batch to batch b."""
    take_out(pool, batches, i)
    put(pool, batches, i, b)


@kernel
def try_kind(pool, prices, batches, a, b, kind, opens, allowed):  # type: ignore[no-untyped-def]
    """Batch a onto a free cart of that type where it may be opened, else batches a and b change carts."""
    kinds = pool.kinds
    if kind == batches.rows[a].kind:
        return False
    free = opens and batches.opened[kind] < kinds[kind].carts
    if not free and (a == b or batches.rows[b].kind != kind):
        return False
    if not takes_all(pool, batches, a, kind, 0):
        return False
    first = cost_with(pool, prices, batches, a, kind, -1, -1)
    delta = first - batches.rows[a].cost
    second = 0
    if not free:
        if not takes_all(pool, batches, b, batches.rows[a].kind, 0):
            return False
        second = cost_with(pool, prices, batches, b, batches.rows[a].kind, -1, -1)
        delta += second - batches.rows[b].cost
    if first >= _NEVER or second >= _NEVER or delta > allowed:
        return False
    if not free:
        batches.rows[b].kind = batches.rows[a].kind
        set_cost(pool, batches, b, second)
    else:
        batches.opened[batches.rows[a].kind] -= 1
        batches.opened[kind] += 1
    batches.rows[a].kind = kind
    set_cost(pool, batches, a, first)
    return True
