"""A tour that is priced by what differs from a trail costs what the whole sweep says."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from routing import Effort
from routing.batching.job import CartType, Item, Job
from routing.batching.pool import NO_LIMIT, Pool, pool_of
from routing.batching.sweep import Work, tour_cost, work_for
from routing.batching.trails import changed_cost, lay, trails_for
from tests.routing.floors import DEPOT, block


def a_pool(blocks: int, seed: int, turn_ms: int = 0) -> Pool:
    """Items of one to four locations on a floor of some blocks."""
    rng, layout = Random(seed), block(7, 12, blocks=blocks)
    bins = [name for name in layout.spots if name != DEPOT]
    items = tuple(Item(tuple(rng.sample(bins, rng.randint(1, 4))), 1, 1, frozenset({0})) for _ in range(40))
    effort = Effort("time", turn_ms=turn_ms) if turn_ms else Effort()
    return pool_of(Job(layout, effort, items, (CartType(40, 9, 99, 99, DEPOT, (DEPOT,)),)))


def look_at(pool: Pool, work: Work, items: Sequence[int]) -> None:
    """Their bits into the mask."""
    work.mask[:] = 0
    for i in items:
        for word, bits in pool.masks[pool.items["start"][i] : pool.items["start"][i + 1]].tolist():
            work.mask[word] |= bits


@pytest.mark.parametrize("blocks", [2, 3])
@pytest.mark.parametrize("turn_ms", [0, 700])
def test_a_changed_batch_costs_what_the_whole_sweep_says(blocks: int, turn_ms: int) -> None:
    rng, pool = Random(blocks), a_pool(blocks, 1, turn_ms)
    work = work_for(pool.floor)
    trails = trails_for(pool.floor, work, 1)
    for number in range(1, 40):
        batch = rng.sample(range(pool.size), rng.randint(1, 8))
        look_at(pool, work, batch)
        whole = tour_cost(pool.floor, work, 0, NO_LIMIT)
        lay(pool.floor, work, trails, 0)
        trails.rows["name"][0] = number  # the next one is laid over it
        assert trails.rows["cost"][0] == whole
        for _ in range(20):
            changed = batch[rng.randint(0, 2) :] + rng.sample(range(pool.size), rng.randint(0, 2))
            look_at(pool, work, changed)
            cost = tour_cost(pool.floor, work, 0, NO_LIMIT)
            limit = rng.choice((NO_LIMIT, cost, cost - 1, int(1.1 * whole)))
            look_at(pool, work, changed)
            priced = changed_cost(pool.floor, work, trails, 0, limit)
            assert priced == (cost if cost <= limit else NO_LIMIT)
