"""Baselines give plans that hold, each loading as it says; walks by rule are no shorter than shortest tours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.planning.baselines import (
    Baseline,
    cvrp_ortools,
    cvrp_pyvrp,
    fifo_exact,
    fifo_s_shape,
    savings_exact,
)
from bench.planning.floors import floor, pool, pool_of_lines
from bench.planning.freight import Freight, grid_of
from bench.planning.loading import fifo, savings, savings_metric
from bench.planning.part import WrongPlanError, accept
from bench.planning.prices import Prices
from bench.planning.s_shape import s_shape
from routing import Cart, Effort, Problem, check
from routing.exact.lanes import Lanes
from routing.exact.tour import exact_tour

BASELINES: dict[str, Callable[[Problem], Baseline]] = {
    "fifo, s-shape": fifo_s_shape,
    "fifo, exact": fifo_exact,
    "savings": savings_exact,
    "OR-Tools": partial(cvrp_ortools, seconds=0.3),
    "PyVRP": partial(cvrp_pyvrp, seconds=0.3),
}


# --- made-up rounds ----------------------------------------------------------------------------------------------


def test_a_round_is_the_same_for_the_same_seed() -> None:
    assert pool(30, seed=4).orders == pool(30, seed=4).orders != pool(30, seed=5).orders


def test_a_pool_of_lines_has_as_many_lines_to_the_order() -> None:
    orders = pool_of_lines(300, seed=2).orders
    assert sum(len(order.lines) for order in orders[:-1]) < 300 <= sum(len(order.lines) for order in orders)


def test_a_fifth_of_the_goods_are_most_of_the_lines() -> None:
    lines = [line for order in pool(2_000, seed=1).orders for line in order.lines]
    by_sku = sorted(
        (sum(line.sku == sku for line in lines) for sku in {line.sku for line in lines}), reverse=True
    )
    assert 0.55 < sum(by_sku[:240]) / len(lines) < 0.75


# --- loading -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BASELINES)
def test_each_baseline_is_a_plan_for_all_orders_that_holds(name: str) -> None:
    if name == "PyVRP":
        pytest.importorskip("pyvrp")
    for seed in (1, 2):
        problem = pool(40, seed)
        found = BASELINES[name](problem)
        accept(problem, found.plan)
        assert found.walked_mm >= found.plan.distance_mm
        assert found.carts <= len(problem.carts)


def test_rules_walk_no_less_than_shortest_tours_and_no_planning_no_less_than_savings() -> None:
    problem = pool(120, seed=3)
    by_rule, shortest, planned = fifo_s_shape(problem), fifo_exact(problem), savings_exact(problem)
    assert by_rule.walked_mm > shortest.walked_mm > planned.walked_mm
    assert by_rule.carts == shortest.carts


def test_first_come_goes_on_the_first_cart_that_is_not_full() -> None:
    problem = pool(60, seed=1)
    freight = Freight(problem)
    loads = fifo(freight)
    assert [order for load in loads for order in load] == list(range(60))
    for cart, (load, behind) in zip(problem.carts, pairwise(loads), strict=False):
        assert len(load) == cart.slots or not freight.fits([*load, behind[0]]), "the next one did not fit"


def test_too_few_carts_are_refused() -> None:
    problem = pool(60, seed=1)
    with pytest.raises(ValueError, match="too few carts"):
        fifo_exact(replace(problem, carts=problem.carts[:2]))


def test_carts_that_differ_in_more_than_slots_are_refused() -> None:
    problem = pool(12, seed=1)
    with pytest.raises(ValueError, match="slots alone"):
        Freight(replace(problem, carts=(*problem.carts, Cart("van", 8, 1, 1))))


def test_savings_leave_no_two_loads_that_would_save() -> None:
    freight = Freight(pool(40, seed=2))
    prices = Prices(freight)
    loads = savings(freight, prices)
    lengths = prices.of(loads)
    for a, b in combinations(range(len(loads)), 2):
        joined = loads[a] + loads[b]
        sizes = [len(joined), *(len(load) for n, load in enumerate(loads) if n not in (a, b))]
        if len(joined) <= freight.most_slots and freight.fits(joined) and freight.can_be_carted(sizes):
            assert prices.of([joined])[0] >= lengths[a] + lengths[b]


def test_few_large_carts_are_not_filled_twice() -> None:
    problem = pool(40, seed=2)
    carts = tuple(replace(cart, slots=12 if n == 0 else 3) for n, cart in enumerate(pool(150, seed=2).carts))
    mixed = replace(problem, carts=carts)
    freight = Freight(mixed)
    sizes = [len(load) for load in savings(freight, Prices(freight))]
    assert sum(size > 3 for size in sizes) == 1
    assert check(mixed, savings_exact(mixed).plan) == ()


def test_compiled_prices_are_the_lengths_of_exact_tours() -> None:
    problem = pool(30, seed=5)
    freight = Freight(problem)
    lanes = Lanes.of(grid_of(problem.layout), Effort())
    sets = [[n, (7 * n + 1) % 30, (3 * n + 2) % 30] for n in range(10)]
    for load, length_mm in zip(sets, Prices(freight).of(sets), strict=True):
        cells = [problem.layout.cell(each.location) for n in load for each in freight.parts[n].taken]
        tour = exact_tour(lanes, cells, problem.layout.cell(problem.depot))
        assert length_mm == tour.cost // Effort().per_mm("")


def test_a_route_of_two_orders_is_twice_as_long_as_their_tour() -> None:
    freight = Freight(pool(12, seed=1))
    prices = Prices(freight)
    metric = savings_metric(freight, prices)
    assert (metric >= 0).all()
    assert metric[0, 3] + metric[3, 5] + metric[5, 0] == 2 * prices.of([[2, 4]])[0]


# --- walking -----------------------------------------------------------------------------------------------------


def walked_m(*stops: str, blocks: int = 1) -> tuple[list[str], float]:
    """The S-shape through these on a floor of four aisles 3 m apart, 4 bays a block, blocks 6 m long; in metres."""
    layout = floor(aisles=4, blocks=blocks, bays=4)
    walk = s_shape(grid_of(layout), [layout.cell(stop) for stop in stops], layout.cell("depot"))
    return [stops[n] for n in walk.order], walk.distance_mm / 1000


def test_two_aisles_are_walked_through() -> None:
    order, metres = walked_m("00-001", "00-003", "01-002", "01-000")
    assert order == ["01-000", "01-002", "00-003", "00-001"], (
        "the nearer side of the depot in front of aisle 2 first"
    )
    assert metres == 3 + 6 + 3 + 6 + 6


def test_the_last_of_an_odd_number_is_walked_there_and_back() -> None:
    order, metres = walked_m("03-001", "03-000")
    assert (order, metres) == (["03-000", "03-001"], 3 + 2 * 2.5 + 3)


def test_farther_blocks_come_first_and_what_is_on_the_way_up_is_taken() -> None:
    order, metres = walked_m("00-001", "00-005", "02-000", "03-002", "03-006", blocks=2)
    assert order == ["00-001", "00-005", "03-006", "03-002", "02-000"]
    out, behind, front = 6 + 6, 6 + 9 + 6, 6 + 3 + 2 * 1.5
    assert metres == out + behind + front


def test_nothing_to_pick_is_no_walk() -> None:
    assert walked_m(blocks=3) == ([], 0)


def test_a_depot_elsewhere_is_refused() -> None:
    layout = floor(aisles=2, blocks=1, bays=4)
    with pytest.raises(ValueError, match="front"):
        s_shape(grid_of(layout), [], layout.cell("00-002"))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 3), st.data())
def test_the_rule_comes_by_every_stop_and_walks_no_less_than_is_shortest(
    blocks: int, data: st.DataObject
) -> None:
    layout = floor(aisles=5, blocks=blocks, bays=4)
    bins = [spot.id for spot in layout.spots.values() if spot.kind == "bin"]
    stops = data.draw(st.lists(st.sampled_from(bins), unique=True, max_size=12))
    cells, depot = [layout.cell(stop) for stop in stops], layout.cell("depot")
    walk = s_shape(grid_of(layout), cells, depot)
    assert sorted(walk.order) == list(range(len(stops)))
    named = ["depot", *(stops[n] for n in walk.order), "depot"]
    steps_mm = sum(layout.distance_mm(a, b) for a, b in pairwise(named))
    shortest = exact_tour(Lanes.of(grid_of(layout), Effort()), cells, depot).cost // Effort().per_mm("")
    assert walk.distance_mm >= steps_mm >= shortest


# --- what is not counted -----------------------------------------------------------------------------------------


def test_a_plan_that_is_wrong_or_leaves_an_order_has_no_figures() -> None:
    problem = pool(12, seed=1)
    good = fifo_exact(problem).plan
    with pytest.raises(WrongPlanError, match="wrong"):
        accept(problem, replace(good, distance_mm=good.distance_mm - 1))
    fewer = replace(problem, orders=problem.orders[:1])
    with pytest.raises(WrongPlanError):
        accept(problem, fifo_exact(fewer).plan)
