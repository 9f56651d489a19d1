"""A cart's parts and its tour as a batch, and what keeps parts off one cart; shared by all planners."""

from __future__ import annotations

from collections.abc import Sequence

from routing.layout import Layout
from routing.parts import Part
from routing.problem import Cart, Problem
from routing.result import Batch, Stop
from routing.rules import Apart, Goods
from routing.taken import Led, Taken


def clash(problem: Problem, one: Part, other: Part) -> bool:
    """Whether a hard rule keeps two parts off one cart."""
    layout = problem.layout
    return any(
        (has(layout, one, rule.one) and has(layout, other, rule.other))
        or (has(layout, other, rule.one) and has(layout, one, rule.other))
        for rule in problem.rules.apart
        if rule.penalty_mm is None
    )


def has(layout: Layout, part: Part, goods: Goods) -> bool:
    """Whether some line of the part is of these goods."""
    return any(goods.holds(each.line, layout.zone_of(each.location)) for each in part.taken)


def _meet(problem: Problem, rule: Apart, taken: Sequence[Taken]) -> bool:
    """Whether goods that the rule keeps apart are among these."""
    in_zone = [(each.line, problem.layout.zone_of(each.location)) for each in taken]
    ones = {n for n, each in enumerate(in_zone) if rule.one.holds(*each)}
    others = {n for n, each in enumerate(in_zone) if rule.other.holds(*each)}
    return bool(ones) and bool(others) and len(ones | others) > 1


def batch_of(problem: Problem, cart: Cart, parts: Sequence[Part], led: Led) -> Batch:
    """The batch of these parts on one cart, slot by slot; parts of one order share a slot."""
    names = tuple(dict.fromkeys(part.order.order for part in parts))
    slot = {name: number for number, name in enumerate(names, start=1)}
    soft = [
        rule.name
        for rule in problem.rules.apart
        if rule.penalty_mm is not None and _meet(problem, rule, led.taken)
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
