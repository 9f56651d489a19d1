"""The verifier finds every kind of damage to a good plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from routing import (
    ANYWHERE,
    Apart,
    Batch,
    Before,
    Goods,
    Left,
    Plan,
    Problem,
    Rules,
    Shelf,
    check,
    quick_plan,
)
from tests.routing.floors import DEPOT, block, cart, order

PROBLEM = Problem(
    block(4, 10),
    DEPOT,
    (
        order("O1", "0-1", "1-5", weight_g=400),
        order("O2", "1-2", "1-2", rank=1),
        order("O3", "0-9", rank=2),
        order("lost", "nowhere"),
    ),
    (cart("c1", slots=2, zones=("A",)), cart("c2", zones=("A",))),
)
GOOD = quick_plan(PROBLEM)

Damage = Callable[[Batch], Batch]


def damaged(damage: Damage, plan: Plan = GOOD) -> Plan:
    """A plan with its first batch damaged; the plan's own sum is kept right."""
    batches = (damage(plan.batches[0]), *plan.batches[1:])
    return replace(plan, batches=batches, distance_mm=sum(batch.distance_mm for batch in batches))


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
    "wrong-qty": lambda batch: replace(batch, stops=batch.stops[1:]),
    "wrong-stop": lambda batch: replace(batch, stops=(replace(batch.stops[0], slot=9), *batch.stops[1:])),
    "wrong-distance": lambda batch: replace(batch, distance_mm=batch.distance_mm + 1),
    "wrong-bound": lambda batch: replace(batch, bound_mm=batch.distance_mm + 1),
    "wrong-ends": lambda batch: replace(batch, end="0-0"),
    "unknown-cart": lambda batch: replace(batch, cart="c9"),
    "cart-twice": lambda batch: replace(batch, cart="c2"),
    "empty-slot": lambda batch: replace(batch, slots=(*batch.slots, "O9")),
    "slot-twice": lambda batch: replace(batch, slots=(*batch.slots, batch.slots[0])),
    "too-many": lambda batch: replace(batch, slots=tuple(PROBLEM.orders[n].order for n in range(3))),
    "not-once": lambda batch: replace(
        batch, stops=tuple(stop for stop in batch.stops if stop.order != batch.slots[1])
    ),
    "no-stops": lambda batch: replace(batch, stops=()),
    "no-location": lambda batch: replace(
        batch, stops=(replace(batch.stops[0], location="moon"), *batch.stops[1:])
    ),
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_batch_is_found(kind: str) -> None:
    assert kind in kinds(damaged(DAMAGES[kind]))


@pytest.mark.parametrize(
    ("field", "other", "kind"),
    [
        ("sku", "X", "wrong-stop"),
        ("location", "3-3", "wrong-stop"),
        ("order", "O9", "unknown-line"),
        ("line_no", 9, "unknown-line"),
        ("qty", 9, "wrong-qty"),
        ("slot", 9, "wrong-stop"),
    ],
)
def test_a_stop_with_any_field_changed_is_found(field: str, other: object, kind: str) -> None:
    changed = replace(GOOD.batches[0].stops[0], **{field: other})  # type: ignore[arg-type]  # of its own type
    assert kind in kinds(damaged(lambda batch: replace(batch, stops=(changed, *batch.stops[1:]))))


@pytest.mark.parametrize(
    ("kind", "carts"),
    [
        ("too-heavy", {"max_weight_g": 99}),
        ("too-big", {"max_volume_cm3": 99}),
        ("wrong-zone", {"zones": frozenset({"Z"})}),
        ("too-many", {"slots": 0}),
        ("wrong-ends", {"start": "0-5"}),
    ],
)
def test_a_cart_that_cannot_take_its_batch_is_found(kind: str, carts: dict[str, object]) -> None:
    small = tuple(replace(one, **carts) for one in PROBLEM.carts)  # type: ignore[arg-type]  # one field each
    assert kind in kinds(GOOD, replace(PROBLEM, carts=small))


