"""A problem's parts and carts as a job of batching, with what it costs an order to wait."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from routing.batch import has
from routing.batching.job import CartType, Item, Job
from routing.parts import Part
from routing.problem import Cart, Problem
from routing.rules import Apart
from routing.taken import locations_of

SEED_FACTOR = 1_000
"""The most urgent orders, one for each idle cart, go now whatever that costs: waiting costs them so many times more."""
PATIENT, URGENT = 0.25, 0.75
"""What it costs the least and the most urgent of the others to wait, in walks there and back of a usual order: it is
enough to fill the carts, and too little to tear good company apart."""


@dataclass(frozen=True, slots=True)
class Staffed:
    """A job, and the idle carts of each of its types; carts of later rounds are nobody's."""

    job: Job
    carts: tuple[tuple[Cart, ...], ...]


def job_of(problem: Problem, parts: Sequence[Part]) -> Staffed:
    """The job of these parts, which are in order of urgency, on the problem's carts.

    All of them are batched, those that the idle carts cannot take onto carts of a later round: so what goes now is what
    leaves good company for the others.
    """
    groups: dict[tuple[object, ...], list[Cart]] = defaultdict(list)
    for cart in problem.carts:
        alike = (cart.slots, cart.max_weight_g, cart.max_volume_cm3, cart.zones, cart.skills)
        groups[(*alike, problem.start_of(cart))].append(cart)
    carts = [tuple(group) for group in groups.values()]
    types = [_type(problem, group) for group in carts]
    takes = [frozenset(n for n, (cart, *_) in enumerate(carts) if part.fits(cart)) for part in parts]
    if not all(carts and len(carts[0]) >= len(parts) and 0 in each for each in takes):
        takes = [each | {len(types)} for each in takes]
        types.append(_later(problem, parts))
    costs = _wait_costs(problem, parts)
    kinds, foes = zip(*(_bits(problem, part) for part in parts), strict=True) if parts else ((), ())
    items = tuple(
        Item(
            locations=tuple(locations_of(part.taken)),
            weight_g=part.weight_g,
            volume_cm3=part.volume_cm3,
            types=takes[n],
            wait_cost=costs[n],
            kinds=kinds[n],
            foes=foes[n],
            handling_ms=problem.effort.unit_ms * sum(each.qty for each in part.taken),
            due_ms=None if part.order.due_s is None else part.order.due_s * 1000,
        )
        for n, part in enumerate(parts)
    )
    return Staffed(Job(problem.layout, problem.effort, items, tuple(types), _foe_cost(problem)), tuple(carts))


def _type(problem: Problem, carts: Sequence[Cart]) -> CartType:
    cart = carts[0]
    return CartType(
        count=len(carts),
        slots=cart.slots,
        max_weight_g=cart.max_weight_g,
        max_volume_cm3=cart.max_volume_cm3,
        start=problem.start_of(cart),
        ends=problem.ends_of(cart),
    )


def _later(problem: Problem, parts: Sequence[Part]) -> CartType:
    """As many of the largest carts as it takes, from the depot."""
    return CartType(
        count=len(parts),
        slots=max(cart.slots for cart in problem.carts),
        max_weight_g=max(cart.max_weight_g for cart in problem.carts),
        max_volume_cm3=max(cart.max_volume_cm3 for cart in problem.carts),
        start=problem.depot,
        ends=problem.drops or (problem.depot,),
        waits=True,
    )


def _wait_costs(problem: Problem, parts: Sequence[Part]) -> list[int]:
    """A share of a usual walk to an order and back for each part, more for those that are more urgent."""
    layout, per_mm = problem.layout, problem.effort.per_mm("")
    farthest_mm = [
        max(layout.distance_mm(problem.depot, each.location) for each in part.taken) for part in parts
    ]
    usual = 2 * per_mm * sum(farthest_mm) // max(1, len(parts)) + 1
    seeds = _seeds(problem, parts)
    costs = []
    for n in range(len(parts)):
        share = PATIENT + (URGENT - PATIENT) * (len(parts) - n) / len(parts)
        costs.append(usual * SEED_FACTOR if n in seeds else int(usual * share) + 1)
    return costs


def _seeds(problem: Problem, parts: Sequence[Part]) -> set[int]:
    """The most urgent part of each idle cart, the carts of few zones asked first."""
    seeds: set[int] = set()
    for cart in sorted(problem.carts, key=lambda cart: len(cart.zones) or len(problem.layout.spots)):
        seed = next((n for n, part in enumerate(parts) if n not in seeds and part.fits(cart)), None)
        if seed is not None:
            seeds.add(seed)
    return seeds


def _bits(problem: Problem, part: Part) -> tuple[int, int]:
    """What the part is and what it must not meet, by the rules of what keeps apart."""
    kinds = foes = 0
    for n, rule in enumerate(_rules_apart(problem)):
        one, other = (has(problem.layout, part, goods) for goods in (rule.one, rule.other))
        kinds |= (one << (2 * n)) | (other << (2 * n + 1))
        foes |= (other << (2 * n)) | (one << (2 * n + 1))
    return kinds, foes


def _rules_apart(problem: Problem) -> list[Apart]:
    """The hard rules where there are any, else the soft ones."""
    hard = [rule for rule in problem.rules.apart if rule.penalty_mm is None]
    return hard or list(problem.rules.apart)


def _foe_cost(problem: Problem) -> int | None:
    """What a batch costs that breaks a soft rule; None where the rules are hard."""
    penalties = [rule.penalty_mm for rule in _rules_apart(problem) if rule.penalty_mm is not None]
    return max(penalties) * problem.effort.per_mm("") if penalties else None
