"""The tours of batches that gain or lose items, priced by the columns that change."""

from __future__ import annotations

from routing.batching.batches import MOST_PICKED
from routing.batching.compiled import inlined, kernel
from routing.batching.prices import add_bits, clear_bits
from routing.batching.trails import changed_cost, lay

_NEVER = 2**60


@inlined
def _trail_of(pool, prices, batches, b):  # type: ignore[no-untyped-def]
    """The number of batch b's trail, which is laid where the batch has changed since."""
    trails = prices.trails
    t = batches.rows[b].place % len(trails.rows)
    name = batches.rows[b].name ^ pool.kinds[batches.rows[b].kind].name
    if trails.rows[t].name != name:
        _set_bits(pool, prices, batches, b, -1)
        lay(pool.floor, prices.work, trails, t)
        trails.rows[t].name = name
    return t


@inlined
def _set_bits(pool, prices, batches, b, gone):  # type: ignore[no-untyped-def]
    """The locations of batch b without item `gone` (-1: none) are to be visited."""
    clear_bits(prices)
    i = batches.rows[b].head
    while i >= 0:
        if i != gone:
            add_bits(pool, prices, i)
        i = batches.seats[i].next


@inlined
def _copy_bits(prices, t):  # type: ignore[no-untyped-def]
    for w in range(len(prices.work.mask)):
        prices.work.mask[w] = prices.trails.masks[t, w]


@kernel
def tour_of(pool, prices, batches, b):  # type: ignore[no-untyped-def]
    """The cost of batch b's tour."""
    t = _trail_of(pool, prices, batches, b)
    return prices.trails.rows[t].cost


@kernel
def tour_with(pool, prices, batches, b, i, limit):  # type: ignore[no-untyped-def]
    """The cost of batch b's tour with item i; NEVER where it is more than the limit."""
    t = _trail_of(pool, prices, batches, b)
    _copy_bits(prices, t)
    add_bits(pool, prices, i)
    return changed_cost(pool.floor, prices.work, prices.trails, t, limit)


@kernel
def tour_joined(pool, prices, batches, a, b, limit):  # type: ignore[no-untyped-def]
    """The cost of batch a's tour with all items of b; NEVER where it is more than the limit."""
    t = _trail_of(pool, prices, batches, a)
    _copy_bits(prices, t)
    i = batches.rows[b].head
    while i >= 0:
        add_bits(pool, prices, i)
        i = batches.seats[i].next
    return changed_cost(pool.floor, prices.work, prices.trails, t, limit)


@kernel
def tour_of_pair(pool, prices, i, j, limit):  # type: ignore[no-untyped-def]
    """The cost of the tour of items i and j on the first type; NEVER where it is more than the limit.

    The trail is that of i, so ask for all pairs of i one after the other.
    """
    trails = prices.trails
    name = pool.items[i].name ^ pool.kinds[0].name
    if trails.rows[0].name != name:
        clear_bits(prices)
        add_bits(pool, prices, i)
        lay(pool.floor, prices.work, trails, 0)
        trails.rows[0].name = name
    _copy_bits(prices, 0)
    add_bits(pool, prices, j)
    return changed_cost(pool.floor, prices.work, trails, 0, limit)


@kernel
def tour_without(pool, prices, batches, i):  # type: ignore[no-untyped-def]
    """The cost of the tour of i's batch without i; worked out once for each state of the batch."""
    b = batches.seats[i].batch
    if batches.rows[b].size == 1:
        return 0
    name = batches.rows[b].name ^ pool.kinds[batches.rows[b].kind].name
    if prices.without[i].name != name:
        t = _trail_of(pool, prices, batches, b)
        _set_bits(pool, prices, batches, b, i)
        prices.without[i].cost = changed_cost(pool.floor, prices.work, prices.trails, t, _NEVER)
        prices.without[i].name = name
    return prices.without[i].cost


@kernel
def is_hopeless(pool, prices, batches, b, q, allowed):  # type: ignore[no-untyped-def]
    """Whether the picked item cannot go to batch b, and the `q` (0 or 1) picked there come back, for so much more.

    What an item adds to a batch is taken to be no less where another has left it. That nearly always is so, and what
    is left is priced in full.
    """
    i, j = batches.picked[0], batches.picked[MOST_PICKED]
    a = batches.seats[i].batch
    tour_a, tour_b = tour_of(pool, prices, batches, a), tour_of(pool, prices, batches, b)
    waits_more = pool.kinds[batches.rows[b].kind].waits - pool.kinds[batches.rows[a].kind].waits
    room = allowed + tour_a - tour_without(pool, prices, batches, i) + _may_spare(pool, i)
    room -= waits_more * pool.items[i].wait_cost
    if q:
        room += tour_b - tour_without(pool, prices, batches, j) + _may_spare(pool, j)
        room += waits_more * pool.items[j].wait_cost
    if room < 0:
        return True
    longer = tour_with(pool, prices, batches, b, i, tour_b + room) - tour_b
    if q == 0 or longer > room:
        return longer > room
    return tour_with(pool, prices, batches, a, j, tour_a + room - longer) > tour_a + room - longer


@inlined
def _may_spare(pool, i):  # type: ignore[no-untyped-def]
    """What an item's stops cost beside the walk, at most spared where others in a batch stop there too."""
    cost = 0
    if pool.facts[0].stops:
        for k in range(pool.items[i].spot_start, pool.items[i + 1].spot_start):
            cost += pool.stops[pool.spots[k]].cost
    return cost


__all__ = ["is_hopeless", "tour_joined", "tour_of_pair"]
