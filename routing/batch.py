"""A cart's parts and its tour as a batch, and what keeps parts off one cart; shared by all planners."""

from __future__ import annotations

from collections.abc import Sequence

from routing.layout import Layout
from routing.parts import Part
from routing.problem import Cart, Problem
from routing.result import Batch, Stop
from routing.rules import Apart, Goods
from routing.taken import Led


def clashes(problem: Problem, one: Part, other: Part, *, hard: bool) -> list[Apart]:
    """The rules (the hard or the soft ones) that keep two parts off one cart."""
    layout = problem.layout
    return [
        rule
        for rule in problem.rules.apart
        if (rule.penalty_mm is None) == hard
        and (
            (has(layout, one, rule.one) and has(layout, other, rule.other))
            or (has(layout, other, rule.one) and has(layout, one, rule.other))
        )
    ]


def has(layout: Layout, part: Part, goods: Goods) -> bool:
    """Whether some line of the part is of these goods."""
    return any(goods.holds(each.line, layout.zone_of(each.location)) for each in part.taken)


def batch_of(problem: Problem, cart: Cart, parts: Sequence[Part], led: Led) -> Batch:
    """The batch of these parts on one cart, slot by slot; parts of one order share a slot."""
    names = tuple(dict.fromkeys(part.order.order for part in parts))
    slot = {name: number for number, name in enumerate(names, start=1)}
    soft = [
        rule.name
        for n, one in enumerate(parts)
        for other in parts[n + 1 :]
        for rule in clashes(problem, one, other, hard=False)
    ]
    tour = led.tour
    return Batch(
        cart=cart.cart,
        slots=names,
        stops=tuple(
            Stop(location, line.sku, line.order, line.line_no, qty, slot[line.order])
            for line, location, qty in led.taken
        ),
        distance_mm=tour.distance_mm,
        bound_mm=tour.bound_mm,
        start=tour.spots[0],
        end=tour.spots[-1],
        time_ms=tour.time_ms,
        gap=tour.gap,
        rules_cost_mm=tour.rules_cost_mm,
        broken=tuple(dict.fromkeys((*tour.broken, *soft))),
    )
