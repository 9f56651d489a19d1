"""A cart is led well: hard rules are kept, nothing is left out, and the bounds hold, on any floor."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from time import monotonic

import pytest
from hypothesis import given, settings

from routing import Before, Effort, Goods, Problem, Rules
from routing.measure import measured
from routing.taken import Taken
from routing.tours import solve
from routing.tours.door import Guide
from tests.routing.floors import DEPOT, block, line
from tests.routing.tours.trips import CART, Case, allowed, cases, least_cost, least_mm


@given(cases())
@settings(max_examples=120, deadline=None)
def test_few_stops_are_led_at_the_least_cost_under_any_rules(case: Case) -> None:
    led = Guide(case.problem).lead(CART, case.taken, monotonic())
    assert led.taken in set(allowed(case))
    assert led.tour.cost == led.tour.bound == least_cost(case)
    assert led.tour.bound_mm <= least_mm(case)


@given(cases())
@settings(max_examples=100, deadline=None)
def test_where_it_is_searched_for_rules_are_kept_and_no_bound_is_above_the_least(case: Case) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solve, "MOST_VISITS", 1)
        patch.setattr(solve, "FEW_VISITS", 1)
        led = Guide(case.problem).lead(CART, case.taken, monotonic() + 0.02)
    assert led.taken in set(allowed(case))
    assert led.tour.bound <= least_cost(case) <= led.tour.cost
    assert led.tour.bound_mm <= least_mm(case)


@given(cases())
@settings(max_examples=100, deadline=None)
def test_a_tour_is_what_measuring_its_walk_says(case: Case) -> None:
    led = Guide(case.problem).lead(CART, case.taken, monotonic())
    told, again = led.tour, measured(case.problem, DEPOT, led.taken, led.tour.spots[-1]).tour
    assert (told.spots, told.distance_mm, told.time_ms) == (again.spots, again.distance_mm, again.time_ms)
    assert (told.cost, told.broken) == (again.cost, again.broken)


@given(cases())
@settings(max_examples=60, deadline=None)
def test_what_hard_rules_cost_is_what_the_tour_without_them_saves(case: Case) -> None:
    problem = case.problem
    led = Guide(problem).lead(CART, case.taken, monotonic())
    soft = Rules(tuple(rule for rule in problem.rules.before if rule.penalty_mm is not None))
    free = Problem(problem.layout, DEPOT, (), (CART,), drops=problem.drops, rules=soft, effort=problem.effort)
    without = Guide(free).lead(CART, case.taken, monotonic()).tour
    assert without.cost <= led.tour.cost
    if problem.effort == Effort() and not soft.before:
        assert led.tour.rules_cost_mm == led.tour.distance_mm - without.distance_mm
    assert led.tour.rules_cost_mm >= 0


def ruled(stops: int, *rules: Before, blocks: int = 2, seed: int = 1) -> Case:
    """Stops of all weights anywhere on a floor of some blocks."""
    rng, layout = Random(seed), block(8, 20, blocks=blocks)
    bins = [spot for spot in layout.spots if spot != DEPOT]
    taken = [
        Taken(line("O", n, place, weight_g=rng.choice([50, 900, 6_000])), place, 1)
        for n, place in enumerate(rng.sample(bins, stops))
    ]
    return Case(Problem(layout, DEPOT, (), (CART,), rules=Rules(rules)), taken)


HEAVY, LIGHT = Goods(min_weight_g=5_000), Goods(max_weight_g=100)


@pytest.mark.parametrize("stops", [18, 40])
def test_heavy_before_light_is_kept_in_large_tours_and_costs_something(stops: int) -> None:
    case = ruled(stops, Before("heavy", HEAVY, LIGHT))
    tour = Guide(case.problem).lead(CART, case.taken, monotonic() + 0.5).tour
    assert tour.broken == ()
    assert 0 < tour.rules_cost_mm <= tour.distance_mm
    free = Guide(Problem(case.problem.layout, DEPOT, (), (CART,))).lead(CART, case.taken, monotonic()).tour
    assert tour.distance_mm - free.distance_mm == tour.rules_cost_mm
    assert free.gap == 0


def test_one_rule_is_proven_to_be_kept_at_the_least_cost_in_a_single_block() -> None:
    case = ruled(20, Before("heavy", HEAVY, LIGHT), blocks=1)
    assert Guide(case.problem).lead(CART, case.taken, monotonic() + 5).tour.gap == 0


def test_layers_without_anything_between_are_proven_on_several_blocks() -> None:
    case = ruled(24, Before("light last", Goods(), LIGHT), blocks=3)
    led = Guide(case.problem).lead(CART, case.taken, monotonic() + 20)
    assert led.tour.gap == 0
    light = [each.line.weight_g <= 100 for each in led.taken]
    assert light == sorted(light)


def test_a_hard_rule_lifts_the_bound_where_it_cannot_be_held_exactly() -> None:
    case = ruled(40, Before("heavy", HEAVY, LIGHT), blocks=5)
    tour = Guide(case.problem).lead(CART, case.taken, monotonic() + 0.3).tour
    free = Guide(Problem(case.problem.layout, DEPOT, (), (CART,))).lead(CART, case.taken, monotonic()).tour
    assert free.cost == free.bound < tour.bound < tour.cost


def test_a_soft_rule_is_broken_where_that_is_cheaper_and_told() -> None:
    cheap, dear = (
        Guide(case.problem).lead(CART, case.taken, monotonic() + 0.5).tour
        for case in (
            ruled(14, Before("heavy", HEAVY, LIGHT, 1)),
            ruled(14, Before("heavy", HEAVY, LIGHT, 9_999_999)),
        )
    )
    assert cheap.broken == ("heavy",)
    assert dear.broken == ()
    assert cheap.distance_mm < dear.distance_mm
    assert cheap.rules_cost_mm == dear.rules_cost_mm == 0


def test_goods_of_both_sorts_at_one_place_are_two_visits_where_a_rule_parts_them() -> None:
    layout = block(2, 9)
    asked = [("0-1", 50), ("0-1", 6_000), ("1-7", 6_000), ("1-7", 50)]
    taken = [
        Taken(line("O", n, place, weight_g=weight_g), place, 1) for n, (place, weight_g) in enumerate(asked)
    ]
    problem = Problem(layout, DEPOT, (), (CART,), rules=Rules((Before("heavy", HEAVY, LIGHT),)))
    led = Guide(problem).lead(CART, taken, monotonic() + 0.1)
    assert [each.line.weight_g for each in led.taken] == [6_000, 6_000, 50, 50]
    assert len(led.tour.spots) == 5
    assert led.tour.spots[1] == led.tour.spots[3]


@given(cases())
@settings(max_examples=80, deadline=None)
def test_a_location_is_stopped_at_once_unless_the_cost_or_a_rule_parts_it(case: Case) -> None:
    led = Guide(case.problem).lead(CART, case.taken, monotonic())
    stops = [
        each.location
        for n, each in enumerate(led.taken)
        if not n or each.location != led.taken[n - 1].location
    ]
    once = [walk for walk in allowed(case) if _stops_once(walk)]
    if len(set(stops)) < len(stops):
        problem, end = case.problem, led.tour.spots[-1]
        assert all(measured(problem, DEPOT, walk, end).tour.cost > led.tour.cost for walk in once)


def _stops_once(walk: tuple[Taken, ...]) -> bool:
    changes = sum(one.location != other.location for one, other in pairwise(walk))
    return changes + 1 == len({each.location for each in walk})


def test_rules_that_contradict_each_other_still_give_a_tour_and_it_says_so() -> None:
    rules = (Before("up", HEAVY, LIGHT), Before("down", LIGHT, HEAVY))
    case = ruled(6, *rules)
    led = Guide(case.problem).lead(CART, case.taken, monotonic() + 0.1)
    assert set(led.taken) == set(case.taken)
    assert led.tour.broken
    assert led.tour.bound <= led.tour.cost


def test_more_rules_than_a_word_has_bits_are_kept_too() -> None:
    case = ruled(20, *(Before(f"rule {n}", HEAVY, LIGHT) for n in range(70)))
    tour = Guide(case.problem).lead(CART, case.taken, monotonic()).tour
    assert tour.broken == ()
    assert tour.bound <= tour.cost


def test_more_stops_than_any_matrix_holds_are_led_layer_by_layer() -> None:
    layout = block(40, 45)
    bins = [spot for spot in layout.spots if spot != DEPOT]
    taken = [Taken(line("O", n, place, weight_g=n % 3 * 3_000), place, 1) for n, place in enumerate(bins)]
    problem = Problem(layout, DEPOT, (), (CART,), rules=Rules((Before("heavy", HEAVY, LIGHT),)))
    led = Guide(problem).lead(CART, taken, monotonic())
    assert set(led.taken) == set(taken)
    assert led.tour.broken == ()
    assert len(led.taken) == len(taken)
    assert 0 < led.tour.bound <= led.tour.cost