def test_a_picker_without_the_skill_is_found() -> None:
    orders = tuple(
        replace(one, lines=tuple(replace(each, skills=frozenset({"forklift"})) for each in one.lines))
        for one in PROBLEM.orders
    )
    assert "no-skill" in kinds(GOOD, replace(PROBLEM, orders=orders))


def test_an_order_that_nobody_accounts_for_is_found() -> None:
    assert "not-once" in kinds(replace(GOOD, left=()))


def test_an_order_both_planned_and_left_is_found() -> None:
    assert "not-once" in kinds(replace(GOOD, left=(*GOOD.left, Left("O1", "later: no reason at all"))))


def test_an_order_left_without_a_sentence_is_found() -> None:
    assert kinds(replace(GOOD, left=tuple(Left(left.order, "later") for left in GOOD.left))) == {"no-reason"}


def test_an_order_that_nobody_asked_for_is_found() -> None:
    assert kinds(replace(GOOD, left=(*GOOD.left, Left("O9", "later: a sentence")))) == {"unknown-order"}


def test_a_plan_whose_sums_are_wrong_is_found() -> None:
    assert kinds(replace(GOOD, distance_mm=GOOD.distance_mm - 1)) == {"wrong-distance"}
    assert kinds(replace(GOOD, bound_mm=GOOD.distance_mm + 1)) == {"wrong-bound"}


SHELVES = Problem(
    block(2, 4),
    DEPOT,
    (order("O1", ANYWHERE, sku="X", qty=3),),
    (cart("c1"),),
    shelves=(Shelf("0-1", "X", 2), Shelf("1-1", "X", 2)),
)


def test_more_than_a_shelf_has_is_found() -> None:
    good = quick_plan(SHELVES)
    assert check(SHELVES, good) == ()
    less = replace(SHELVES, shelves=(Shelf("0-1", "X", 1), Shelf("1-1", "X", 2)))
    assert kinds(good, less) == {"no-stock"}
    assert kinds(good, replace(SHELVES, shelves=())) == {"no-stock"}


PARTED = Problem(
    block(2, 4), DEPOT, (order("big", "0-0", "0-1", weight_g=9_000),), (cart("c1", max_weight_g=10_000),)
)


def test_a_parted_order_without_its_link_is_found() -> None:
    good = quick_plan(PARTED)
    assert check(PARTED, good) == ()
    assert kinds(replace(good, links=()), PARTED) == {"not-linked"}


def test_a_line_that_is_left_unnamed_is_found() -> None:
    good = quick_plan(PARTED)
    assert "wrong-qty" in kinds(replace(good, left=()), PARTED)


RULED = Problem(
    block(2, 9),
    DEPOT,
    (order("light", "0-1", weight_g=10), order("heavy", "0-5", weight_g=900)),
    (cart("c1"),),
)


def test_an_order_on_the_cart_that_breaks_a_hard_rule_is_found_and_a_soft_one_must_be_told() -> None:
    plan = quick_plan(RULED)
    assert [stop.order for stop in plan.batches[0].stops] == ["light", "heavy"]
    hard = Before("heavy first", Goods(min_weight_g=500), Goods(max_weight_g=50))
    assert kinds(plan, replace(RULED, rules=Rules(before=(hard,)))) == {"wrong-order"}
    soft = replace(RULED, rules=Rules(before=(replace(hard, penalty_mm=5),)))
    assert kinds(plan, soft) == {"not-told"}
    assert kinds(damaged(lambda batch: replace(batch, broken=("heavy first",)), plan), soft) == set()


def test_goods_that_must_not_share_a_cart_are_found() -> None:
    plan = quick_plan(RULED)
    rule = Apart("heavy alone", Goods(min_weight_g=500), Goods())
    assert kinds(plan, replace(RULED, rules=Rules(apart=(rule,)))) == {"not-apart"}
    assert kinds(plan, replace(RULED, rules=Rules(apart=(replace(rule, penalty_mm=5),)))) == {"not-told"}


def test_a_stop_in_a_closed_aisle_is_found() -> None:
    closed = replace(RULED, layout=block(2, 9, closed_aisles=frozenset({"0"})))
    assert kinds(quick_plan(RULED), closed) == {"cut-off"}
