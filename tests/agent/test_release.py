"""What the planner is asked and answers: no unit promised twice, what cannot be had shown, plans as pick lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from agent.config_picking import ApartRule, FloorPlan, GoodsChoice, Lift, Picking, Shelves
from agent.core.commands import PlannedStop
from agent.core.model import Line, Location, Order, OrderState, Party, Sku, Stock
from agent.release import (
    Catalogue,
    Due,
    Floor,
    Hand,
    cart_of,
    layout_of,
    problem_of,
    released,
    stuck_of,
)
from routing import ANYWHERE, FloorRules, Plan, Problem, Shelf, check, quick_plan

PICKING = Picking(cart_max_weight_g=10_000, cart_max_volume_cm3=100_000)
NOBODY = Party("", "", "", "", "", "")
DEPOT = Location("depot", "depot", "Z1", "", 1, 1, 0, 0)
HAND = Hand("P1", "Han", "cart-7", frozenset(), 8)


def order(order_no: str, *wanted: tuple[str, int], state: OrderState = OrderState.READY) -> Order:
    """An order of (SKU, units), none of them on a list yet."""
    lines = tuple(Line(number, sku, qty) for number, (sku, qty) in enumerate(wanted, start=1))
    return Order(order_no, 1, state, "ACME", "SF", "standard", 0, 0, None, True, NOBODY, lines)


def catalogue(*stock: tuple[str, str, int], weight_g: int = 500, hazard: str | None = None) -> Catalogue:
    """(location, SKU, free units); a location's zone is its first two letters."""
    stocks: dict[str, list[Stock]] = {}
    for location, sku, qty in stock:
        stocks.setdefault(sku, []).append(Stock(location, sku, qty))
    bins = {
        name: Location(name, "bin", name[:2], "A", 1, 1, 0, 1000 * number)
        for number, name in enumerate(sorted({location for location, _, _ in stock}), start=1)
    }
    skus = {sku: Sku(sku, sku, weight_g=weight_g, zone="Z1") for sku in (*stocks, "GONE")}
    if hazard is not None:
        skus["A"] = Sku("A", "A", weight_g=weight_g, fragile=True, hazard=hazard)
    return Catalogue(skus, bins, stocks)


def asked(
    pool: Sequence[Order], known: Catalogue, *hands: Hand, picking: Picking = PICKING, **more: object
) -> Problem:
    """The problem of these orders."""
    floor = Floor(layout_of([DEPOT, *known.locations.values()], FloorRules()), "depot")
    carts = [cart_of(hand, picking) for hand in hands or (HAND,)]
    return problem_of([Due(each) for each in pool], known, floor, carts, picking, **more)  # type: ignore[arg-type]  # flags


def planned(problem: Problem) -> Plan:
    """A plan that passes its check."""
    plan = quick_plan(problem)
    assert check(problem, plan) == ()
    return plan


def places(plan: Plan) -> set[tuple[str, str, int]]:
    """(order, location, units) of everything that goes."""
    return {(stop.order, stop.location, stop.qty) for batch in plan.batches for stop in batch.stops}


def test_ranks_follow_the_pools_order_and_lines_may_be_taken_anywhere() -> None:
    pool = [order(f"SO-{number}", ("A", 1)) for number in (3, 1, 2)]
    problem = asked(pool, catalogue(("Z1-1", "A", 9)))
    assert [(each.order, each.rank) for each in problem.orders] == [("SO-3", 0), ("SO-1", 1), ("SO-2", 2)]
    assert {line.location for each in problem.orders for line in each.lines} == {ANYWHERE}
    assert problem.shelves == (Shelf("Z1-1", "A", 9),)


def test_the_most_urgent_order_gets_the_last_units_and_the_other_is_stuck() -> None:
    plan = planned(asked([order("SO-1", ("A", 3)), order("SO-2", ("A", 1))], catalogue(("Z1-1", "A", 3))))
    assert places(plan) == {("SO-1", "Z1-1", 3)}
    assert stuck_of(plan) == {"SO-2": "no-stock: 1 of A wanted, 0 free"}


