"""Prices of sets of items, each worked out once: a table from set to cost, and a log of all sets that were priced."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.batching.compiled import inlined, kernel
from routing.batching.pool import Pool
from routing.batching.sweep import Work, tour_cost, work_for
from routing.batching.trails import TRAIL, Trails, trails_for
from routing.batching.walked import STOPS, path_for, walk_cost
from routing.exact.bits import lowest_bit

_NEVER = 2**60
_WORD = 64
_ITEMS_PER_SET = 24
"""The log has room for so many on average; sets of more are rare."""


LOGGED = np.dtype([("start", "i8"), ("cost", "i8"), ("round", "i8")])


class Prices(NamedTuple):
    """Working space of one thread.

    `table[h]` is the key of the set with that hash that was priced last, and its cost. The log has the sets that were
    priced, its first `used[0]` rows, with items `items[start:]` up to the next row's start. The trails are those of
    batches; `without[i]` is the cost of the tour of i's batch without i, and the name of that batch. `chosen` are the
    items of the set at hand, `spot_mask` the bits of their locations by number.
    """

    work: Work
    path: NDArray[np.int64]
    table: NDArray[np.int64]
    log: NDArray[np.void]
    items: NDArray[np.int32]
    used: NDArray[np.int64]
    trails: Trails
    without: NDArray[np.void]
    chosen: NDArray[np.int64]
    spot_mask: NDArray[np.uint64]

    @property
    def is_full(self) -> bool:
        """Whether no set can be logged any more."""
        return int(self.used[0]) >= len(self.log) - 1


def prices_for(pool: Pool, sets: int) -> Prices:
    """Space to log about so many sets, and to remember the prices of twice as many."""
    per_set = min(_ITEMS_PER_SET, max(1, int(pool.kinds["slots"].max(initial=1))), pool.size) + 1
    work = work_for(pool.floor)
    return Prices(
        work=work,
        path=path_for(len(pool.stops)),
        table=np.zeros((1 << (2 * sets - 1).bit_length(), 2), np.int64),
        log=np.zeros(sets + 1, LOGGED),
        items=np.zeros(sets * per_set, np.int32),
        used=np.zeros(1, np.int64),
        trails=trails_for(pool.floor, work, pool.size if pool.facts["trails"][0] else 1),
        without=np.zeros(pool.size, TRAIL),
        chosen=np.zeros(pool.size + 2, np.int64),
        spot_mask=np.zeros(-(-len(pool.stops) // _WORD) or 1, np.uint64),
    )


@inlined
def price(pool, prices, count, key, kind, limit):  # type: ignore[no-untyped-def]
    """Cost of the tour through the first `count` of `prices.chosen`, with the stops where they cost anything.

    `key` is the exclusive or of their names, `kind` the type of the cart. It may be NEVER where it exceeds `limit`:
    to find only that takes less work. In the table that is said by a negative number: it costs more than so much.
    """
    name = np.int64(key ^ pool.kinds[kind].name)
    table = prices.table
    at = name & (len(table) - 1)
    known = table[at, 1] if table[at, 0] == name else -1
    if known >= 0:
        return known
    if limit < -known:
        return _NEVER
    cost = _priced(pool, prices, np.int64(count), pool.kinds[kind].round, np.int64(limit))
    table[at, 0] = name
    if cost < _NEVER:
        table[at, 1] = cost
        _log(prices, count, pool.kinds[kind].round, cost)
        return cost
    table[at, 1] = -limit - 1
    return _NEVER


@kernel
def _log(prices, count, start_end, cost):  # type: ignore[no-untyped-def]
    """Write a set down, while there is room."""
    k = prices.used[0]
    begin = prices.log[k].start
    if k + 1 == len(prices.log) or begin + count > len(prices.items):
        return
    for n in range(count):
        prices.items[begin + n] = prices.chosen[n]
    prices.log[k].cost = cost
    prices.log[k].round = start_end
    prices.log[k + 1].start = begin + count
    prices.used[0] += 1


@inlined
def clear_bits(prices):  # type: ignore[no-untyped-def]
    """No location is to be visited."""
    for w in range(len(prices.work.mask)):
        prices.work.mask[w] = 0


@inlined
def add_bits(pool, prices, i):  # type: ignore[no-untyped-def]
    """The locations of item i are to be visited too."""
    for k in range(pool.items[i].start, pool.items[i + 1].start):
        prices.work.mask[pool.masks[k].word] |= pool.masks[k].bits


@kernel
def _priced(pool, prices, count, start_end, limit):  # type: ignore[no-untyped-def]
    if pool.facts[0].on_grid:
        clear_bits(prices)
        for n in range(count):
            add_bits(pool, prices, prices.chosen[n])
        cost = tour_cost(pool.floor, prices.work, start_end, limit)
    else:
        cost = walk_cost(pool.ground, prices.path, distinct_spots(pool, prices, count), start_end)
    if pool.facts[0].stops and cost < _NEVER:
        for n in range(distinct_spots(pool, prices, count)):
            cost += pool.stops[prices.path[STOPS, n]].cost
    return cost


@kernel
def distinct_spots(pool, prices, count):  # type: ignore[no-untyped-def]
    """The locations of the chosen items into `path[STOPS]`, each once, in ascending order; returns how many."""
    mask = prices.spot_mask
    low, high = len(mask), -1
    for n in range(count):
        i = prices.chosen[n]
        for k in range(pool.items[i].spot_start, pool.items[i + 1].spot_start):
            word = pool.spots[k] // _WORD
            mask[word] |= np.uint64(1) << np.uint64(pool.spots[k] % _WORD)
            low, high = min(low, word), max(high, word)
    found = 0
    for w in range(low, high + 1):
        word = mask[w]
        mask[w] = 0
        while word:
            prices.path[STOPS, found] = w * _WORD + lowest_bit(word)  # type: ignore[call-arg]  # numba passes the first one
            found += 1
            word &= word - np.uint64(1)
    return found


@inlined
def whole_cost(pool, prices, count, kind, tour):  # type: ignore[no-untyped-def]
    """Cost of the chosen items on a cart of this type, when their tour costs so much: with waiting and foes.

    NEVER where they cannot go together: foes, or back too late.
    """
    cost = tour
    if pool.kinds[kind].waits:
        for n in range(count):
            cost += pool.items[prices.chosen[n]].wait_cost
    if pool.facts[0].foes and some_foes(pool, prices.chosen, count):
        if pool.facts[0].foe_cost < 0:
            return _NEVER
        cost += pool.facts[0].foe_cost
    if pool.facts[0].dues and not pool.kinds[kind].waits and _late(pool, prices, count, tour):
        return _NEVER
    return cost


@kernel
def some_foes(pool, chosen, count):  # type: ignore[no-untyped-def]
    """Whether two of these items must not share a cart."""
    for n in range(count):
        foes = pool.items[chosen[n]].foe_kinds
        if foes:
            for m in range(count):
                if m != n and foes & pool.items[chosen[m]].is_kind:
                    return True
    return False


@kernel
def _late(pool, prices, count, tour):  # type: ignore[no-untyped-def]
    """Whether the batch is back after one of its items is due. An item that is late alone has no due time."""
    due = pool.items[prices.chosen[0]].due_ms
    for n in range(count):
        due = min(due, pool.items[prices.chosen[n]].due_ms)
    return due < _NEVER and back_ms(pool, prices, count, tour) > due


@kernel
def back_ms(pool, prices, count, tour):  # type: ignore[no-untyped-def]
    """When the tour is back: walk, stops and handling."""
    taken = np.int64(tour * pool.facts[0].us_per_cost) // 1000
    for n in range(count):
        taken += pool.items[prices.chosen[n]].handling_ms
    if pool.facts[0].stops:
        for n in range(distinct_spots(pool, prices, count)):
            spot = prices.path[STOPS, n]
            taken += pool.stops[spot].ms - pool.stops[spot].cost // 1000
    return taken
