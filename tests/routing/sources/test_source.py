"""The shelves that are chosen make the tour shortest, and the bound tells so."""

from __future__ import annotations

from collections import Counter
from time import monotonic
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing import Effort, FloorRules, ProblemError, Sourcing
from routing.sources import aisles
from routing.sources.solve import source
from routing.sources.want import Candidate, Sourced, Want
from tests.routing.sources.shelves import (
    DEPOT,
    DOCK,
    Scattered,
    by_shelf,
    choices,
    cost_of,
    floor,
    least_cost,
)

LONG_S = 20.0
"""More than any of these choices takes to be proven."""


def solved(scattered: Scattered, seconds: float = LONG_S) -> Sourced:
    return source(
        scattered.layout,
        scattered.effort,
        DEPOT,
        scattered.ends,
        scattered.fixed,
        scattered.wants,
        monotonic() + seconds,
        scattered.sourcing,
    )


@settings(max_examples=60, deadline=None)
@given(choices())
def test_no_choice_is_shorter(scattered: Scattered) -> None:
    assert solved(scattered).cost == least_cost(scattered)


@settings(max_examples=60, deadline=None)
@given(choices(rules=True))
def test_expiry_reserves_and_bonuses_are_weighed_exactly(scattered: Scattered) -> None:
    assert solved(scattered).cost == least_cost(scattered)


@settings(max_examples=40, deadline=None)
@given(choices(rules=True))
def test_it_is_proven_and_costs_what_its_picks_cost(scattered: Scattered) -> None:
    found = solved(scattered)
    assert found.bound == found.cost
    assert cost_of(scattered, by_shelf(scattered.wants, found.picks)) == found.cost


@settings(max_examples=60, deadline=None)
@given(choices(rules=True))
def test_without_time_there_is_a_choice_and_its_bound_is_no_more_than_the_best(scattered: Scattered) -> None:
    found = solved(scattered, seconds=0)
    assert found.bound <= least_cost(scattered) <= found.cost


@settings(max_examples=60, deadline=None)
@given(choices(rules=True))
def test_every_want_is_met_and_no_shelf_gives_more_than_it_has(scattered: Scattered) -> None:
    found = solved(scattered, seconds=0.02)
    met = Counter[int]()
    for pick in found.picks:
        assert pick.qty > 0
        met[pick.want] += pick.qty
    assert met == Counter({n: want.qty for n, want in enumerate(scattered.wants)})
    has = {(want.key, each[0]): each[1] for want in scattered.wants for each in want.candidates}
    assert all(qty <= has[shelf] for shelf, qty in by_shelf(scattered.wants, found.picks).items())


def test_a_want_is_met_from_the_shelf_that_is_passed_anyway() -> None:
    layout = floor(4, 5)
    want = Want("S", 2, (Candidate("3-4", 5), Candidate("1-1", 5)))
    found = source(layout, Effort(), DEPOT, (), ["1-3"], [want], monotonic() + LONG_S)
    assert [pick.location for pick in found.picks] == ["1-1"]


def test_the_tour_ends_where_it_is_shortest_with_its_shelves() -> None:
    layout = floor(4, 5)
    want = Want("S", 1, (Candidate("3-0", 1), Candidate("1-4", 1)))
    there = source(layout, Effort(), DEPOT, (DOCK,), [], [want], monotonic() + LONG_S)
    back = source(layout, Effort(), DEPOT, (), [], [want], monotonic() + LONG_S)
    assert there.picks[0].location == "3-0"
    assert there.cost < back.cost


def test_bare_candidates_will_do() -> None:
    found = source(
        floor(2, 3), Effort(), DEPOT, (), [], [Want("S", 1, (("1-2", 1, 0),))], monotonic() + LONG_S
    )
    assert found.picks == ((0, "1-2", 1),)


def test_what_expires_first_goes_first_whatever_the_walk() -> None:
    shelves = (Candidate("0-0", 3, 0, 20), Candidate("3-4", 2, 0, 10))
    found = source(
        floor(4, 5),
        Effort(),
        DEPOT,
        (),
        [],
        [Want("S", 3, shelves)],
        monotonic(),
        Sourcing(first_expired=True),
    )
    assert by_shelf([Want("S", 3, shelves)], found.picks) == {("S", "3-4"): 2, ("S", "0-0"): 1}


def test_a_reserve_is_touched_where_the_way_round_is_longer_than_its_penalty() -> None:
    want = Want("S", 1, (Candidate("0-0", 9, 0, None, True), Candidate("3-4", 9)))

    def picked(penalty_mm: int) -> str:
        rules = Sourcing(reserve_penalty_mm=penalty_mm)
        return (
            source(floor(4, 5), Effort(), DEPOT, (), [], [want], monotonic() + LONG_S, rules)
            .picks[0]
            .location
        )

    assert (picked(1_000), picked(1_000_000)) == ("0-0", "3-4")


def test_too_little_stock_is_told_with_its_name() -> None:
    with pytest.raises(ProblemError, match="no-stock: 3 of milk wanted, 2 free"):
        source(floor(2, 3), Effort(), DEPOT, (), [], [Want("milk", 3, (Candidate("1-2", 2),))], monotonic())


def test_with_nothing_wanted_it_is_the_tour_of_what_is_fixed() -> None:
    layout = floor(3, 4)
    found = source(layout, Effort(), DEPOT, (), ["2-1"], [], monotonic() + LONG_S)
    nothing = source(layout, Effort(), DEPOT, (), [], [], monotonic() + LONG_S)
    assert found.bound == found.cost == 100 * 2 * (6_000 + 2_000)
    assert (nothing.cost, nothing.picks) == (0, ())


@settings(max_examples=25, deadline=None)
@given(choices(rules=True, blocks=1))
def test_on_one_way_floors_the_bound_holds(scattered: Scattered) -> None:
    one_way = floor(4, 6, rules=FloorRules(one_way={"1": "up", "2": "down"}))
    ragged = Scattered(one_way, *(getattr(scattered, name) for name in Scattered.__slots__[1:]))
    found = solved(ragged, seconds=0.3)
    assert found.bound <= least_cost(ragged) <= found.cost


@settings(max_examples=25, deadline=None)
@given(choices(rules=True))
def test_where_turns_take_time_the_bound_holds(scattered: Scattered) -> None:
    effort = Effort(minimise="time", turn_ms=1_500)
    timed = Scattered(
        scattered.layout, effort, *(getattr(scattered, name) for name in Scattered.__slots__[2:])
    )
    found = solved(timed, seconds=0.3)
    assert found.bound <= least_cost(timed) <= found.cost


@settings(max_examples=40, deadline=None)
@given(choices(rules=True), st.integers(0, 2))
def test_where_too_many_shelves_cost_extra_the_bound_holds_all_the_same(
    scattered: Scattered, few: int
) -> None:
    with patch.object(aisles, "MOST_CHOICES", few):
        found = solved(scattered)
    assert found.bound <= least_cost(scattered) <= found.cost
    assert cost_of(scattered, by_shelf(scattered.wants, found.picks)) == found.cost
