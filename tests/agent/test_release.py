"""Release policy: the most urgent first, no unit promised twice, no more than a cart holds, and why others wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from agent.core.commands import PlannedStop
from agent.core.model import Line, Location, Order, OrderState, Party, Sku, Stock
from agent.release import Candidates, CartLimits, Catalogue, Hand, candidates, carts_of, layout_of, released
from routing import Problem, quick_plan

LIMITS = CartLimits(max_weight_g=10_000, max_volume_cm3=100_000)
NOBODY = Party("", "", "", "", "", "")
DEPOT = Location("depot", "depot", "Z1", "", 1, 1, 0, 0)


def order(order_no: str, *wanted: tuple[str, int], state: OrderState = OrderState.READY) -> Order:
    """An order of (SKU, units), none of them on a list yet."""
    lines = tuple(Line(number, sku, qty) for number, (sku, qty) in enumerate(wanted, start=1))
    return Order(order_no, 1, state, "ACME", "SF", "standard", 0, 0, None, True, NOBODY, lines)


def catalogue(*stock: tuple[str, str, int], weight_g: int = 500) -> Catalogue:
    """(location, SKU, free units); a location's zone is its first two letters."""
    stocks: dict[str, list[Stock]] = {}
    for location, sku, qty in stock:
        stocks.setdefault(sku, []).append(Stock(location, sku, qty))
    bins = {
        name: Location(name, "bin", name[:2], "A", 1, 1, 0, 1000 * number)
        for number, name in enumerate(sorted({location for location, _, _ in stock}), start=1)
    }
    skus = {sku: Sku(sku, sku, weight_g=weight_g, zone="Z1") for sku in (*stocks, "GONE")}
    return Catalogue(skus, bins, stocks)


def places(found: Candidates) -> list[tuple[str, str, int]]:
    """(order, location, units) of everything that may go."""
    return [(each.order, line.location, line.qty) for each in found.orders for line in each.lines]


def test_the_most_urgent_order_gets_the_last_units() -> None:
    found = candidates(
        [order("SO-1", ("A", 3)), order("SO-2", ("A", 1))], catalogue(("Z1-1", "A", 3)), LIMITS
    )
    assert places(found) == [("SO-1", "Z1-1", 3)]
    assert found.stuck == {"SO-2": "no-stock: 1 of A wanted, 0 free"}


def test_ranks_follow_the_pools_order() -> None:
    pool = [order(f"SO-{number}", ("A", 1)) for number in (3, 1, 2)]
    found = candidates(pool, catalogue(("Z1-1", "A", 9)), LIMITS)
    assert [(each.order, each.rank) for each in found.orders] == [("SO-3", 0), ("SO-1", 1), ("SO-2", 2)]


def test_an_order_that_cannot_be_had_in_full_takes_nothing_from_the_next() -> None:
    pool = [order("SO-1", ("A", 2), ("B", 9)), order("SO-2", ("A", 2))]
    found = candidates(pool, catalogue(("Z1-1", "A", 2), ("Z1-2", "B", 1)), LIMITS)
    assert places(found) == [("SO-2", "Z1-1", 2)]
    assert found.stuck["SO-1"] == "no-stock: 9 of B wanted, 1 free"


def test_two_lines_of_one_sku_share_its_stock() -> None:
    found = candidates([order("SO-1", ("A", 2), ("A", 2))], catalogue(("Z1-1", "A", 3)), LIMITS)
    assert found.stuck == {"SO-1": "no-stock: 4 of A wanted, 3 free"}


def test_reserved_units_are_not_free() -> None:
    known = catalogue(("Z1-1", "A", 0))
    known = Catalogue(known.skus, known.locations, {"A": [Stock("Z1-1", "A", 5, reserved_qty=4)]})
    assert candidates([order("SO-1", ("A", 2))], known, LIMITS).stuck == {
        "SO-1": "no-stock: 2 of A wanted, 1 free"
    }


def test_one_location_is_preferred_to_two_and_else_the_fullest_goes_first() -> None:
    stock = (("Z1-1", "A", 2), ("Z1-2", "A", 5), ("Z1-3", "A", 3))
    assert places(candidates([order("SO-1", ("A", 4))], catalogue(*stock), LIMITS)) == [("SO-1", "Z1-2", 4)]
    spread = places(candidates([order("SO-1", ("A", 7))], catalogue(*stock), LIMITS))
    assert spread == [("SO-1", "Z1-2", 5), ("SO-1", "Z1-3", 2)]


def test_a_location_that_nobody_described_is_not_walked_to() -> None:
    known = catalogue(("Z1-1", "A", 5))
    known = Catalogue(known.skus, {}, known.stock)
    assert candidates([order("SO-1", ("A", 1))], known, LIMITS).stuck == {
        "SO-1": "no-stock: 1 of A wanted, 0 free"
    }


def test_an_order_with_an_unknown_sku_waits_with_the_exception_that_it_has() -> None:
    found = candidates([order("SO-1", ("A", 1), ("X", 1))], catalogue(("Z1-1", "A", 5)), LIMITS)
    assert (found.orders, found.stuck) == ([], {})


