"""Exchanges between carts: each kind of move, and what no move may do."""

from __future__ import annotations

from random import Random

from routing import Cart, PickOrder, Problem
from routing.distances import length_mm
from routing.exchange import Exchange, Load
from routing.pool import Pool
from tests.routing.floors import DEPOT, block, cart, order

FLOOR = block(6, 10)


def never() -> bool:
    """A deadline that does not come."""
    return False


def exchange(carts: list[Cart], aboard: list[list[PickOrder]], waiting: list[PickOrder]) -> Exchange:
    """These orders on these carts, toured as they stand; the first order of each cart is its seed."""
    orders = [*(one for load in aboard for one in load), *waiting]
    pool = Pool.of(Problem(FLOOR, DEPOT, tuple(orders), tuple(carts)), orders, carts)
    loads = []
    for on_cart in aboard:
        numbers = tuple(orders.index(one) for one in on_cart)
        nodes = dict.fromkeys(node for number in numbers for node in pool.nodes_of(number))
        loads.append(Load(numbers, (0, *nodes, 0)))
    return Exchange(pool, loads, frozenset(load.orders[0] for load in loads))


def on_carts(of: Exchange) -> list[set[str]]:
    """The names of the orders on each cart."""
    return [{of.pool.orders[number].order for number in load.orders} for load in of.loads]


def test_two_orders_change_places_where_that_is_shorter() -> None:
    left, right = [order("l0", "0-3"), order("r1", "5-8")], [order("r0", "5-3"), order("l1", "0-8")]
    floor = exchange([cart("a", slots=2), cart("b", slots=2)], [left, right], [])
    floor.improve(never)
    assert {frozenset(names) for names in on_carts(floor)} == {
        frozenset({"l0", "l1"}),
        frozenset({"r0", "r1"}),
    }


def test_a_waiting_order_that_lies_nearer_replaces_another() -> None:
    floor = exchange([cart(slots=2)], [[order("seed", "0-1"), order("far", "5-9")]], [order("near", "0-2")])
    floor.improve(never)
    assert on_carts(floor) == [{"seed", "near"}]


def test_a_seed_is_never_replaced() -> None:
    floor = exchange([cart(slots=1)], [[order("seed", "5-9")]], [order("near", "0-0")])
    floor.improve(never)
    assert on_carts(floor) == [{"seed"}]


def test_an_order_goes_over_to_a_free_slot_on_its_way() -> None:
    floor = exchange(
        [cart("a", slots=3, zones=("A",)), cart("b", slots=2)],
        [[order("l", "0-3")], [order("r", "5-1", zone="Z"), order("m", "0-5")]],
        [],
    )
    floor.improve(never)
    assert on_carts(floor) == [{"l", "m"}, {"r"}]


def test_a_free_slot_is_filled_whatever_it_costs() -> None:
    floor = exchange([cart(slots=2)], [[order("near", "0-0")]], [order("far", "5-9")])
    floor.improve(never)
    assert on_carts(floor) == [{"near", "far"}]


def test_no_move_breaks_a_limit_of_a_cart() -> None:
    heavy = order("heavy", "0-9", weight_g=900)
    carts = [
        cart("a", slots=2, zones=("A",), max_weight_g=1_000),
        cart("b", slots=2),
        cart("zoned", slots=2, zones=("Z",)),
    ]
    aboard = [
        [order("l", "0-9", weight_g=200)],
        [order("r", "5-1", weight_g=1_001), heavy],
        [order("z", "0-9", zone="Z")],
    ]
    floor = exchange(carts, aboard, [])
    floor.improve(never)
    assert on_carts(floor) == [{"l"}, {"r", "heavy"}, {"z"}]


def test_a_more_urgent_order_for_the_same_place_goes_instead() -> None:
    aboard = [order("seed", "0-1"), order("later", "1-1", rank=9)]
    waiting = [order("sooner", "1-1", rank=5), order("soonest", "1-1", rank=2), order("away", "5-5", rank=1)]
    floor = exchange([cart(slots=2)], [aboard], waiting)
    floor.favour_urgent(never)
    assert on_carts(floor) == [{"seed", "soonest"}]


def test_however_often_it_is_shaken_no_seed_is_lost_and_no_slot_emptied() -> None:
    rng = Random(4)
    bins = [one for one in FLOOR.spots if one != DEPOT]
    orders = [order(f"O{n}", *rng.sample(bins, 2)) for n in range(40)]
    floor = exchange([cart("a"), cart("b")], [orders[:8], orders[8:16]], orders[16:])
    for _ in range(30):
        floor.shake(rng, 3)
        names = on_carts(floor)
        assert [len(each) for each in names] == [8, 8]
        assert {"O0", "O8"} <= names[0] | names[1]


def test_it_goes_back_to_an_earlier_moment() -> None:
    floor = exchange([cart(slots=2)], [[order("a", "0-1"), order("b", "5-5")]], [order("c", "3-3")])
    before, worth = list(floor.loads), floor.worth
    floor.improve(never)
    assert floor.worth < worth
    floor.restore(before)
    assert (list(floor.loads), floor.worth) == (before, worth)


def test_what_an_order_adds_is_what_its_tour_grows_by() -> None:
    orders = [order("a", "0-1"), order("b", "5-5"), order("c", "2-2")]
    pool = Pool.of(Problem(FLOOR, DEPOT, tuple(orders), ()), orders, [])
    tour = (0, *pool.nodes_of(0), 0)
    grown = [
        length_mm(pool.matrix, pool.with_order(tour, n)) - length_mm(pool.matrix, tour) for n in range(3)
    ]
    assert pool.prices_mm(tour).tolist() == grown
