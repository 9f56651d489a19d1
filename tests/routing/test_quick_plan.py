"""The quick plan: always there, always right, urgent orders first."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from dataclasses import replace

import pytest
from hypothesis import given

from routing import (
    ANYWHERE,
    Apart,
    Before,
    Goods,
    Layout,
    Link,
    PickOrder,
    Problem,
    Rules,
    Shelf,
    Sourcing,
    Way,
    check,
    naive_distance_mm,
    quick_plan,
)
from routing.parts import Part, prepare
from tests.routing.floors import DEPOT, block, cart, line, order, problems, spot


def reasons(problem: Problem) -> dict[str, str]:
    """The word of each order's reason."""
    return {left.order: left.reason.partition(":")[0] for left in quick_plan(problem).left}


@given(problems())
def test_every_quick_plan_passes_the_check(problem: Problem) -> None:
    assert check(problem, quick_plan(problem)) == ()


@given(problems())
def test_nothing_that_fits_an_idle_cart_alone_is_left_for_later_while_a_cart_stays_empty(
    problem: Problem,
) -> None:
    plan = quick_plan(problem)
    parts: dict[str, list[Part]] = defaultdict(list)
    for part in prepare(problem).parts:
        parts[part.order.order].append(part)
    used = {batch.cart for batch in plan.batches}
    empty = [one for one in problem.carts if one.cart not in used]
    for left in plan.left:
        if left.reason.startswith("later"):
            waiting = [part for part in parts[left.order] if left.line_nos in ((), part.line_nos)]
            assert not any(part.fits(one) for part in waiting for one in empty)


def test_the_most_urgent_orders_go_however_far_they_lie() -> None:
    near = [order(f"near{n}", "0-0", rank=5) for n in range(9)]
    urgent = order("urgent", "3-9", rank=0)
    problem = Problem(block(4, 10), DEPOT, (*near, urgent), (cart(slots=2),))
    assert quick_plan(problem).batches[0].slots[0] == "urgent"


def test_the_other_slots_go_to_orders_in_the_same_aisles() -> None:
    orders = (order("seed", "2-3"), order("far", "0-1", rank=1), order("near", "2-7", rank=2))
    assert quick_plan(Problem(block(4, 10), DEPOT, orders, (cart(slots=2),))).batches[0].slots == (
        "seed",
        "near",
    )


def test_a_cart_is_not_opened_for_what_another_one_takes() -> None:
    orders = tuple(order(f"O{n}", "0-1") for n in range(4))
    plan = quick_plan(Problem(block(3, 3), DEPOT, orders, (cart("all"), cart("zoned", zones=("A",)))))
    assert [batch.cart for batch in plan.batches] == ["zoned"]


@pytest.mark.parametrize(
    ("lost", "word"),
    [
        (order("O", "nowhere"), "no-location"),
        (order("O", "0-0", weight_g=70_000), "too-big"),
        (order("O", "0-0", volume_cm3=300_000), "too-big"),
        (order("O", "3-0"), "no-cart"),
        (order("O", "1-0"), "closed"),
        (order("O", ANYWHERE), "no-stock"),
        (order("O", "0-0", skills=frozenset({"forklift"})), "no-cart"),
        (order("O"), "no-lines"),
        (order("O", "0-0", qty=0), "bad-line"),
    ],
)
def test_an_order_that_cannot_go_is_left_with_its_reason_and_the_others_go(
    lost: PickOrder, word: str
) -> None:
    floor = block(4, 2, closed_aisles=frozenset({"1"}))
    problem = Problem(floor, DEPOT, (lost, order("fine", "0-1")), (cart(zones=("A",)),))
    assert reasons(problem) == {"O": word}
    assert quick_plan(problem).served == 1


def test_without_a_depot_nothing_goes() -> None:
    assert reasons(Problem(block(2, 2), "gone", (order("O", "0-0"),), (cart(),))) == {"O": "no-depot"}


def test_a_cart_without_slots_takes_nothing() -> None:
    assert reasons(Problem(block(2, 2), DEPOT, (order("O", "0-0"),), (cart(slots=0),))) == {"O": "no-cart"}


def test_without_carts_everything_waits() -> None:
    assert reasons(Problem(block(2, 2), DEPOT, (order("O", "0-0"),), ())) == {"O": "later"}


def test_nothing_to_plan_is_an_empty_plan() -> None:
    plan = quick_plan(Problem(block(2, 2), DEPOT, (), (cart(),)))
    assert (plan.batches, plan.left, plan.distance_mm) == ((), (), 0)


def test_lines_of_one_order_at_one_location_stay_stops_of_their_own() -> None:
    batch = quick_plan(Problem(block(2, 2), DEPOT, (order("O", "1-1", "1-1"),), (cart(),))).batches[0]
    assert [stop.line_no for stop in batch.stops] == [1, 2]
    assert batch.distance_mm == batch.bound_mm == 2 * 5_000


def test_what_is_left_of_an_island_is_told() -> None:
    floor = Layout.graph(
        [spot(DEPOT, 0, 0, kind="depot"), spot("a", 5, 0), spot("island", 9, 9)], [Way(DEPOT, "a", 5)]
    )
    problem = Problem(floor, DEPOT, (order("O", "a"), order("P", "island")), (cart(),))
    assert reasons(problem) == {"P": "cut-off"}
    assert floor.faults() == ("cut-off: no walk leads from a depot to 'island' and back",)


