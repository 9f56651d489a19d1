"""The planner: right on every problem, never worse than the quick plan, in time."""

from __future__ import annotations

from itertools import permutations
from random import Random
from time import monotonic

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing import Layout, Plan, Problem, ProblemError, Spot, check, quick_plan
from routing.bound import tour_bound_mm
from routing.distances import Ints, distances_mm, length_mm
from routing.ortools_tour import improve_tour
from routing.planner import plan
from tests.routing.floors import DEPOT, block, cart, layouts, order, problems, spot

# A plan may take all of its deadline; hypothesis must not mind.
unhurried = settings(max_examples=60)


def seeds(of: Plan) -> set[str]:
    """The orders that the quick plan insists on."""
    return {batch.slots[0] for batch in of.batches}


def aboard(of: Plan) -> set[str]:
    """The orders on carts."""
    return {name for batch in of.batches for name in batch.slots}


def busy_floor(orders: int, carts: int, seed: int = 1) -> Problem:
    """Many orders of one to four lines anywhere on a floor of two blocks."""
    rng, layout = Random(seed), block(8, 20, blocks=2)
    bins = [one for one in layout.spots if one != DEPOT]
    asked = tuple(order(f"O{n}", *rng.sample(bins, rng.randint(1, 4)), rank=n) for n in range(orders))
    return Problem(layout, DEPOT, asked, tuple(cart(f"c{n}") for n in range(carts)))


@given(problems(), st.sampled_from([0.0, 0.04, 0.15]))
@unhurried
def test_every_plan_passes_the_check_and_is_never_worse_than_the_quick_one(
    problem: Problem, deadline_s: float
) -> None:
    quick, better = quick_plan(problem), plan(problem, deadline_s)
    assert check(problem, better) == ()
    assert better.served >= quick.served
    assert seeds(quick) <= aboard(better)
    assert better.served > quick.served or better.distance_mm <= quick.distance_mm


def test_batches_of_a_busy_floor_become_shorter_and_stay_full() -> None:
    problem = busy_floor(120, 4)
    quick, better = quick_plan(problem), plan(problem, 0.6)
    assert check(problem, better) == ()
    assert better.served == quick.served == 32
    assert better.distance_mm < quick.distance_mm


def test_tight_carts_of_several_zones_stay_within_their_limits() -> None:
    rng, layout = Random(2), block(9, 20)
    bins = [one for one in layout.spots.values() if one.kind == "bin"]
    asked = []
    for n in range(90):
        start = rng.choice(bins)
        near = [one.id for one in bins if one.zone == start.zone]
        places = rng.sample(near, rng.randint(1, 3))
        weight_g = rng.choice([100, 2_000, 6_000])
        asked.append(order(f"O{n}", *places, rank=n % 9, zone=start.zone, weight_g=weight_g))
    carts = tuple(
        cart(f"c{n}", zones=zones, max_weight_g=20_000) for n, zones in enumerate([("A",), ("B", "C"), ()])
    )
    problem = Problem(layout, DEPOT, tuple(asked), carts)
    quick, better = quick_plan(problem), plan(problem, 0.5)
    assert check(problem, better) == ()
    assert better.served >= quick.served
    assert seeds(quick) <= aboard(better)


def test_of_orders_for_the_same_place_the_more_urgent_go() -> None:
    rng, layout = Random(3), block(4, 6)
    bins = [one for one in layout.spots if one != DEPOT]
    place = {f"O{n}": rng.choice(bins) for n in range(120)}
    asked = tuple(order(name, place[name], rank=rank) for rank, name in enumerate(place))
    problem = Problem(layout, DEPOT, asked, (cart("a"), cart("b"), cart("c")))
    planned, rank = plan(problem, 0.6), {one.order: one.rank for one in asked}
    for name in aboard(planned) - seeds(quick_plan(problem)):
        waiting = [left.order for left in planned.left if place[left.order] == place[name]]
        assert all(rank[name] < rank[one] for one in waiting)


def test_orders_that_lie_together_go_together() -> None:
    # Two aisles far apart; the quick plan's seeds are one of each, and slots are scarce.
    names = [("left0", "0-3"), ("right0", "7-3"), ("left1", "0-9"), ("right1", "7-9")]
    asked = tuple(order(name, place, rank=n) for n, (name, place) in enumerate(names))
    planned = plan(Problem(block(8, 10), DEPOT, asked, (cart("a", slots=2), cart("b", slots=2))), 0.3)
    assert {frozenset(batch.slots) for batch in planned.batches} == {
        frozenset({"left0", "left1"}),
        frozenset({"right0", "right1"}),
    }


