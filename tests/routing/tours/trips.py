"""Small trips for the tests of tours, and what trying all orders finds for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, permutations
from typing import NamedTuple

from hypothesis import assume
from hypothesis import strategies as st

from routing import Cart, Layout, Problem, Rules, Spot, Way
from routing.measure import measured, penalty
from routing.precedence import mark_of, too_early
from routing.taken import Taken
from routing.walks import Walks
from tests.routing.floors import DEPOT, KINDS, cart, efforts, layouts, line, rules, special_floors

CART: Cart = cart()


class Case(NamedTuple):
    """A problem of one cart, and what is to be taken on it."""

    problem: Problem
    taken: list[Taken]


@st.composite
def cases(draw: st.DrawFn, *, most: int = 5, ruled: bool = True) -> Case:
    """Few lines on any floor, under any effort and rules that do not contradict each other, with one or two ends."""
    layout = draw(st.one_of(layouts(), special_floors()))
    spots = [spot for spot in layout.spots if layout.reaches(DEPOT, spot)]
    assume(DEPOT in spots)
    taken = []
    for line_no, place in enumerate(draw(st.lists(st.sampled_from(spots), max_size=most))):
        weight_g = draw(st.sampled_from([10, 200, 3_000]))
        kinds = draw(st.frozensets(st.sampled_from(KINDS[:2]), max_size=1))
        each = line("O", line_no, place, weight_g=weight_g, kinds=kinds)
        taken.append(Taken(each, place, 1))
    before = draw(rules()).before if ruled else ()
    ends = tuple(draw(st.lists(st.sampled_from(spots), max_size=2, unique=True)))
    problem = Problem(layout, DEPOT, (), (CART,), drops=ends, rules=Rules(before), effort=draw(efforts()))
    case = Case(problem, taken)
    assume(next(allowed(case), None) is not None)
    return case


def allowed(case: Case) -> Iterator[tuple[Taken, ...]]:
    """All orders that keep the hard rules."""
    layout, before = case.problem.layout, case.problem.rules.before
    hard = [number for number, rule in enumerate(before) if rule.penalty_mm is None]
    for walk in permutations(case.taken):
        marks = [mark_of(layout, before, each) for each in walk]
        if not any(too_early(marks, number) for number in hard):
            yield walk


def least_cost(case: Case) -> int:
    """The cost of the best of them."""
    problem = case.problem
    walks = problem.effort.walks(problem.layout)
    return min(
        cost_of(problem.layout, walks, [DEPOT, *(each.location for each in walk), end])
        + penalty(problem, walk)
        for walk in allowed(case)
        for end in problem.ends_of(CART)
    )


def least_mm(case: Case) -> int:
    """The length of the shortest of them."""
    return min(
        measured(case.problem, DEPOT, walk, end).tour.distance_mm
        for walk in allowed(case)
        for end in case.problem.ends_of(CART)
    )


def cost_of(layout: Layout, walks: Walks, spots: Sequence[str]) -> int:
    """What the walk through these spots costs, leg by leg."""
    legs = (walks.cost(layout.standing(a), layout.standing(b)) for a, b in pairwise(spots))
    return sum(leg for leg in legs if leg is not None)


def graph(spots: int, ways: Sequence[tuple[int, int, int, bool]]) -> Layout:
    """A floor of so many spots in a ring, `DEPOT` the first, with further ways: from, to, length in mm, one-way."""
    names = [DEPOT, *(f"s{n}" for n in range(1, spots))]
    placed = [
        Spot(name, "depot" if name == DEPOT else "bin", "", "", n, 1, 0, 0) for n, name in enumerate(names)
    ]
    ring = [Way(one, other, 1_000) for one, other in zip(names, [*names[1:], names[0]], strict=True)]
    more = [Way(names[a], names[b], length_mm, None, one_way) for a, b, length_mm, one_way in ways]
    return Layout.graph(placed, [*ring, *more])