# --- cart-loads ---------------------------------------------------------------------------------------------


def test_a_large_order_goes_in_cart_loads() -> None:
    found = candidates([order("SO-1", ("A", 50))], catalogue(("Z1-1", "A", 99)), LIMITS)
    assert places(found) == [("SO-1", "Z1-1", 20)], "20 of 500 g each are 10 kg"


def test_a_unit_that_no_cart_holds_is_shown() -> None:
    found = candidates([order("SO-1", ("A", 1))], catalogue(("Z1-1", "A", 9), weight_g=10_001), LIMITS)
    assert found.stuck == {"SO-1": "too-big: one A is more than a cart holds"}


def test_goods_of_unknown_weight_fit() -> None:
    found = candidates([order("SO-1", ("A", 50))], catalogue(("Z1-1", "A", 99), weight_g=0), LIMITS)
    assert places(found) == [("SO-1", "Z1-1", 50)]


# --- zones --------------------------------------------------------------------------------------------------

TWO_ZONES = (("Z1-1", "A", 5), ("Z2-1", "B", 5))


def test_an_order_over_two_zones_is_offered_to_each_zone_in_part() -> None:
    pool = [order("SO-1", ("A", 1), ("B", 2))]
    parts = [
        places(candidates(pool, catalogue(*TWO_ZONES), LIMITS, frozenset({zone}))) for zone in ("Z1", "Z2")
    ]
    assert parts == [[("SO-1", "Z1-1", 1)], [("SO-1", "Z2-1", 2)]]


def test_who_serves_a_zone_is_never_sent_into_another() -> None:
    stock = (("Z1-1", "A", 3), ("Z2-1", "A", 2))
    pool = [order("SO-1", ("A", 2)), order("SO-2", ("A", 2))]
    found = candidates(pool, catalogue(*stock), LIMITS, frozenset({"Z1"}))
    assert {location[:2] for _, location, _ in places(found)} == {"Z1"}


def test_a_line_that_lies_in_two_zones_is_shared_between_them() -> None:
    stock = (("Z1-1", "A", 3), ("Z2-1", "A", 2))
    pool = [order("SO-1", ("A", 5))]
    parts = [places(candidates(pool, catalogue(*stock), LIMITS, frozenset({zone}))) for zone in ("Z1", "Z2")]
    assert parts == [[("SO-1", "Z1-1", 3)], [("SO-1", "Z2-1", 2)]]


def test_an_order_of_other_zones_is_not_stuck() -> None:
    found = candidates([order("SO-1", ("B", 1))], catalogue(*TWO_ZONES), LIMITS, frozenset({"Z1"}))
    assert (found.orders, found.stuck) == ([], {})


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
    found = candidates(pool, known, LIMITS, zones)
    taken = Counter[tuple[str, str]]()
    for each in found.orders:
        assert each.weight_g <= LIMITS.max_weight_g
        assert not zones or each.zones <= zones
        for line in each.lines:
            taken[line.location, line.sku] += line.qty
            assert line.qty > 0
    assert all(qty <= once[place][2] for place, qty in taken.items())
    assert not {each.order for each in found.orders} & set(found.stuck)


# --- from the plan to the door ------------------------------------------------------------------------------


def test_a_plan_becomes_pick_lists_of_the_orders_own_lines() -> None:
    stock = (("Z1-1", "A", 2), ("Z1-2", "A", 2))
    known = catalogue(*stock)
    found = candidates([order("SO-1", ("B", 0), ("A", 4))], known, LIMITS)
    hand = Hand("P1", "Han", "cart-7", frozenset(), 8)
    layout = layout_of([DEPOT, *known.locations.values()], ())
    plan = quick_plan(Problem(layout, "depot", tuple(found.orders), carts_of([hand], LIMITS)))
    (made,) = released(plan, found, {"P1": hand}, layout, "depot")
    assert (made.pda, made.picker, made.cart, made.slots) == ("P1", "Han", "cart-7", ("SO-1",))
    assert sorted(made.stops, key=lambda stop: stop.location) == [
        PlannedStop("SO-1", 2, "A", "Z1-1", 2, 1), PlannedStop("SO-1", 2, "A", "Z1-2", 2, 1),
    ]  # fmt: skip
    assert made.bound_mm <= made.distance_mm <= made.naive_mm


def test_a_cart_that_is_nobodys_gives_a_list_that_waits() -> None:
    known = catalogue(("Z1-1", "A", 2))
    found = candidates([order("SO-1", ("A", 1))], known, LIMITS)
    layout = layout_of([DEPOT, *known.locations.values()], ())
    carts = carts_of([Hand("cart-0", None, None, frozenset(), 8)], LIMITS)
    plan = quick_plan(Problem(layout, "depot", tuple(found.orders), carts))
    (made,) = released(plan, found, {}, layout, "depot")
    assert (made.pda, made.picker) == (None, None)