@pytest.mark.parametrize("deadline_s", [0.0, 0.1, 0.4])
def test_the_deadline_is_kept_on_a_large_pool(deadline_s: float) -> None:
    problem = busy_floor(1_000, 20)
    begun = monotonic()
    quick_plan(problem)
    quick_s = monotonic() - begun
    begun = monotonic()
    plan(problem, deadline_s)
    # Generous: the machine is shared, and even without any time there is the quick plan.
    assert monotonic() - begun < 3 * (deadline_s + quick_s) + 0.5


@pytest.mark.parametrize(("lines", "slots"), [(10_000, 8), (5, 500)])
def test_what_is_too_large_to_improve_is_planned_in_time(lines: int, slots: int) -> None:
    floor = Layout.of(
        [spot(DEPOT, 0, 0, kind="depot"), *(spot(f"b{n}", n % 40, n, aisle="a") for n in range(10_000))]
    )
    rng = Random(1)
    orders = tuple(
        order(f"O{n}", *(f"b{rng.randrange(10_000)}" for _ in range(lines)), weight_g=0, volume_cm3=0)
        for n in range(max(1, slots * 5 // lines))
    )
    problem = Problem(floor, DEPOT, orders, (cart(slots=slots),))
    begun = monotonic()
    assert check(problem, plan(problem, 0.5)) == ()
    assert monotonic() - begun < 5


def test_a_small_problem_does_not_use_up_its_deadline() -> None:
    begun = monotonic()
    plan(busy_floor(6, 1), 60)
    assert monotonic() - begun < 10


def test_a_line_at_the_depot_is_a_stop_without_a_walk() -> None:
    problem = Problem(block(2, 9), DEPOT, (order("O", DEPOT, "1-2"), order("P", "1-4", "0-1")), (cart(),))
    planned = plan(problem, 0.2)
    assert check(problem, planned) == ()
    assert planned.batches[0].stops[0].location == DEPOT


def test_what_cannot_be_told_apart_is_refused() -> None:
    with pytest.raises(ProblemError, match="O1"):
        Problem(block(1, 1), DEPOT, (order("O1", "0-0"), order("O1", "0-0")), ())
    with pytest.raises(ProblemError, match="c1"):
        Problem(block(1, 1), DEPOT, (), (cart("c1"), cart("c1")))


def shortest_mm(matrix: Ints) -> int:
    """The optimum, by trying all orders of the stops."""
    return min(length_mm(matrix, [0, *middle, 0]) for middle in permutations(range(1, len(matrix))))


@given(layouts(), st.randoms(use_true_random=False))
@unhurried
def test_the_optimum_lies_between_the_bound_and_the_tour_which_is_never_worse_than_its_start(
    layout: Layout, rng: Random
) -> None:
    stops = [one for one in layout.spots if one != DEPOT]
    matrix = distances_mm(layout, [DEPOT, *rng.sample(stops, min(6, len(stops)))])
    start = [*range(len(matrix)), 0]
    tour = improve_tour(matrix, start, 0.01, escape=True)
    assert sorted(tour[:-1]) == start[:-1]
    assert tour_bound_mm(matrix, length_mm(matrix, start)) <= shortest_mm(matrix)
    assert shortest_mm(matrix) <= length_mm(matrix, tour) <= length_mm(matrix, start)


def test_the_bound_comes_close_to_the_tour() -> None:
    layout = block(6, 15)
    bins = Random(5).sample([one for one in layout.spots if one != DEPOT], 7)
    matrix = distances_mm(layout, [DEPOT, *bins])
    assert tour_bound_mm(matrix, 10**6) >= 0.9 * shortest_mm(matrix)


@given(layouts())
@unhurried
def test_the_matrix_says_what_the_layout_says(layout: Layout) -> None:
    spots = list(layout.spots)
    assert distances_mm(layout, spots).tolist() == [[layout.distance_mm(a, b) for b in spots] for a in spots]


def test_the_matrix_knows_blocks_that_share_no_cross_aisle() -> None:
    spots = [Spot(f"{y}", "bin", "A", f"{y // 20}", 1, 1, y % 7, y) for y in range(0, 100, 10)]
    layout = Layout.of(spots)
    names = list(layout.spots)
    assert distances_mm(layout, names).tolist() == [[layout.distance_mm(a, b) for b in names] for a in names]
