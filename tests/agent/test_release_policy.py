"""The rolling horizon: who gets a list and when, and which orders the planner may choose from."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agent.cart_filling import Ready, Shift, Waiting, carts_for_all, hand_out
from agent.release_policy import Ask, Floor, Policy, busy_percent, by_urgency, decide, round_ms
from routing import Cart

MINUTE_MS = 60_000
NOON_MS = 12 * 60 * MINUTE_MS
SITE = Policy(max_wait_s=20.0, plan_s=1.0, pack_s=300.0, wave_every_s=900.0)
WAVES = replace(SITE, release="wave")
ZONES = ("A", "B", "C")


def cart(name: str, *zones: str, slots: int = 4) -> Cart:
    """An idle hand's cart; no zones: all of them."""
    return Cart(name, slots, 10_000, 100_000, frozenset(zones))


def ready(order: str, waited_s: float = 0.0, *zones: str, **more: Any) -> Ready:
    """An order that has been ready for so long at noon."""
    at = NOON_MS - round(waited_s * 1000)
    return replace(Ready(order, at, zones=frozenset(zones)), **more)


def floor(*pool: Ready, idle: tuple[Cart, ...] = (cart("P1"),), **more: Any) -> Floor:
    """What is seen at noon."""
    return replace(Floor(NOON_MS, pool, idle, wave_ms=NOON_MS + 10 * MINUTE_MS), **more)


def carts_of(policy: Policy, seen: Floor) -> set[str]:
    """Whose carts are asked for."""
    return {each.cart for asked in decide(policy, seen).asks for each in asked.carts}


def orders_of(policy: Policy, seen: Floor) -> list[str]:
    """The orders to choose from, most urgent first."""
    return [
        each.order
        for asked in decide(policy, seen).asks
        for each in sorted(asked.orders, key=lambda each: each.rank)
    ]


def only(policy: Policy, seen: Floor) -> Ask:
    """The one problem that is asked."""
    (asked,) = decide(policy, seen).asks
    return asked


@st.composite
def floors(draw: st.DrawFn) -> Floor:
    """Some hands, idle and at work, of some zones; orders of any age, priority, cut-off, zone and size."""
    zones = st.frozensets(st.sampled_from(ZONES), max_size=2)
    sizes = st.sampled_from([0, 500, 3_000, 12_000])
    made = draw(st.lists(st.tuples(zones, st.integers(0, 4), st.booleans()), max_size=5))
    hands = [Cart(f"P{n}", slots, 10_000, 100_000, each) for n, (each, slots, _) in enumerate(made)]
    waits = st.one_of(st.integers(0, 40_000), st.integers(0, 5_000_000))
    cutoffs = st.none() | st.integers(-30, 120).map(lambda minutes: NOON_MS + minutes * MINUTE_MS)
    orders = draw(st.lists(st.tuples(waits, st.integers(0, 2), cutoffs, zones, sizes), max_size=25))
    return Floor(
        now_ms=NOON_MS,
        pool=[
            Ready(f"SO-{n}", NOON_MS - waited, priority, cutoff, each, weight_g=size)
            for n, (waited, priority, cutoff, each, size) in enumerate(orders)
        ],
        idle=[hand for hand, (_, _, idle) in zip(hands, made, strict=True) if idle],
        busy=[hand for hand, (_, _, idle) in zip(hands, made, strict=True) if not idle],
        wave_ms=NOON_MS + draw(st.integers(-5, 15)) * MINUTE_MS,
        cart=cart("site"),
    )


# --- continuous -------------------------------------------------------------------------------------------------


def test_a_cart_that_is_not_full_waits_for_company() -> None:
    decision = decide(SITE, floor(ready("SO-1", 5), ready("SO-2", 2)))
    assert decision.asks == ()
    assert decision.again_ms == 14_000, "20 s after the first was ready, less the planner's second"


