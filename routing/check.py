"""The independent verifier: does a plan keep every promise?

It shares nothing with the planners but the layout.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from routing.result import Batch, Plan
from routing.problem import Cart, PickOrder, Problem


def check(problem: Problem, plan: Plan) -> tuple[str, ...]:
    """Everything that is wrong with `plan`, a sentence each; empty where it is fine."""
    return tuple(_faults(problem, plan))


def _faults(problem: Problem, plan: Plan) -> Iterator[str]:
    orders = {order.order: order for order in problem.orders}
    carts = {cart.cart: cart for cart in problem.carts}
    yield from _each_order_once(orders, plan)
    yield from _each_cart_once(plan)
    for batch in plan.batches:
        cart = carts.get(batch.cart)
        if cart is None:
            yield f"unknown-cart: there is no cart {batch.cart}"
        elif all(order in orders for order in batch.slots):
            inside = [orders[order] for order in batch.slots]
            yield from (
                f"cart {batch.cart}: {fault}" for fault in _batch_faults(problem, cart, batch, inside)
            )
    total_mm = sum(batch.distance_mm for batch in plan.batches)
    if plan.distance_mm != total_mm:
        yield f"wrong-distance: the plan says {plan.distance_mm} mm, its batches {total_mm} mm"


def _each_order_once(orders: dict[str, PickOrder], plan: Plan) -> Iterator[str]:
    seen = Counter(order for batch in plan.batches for order in batch.slots)
    seen.update(left.order for left in plan.left)
    for order in orders.keys() | seen.keys():
        if order not in orders:
            yield f"unknown-order: nobody asked for order {order}"
        elif seen[order] != 1:
            yield f"not-once: order {order} is there {seen[order]} times"
    for left in plan.left:
        word, _, sentence = left.reason.partition(": ")
        if not word or not sentence:
            yield f"no-reason: order {left.order} is left without a reason"


def _each_cart_once(plan: Plan) -> Iterator[str]:
    for cart, times in Counter(batch.cart for batch in plan.batches).items():
        if times > 1:
            yield f"cart-twice: cart {cart} has {times} batches"


def _batch_faults(problem: Problem, cart: Cart, batch: Batch, orders: list[PickOrder]) -> Iterator[str]:
    yield from _capacity(cart, batch, orders)
    yield from _zones(cart, orders)
    yield from _stops(batch, orders)
    yield from _walk(problem, batch)


def _capacity(cart: Cart, batch: Batch, orders: list[PickOrder]) -> Iterator[str]:
    if not batch.slots:
        yield "no-orders: the batch is empty"
    weight_g = sum(line.qty * line.weight_g for order in orders for line in order.lines)
    volume_cm3 = sum(line.qty * line.volume_cm3 for order in orders for line in order.lines)
    if len(batch.slots) > cart.slots:
        yield f"too-many: {len(batch.slots)} orders in {cart.slots} slots"
    if weight_g > cart.max_weight_g:
        yield f"too-heavy: {weight_g} g of {cart.max_weight_g} g"
    if volume_cm3 > cart.max_volume_cm3:
        yield f"too-big: {volume_cm3} cm³ of {cart.max_volume_cm3} cm³"


def _zones(cart: Cart, orders: list[PickOrder]) -> Iterator[str]:
    zones = {line.zone for order in orders for line in order.lines}
    strange = sorted(zones - cart.zones) if cart.zones else []
    if strange:
        yield f"wrong-zone: its picker does not serve {', '.join(strange)}"


def _stops(batch: Batch, orders: list[PickOrder]) -> Iterator[str]:
    """The stops are the orders' lines, each once, exactly, into its order's tote."""
    slot_of = {order: slot for slot, order in enumerate(batch.slots, start=1)}
    wanted = Counter(
        (line.order, line.line_no, line.sku, line.location, line.qty, slot_of[line.order])
        for order in orders
        for line in order.lines
    )
    planned = Counter((s.order, s.line_no, s.sku, s.location, s.qty, s.slot) for s in batch.stops)
    for what in wanted - planned:
        yield f"missing-stop: {what}"
    for what in planned - wanted:
        yield f"wrong-stop: {what}"


def _walk(problem: Problem, batch: Batch) -> Iterator[str]:
    way = [problem.depot, *(stop.location for stop in batch.stops), problem.depot]
    nowhere = [spot for spot in way if spot not in problem.layout.spots]
    if nowhere:
        yield f"no-location: {nowhere[0]} is not in the layout"
        return
    walked_mm = sum(problem.layout.distance_mm(a, b) for a, b in pairwise(way))
    if batch.distance_mm != walked_mm:
        yield f"wrong-distance: {batch.distance_mm} mm said, {walked_mm} mm walked"
    if batch.bound_mm > walked_mm:
        yield f"wrong-bound: at least {batch.bound_mm} mm said, {walked_mm} mm walked"
