"""Splits an order that no one cart takes, or no one picker may fetch, in parts that can go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import permutations

from routing.problem import Cart, PickLine, Problem
from routing.rules import Apart
from routing.taken import Taken, zones_of


def split(problem: Problem, carts: Sequence[Cart], taken: Sequence[Taken]) -> tuple[list[list[Taken]], str]:
    """An order in as many parts as it takes, and why: for rules, for pickers' zones, or because it is too big.

    In one part, without a reason, where some cart takes it whole, or where nothing helps.
    """
    by_rules = _by_rules(problem, taken)
    by_zones = [group for friends in by_rules for group in _by_zones(problem, carts, friends)]
    loads = [load for group in by_zones for load in _cart_loads(problem, carts, group)]
    why = "apart" if len(by_rules) > 1 else "zones" if len(by_zones) > 1 else "too-big"
    return loads, why if len(loads) > 1 else ""


def _by_rules(problem: Problem, taken: Sequence[Taken]) -> list[list[Taken]]:
    """Groups that hold nothing that a hard rule keeps apart; each goes to the first that will have it."""
    hard = [rule for rule in problem.rules.apart if rule.penalty_mm is None]
    if not hard:
        return [list(taken)]
    groups: list[list[Taken]] = []
    for each in taken:
        friends = (group for group in groups if not any(_clash(problem, hard, each, one) for one in group))
        group = next(friends, None)
        if group is None:
            groups.append([each])
        else:
            group.append(each)
    return groups


def _clash(problem: Problem, rules: Iterable[Apart], a: Taken, b: Taken) -> bool:
    in_zone = [(each.line, problem.layout.zone_of(each.location)) for each in (a, b)]
    return any(
        rule.one.holds(*one) and rule.other.holds(*other)
        for rule in rules
        for one, other in permutations(in_zone)
    )


def _by_zones(problem: Problem, carts: Sequence[Cart], taken: Sequence[Taken]) -> Iterator[list[Taken]]:
    """What one picker can fetch, as few groups as a greedy cover finds; all of it where one serves everything."""
    skills = frozenset(skill for each in taken for skill in each.line.skills)
    zones = zones_of(problem.layout, taken)
    if not problem.split_zones or any(cart.may_pick(zones, skills) for cart in carts):
        yield list(taken)
        return
    rest = list(taken)
    while rest:
        options = [[each for each in rest if _can_fetch(problem, cart, each)] for cart in carts]
        group = max(options, key=len, default=[]) or rest
        yield group
        fetched = set(group)
        rest = [each for each in rest if each not in fetched]


def _can_fetch(problem: Problem, cart: Cart, each: Taken) -> bool:
    return cart.may_pick(zones_of(problem.layout, [each]), each.line.skills)


def _cart_loads(problem: Problem, carts: Sequence[Cart], taken: Sequence[Taken]) -> Iterator[list[Taken]]:
    """In one load where some cart takes all of it, else filled up to what the largest cart takes, unit by unit."""
    zones = zones_of(problem.layout, taken)
    skills = frozenset(skill for each in taken for skill in each.line.skills)
    near = [cart for cart in carts if cart.may_pick(zones, skills)]
    weight_g = sum(each.qty * each.line.weight_g for each in taken)
    volume_cm3 = sum(each.qty * each.line.volume_cm3 for each in taken)
    if not near or any(weight_g <= cart.max_weight_g and volume_cm3 <= cart.max_volume_cm3 for cart in near):
        yield list(taken)
        return
    largest = max(near, key=lambda cart: (cart.max_weight_g, cart.max_volume_cm3))
    load: list[Taken] = []
    free_g, free_cm3 = largest.max_weight_g, largest.max_volume_cm3
    for each in taken:
        left = each.qty
        while left:
            units = min(left, _units(each.line, free_g, free_cm3))
            if not units and not load:
                yield [each._replace(qty=left)]  # one unit is more than a cart takes: it is told so
                break
            if not units:
                yield load
                load, free_g, free_cm3 = [], largest.max_weight_g, largest.max_volume_cm3
                continue
            load.append(each._replace(qty=units))
            left -= units
            free_g -= units * each.line.weight_g
            free_cm3 -= units * each.line.volume_cm3
    if load:
        yield load


def _units(line: PickLine, free_g: int, free_cm3: int) -> int:
    """How many units of a line find room."""
    by_weight = free_g // line.weight_g if line.weight_g else line.qty
    by_volume = free_cm3 // line.volume_cm3 if line.volume_cm3 else line.qty
    return min(by_weight, by_volume, line.qty)
