"""Prices of sets of items, each worked out once: a table from set to cost, and a log of all sets that were priced."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.batching.compiled import inlined, kernel
from routing.batching.pool import Pool
from routing.batching.sweep import Work, tour_cost, work_for
from routing.batching.walked import Path, path_for, walk_cost
from routing.exact.bits import lowest_bit

_NEVER = 2**60
_WORD = 64


class Prices(NamedTuple):
    """Working space of one thread.

    `table[h]` is the key of the set with that hash that was priced last, and its cost. The log has set k with items
    `items[start[k]:start[k + 1]]`, its `cost` and `round`; `used[0]` is how many sets it has.
    `chosen` are the items of the set at hand, `spot_mask` the bits of their locations by number.
    """

    work: Work
    path: Path
    table: NDArray[np.int64]
    start: NDArray[np.int64]
    items: NDArray[np.int32]
    cost: NDArray[np.int64]
    round: NDArray[np.int64]
    used: NDArray[np.int64]
    chosen: NDArray[np.int64]
    spot_mask: NDArray[np.uint64]


def prices_for(pool: Pool, sets: int) -> Prices:
    """Space to remember about so many sets."""
    slots = 1 << (2 * sets - 1).bit_length()
    per_set = min(24, max(1, int(pool.kinds.slots.max(initial=1))), pool.size) + 1
    return Prices(
        work=work_for(pool.floor),
        path=path_for(pool.ground),
        table=np.zeros((slots, 2), np.int64),
        start=np.zeros(sets + 1, np.int64),
        items=np.zeros(sets * per_set, np.int32),
        cost=np.zeros(sets, np.int64),
        round=np.zeros(sets, np.int64),
        used=np.zeros(1, np.int64),
        chosen=np.zeros(pool.size + 2, np.int64),
        spot_mask=np.zeros(-(-len(pool.stop_ms) // _WORD) or 1, np.uint64),
    )


@inlined
def price(pool, prices, count, key, start_end):  # type: ignore[no-untyped-def]
    """Cost of the tour through the first `count` of `prices.chosen`, with the stops where they cost anything.

    `key` is the exclusive or of their names, `start_end` the number of the round.
    """
    name = np.int64(key ^ pool.kinds.names[start_end])
    table = prices.table
    at = name & (len(table) - 1)
    if table[at, 0] == name:
        return table[at, 1]
    cost = _priced(pool, prices, count, start_end)
    table[at, 0] = name
    table[at, 1] = cost
    _log(prices, count, start_end, cost)
    return cost


@kernel
def _log(prices, count, start_end, cost):  # type: ignore[no-untyped-def]
    """Write a set down, while there is room."""
    k = prices.used[0]
    begin = prices.start[k]
    if k == len(prices.cost) or begin + count > len(prices.items):
        return
    for n in range(count):
        prices.items[begin + n] = prices.chosen[n]
    prices.start[k + 1] = begin + count
    prices.cost[k] = cost
    prices.round[k] = start_end
    prices.used[0] += 1


@kernel
def _priced(pool, prices, count, start_end):  # type: ignore[no-untyped-def]
    if pool.on_grid:
        mask = prices.work.mask
        mask[:] = 0
        for n in range(count):
            i = prices.chosen[n]
            for k in range(pool.start[i], pool.start[i + 1]):
                mask[pool.words[k]] |= pool.bits[k]
        cost = tour_cost(pool.floor, prices.work, start_end, _limit(pool, prices, count, start_end))
    else:
        cost = walk_cost(pool.ground, prices.path, _distinct_spots(pool, prices, count), start_end)
    if pool.stops:
        for n in range(_distinct_spots(pool, prices, count)):
            cost += pool.stop_cost[prices.path.stops[n]]
    return cost


@inlined
def _limit(pool, prices, count, start_end):  # type: ignore[no-untyped-def]
    return _NEVER


@inlined
def _distinct_spots(pool, prices, count):  # type: ignore[no-untyped-def]
    """The locations of the chosen items into `path.stops`, each once, in ascending order; returns how many."""
    mask = prices.spot_mask
    low, high = len(mask), -1
    for n in range(count):
        i = prices.chosen[n]
        for k in range(pool.spot_start[i], pool.spot_start[i + 1]):
            word = pool.spots[k] // _WORD
            mask[word] |= np.uint64(1) << np.uint64(pool.spots[k] % _WORD)
            low, high = min(low, word), max(high, word)
    found = 0
    for w in range(low, high + 1):
        word = mask[w]
        mask[w] = 0
        while word:
            prices.path.stops[found] = w * _WORD + lowest_bit(word)
            found += 1
            word &= word - np.uint64(1)
    return found


@inlined
def whole_cost(pool, prices, count, kind, tour):  # type: ignore[no-untyped-def]
    """Cost of the chosen items on a cart of this type, when their tour costs so much: with waiting and foes.

    NEVER where they cannot go together: foes, or back too late.
    """
    cost = tour
    if pool.kinds.waits[kind]:
        for n in range(count):
            cost += pool.wait_cost[prices.chosen[n]]
    if pool.foes and _some_foes(pool, prices, count):
        if pool.foe_cost < 0:
            return _NEVER
        cost += pool.foe_cost
    if pool.dues and not pool.kinds.waits[kind] and _late(pool, prices, count, tour):
        return _NEVER
    return cost


@kernel
def _some_foes(pool, prices, count):  # type: ignore[no-untyped-def]
    for n in range(count):
        foes = pool.foe_kinds[prices.chosen[n]]
        if foes:
            for m in range(count):
                if m != n and foes & pool.is_kind[prices.chosen[m]]:
                    return True
    return False


@kernel
def _late(pool, prices, count, tour):  # type: ignore[no-untyped-def]
    """Whether the batch is back after one of its items is due. An item that is late alone has no due time."""
    due = pool.due_ms[prices.chosen[0]]
    for n in range(count):
        due = min(due, pool.due_ms[prices.chosen[n]])
    return due < _NEVER and back_ms(pool, prices, count, tour) > due


@inlined
def back_ms(pool, prices, count, tour):  # type: ignore[no-untyped-def]
    """When the tour is back: walk, stops and handling."""
    taken = np.int64(tour * pool.us_per_cost) // 1000
    for n in range(count):
        taken += pool.handling_ms[prices.chosen[n]]
    if pool.stops:
        for n in range(_distinct_spots(pool, prices, count)):
            spot = prices.path.stops[n]
            taken += pool.stop_ms[spot] - pool.stop_cost[spot] // 1000
    return taken
