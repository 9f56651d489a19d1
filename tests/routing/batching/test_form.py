"""Orders to carts: always allowed, the best there are where they can be counted, the same for the same seed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random
from time import monotonic

import pytest
from hypothesis import given, settings

from routing import Effort, ProblemError
from routing.batching.form import form
from routing.batching.job import CartType, Item, Job, Limits
from tests.routing.batching.jobs import cheapest, jobs, load_cost
from tests.routing.floors import DEPOT, block

MOVES = 3_000


def limits(iterations: int = MOVES, cores: int = 1) -> Limits:
    """Enough time for so many iterations."""
    return Limits(monotonic() + 600, iterations, cores)


def large_job(orders: int, seed: int, kinds: int = 1) -> Job:
    """Items of one to three locations on a floor of two blocks, for carts of a few types."""
    rng, layout = Random(seed), block(8, 20, blocks=2)
    bins = [one for one in layout.spots if one != DEPOT]
    items = tuple(
        Item(tuple(rng.sample(bins, rng.randint(1, 3))), rng.randint(1, 9), 1, frozenset(range(kinds)))
        for _ in range(orders)
    )
    types = tuple(CartType(orders // 3 + 1, 6 + n, 40, 99, DEPOT, (DEPOT,)) for n in range(kinds))
    return Job(layout, Effort(), items, types)


@given(jobs())
@settings(max_examples=60)
def test_a_small_job_is_done_as_cheaply_as_can_be(job: Job) -> None:
    formed = form(job, limits(), 1)
    assert Counter(n for load in formed.loads for n in load.items) == Counter(range(len(job.items)))
    used = Counter(load.type for load in formed.loads)
    assert all(used[kind] <= cart.count for kind, cart in enumerate(job.types))
    for load in formed.loads:
        cost = load_cost(job, load.type, load.items)
        assert cost is not None
        assert load.cost == cost
    assert formed.cost == sum(load.cost for load in formed.loads) == (cheapest(job) if job.items else 0)
    assert formed.bound <= formed.cost


@pytest.mark.parametrize(("orders", "kinds"), [(40, 1), (40, 3), (230, 3)])
def test_the_same_seed_forms_the_same_loads_on_any_number_of_cores(orders: int, kinds: int) -> None:
    job = large_job(orders, 1, kinds)
    first = form(job, limits(), 5)
    assert form(job, limits(), 5) == first
    assert form(job, limits(cores=2), 5) == first
    assert sorted(n for load in first.loads for n in load.items) == list(range(orders))


def test_more_iterations_cost_less() -> None:
    job = large_job(80, 2)
    short, long = form(job, limits(10), 1), form(job, limits(20_000), 1)
    assert long.cost < short.cost


def test_without_time_there_are_loads() -> None:
    job = large_job(300, 3, 2)
    formed = form(job, Limits(monotonic()), 1)
    assert Counter(n for load in formed.loads for n in load.items) == Counter(range(300))


def test_each_better_set_of_loads_is_told() -> None:
    told: list[int] = []
    formed = form(large_job(60, 4), Limits(monotonic() + 60, MOVES, 1, told.append), 1)
    assert told == sorted(told, reverse=True)
    assert told[-1] == formed.cost


def test_due_times_keep_far_orders_off_hasty_tours() -> None:
    layout = block(6, 20)
    near = Item(("0-1",), 1, 1, frozenset({0}), due_ms=15_000)
    far = Item(("5-19",), 1, 1, frozenset({0}))
    job = Job(layout, Effort(speed_mm_s=1_000), (near, far), (CartType(2, 2, 9, 9, DEPOT, (DEPOT,)),))
    assert len(form(job, limits(), 1).loads) == 2
    assert len(form(replace(job, items=(replace(near, due_ms=None), far)), limits(), 1).loads) == 1


def test_what_finds_no_cart_is_refused() -> None:
    job = large_job(5, 1)
    with pytest.raises(ProblemError, match="no-room"):
        form(replace(job, types=(replace(job.types[0], count=0),)), limits(), 1)
