"""The planner: better than the quick plan where time allows, never worse, always in time.

Import it in a process of its own: OR-Tools and numpy come with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random
from time import monotonic

from routing.check import check
from routing.exchange import Exchange, Load
from routing.heuristic import quick_plan
from routing.plan import Batch, Left, Plan
from routing.pool import Pool
from routing.problem import PickOrder, Problem
from routing.search import ProvenTour, search
from routing.sift import LATER
from routing.tour import batch_of, locations_of

MAX_LOCATIONS = 900
"""So many locations are planned over at once in a second or more (the time to prepare grows with their square);
orders beyond them wait, or stay as the quick plan has them."""
MAX_PRICES = 20_000
"""Limit of orders times locations, summed over the carts: what has to be priced before the first exchange."""
MAX_ORDER_LOCATIONS = 60
"""A waiting order with more locations is not brought into exchanges."""
RESERVE_S = 0.02
"""Kept back from the deadline, beside the time of the quick plan, to write the plan down and to check it."""


def plan(problem: Problem, deadline_s: float, seed: int = 1) -> Plan:
    """Plan one round within `deadline_s` seconds, sooner where nothing improves any more.

    Serves at least as many orders as `quick_plan`, its seeds (slot 1 of each batch) among them, and walks no
    farther for the same number. The same `seed` searches the same way; how far it gets is a matter of time.
    The plan has passed `check`.
    """
    begun = monotonic()
    quick = quick_plan(problem)
    quick_s = monotonic() - begun
    better = _improved(problem, quick, begun + deadline_s - RESERVE_S - quick_s, seed)
    worse = (-better.served, better.distance_mm) > (-quick.served, quick.distance_mm)
    return quick if worse or check(problem, better) else better


def _improved(problem: Problem, quick: Plan, expires: float, seed: int) -> Plan:
    """The quick plan, made better until nothing helps or `expires` (monotonic seconds) has come."""
    orders = {order.order: order for order in problem.orders}
    left_s = max(0.0, expires - monotonic())
    limit = int(MAX_LOCATIONS * min(1.0, left_s) ** 0.5)
    batches, kept = _manageable(quick.batches, limit)
    if not batches:
        return quick
    carts = {cart.cart: cart for cart in problem.carts}
    aboard = [orders[name] for batch in batches for name in batch.slots]
    waiting = _window(problem, quick, aboard, limit)
    pool = Pool.of(problem, [*aboard, *waiting], [carts[batch.cart] for batch in batches])
    exchange = _exchange(pool, batches)
    tours = search(exchange, expires, Random(seed))
    better = [_batch(problem, pool, cart, tour) for cart, tour in enumerate(tours) if tour.load.orders]
    return _plan(problem, quick, [*kept, *better])


def _manageable(batches: Iterable[Batch], limit: int) -> tuple[list[Batch], list[Batch]]:
    """The batches of up to `limit` locations together, and those beyond, which stay as they are."""
    taken: set[str] = set()
    prices = 0
    open_batches, kept = [], []
    for batch in batches:
        locations = {stop.location for stop in batch.stops}
        more = len(batch.slots) * len(locations)
        if len(taken | locations) <= limit and prices + more <= MAX_PRICES:
            taken |= locations
            prices += more
            open_batches.append(batch)
        else:
            kept.append(batch)
    return open_batches, kept


def _window(problem: Problem, quick: Plan, aboard: Iterable[PickOrder], limit: int) -> list[PickOrder]:
    """The most urgent of the waiting orders, up to `limit` locations with those aboard."""
    taken = set(locations_of(aboard))
    later = {left.order for left in quick.left if left.reason == LATER}
    window = []
    for order in sorted(problem.orders, key=lambda order: order.rank):
        locations = locations_of([order])
        if order.order in later and len(locations) <= MAX_ORDER_LOCATIONS:
            taken.update(locations)
            if len(taken) > limit:
                break
            window.append(order)
    return window


def _exchange(pool: Pool, batches: Sequence[Batch]) -> Exchange:
    """The batches as loads; their seeds stay on the carts."""
    number = {order.order: n for n, order in enumerate(pool.orders)}
    node = {location: n for n, location in enumerate(pool.locations)}
    loads = []
    for batch in batches:
        walk = dict.fromkeys(node[stop.location] for stop in batch.stops)
        walk.pop(0, None)
        loads.append(Load(tuple(number[name] for name in batch.slots), (0, *walk, 0)))
    return Exchange(pool, loads, frozenset(number[batch.slots[0]] for batch in batches))


def _batch(problem: Problem, pool: Pool, cart: int, tour: ProvenTour) -> Batch:
    """A cart's load as a batch."""
    orders = [pool.orders[order] for order in tour.load.orders]
    at_depot = [problem.depot] if problem.depot in locations_of(orders) else []
    walk = [*at_depot, *(pool.locations[node] for node in tour.load.tour[1:-1])]
    return batch_of(problem, pool.carts[cart].cart, orders, walk, tour.bound_mm)


def _plan(problem: Problem, quick: Plan, batches: Sequence[Batch]) -> Plan:
    planned = {order for batch in batches for order in batch.slots}
    reasons = {left.order: left.reason for left in quick.left}
    left = tuple(
        Left(order.order, reasons.get(order.order, LATER))
        for order in problem.orders
        if order.order not in planned
    )
    return Plan(tuple(batches), left, sum(batch.distance_mm for batch in batches), "exchange+ortools")
