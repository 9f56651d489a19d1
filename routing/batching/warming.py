"""Every compiled path of batching, run once on something tiny."""

from __future__ import annotations

from time import monotonic

from routing.batching.form import form
from routing.batching.job import CartType, Item, Job, Limits
from routing.batching.near import ALL_PAIRS, near_items
from routing.batching.pool import pool_of
from routing.batching.prices import prices_for
from routing.effort import Effort
from routing.layout import Layout, Spot, Way

_DEPOT = "depot"
_MOVES = 2_000
_LONG_S = 600.0


def warm() -> None:
    """Compile, or read what was compiled: one block, several blocks, open tours, rules, a graph, a large pool."""
    one_block, two_blocks, graph = _floor(()), _floor((2_500,)), _graph()
    for layout in (one_block, two_blocks, graph):
        for job in (_job(layout, 8), _ruled(layout)):
            form(job, Limits(monotonic() + _LONG_S, _MOVES), 1)
    many = pool_of(_job(one_block, ALL_PAIRS + 2))
    near_items(many, prices_for(many, ALL_PAIRS))


def _floor(cross_aisles_y_mm: tuple[int, ...]) -> Layout:
    bins = [
        Spot(f"{a}-{n}", "bin", "", str(a), n, 1, 2_000 * a, 1_000 * n) for a in range(3) for n in range(1, 5)
    ]
    return Layout.of([Spot(_DEPOT, "depot", "", "", 1, 1, 0, 0), *bins], cross_aisles_y_mm)


def _graph() -> Layout:
    spots = [Spot(name, "bin", "", "", 1, 1, n, 0) for n, name in enumerate((_DEPOT, "0-1", "1-2", "2-3"))]
    ways = [Way(one.id, other.id, 5) for one in spots for other in spots if one.id < other.id]
    return Layout.graph(spots, ways)


def _job(layout: Layout, items: int) -> Job:
    places = [spot for spot in layout.spots if spot != _DEPOT]
    some = tuple(
        Item((places[n % len(places)], places[3 * n % len(places)]), 1, 1, frozenset({0}))
        for n in range(items)
    )
    return Job(layout, Effort(), some, (CartType(items, 3, 99, 99, _DEPOT, (_DEPOT,)),))


def _ruled(layout: Layout) -> Job:
    """Two types of carts, one of a later round, another end, foes, due times, walking time."""
    plain = _job(layout, 8)
    end = plain.items[0].locations[0]
    items = tuple(
        Item(item.locations, 1, 1, frozenset({0, 1}), 5, 1 << n % 2, 2 >> n % 2, 10, 10**6 if n % 2 else None)
        for n, item in enumerate(plain.items)
    )
    types = (
        CartType(1, 2, 99, 99, _DEPOT, (_DEPOT, end)),
        CartType(8, 3, 99, 99, _DEPOT, (_DEPOT,), waits=True),
    )
    effort = Effort("time", turn_ms=100, stop_ms=100, unit_ms=10)
    return Job(layout, effort, items, types, foe_cost=10)
