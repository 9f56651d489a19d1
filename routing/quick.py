"""The plan that is always there: pure Python, milliseconds, feasible; the planner is never worse."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from routing.batch import batch_of, clash
from routing.layout import Layout
from routing.links import links_of
from routing.measure import walk_mm
from routing.parts import LATER, Part, prepare
from routing.problem import Cart, Problem
from routing.quick_tour import quick_tour
from routing.result import Batch, Plan

WINDOW = 300
"""How many of the most urgent fitting parts are compared for each free slot."""


def quick_plan(problem: Problem) -> Plan:
    """Fill one cart after the other: the most urgent order first, then those that add least walking.

    The orders in slot 1 are the seeds: whatever else a planner does, these go now.
    """
    prepared = prepare(problem)
    pool = dict(enumerate(_Candidate.of(problem.layout, part) for part in prepared.parts))
    batches: list[Batch] = []
    for cart in _choosiest_first(problem.carts):
        parts = _fill(problem, cart, pool)
        if parts:
            batches.append(_quick_batch(problem, cart, parts))
    left = (*prepared.left, *(candidate.part.left(LATER) for candidate in pool.values()))
    links = links_of(batches, left, prepared.parts)
    total_mm = sum(batch.distance_mm for batch in batches)
    return Plan(tuple(batches), left, total_mm, "quick", 0, links, prepared.notes)


def naive_distance_mm(layout: Layout, depot: str, locations_by_order: Iterable[Sequence[str]]) -> int:
    """The walk without planning, in mm: each order alone, its locations as they stand, depot to depot.

    Raises LayoutError where a location or the depot is nowhere.
    """
    return sum(walk_mm(layout, [depot, *locations, depot]) for locations in locations_by_order)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A part with what the choice needs to know: its load, its aisle blocks and its span along x."""

    part: Part
    weight_g: int
    volume_cm3: int
    skills: frozenset[str]
    blocks: frozenset[tuple[int, int]]
    least_x_mm: int
    greatest_x_mm: int

    @classmethod
    def of(cls, layout: Layout, part: Part) -> _Candidate:
        edges = {layout.standing(each.location).edge for each in part.taken}
        blocks = frozenset((layout.network.edges[n].tail, layout.network.edges[n].head) for n in edges)
        xs_mm = [layout.spots[each.location].x_mm for each in part.taken]
        return cls(part, part.weight_g, part.volume_cm3, part.skills, blocks, min(xs_mm), max(xs_mm))


def _choosiest_first(carts: Iterable[Cart]) -> list[Cart]:
    """Carts of few zones first, so that a cart for all zones is not opened for what they can take."""
    return sorted(carts, key=lambda cart: len(cart.zones) if cart.zones else float("inf"))


def _fill(problem: Problem, cart: Cart, pool: dict[int, _Candidate]) -> list[Part]:
    """Take the parts of one cart out of the pool, seed first."""
    taken: list[_Candidate] = []
    weight_g, volume_cm3 = cart.max_weight_g, cart.max_volume_cm3
    while len(taken) < cart.slots:
        fitting = (
            number
            for number, candidate in pool.items()
            if candidate.weight_g <= weight_g
            and candidate.volume_cm3 <= volume_cm3
            and cart.may_pick(candidate.part.zones, candidate.skills)
            and not any(_is_foe(problem, candidate.part, each.part) for each in taken)
        )
        number = _least_added(pool, fitting, taken) if taken else next(fitting, None)
        if number is None:
            break
        chosen = pool.pop(number)
        taken.append(chosen)
        weight_g -= chosen.weight_g
        volume_cm3 -= chosen.volume_cm3
    return [candidate.part for candidate in taken]


def _is_foe(problem: Problem, one: Part, other: Part) -> bool:
    """Whether they never share a cart: parts of one order, and what hard rules keep apart."""
    return one.order.order == other.order.order or clash(problem, one, other)


def _least_added(
    pool: dict[int, _Candidate], fitting: Iterable[int], taken: Sequence[_Candidate]
) -> int | None:
    """The one that adds fewest aisle blocks, then least span along x; the most urgent of equals."""
    least_x_mm = min(candidate.least_x_mm for candidate in taken)
    greatest_x_mm = max(candidate.greatest_x_mm for candidate in taken)
    blocks = {block for candidate in taken for block in candidate.blocks}

    def added(number: int) -> tuple[int, int]:
        candidate = pool[number]
        wider_mm = max(0, least_x_mm - candidate.least_x_mm) + max(0, candidate.greatest_x_mm - greatest_x_mm)
        return len(candidate.blocks - blocks), wider_mm

    return min(islice(fitting, WINDOW), key=added, default=None)


def _quick_batch(problem: Problem, cart: Cart, parts: Sequence[Part]) -> Batch:
    taken = [each for part in parts for each in part.taken]
    return batch_of(problem, cart, parts, quick_tour(problem, cart, taken))