def test_an_order_too_large_for_a_cart_goes_in_linked_parts() -> None:
    big = order("big", "0-0", "1-1", qty=3, weight_g=5_000)
    plan = quick_plan(
        Problem(block(2, 2), DEPOT, (big,), tuple(cart(f"c{n}", max_weight_g=11_000) for n in range(4)))
    )
    assert [sum(stop.qty for stop in batch.stops) for batch in plan.batches] == [2, 2, 2]
    assert plan.links == (Link("big", ("c0", "c1", "c2"), "too-big"),)


def test_an_order_over_the_zones_of_two_pickers_goes_in_linked_parts() -> None:
    asked = (order("O", "0-0", "1-1"),)
    carts = (cart("a", zones=("A",)), cart("b", zones=("B",)))
    problem = Problem(block(2, 2), DEPOT, asked, carts)
    assert quick_plan(problem).links == (Link("O", ("a", "b"), "zones"),)
    assert {
        left.reason.partition(":")[0] for left in quick_plan(replace(problem, split_zones=False)).left
    } == {"no-cart"}


def test_hazards_that_must_stay_apart_go_on_two_carts_even_of_one_order() -> None:
    lines = (line("O", 1, "0-0", kinds=frozenset({"acid"})), line("O", 2, "0-1", kinds=frozenset({"lye"})))
    rules = Rules(apart=(Apart("hazards", Goods(kind="acid"), Goods(kind="lye")),))
    problem = Problem(block(1, 2), DEPOT, (PickOrder("O", 0, lines),), (cart("a"), cart("b")), rules=rules)
    assert quick_plan(problem).links == (Link("O", ("a", "b"), "apart"),)


def test_goods_without_a_weight_are_planned_and_told() -> None:
    problem = Problem(block(1, 2), DEPOT, (order("O", "0-0", weight_g=0),), (cart(),))
    assert quick_plan(problem).served == 1
    assert quick_plan(problem).notes == ("no-weight: S1 counted as 0, for want of master data",)


def test_units_are_taken_from_one_shelf_where_it_has_enough_and_none_is_promised_twice() -> None:
    shelves = (Shelf("0-0", "X", 2), Shelf("0-1", "X", 3), Shelf("1-1", "X", 9, reserve=True))
    asked = (order("O", ANYWHERE, sku="X", qty=3), order("P", ANYWHERE, sku="X", qty=3, rank=1))
    plan = quick_plan(Problem(block(2, 2), DEPOT, asked, (cart(),), shelves=shelves))
    assert {(stop.order, stop.location, stop.qty) for stop in plan.batches[0].stops} == {
        ("O", "0-1", 3),
        ("P", "0-0", 2),
        ("P", "1-1", 1),
    }


def test_what_expires_first_goes_first() -> None:
    shelves = (Shelf("0-0", "X", 9), Shelf("0-1", "X", 9, 20), Shelf("1-1", "X", 9, 10))
    problem = Problem(
        block(2, 2),
        DEPOT,
        (order("O", ANYWHERE, sku="X"),),
        (cart(),),
        shelves=shelves,
        sourcing=Sourcing(True),
    )
    assert quick_plan(problem).batches[0].stops[0].location == "1-1"


def test_heavy_goods_come_onto_the_cart_before_light_ones() -> None:
    rule = Before("heavy first", Goods(min_weight_g=500), Goods(max_weight_g=50))
    asked = (order("light", "0-1", weight_g=10), order("heavy", "0-5", weight_g=900))
    plan = quick_plan(Problem(block(1, 9), DEPOT, asked, (cart(),), rules=Rules(before=(rule,))))
    assert [stop.order for stop in plan.batches[0].stops] == ["heavy", "light"]


def test_a_tour_starts_where_its_cart_stands_and_ends_at_the_nearest_drop() -> None:
    problem = Problem(block(4, 9), DEPOT, (order("O", "3-8"),), (cart(start="0-8"),), drops=("0-0", "3-0"))
    batch = quick_plan(problem).batches[0]
    assert (batch.start, batch.end, batch.distance_mm) == ("0-8", "3-0", 9_000 + 8_000)


def test_an_order_of_ten_thousand_lines_is_planned() -> None:
    floor = Layout.of(
        [spot(DEPOT, 0, 0, kind="depot"), *(spot(f"b{n}", n % 40, n, aisle="a") for n in range(10_000))]
    )
    problem = Problem(
        floor, DEPOT, (order("O", *(f"b{n}" for n in range(10_000)), weight_g=0, volume_cm3=0),), (cart(),)
    )
    plan = quick_plan(problem)
    assert check(problem, plan) == ()
    assert len(plan.batches[0].stops) == 10_000


def test_the_naive_walk_is_each_order_alone_as_its_lines_stand() -> None:
    floor = block(1, 9)
    assert naive_distance_mm(floor, DEPOT, [["0-4", "0-0"], ["0-1"]]) == 2 * 5_000 + 2 * 2_000


def test_the_face_of_the_room_needs_no_numpy_no_ortools_no_compiler() -> None:
    code = "import sys, routing; sys.exit(bool({'numpy', 'ortools', 'numba'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
