"""Small jobs, and all ways to put their items on carts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, permutations

from hypothesis import strategies as st

from routing import Effort, Layout, Way
from routing.batching.job import CartType, Item, Job
from tests.routing.floors import DEPOT, block, layouts, spot


def partitions(items: Sequence[int]) -> Iterator[list[list[int]]]:
    """All ways to put items in batches."""
    if not items:
        yield []
        return
    for rest in partitions(items[1:]):
        yield [[items[0]], *rest]
        for n, batch in enumerate(rest):
            yield [*rest[:n], [items[0], *batch], *rest[n + 1 :]]


def tour_cost(job: Job, cart: CartType, batch: Sequence[int]) -> int:
    """The least tour of a batch, by trying all orders of its locations, with the stops where they cost anything."""
    layout, walks = job.layout, job.effort.walks(job.layout)
    stops = sorted({location for n in batch for location in job.items[n].locations})
    costs = []
    for order in permutations(stops):
        for end in cart.ends:
            legs = [
                walks.cost(layout.standing(a), layout.standing(b))
                for a, b in pairwise([cart.start, *order, end])
            ]
            costs.append(sum(leg for leg in legs if leg is not None))
    handling_ms = job.effort.handling_ms([layout.spots[stop] for stop in stops], 0)
    return min(costs) + (handling_ms * 1000 if job.effort.by_time else 0)


def load_cost(job: Job, kind: int, batch: Sequence[int]) -> int | None:
    """What a batch costs on a cart of a type, all in; None where it may not go on it."""
    cart, items = job.types[kind], [job.items[n] for n in batch]
    fits = (
        len(batch) <= cart.slots
        and sum(item.weight_g for item in items) <= cart.max_weight_g
        and sum(item.volume_cm3 for item in items) <= cart.max_volume_cm3
        and all(kind in item.types for item in items)
    )
    foes = any(one.foes & other.kinds for one in items for other in items if one is not other)
    if not fits or (foes and job.foe_cost is None):
        return None
    waiting = sum(item.wait_cost for item in items) if cart.waits else 0
    return tour_cost(job, cart, batch) + waiting + (job.foe_cost or 0) * foes


def cheapest(job: Job) -> int:
    """The cost of the best loads, by trying all."""
    known: dict[tuple[int, ...], list[int | None]] = {}

    def costs(batch: Sequence[int]) -> list[int | None]:
        key = tuple(batch)
        if key not in known:
            known[key] = [load_cost(job, kind, batch) for kind in range(len(job.types))]
        return known[key]

    def best(batches: Sequence[Sequence[int]], left: list[int]) -> int | None:
        if not batches:
            return 0
        found = []
        for kind, cost in enumerate(costs(batches[0])):
            if cost is None or not left[kind]:
                continue
            rest = best(batches[1:], [*left[:kind], left[kind] - 1, *left[kind + 1 :]])
            if rest is not None:
                found.append(cost + rest)
        return min(found, default=None)

    counts = [cart.count for cart in job.types]
    ways = (best(batches, counts) for batches in partitions(range(len(job.items))))
    return min(cost for cost in ways if cost is not None)


def graph() -> Layout:
    """A floor of ways, some of them one-way."""
    spots = [
        spot(DEPOT, 0, 0, kind="depot"),
        *(spot(name, n, n % 2) for n, name in enumerate("abcdef", start=1)),
    ]
    ring = [*spots, spots[0]]
    ways = [Way(one.id, other.id, 700 + 100 * n) for n, (one, other) in enumerate(pairwise(ring))]
    return Layout.graph(spots, [*ways, Way("b", "e", 300, one_way=True), Way(DEPOT, "d", 900)])


@st.composite
def jobs(draw: st.DrawFn) -> Job:
    """Up to five items of one or two locations; one or two types of carts, and one of a later round."""
    layout = draw(st.one_of(layouts(), st.just(graph()), st.builds(block, st.integers(1, 4), st.just(6))))
    bins = [one for one in layout.spots if one != DEPOT]
    places = st.lists(st.sampled_from(bins), min_size=1, max_size=2, unique=True)
    kinds = draw(st.integers(1, 2))
    later = kinds
    items = tuple(
        Item(
            locations=tuple(draw(places)),
            weight_g=draw(st.integers(1, 9)),
            volume_cm3=draw(st.integers(0, 3)),
            types=frozenset({later, *draw(st.sets(st.integers(0, kinds - 1)))}),
            wait_cost=draw(st.sampled_from([0, 1_000, 10**7])),
            kinds=draw(st.sampled_from([0, 1])),
            foes=draw(st.sampled_from([0, 0, 1])),
        )
        for _ in range(draw(st.integers(0, 5)))
    )
    ends = draw(st.sampled_from([(DEPOT,), (DEPOT, bins[-1])]))
    carts = [
        CartType(draw(st.integers(1, 2)), draw(st.integers(1, 3)), draw(st.integers(9, 20)), 9, DEPOT, ends)
        for _ in range(kinds)
    ]
    waits = CartType(9, 3, 20, 9, DEPOT, (DEPOT,), waits=True)
    effort = draw(
        st.sampled_from(
            [Effort(), Effort(busy_percent={"1": 80}), Effort("time", stop_ms=3_000, level_ms=10)]
        )
    )
    return Job(layout, effort, items, (*carts, waits), draw(st.sampled_from([None, 0, 50_000])))
