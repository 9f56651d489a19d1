"""Which orders can be planned this round at all, and why the others cannot."""

from __future__ import annotations

from routing.plan import Left
from routing.problem import Cart, PickOrder, Problem

LATER = "later: every idle cart that fits is full, the order goes with the next one"


def sift(problem: Problem) -> tuple[tuple[PickOrder, ...], tuple[Left, ...]]:
    """The orders that fit some idle cart, most urgent first, and the others with their reasons."""
    if problem.depot not in problem.layout.spots:
        reason = f"no-depot: {problem.depot!r} is not in the layout"
        return (), tuple(Left(order.order, reason) for order in problem.orders)
    ready, left = [], []
    for order in sorted(problem.orders, key=lambda order: order.rank):
        reason = _obstacle(problem, order)
        if reason:
            left.append(Left(order.order, reason))
        else:
            ready.append(order)
    return tuple(ready), tuple(left)


def _obstacle(problem: Problem, order: PickOrder) -> str:
    """Why this order cannot go on any of the carts; empty where it can."""
    return _bad_line(problem, order) or _no_cart(problem.carts, order)


def _bad_line(problem: Problem, order: PickOrder) -> str:
    if not order.lines:
        return "no-lines: there is nothing to pick"
    for line in order.lines:
        if line.location not in problem.layout.spots:
            return f"no-location: line {line.line_no} lies at {line.location!r}, which is not in the layout"
        if line.qty < 1 or line.weight_g < 0 or line.volume_cm3 < 0:
            return f"bad-line: line {line.line_no} has a quantity, weight or volume that cannot be"
    return ""


def _no_cart(carts: tuple[Cart, ...], order: PickOrder) -> str:
    if not carts:
        return "later: there is no idle cart"
    zones, weight_g, volume_cm3 = order.zones, order.weight_g, order.volume_cm3
    near = [cart for cart in carts if cart.slots > 0 and cart.serves(zones)]
    if not near:
        return f"no-cart: no idle cart with a slot serves zone {', '.join(sorted(zones))}"
    if not any(weight_g <= cart.max_weight_g and volume_cm3 <= cart.max_volume_cm3 for cart in near):
        return f"too-big: {weight_g} g and {volume_cm3} cm³ are more than any idle cart of its zones takes"
    return ""
