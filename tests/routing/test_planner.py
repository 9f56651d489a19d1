"""The planner: right on every problem, short, proven where it can be, in time."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from time import monotonic

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing import (
    ANYWHERE,
    Before,
    Cart,
    Effort,
    Goods,
    Layout,
    Plan,
    Problem,
    ProblemError,
    Rules,
    Shelf,
    Spot,
    check,
    plan,
    planner,
    quick_plan,
    tour,
)
from tests.routing.floors import DEPOT, block, cart, order, problems, spot

# A plan may take all of its deadline; hypothesis must not mind.
unhurried = settings(max_examples=60)


def aboard(of: Plan) -> set[str]:
    """The orders on carts."""
    return {name for batch in of.batches for name in batch.slots}


def metres(of: Plan) -> float:
    """How far all pickers walk."""
    return of.distance_mm / 1000


def busy_floor(orders: int, carts: int, seed: int = 1, blocks: int = 2) -> Problem:
    """Many orders of one to four lines anywhere on a floor of some blocks."""
    rng, layout = Random(seed), block(8, 20, blocks=blocks)
    bins = [one for one in layout.spots if one != DEPOT]
    asked = tuple(order(f"O{n}", *rng.sample(bins, rng.randint(1, 4)), rank=n) for n in range(orders))
    return Problem(layout, DEPOT, asked, tuple(cart(f"c{n}") for n in range(carts)))


@given(problems(), st.sampled_from([0.0, 0.05, 0.15]))
@unhurried
def test_every_plan_passes_the_check(problem: Problem, deadline_s: float) -> None:
    assert check(problem, plan(problem, deadline_s)) == ()


@pytest.mark.parametrize("blocks", [1, 2, 3])
def test_all_orders_are_walked_shorter_than_the_quick_plan_walks_them(blocks: int) -> None:
    problem = busy_floor(120, 16, blocks=blocks)
    quick, better = quick_plan(problem), plan(problem, 0.8)
    assert check(problem, better) == ()
    assert better.served == quick.served == 120
    assert metres(better) < 0.9 * metres(quick)
    assert 0 < better.bound_mm <= better.distance_mm
    assert all(batch.bound_mm == batch.distance_mm and batch.gap == 0 for batch in better.batches)


def test_idle_carts_go_full_and_the_most_urgent_orders_are_on_them() -> None:
    problem = busy_floor(120, 4)
    planned = plan(problem, 0.6)
    assert planned.served == 32
    assert {"O0", "O1", "O2", "O3"} <= aboard(planned)


def test_orders_that_lie_together_go_together() -> None:
    # Two aisles far apart; the quick plan's seeds are one of each, and slots are scarce.
    names = [("left0", "0-3"), ("right0", "7-3"), ("left1", "0-9"), ("right1", "7-9")]
    asked = tuple(order(name, place, rank=n) for n, (name, place) in enumerate(names))
    planned = plan(Problem(block(8, 10), DEPOT, asked, (cart("a", slots=2), cart("b", slots=2))), 0.3)
    assert {frozenset(batch.slots) for batch in planned.batches} == {
        frozenset({"left0", "left1"}),
        frozenset({"right0", "right1"}),
    }


def test_good_company_is_left_for_the_next_round() -> None:
    # One cart of two slots: the urgent order takes along its neighbour, not one of the pair that belongs together.
    places = [("urgent", "0-3"), ("pair1", "3-9"), ("neighbour", "0-5"), ("pair2", "3-8")]
    asked = tuple(order(name, place, rank=n) for n, (name, place) in enumerate(places))
    planned = plan(Problem(block(4, 10), DEPOT, asked, (cart(slots=2),)), 0.3)
    assert aboard(planned) == {"urgent", "neighbour"}


def test_the_same_seed_gives_the_same_plan_where_iterations_end_it() -> None:
    problem = busy_floor(60, 9)
    first = planner.plan(problem, 60, 7, iterations=2_000)
    assert first == planner.plan(problem, 60, 7, iterations=2_000)
    assert check(problem, first) == ()


def test_better_plans_are_told_as_they_are_found() -> None:
    told: list[int] = []
    problem = busy_floor(80, 12)
    planned = planner.plan(problem, 0.5, progress=told.append)
    assert told == sorted(told, reverse=True)
    assert told[-1] == 100 * planned.distance_mm


@pytest.mark.parametrize("deadline_s", [0.0, 0.1, 0.4])
def test_the_deadline_is_kept_on_a_large_pool(deadline_s: float) -> None:
    problem = busy_floor(1_000, 20)
    plan(busy_floor(20, 2), 0.1)  # what is compiled is read once
    begun = monotonic()
    planned = plan(problem, deadline_s)
    # Generous: the machine is shared, and even without any time there is a plan.
    assert monotonic() - begun < 3 * deadline_s + 2.5
    assert planned.served == 160


@pytest.mark.parametrize(("lines", "slots"), [(10_000, 8), (5, 500)])
def test_what_is_too_large_to_improve_is_planned(lines: int, slots: int) -> None:
    floor = Layout.of(
        [spot(DEPOT, 0, 0, kind="depot"), *(spot(f"b{n}", n % 40, n, aisle="a") for n in range(10_000))]
    )
    rng = Random(1)
    orders = tuple(
        order(f"O{n}", *(f"b{rng.randrange(10_000)}" for _ in range(lines)), weight_g=0, volume_cm3=0)
        for n in range(max(1, slots * 5 // lines))
    )
    problem = Problem(floor, DEPOT, orders, (cart(slots=slots),))
    assert check(problem, plan(problem, 0.5)) == ()


def test_a_small_problem_does_not_use_up_its_deadline() -> None:
    begun = monotonic()
    plan(busy_floor(6, 1), 60)
    assert monotonic() - begun < 20


def test_nothing_to_plan_and_one_order() -> None:
    floor = block(2, 9)
    assert plan(Problem(floor, DEPOT, (), (cart(),)), 0.2).batches == ()
    one = plan(Problem(floor, DEPOT, (order("O", "1-4"),), (cart(),)), 0.2)
    assert one.distance_mm == one.bound_mm == 2 * 8_000


def test_a_line_at_the_depot_is_a_stop_without_a_walk() -> None:
    problem = Problem(block(2, 9), DEPOT, (order("O", DEPOT, "1-2"), order("P", "1-4", "0-1")), (cart(),))
    planned = plan(problem, 0.2)
    assert check(problem, planned) == ()
    assert planned.batches[0].stops[0].location == DEPOT


def test_an_sku_is_taken_from_the_shelf_that_is_on_the_way() -> None:
    shelves = (Shelf("0-7", "X", 9), Shelf("3-7", "X", 99))
    problem = Problem(
        block(4, 9), DEPOT, (order("O", ANYWHERE, sku="X"), order("P", "0-8")), (cart(),), shelves=shelves
    )
    assert {stop.location for stop in plan(problem, 0.3).batches[0].stops} == {"0-7", "0-8"}


def test_two_depots_far_apart_send_each_cart_to_what_is_near_it() -> None:
    layout = Layout.of([*block(9, 9).spots.values(), spot("other", 24_000, 0, kind="depot")])
    asked = (order("left", "0-3"), order("right", "8-3"), order("right2", "8-5"), order("left2", "0-5"))
    carts = (cart("a", slots=2), cart("b", slots=2, start="other"))
    planned = plan(Problem(layout, DEPOT, asked, carts), 0.3)
    assert {batch.cart: frozenset(batch.slots) for batch in planned.batches} == {
        "a": frozenset({"left", "left2"}),
        "b": frozenset({"right", "right2"}),
    }


def test_a_hard_rule_is_kept_and_its_cost_told() -> None:
    rule = Before("heavy first", Goods(min_weight_g=500), Goods(max_weight_g=50))
    asked = (order("light", "0-1", weight_g=10), order("heavy", "2-1", weight_g=900), order("far", "2-8"))
    problem = Problem(block(3, 9), DEPOT, (*asked, order("light2", "2-2", weight_g=10)), (cart(),))
    free, ruled = plan(problem, 0.3), plan(replace(problem, rules=Rules(before=(rule,))), 0.3)
    assert check(replace(problem, rules=Rules(before=(rule,))), ruled) == ()
    assert ruled.batches[0].rules_cost_mm == ruled.distance_mm - free.distance_mm


def test_time_counts_levels_units_and_turns_where_it_is_asked_for() -> None:
    layout = block(2, 9)
    high = replace(layout.spots["1-4"], level=3)
    layout = Layout.of([high if one.id == high.id else one for one in layout.spots.values()])
    effort = Effort("time", speed_mm_s=1_000, turn_ms=500, stop_ms=4_000, unit_ms=1_000, level_ms=2_000)
    planned = plan(Problem(layout, DEPOT, (order("O", "1-4", qty=3),), (cart(),), effort=effort), 0.2)
    assert planned.batches[0].time_ms == 16_000 + 4 * 500 + 4_000 + 3 * 1_000 + 2 * 2_000
    assert planned.batches[0].gap == 0


def test_a_plan_that_fails_its_check_is_not_given_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planner, "batch_of", lambda _p, cart, parts, led: _too_short(cart, parts, led))
    problem = busy_floor(8, 2)
    assert plan(problem, 0.2) == quick_plan(problem)


def _too_short(cart: Cart, parts: object, led: object) -> object:
    """A batch that says it walks less than it does."""
    from routing.batch import batch_of  # noqa: PLC0415  # the name is patched above

    made = batch_of(busy_floor(8, 2), cart, parts, led)  # type: ignore[arg-type]  # passed on
    return replace(made, distance_mm=made.distance_mm - 1, bound_mm=0)


def test_what_cannot_be_told_apart_is_refused() -> None:
    with pytest.raises(ProblemError, match="O1"):
        Problem(block(1, 1), DEPOT, (order("O1", "0-0"), order("O1", "0-0")), ())
    with pytest.raises(ProblemError, match="c1"):
        Problem(block(1, 1), DEPOT, (), (cart("c1"), cart("c1")))


def test_one_tour_is_asked_for_by_itself() -> None:
    floor = Layout.of([*block(3, 9).spots.values(), Spot("drop", "pack", "", "", 1, 1, 6_000, 0)])
    round_trip = tour(floor, ["1-3", "2-8", "1-3"], start=DEPOT)
    assert round_trip.gap == 0
    assert round_trip.spots[0] == round_trip.spots[-1] == DEPOT
    assert tour(floor, ["2-8"], start=DEPOT, ends=["drop", DEPOT]).distance_mm == 6_000 + 9_000 + 9_000