def test_a_full_cart_goes_at_once() -> None:
    assert carts_of(SITE, floor(*(ready(f"SO-{n}") for n in range(4)))) == {"P1"}


def test_weight_fills_a_cart_as_well_as_slots() -> None:
    heavy = [ready(f"SO-{n}", weight_g=6_000) for n in range(2)]
    assert carts_of(SITE, floor(*heavy)) == {"P1"}


def test_no_more_carts_are_sent_than_the_orders_fill() -> None:
    hands = tuple(cart(f"P{n}") for n in range(5))
    orders = [ready(f"SO-{n}") for n in range(9)]
    assert len(carts_of(SITE, floor(*orders, idle=hands))) == 2
    orders[0] = ready("SO-0", 60)
    assert len(carts_of(SITE, floor(*orders, idle=hands))) == 2, "the old one is on a full cart"


def test_an_order_near_its_cut_off_waits_for_nobody() -> None:
    by_quarter_past = {"cutoff_ms": NOON_MS + 20 * MINUTE_MS}
    pressed = floor(ready("SO-1", 0, **by_quarter_past), round_ms=15 * MINUTE_MS)
    assert carts_of(SITE, pressed) == {"P1"}
    assert decide(SITE, replace(pressed, round_ms=14 * MINUTE_MS)).asks == ()


@given(floors())
def test_nobody_idle_waits_while_an_order_they_may_take_has_waited_long_enough(seen: Floor) -> None:
    asked, sent = set(orders_of(SITE, seen)), carts_of(SITE, seen)
    shift = Shift(seen.carts)
    overdue = [each for each in seen.pool if NOON_MS - each.ready_ms >= SITE.max_wait_ms]
    for hand in seen.idle:
        if hand.cart not in sent:
            assert not [each for each in overdue if shift.may_take(hand, each) and each.order not in asked], (
                "an overdue order is in nobody's problem, and a hand that may take it is idle"
            )


@given(floors())
def test_only_idle_hands_are_asked_for_and_each_may_take_something(seen: Floor) -> None:
    asks = decide(SITE, seen).asks
    shift, pool = Shift(seen.carts), {each.order: each for each in seen.pool}
    assert carts_of(SITE, seen) <= {each.cart for each in seen.idle}
    for asked in asks:
        for hand in asked.carts:
            assert any(shift.may_take(hand, pool[wanted.order]) for wanted in asked.orders)


@given(floors(), st.sampled_from([SITE, WAVES]))
def test_the_floor_is_looked_at_again_before_anything_changes_by_the_clock_alone(
    seen: Floor, policy: Policy
) -> None:
    decision = decide(policy, seen)
    assert 0 < decision.again_ms <= MINUTE_MS
    if not decision.asks:
        quiet = replace(seen, now_ms=NOON_MS + decision.again_ms - 1, wave_ms=decision.wave_ms)
        assert decide(policy, quiet).asks == ()


@given(floors(), st.sampled_from([SITE, WAVES]))
def test_no_order_is_asked_for_twice_and_ranks_have_no_gap(seen: Floor, policy: Policy) -> None:
    assert max(Counter(orders_of(policy, seen)).values(), default=1) == 1
    for asked in decide(policy, seen).asks:
        assert [each.rank for each in asked.orders] == list(range(len(asked.orders)))
        assert max(Counter(each.cart for each in asked.carts).values()) == 1


# --- urgency ----------------------------------------------------------------------------------------------------


def test_cut_offs_that_are_near_go_before_priority_and_priority_before_age() -> None:
    near, nearer = NOON_MS + 25 * MINUTE_MS, NOON_MS + 24 * MINUTE_MS
    pool = [
        ready("old", 600),
        ready("young", 1),
        ready("dear", 1, priority=1),
        ready("near", 1, cutoff_ms=near),
        ready("nearer", 1, cutoff_ms=nearer),
        ready("tired", 5_000),
        ready("missed", 300, cutoff_ms=NOON_MS - 1),
        ready("far", 200, cutoff_ms=NOON_MS + 600 * MINUTE_MS),
    ]
    urgent = [each.order for each in by_urgency(SITE, floor(*pool))]
    assert urgent == ["nearer", "near", "tired", "dear", "old", "missed", "far", "young"]


