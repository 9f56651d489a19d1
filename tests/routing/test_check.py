"""The verifier finds every kind of damage to a good plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from routing import Batch, Left, Plan, Problem, check, quick_plan
from tests.routing.floors import DEPOT, block, cart, order

PROBLEM = Problem(
    block(4, 10),
    DEPOT,
    (
        order("O1", "0-1", "1-5", weight_g=400),
        order("O2", "1-2", "1-2", rank=1),
        order("O3", "2-9", rank=2),
        order("lost", "nowhere"),
    ),
    (cart("c1", slots=2, zones=("A",)), cart("c2", zones=("A",))),
)
GOOD = quick_plan(PROBLEM)

Damage = Callable[[Batch], Batch]


def damaged(damage: Damage) -> Plan:
    """The good plan with its first batch damaged; the plan's own sum is kept right."""
    batches = (damage(GOOD.batches[0]), *GOOD.batches[1:])
    return replace(GOOD, batches=batches, distance_mm=sum(batch.distance_mm for batch in batches))


def kinds(plan: Plan, problem: Problem = PROBLEM) -> set[str]:
    """The word that each fault begins with, cart aside."""
    return {
        fault.removeprefix("cart c1: ").removeprefix("cart c2: ").partition(":")[0]
        for fault in check(problem, plan)
    }


def test_the_good_plan_is_good() -> None:
    assert check(PROBLEM, GOOD) == ()
    assert [(batch.cart, len(batch.slots)) for batch in GOOD.batches] == [("c1", 2), ("c2", 1)]


DAMAGES: dict[str, Damage] = {
    "missing-stop": lambda batch: replace(batch, stops=batch.stops[1:]),
    "wrong-stop": lambda batch: replace(batch, stops=(*batch.stops, batch.stops[0])),
    "wrong-distance": lambda batch: replace(batch, distance_mm=batch.distance_mm + 1),
    "wrong-bound": lambda batch: replace(batch, bound_mm=batch.distance_mm + 1),
    "unknown-cart": lambda batch: replace(batch, cart="c9"),
    "cart-twice": lambda batch: replace(batch, cart="c2"),
    "not-once": lambda batch: replace(batch, slots=batch.slots[:-1]),
    "unknown-order": lambda batch: replace(batch, slots=(*batch.slots, "O9")),
    "too-many": lambda batch: replace(batch, slots=tuple(PROBLEM.orders[n].order for n in range(3))),
    "no-orders": lambda batch: replace(batch, slots=()),
    "no-location": lambda batch: replace(
        batch, stops=(replace(batch.stops[0], location="moon"), *batch.stops[1:])
    ),
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_batch_is_found(kind: str) -> None:
    assert kind in kinds(damaged(DAMAGES[kind]))


@pytest.mark.parametrize("field", ["sku", "location", "order", "line_no", "qty", "slot"])
def test_a_stop_with_any_field_changed_is_found(field: str) -> None:
    stop = GOOD.batches[0].stops[0]
    other: dict[str, object] = {
        "sku": "X",
        "location": "3-3",
        "order": "O9",
        "line_no": 9,
        "qty": 9,
        "slot": 9,
    }
    changed = replace(stop, **{field: other[field]})  # type: ignore[arg-type]  # one field of its own type
    found = kinds(damaged(lambda batch: replace(batch, stops=(changed, *batch.stops[1:]))))
    assert {"missing-stop", "wrong-stop"} <= found


@pytest.mark.parametrize(
    ("kind", "carts"),
    [
        ("too-heavy", {"max_weight_g": 99}),
        ("too-big", {"max_volume_cm3": 99}),
        ("wrong-zone", {"zones": frozenset({"Z"})}),
        ("too-many", {"slots": 0}),
    ],
)
def test_a_cart_that_cannot_take_its_batch_is_found(kind: str, carts: dict[str, object]) -> None:
    small = tuple(replace(one, **carts) for one in PROBLEM.carts)  # type: ignore[arg-type]  # one field each
    assert kind in kinds(GOOD, replace(PROBLEM, carts=small))


def test_an_order_that_nobody_accounts_for_is_found() -> None:
    assert kinds(replace(GOOD, left=())) == {"not-once"}


def test_an_order_both_planned_and_left_is_found() -> None:
    assert kinds(replace(GOOD, left=(*GOOD.left, Left("O1", "later: no reason at all")))) == {"not-once"}


def test_an_order_left_without_a_sentence_is_found() -> None:
    assert kinds(replace(GOOD, left=tuple(Left(left.order, "later") for left in GOOD.left))) == {"no-reason"}


def test_a_plan_whose_sum_is_wrong_is_found() -> None:
    assert kinds(replace(GOOD, distance_mm=GOOD.distance_mm - 1)) == {"wrong-distance"}