def test_an_order_that_cannot_be_had_in_full_takes_nothing_from_the_next() -> None:
    pool = [order("SO-1", ("A", 2), ("B", 9)), order("SO-2", ("A", 2))]
    plan = planned(asked(pool, catalogue(("Z1-1", "A", 2), ("Z1-2", "B", 1))))
    assert places(plan) == {("SO-2", "Z1-1", 2)}
    assert stuck_of(plan) == {"SO-1": "no-stock: 9 of B wanted, 1 free"}


def test_reserved_units_are_not_free() -> None:
    known = catalogue(("Z1-1", "A", 0))
    known = Catalogue(known.skus, known.locations, {"A": [Stock("Z1-1", "A", 5, reserved_qty=4)]})
    assert stuck_of(planned(asked([order("SO-1", ("A", 2))], known))) == {
        "SO-1": "no-stock: 2 of A wanted, 1 free"
    }


def test_a_location_that_nobody_described_is_not_walked_to() -> None:
    known = catalogue(("Z1-1", "A", 5))
    known = Catalogue(known.skus, {}, known.stock)
    assert stuck_of(planned(asked([order("SO-1", ("A", 1))], known))) == {
        "SO-1": "no-stock: 1 of A wanted, 0 free"
    }


def test_an_order_with_an_unknown_sku_waits_with_the_exception_that_it_has() -> None:
    problem = asked([order("SO-1", ("A", 1), ("X", 1))], catalogue(("Z1-1", "A", 5)))
    assert problem.orders == ()


def test_a_unit_that_no_cart_holds_is_stuck_and_what_waits_for_a_cart_is_not() -> None:
    heavy = planned(asked([order("SO-1", ("A", 1))], catalogue(("Z1-1", "A", 9), weight_g=10_001)))
    assert [why.partition(":")[0] for why in stuck_of(heavy).values()] == ["too-big"]
    pool = [order(f"SO-{number}", ("A", 1)) for number in range(9)]
    assert stuck_of(planned(asked(pool, catalogue(("Z1-1", "A", 9))))) == {}


def test_a_large_order_goes_in_linked_cart_loads() -> None:
    hands = [Hand(f"P{n}", None, None, frozenset(), 8) for n in range(2)]
    plan = planned(asked([order("SO-1", ("A", 50))], catalogue(("Z1-1", "A", 99)), *hands))
    assert [sum(stop.qty for stop in batch.stops) for batch in plan.batches] == [20, 20], "of 500 g, in 10 kg"
    assert [link.carts for link in plan.links] == [("P0", "P1")]
    assert stuck_of(plan) == {}


def test_an_order_over_two_zones_is_parted_only_where_nobody_on_shift_serves_both() -> None:
    known = catalogue(("Z1-1", "A", 5), ("Z2-1", "B", 5))
    one = Hand("P1", None, None, frozenset({"Z1"}), 8)
    pool = [order("SO-1", ("A", 1), ("B", 2))]
    assert places(planned(asked(pool, known, one))) == {("SO-1", "Z1-1", 1)}
    assert places(planned(asked(pool, known, one, split_zones=False))) == set()


def test_the_skus_kinds_are_what_rules_go_by() -> None:
    problem = asked([order("SO-1", ("A", 1))], catalogue(("Z1-1", "A", 1), hazard="8"))
    assert problem.orders[0].lines[0].kinds == {"fragile", "8"}
    rule = ApartRule("8 alone", GoodsChoice(kind="8"), GoodsChoice(kind=""))
    strict = Picking(apart=(rule,))
    known = catalogue(("Z1-1", "A", 1), ("Z1-2", "B", 1), hazard="8")
    pool = [order("SO-1", ("A", 1)), order("SO-2", ("B", 1))]
    assert [batch.slots for batch in planned(asked(pool, known, picking=strict)).batches] == [("SO-1",)]