def test_the_planner_is_told_when_an_order_must_be_back() -> None:
    pool = [
        ready("due", 30, cutoff_ms=NOON_MS + 60 * MINUTE_MS),
        ready("missed", 30, cutoff_ms=NOON_MS + 4 * MINUTE_MS),
        ready("free", 30),
    ]
    asked = only(SITE, floor(*pool))
    assert {each.order: each.due_s for each in asked.orders} == {"due": 55 * 60, "missed": None, "free": None}


def test_the_choice_is_the_most_urgent_so_many_times_what_the_carts_hold() -> None:
    pool = [ready(f"SO-{n:02}", 100 - n) for n in range(40)]
    policy = replace(SITE, look_ahead=4)
    assert orders_of(policy, floor(*pool)) == [f"SO-{n:02}" for n in range(16)]


def test_where_pressing_orders_fill_the_carts_no_others_are_shown() -> None:
    pressing = [ready(f"near-{n}", cutoff_ms=NOON_MS + 20 * MINUTE_MS) for n in range(4)]
    others = [ready(f"SO-{n}", 60, priority=9) for n in range(10)]
    assert orders_of(SITE, floor(*others, *pressing)) == [f"near-{n}" for n in range(4)]
    assert orders_of(SITE, floor(*others, *pressing[:3]))[:3] == ["near-0", "near-1", "near-2"]


def test_a_list_takes_as_long_as_nine_in_ten_of_those_before() -> None:
    assert round_ms([], guess_ms=7) == 7
    assert round_ms([100] * 8 + [900, 1_000]) == 1_000
    assert round_ms([9_999] * 50 + [100] * 50) == 100, "what was long ago does not count"


# --- zones ------------------------------------------------------------------------------------------------------


def test_who_serves_the_whole_floor_is_kept_for_what_only_they_can_take() -> None:
    hands = (cart("P1"), cart("P2", "A"))
    assert carts_of(SITE, floor(ready("SO-1", 30, "A"), idle=hands)) == {"P2"}
    assert carts_of(SITE, floor(ready("SO-1", 30, "A", "B"), idle=hands)) == {"P1"}


def test_an_order_is_parted_only_where_nobody_on_shift_serves_all_of_it() -> None:
    hands, both = (cart("P1", "A"), cart("P2", "B")), ready("SO-1", 30, "A", "B")
    assert carts_of(SITE, floor(both, idle=hands)) == {"P1", "P2"}
    assert carts_of(SITE, floor(both, idle=hands, busy=(cart("P3"),))) == set()


# --- waves ------------------------------------------------------------------------------------------------------


def test_between_waves_a_full_cart_waits_too() -> None:
    decision = decide(WAVES, floor(*(ready(f"SO-{n}", 600) for n in range(30))))
    assert decision.asks == ()
    assert decision.again_ms == MINUTE_MS
    assert decision.wave_ms == NOON_MS + 10 * MINUTE_MS


def test_a_wave_takes_all_that_is_ready_on_carts_that_are_nobodys() -> None:
    pool = [ready(f"SO-{n}") for n in range(30)]
    seen = floor(*pool, wave_ms=NOON_MS)
    asked = only(WAVES, seen)
    assert asked.wave
    assert len(asked.orders) == 30
    assert "P1" not in {each.cart for each in asked.carts}
    assert decide(WAVES, seen).wave_ms == NOON_MS + 15 * MINUTE_MS


