"""The quick plan: always there, always right, urgent orders first."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given

from routing import Layout, PickOrder, Problem, check, naive_distance_mm, quick_plan
from tests.routing.floors import DEPOT, block, cart, order, problems, spot


def reasons(problem: Problem) -> dict[str, str]:
    """The word of each order's reason."""
    return {left.order: left.reason.partition(":")[0] for left in quick_plan(problem).left}


@given(problems())
def test_every_quick_plan_passes_the_check(problem: Problem) -> None:
    assert check(problem, quick_plan(problem)) == ()


@given(problems())
def test_no_order_that_fits_a_free_slot_is_left_for_later(problem: Problem) -> None:
    plan = quick_plan(problem)
    orders = {one.order: one for one in problem.orders}
    inside = {batch.cart: [orders[name] for name in batch.slots] for batch in plan.batches}
    for left in (orders[one.order] for one in plan.left if one.reason.startswith("later")):
        for one in problem.carts:
            loaded = [*inside.get(one.cart, []), left]
            assert (
                len(loaded) > one.slots
                or sum(each.weight_g for each in loaded) > one.max_weight_g
                or sum(each.volume_cm3 for each in loaded) > one.max_volume_cm3
                or not one.serves(left.zones)
            )


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
    orders = tuple(order(f"O{n}", "1-1") for n in range(4))
    plan = quick_plan(Problem(block(3, 3), DEPOT, orders, (cart("all"), cart("zoned", zones=("A",)))))
    assert [batch.cart for batch in plan.batches] == ["zoned"]


@pytest.mark.parametrize(
    ("lost", "word"),
    [
        (order("O", "nowhere"), "no-location"),
        (order("O", "0-0", weight_g=70_000), "too-big"),
        (order("O", "0-0", volume_cm3=300_000), "too-big"),
        (order("O", "0-0", zone="Z"), "no-cart"),
        (order("O"), "no-lines"),
        (order("O", "0-0", qty=0), "bad-line"),
    ],
)
def test_an_order_that_cannot_go_is_left_with_its_reason_and_the_others_go(
    lost: PickOrder, word: str
) -> None:
    problem = Problem(block(2, 2), DEPOT, (lost, order("fine", "1-1")), (cart(zones=("A",)),))
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


def test_the_face_of_the_room_needs_neither_numpy_nor_ortools() -> None:
    code = "import sys, routing; sys.exit(bool({'numpy', 'ortools', 'pandas'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
