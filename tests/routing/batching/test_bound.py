"""The bound of a job is never more than the best loads cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from routing import Effort, FloorRules, Layout
from routing.batching.bound import bound_of
from routing.batching.job import CartType, Item, Job
from routing.exact.lanes import Lanes
from routing.exact.tour import exact_tour
from tests.routing.floors import DEPOT, block, layouts


def partitions(items: Sequence[int]) -> Iterator[list[list[int]]]:
    """All ways to put items in batches."""
    if not items:
        yield []
        return
    for rest in partitions(items[1:]):
        yield [[items[0]], *rest]
        for n, batch in enumerate(rest):
            yield [*rest[:n], [items[0], *batch], *rest[n + 1 :]]


def cheapest(job: Job) -> int:
    """The cost of the best loads, by trying all."""
    layout = job.layout
    assert layout.grid is not None
    lanes, (cart,) = Lanes.of(layout.grid, job.effort), job.types

    def cost(batch: Sequence[int]) -> int:
        cells = [layout.cell(location) for n in batch for location in job.items[n].locations]
        ends = (layout.cell(end) for end in cart.ends)
        return min(exact_tour(lanes, cells, layout.cell(cart.start), end).cost for end in ends)

    def fits(batch: Sequence[int]) -> bool:
        heavy = sum(job.items[n].weight_g for n in batch) > cart.max_weight_g
        return not heavy and len(batch) <= cart.slots

    ways = partitions(range(len(job.items)))
    return min(sum(map(cost, batches)) for batches in ways if all(map(fits, batches)))


@st.composite
def jobs(draw: st.DrawFn) -> Job:
    """Up to five items on a ragged or a regular floor."""
    if draw(st.booleans()):
        layout = draw(layouts())
    else:
        outside = draw(st.booleans())
        more = {"cross_aisles_y_mm": (-500, 10_500)} if outside else {}
        layout = block(
            draw(st.integers(1, 5)), 9, blocks=1 if outside else 2, at_aisle_ends=not outside, **more
        )
    bins = [one for one in layout.spots if one != DEPOT]
    places = st.lists(st.sampled_from(bins), min_size=1, max_size=3, unique=True)
    items = tuple(
        Item(tuple(draw(places)), draw(st.integers(1, 9)), 0, frozenset({0}))
        for _ in range(draw(st.integers(0, 5)))
    )
    ends = draw(st.sampled_from([(DEPOT,), (DEPOT, bins[-1]), (bins[0],)]))
    cart = CartType(9, draw(st.integers(1, 4)), draw(st.integers(9, 20)), 1, DEPOT, ends)
    return Job(layout, draw(st.sampled_from([Effort(), Effort(busy_percent={"1": 80})])), items, (cart,))


@given(jobs())
@settings(max_examples=80)
def test_no_loads_cost_less_than_the_bound(job: Job) -> None:
    assert job.layout.grid is not None
    if len(job.layout.grid.levels_y_mm) <= 5:
        assert 0 <= bound_of(job) <= cheapest(job)


def test_the_bound_of_one_item_far_off_is_its_walk() -> None:
    layout = block(3, 9)
    job = Job(
        layout, Effort(), (Item(("2-8",), 1, 1, frozenset({0})),), (CartType(1, 1, 1, 1, DEPOT, (DEPOT,)),)
    )
    assert bound_of(job) == 100 * 2 * (6_000 + 9_000)


def test_carts_that_each_must_come_by_are_counted() -> None:
    layout = Layout.of(block(6, 9).spots.values(), FloorRules())
    items = tuple(Item((f"5-{n}",), 1, 1, frozenset({0})) for n in range(8))
    job = Job(layout, Effort(), items, (CartType(9, 2, 99, 99, DEPOT, (DEPOT,)),))
    # Four carts of two slots: across five aisles and back each, and up to the farthest of each pair.
    assert bound_of(job) >= 100 * 4 * 2 * 15_000