def test_in_a_wave_that_not_all_hands_can_take_at_once_what_is_pressing_gets_lists_of_its_own() -> None:
    near = [ready(f"near-{n}", cutoff_ms=NOON_MS + 30 * MINUTE_MS) for n in range(3)]
    far = [ready(f"far-{n}", cutoff_ms=NOON_MS + 90 * MINUTE_MS) for n in range(5)]
    seen = floor(*far, *near, wave_ms=NOON_MS)
    first, second = decide(WAVES, seen).asks
    assert {each.order for each in first.orders} == {each.order for each in near}
    assert {each.order for each in second.orders} == {each.order for each in far}
    assert len(only(WAVES, replace(seen, idle=(cart("P1"), cart("P2")))).orders) == 8


def test_what_the_next_wave_would_be_too_late_for_goes_before_it() -> None:
    pressed = ready("near", cutoff_ms=NOON_MS + 20 * MINUTE_MS)
    seen = floor(pressed, ready("far", cutoff_ms=NOON_MS + 90 * MINUTE_MS))
    assert carts_of(WAVES, seen) == {"P1"}
    assert orders_of(WAVES, seen) == ["near", "far"], "the other may come along"
    assert carts_of(WAVES, floor(seen.pool[1])) == set()


def test_a_wave_is_planned_while_nobody_is_on_shift() -> None:
    seen = floor(ready("SO-1"), idle=(), cart=cart("site"), wave_ms=NOON_MS)
    assert carts_of(WAVES, seen) == {"cart-1", "cart-2"}


def test_lists_that_wait_go_by_cut_off_to_the_smallest_cart_that_serves_them() -> None:
    lists = [
        Waiting("free", 2, zones=frozenset("A")),
        Waiting("late", 6, 9, frozenset("A")),
        Waiting("soon", 3, 5, frozenset("AB")),
        Waiting("soonest", 1, 1, frozenset("C")),
    ]
    large, small, zone_a = cart("large", slots=8), cart("small", slots=4), cart("A", "A", slots=9)

    def handed(*idle: Cart) -> dict[str, str]:
        return {each.task: hand.cart for each, hand in hand_out(lists, idle)}

    assert handed(large, small) == {"soonest": "small", "soon": "large"}
    assert handed(small, zone_a) == {"soonest": "small", "late": "A"}, "zone A alone is no use for the others"
    assert handed(small) == {"soonest": "small"}
    assert handed() == {}


@given(floors())
def test_the_carts_of_a_wave_hold_all_that_those_on_shift_may_take(seen: Floor) -> None:
    shift = Shift(seen.carts)
    carts = carts_for_all(seen.pool, shift)
    slots = sum(each.slots for each in carts)
    takeable = [each for each in seen.pool if any(shift.may_take(hand, each) for hand in shift.carts)]
    assert slots >= len(takeable)
    assert sum(each.max_weight_g for each in carts) >= sum(min(each.weight_g, 10_000) for each in takeable)
    assert {each.zones for each in carts} <= {each.zones for each in seen.carts}


# --- congestion -------------------------------------------------------------------------------------------------


def test_an_aisle_is_dearer_for_each_picker_by_the_share_of_their_stops_there() -> None:
    walked = [["A01"], ["A01", "A02", "A02", "A02"], []]
    assert busy_percent(walked, 40) == {"A01": 50, "A02": 30}
    assert busy_percent(walked, 0) == {}


def test_where_others_are_now_matters_to_who_goes_now_and_not_to_a_wave() -> None:
    seen = floor(ready("SO-1", 60), walked=[["A01"]], wave_ms=NOON_MS)
    assert only(SITE, seen).busy_percent == {"A01": SITE.crowd_percent}
    assert only(WAVES, seen).busy_percent == {}


@given(st.lists(st.lists(st.sampled_from(["A01", "A02", "A03"]), max_size=6), max_size=8))
def test_all_aisles_together_are_no_dearer_than_there_are_pickers(walked: list[list[str]]) -> None:
    assert sum(busy_percent(walked, 30).values()) <= 30 * sum(bool(each) for each in walked)
