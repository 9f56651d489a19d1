"""What a walk through given stops is: its length, its time and its cost, leg by leg."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from routing.layout import Layout
from routing.precedence import broken, mark_of, too_early
from routing.problem import Problem
from routing.result import Tour
from routing.taken import Led, Taken, locations_of
from routing.walks import Walks


def walk_mm(layout: Layout, spots: Iterable[str]) -> int:
    """Length of the walk through these spots as they stand, in mm."""
    return sum(layout.distance_mm(a, b) for a, b in pairwise(spots))


def walk_cost(layout: Layout, walks: Walks, spots: Iterable[str]) -> int:
    """Its cost under other walks than the shortest. The spots must be within reach of each other."""
    legs = (walks.cost(layout.standing(a), layout.standing(b)) for a, b in pairwise(spots))
    return sum(leg for leg in legs if leg is not None)


def measured(problem: Problem, start: str, walk: Sequence[Taken], end: str) -> Led:
    """A tour that takes these in this order; its bounds are the simplest: out to the farthest stop and back."""
    layout, effort = problem.layout, problem.effort
    spots = [start, *(each.location for each in walk), end]
    spots = [spot for n, spot in enumerate(spots) if n in (0, len(spots) - 1) or spot != spots[n - 1]]
    length_mm = walk_mm(layout, spots)
    walks = effort.walks(layout) if effort.by_time or effort.busy_percent else None
    cost = walk_cost(layout, walks, spots) if walks else length_mm * effort.per_mm("")
    handling_ms = effort.handling_ms(
        [layout.spots[location] for location in locations_of(walk)], sum(each.qty for each in walk)
    )
    walking_ms = cost // 1000 if effort.by_time else effort.walking_ms(length_mm)
    rules = problem.rules.before
    bound_mm = _out_and_back_mm(layout, start, spots[1:-1], end)
    tour = Tour(
        spots=tuple(spots),
        distance_mm=length_mm,
        bound_mm=bound_mm,
        time_ms=walking_ms + handling_ms,
        cost=cost + penalty(problem, walk),
        bound=0 if _rides(problem) else bound_mm * effort.per_mm(""),
        broken=tuple(rule.name for rule in broken(layout, rules, walk)),
    )
    return Led(tour, tuple(walk))


def penalty(problem: Problem, walk: Sequence[Taken]) -> int:
    """What the soft rules that this walk breaks cost, in the units of the problem's Effort."""
    rules = problem.rules.before
    if not rules:
        return 0
    marks = [mark_of(problem.layout, rules, each) for each in walk]
    return sum(
        too_early(marks, number) * rule.penalty_mm * problem.effort.per_mm("")
        for number, rule in enumerate(rules)
        if rule.penalty_mm is not None
    )


def _rides(problem: Problem) -> bool:
    """Whether somewhere time does not go by the millimetres."""
    return problem.effort.by_time and any(way.time_ms is not None for way in problem.layout.rules.ways)


def _out_and_back_mm(layout: Layout, start: str, spots: Iterable[str], end: str) -> int:
    there = (layout.distance_mm(start, spot) + layout.distance_mm(spot, end) for spot in spots)
    return max(there, default=layout.distance_mm(start, end))
