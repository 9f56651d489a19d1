"""The bound of a job is never more than the best loads cost, and not much less where carts must walk far."""

from __future__ import annotations

from hypothesis import given, settings

from routing import Effort
from routing.batching import bound
from routing.batching.job import CartType, Item, Job
from routing.batching.pool import pool_of
from tests.routing.batching.jobs import cheapest, jobs
from tests.routing.floors import DEPOT, block


def bound_of(job: Job) -> int:
    """The bound of a job."""
    return bound.bound_of(job, pool_of(job))


@given(jobs())
@settings(max_examples=60)
def test_no_loads_cost_less_than_the_bound(job: Job) -> None:
    if job.items:
        assert 0 <= bound_of(job) <= cheapest(job)


def test_the_bound_of_one_item_far_off_is_its_walk() -> None:
    item, cart = Item(("2-8",), 1, 1, frozenset({0})), CartType(1, 1, 1, 1, DEPOT, (DEPOT,))
    assert bound_of(Job(block(3, 9), Effort(), (item,), (cart,))) == 100 * 2 * (6_000 + 9_000)


def test_carts_that_each_must_come_by_are_counted() -> None:
    items = tuple(Item((f"5-{n}",), 1, 1, frozenset({0})) for n in range(8))
    job = Job(block(6, 9), Effort(), items, (CartType(9, 2, 99, 99, DEPOT, (DEPOT,)),))
    # Four carts of two slots: across five aisles and back each, and up to the farthest of each pair.
    assert bound_of(job) >= 100 * 4 * 2 * 15_000