def test_a_reserve_zone_is_spared() -> None:
    known = catalogue(("R1-1", "A", 9), ("Z1-1", "A", 5))
    spared = Picking(shelves=Shelves(reserve_zones=("R1",)))
    assert places(planned(asked([order("SO-1", ("A", 5))], known, picking=spared))) == {("SO-1", "Z1-1", 5)}


def test_tours_end_at_the_configured_drops_that_there_are_else_at_any_depot() -> None:
    known = catalogue(("Z1-1", "A", 5))
    pool = [order("SO-1", ("A", 1))]
    assert asked(pool, known, picking=Picking(drops=("gone", "Z1-1"))).drops == ("Z1-1",)
    assert asked(pool, known).drops == ("depot",)


def test_the_files_floor_is_the_planners_floor() -> None:
    plan = FloorPlan(
        at_aisle_ends=False,
        closed_aisles=("B",),
        one_way={"A": "up"},
        ways=(Lift("depot", "Z1-1", 4_000, time_s=20),),
    )
    rules = Picking(cross_aisles_y_mm=(0, 9_000), floor=plan).floor_rules
    assert (rules.cross_aisles_y_mm, rules.at_aisle_ends, rules.one_way) == ((0, 9_000), False, {"A": "up"})
    assert rules.ways[0].time_ms == 20_000
    spots = [DEPOT, Location("Z1-1", "bin", "Z1", "A", 1, 1, 5_000, 1_000)]
    assert layout_of(spots, rules).grid is None
    assert layout_of(spots, rules, only_ways=True).distance_mm("depot", "Z1-1") == 4_000


@given(
    st.lists(
        st.tuples(st.sampled_from(["Z1-1", "Z1-2", "Z2-1"]), st.sampled_from("AB"), st.integers(0, 9)),
        max_size=6,
    ),
    st.lists(
        st.lists(st.tuples(st.sampled_from("AB"), st.integers(1, 9)), min_size=1, max_size=3), max_size=5
    ),
    st.sampled_from([frozenset[str](), frozenset({"Z1"}), frozenset({"Z1", "Z2"})]),
)
def test_whatever_the_pool_nothing_is_promised_twice_or_beyond_a_cart(
    stock: Sequence[tuple[str, str, int]], wanted: Sequence[Sequence[tuple[str, int]]], zones: frozenset[str]
) -> None:
    once = {(location, sku): (location, sku, qty) for location, sku, qty in stock}
    known = catalogue(*once.values(), ("Z1-9", "A", 0), ("Z1-9", "B", 0))
    pool = [order(f"SO-{number}", *lines) for number, lines in enumerate(wanted)]
    plan = planned(asked(pool, known, Hand("P1", None, None, zones, 3)))
    taken = Counter[tuple[str, str]]()
    for batch in plan.batches:
        for stop in batch.stops:
            taken[stop.location, stop.sku] += stop.qty
            assert not zones or stop.location[:2] in zones
    assert all(qty <= once[place][2] for place, qty in taken.items())


# --- from the plan to the door ------------------------------------------------------------------------------


def test_a_plan_becomes_pick_lists_of_the_orders_own_lines() -> None:
    known = catalogue(("Z1-1", "A", 2), ("Z1-2", "A", 2))
    problem = asked([order("SO-1", ("B", 0), ("A", 4))], known)
    floor = Floor(problem.layout, "depot")
    (made,) = released(planned(problem), {"P1": HAND}, floor)
    assert (made.pda, made.picker, made.cart, made.slots) == ("P1", "Han", "cart-7", ("SO-1",))
    assert sorted(made.stops, key=lambda stop: stop.location) == [
        PlannedStop("SO-1", 2, "A", "Z1-1", 2, 1), PlannedStop("SO-1", 2, "A", "Z1-2", 2, 1),
    ]  # fmt: skip
    assert made.bound_mm <= made.distance_mm <= made.naive_mm


def test_a_cart_that_is_nobodys_gives_a_list_that_waits() -> None:
    problem = asked([order("SO-1", ("A", 1))], catalogue(("Z1-1", "A", 2)))
    (made,) = released(planned(problem), {}, Floor(problem.layout, "depot"))
    assert (made.pda, made.picker) == (None, None)
