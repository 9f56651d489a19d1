"""The simulated day: every order is picked once, the same day again is the same, and its clock is honest."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.release_policy import Policy
from bench import picking_day
from bench.planning.day import EFFORT, Dispatcher, Out, Run, Seen, Trip, run_day
from bench.planning.day_dispatch import FirstCome, Released
from bench.planning.day_figures import figures_of
from bench.planning.day_orders import CUTOFFS_MS, LEAD_MS, MINUTE_MS, PRIORITY_LEAD_MS, SHIFT_MS, Day, a_day
from bench.planning.day_walks import SETUP_MS, Crowd
from routing import Batch, Plan, Problem, Stop, quick_plan

CONTINUOUS = Policy(max_wait_s=60.0)
WAVE = Policy(release="wave")
WAYS = ("first come", "continuous", "wave")


def quick(problem: Problem, seed: int) -> Plan:
    """The plan of pure Python."""
    return quick_plan(problem)


def way(day: Day, name: str) -> Dispatcher:
    """A dispatcher for this day."""
    if name == "first come":
        return FirstCome(day.layout, 60.0)
    return Released(day.layout, {"continuous": CONTINUOUS, "wave": WAVE}[name], quick)


def small(orders: int = 150, pickers: int = 4, seed: int = 1) -> Day:
    """A day that runs in a moment."""
    return a_day(orders, pickers, seed)


# --- whatever the policy ----------------------------------------------------------------------------------------


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(WAYS), st.integers(1, 120), st.integers(1, 6), st.integers(1, 9))
def test_every_line_is_picked_once_whatever_comes_and_whoever_is_there(
    name: str, orders: int, pickers: int, seed: int
) -> None:
    day = small(orders, pickers, seed)
    run = run_day(day, way(day, name))
    picked = Counter((stop.order, stop.line_no, stop.qty) for trip in run.trips for stop in trip.batch.stops)
    assert picked == Counter(
        (line.order, line.line_no, line.qty) for each in day.orders for line in each.lines
    )
    assert run.back_ms.keys() == {each.order for each in day.orders}


@pytest.mark.parametrize("name", WAYS)
def test_no_order_goes_before_it_is_ready_and_no_picker_walks_two_lists(name: str) -> None:
    day = small()
    run = run_day(day, way(day, name))
    ready_ms = {each.order: each.ready_ms for each in day.orders}
    slots = {cart.cart: cart.slots for cart in day.carts}
    for trip in run.trips:
        assert max(ready_ms[order] for order in trip.batch.slots) <= trip.left_ms < trip.back_ms
        assert len(trip.batch.slots) <= slots[trip.batch.cart]
    for cart in slots:
        mine = sorted((trip.left_ms, trip.back_ms) for trip in run.trips if trip.batch.cart == cart)
        assert all(back_ms <= left_ms for (_, back_ms), (left_ms, _) in pairwise(mine))


@pytest.mark.parametrize("name", WAYS)
def test_the_same_seed_is_the_same_day(name: str) -> None:
    runs = [run_day(day, way(day, name)) for day in (small(seed=5), small(seed=5))]
    assert runs[0].trips == runs[1].trips
    assert run_day(small(seed=6), way(small(seed=6), name)).trips != runs[0].trips


def test_a_dispatcher_that_forgets_an_order_is_found_out() -> None:
    class Forgetful(FirstCome):
        def dispatch(self, seen: Seen) -> tuple[list[Out], int]:
            return super().dispatch(
                seen._replace(pool=[each for each in seen.pool if each.order != "SO-00007"])
            )

    day = small(20)
    with pytest.raises(RuntimeError, match="SO-00007"):
        run_day(day, Forgetful(day.layout, 20.0))


def test_a_dispatcher_that_gives_an_order_out_twice_is_found_out() -> None:
    class Twice(FirstCome):
        def dispatch(self, seen: Seen) -> tuple[list[Out], int]:
            outs, again_ms = super().dispatch(seen)
            return [out for out in outs for _ in range(2)], again_ms

    day = small(20)
    with pytest.raises(RuntimeError, match="already"):
        run_day(day, Twice(day.layout, 20.0))


# --- policies ---------------------------------------------------------------------------------------------------


def test_the_figures_of_first_come_need_no_planner() -> None:
    def broken(problem: Problem, seed: int) -> Plan:
        raise AssertionError("nobody asked for a plan")

    made = list(picking_day.figures(small(), broken, only="first come"))
    assert [each.planner_calls for each in made] == [0, 0]


def test_while_hands_are_idle_no_order_waits_longer_than_it_was_promised() -> None:
    day = small(60, pickers=30)
    run = run_day(day, way(day, "continuous"))
    left_ms = {order: trip.left_ms for trip in run.trips for order in trip.batch.slots}
    waits_ms = [left_ms[each.order] - each.ready_ms for each in day.orders]
    assert max(waits_ms) <= CONTINUOUS.max_wait_ms


def test_lists_of_a_wave_begin_with_the_wave_or_when_somebody_is_free() -> None:
    day = small(100, pickers=2)
    free = replace(day, orders=tuple(replace(each, cutoff_ms=None) for each in day.orders))
    run = run_day(free, way(free, "wave"))
    returns_ms = {trip.back_ms for trip in run.trips}
    every_ms = round(WAVE.wave_every_s * 1000)
    assert all((trip.left_ms - SHIFT_MS) % every_ms == 0 or trip.left_ms in returns_ms for trip in run.trips)


def test_planned_lists_walk_less_than_first_come() -> None:
    day = small(400, pickers=5)
    metres = {name: figures_of(name, day, run_day(day, way(day, name))).metres_per_line for name in WAYS}
    assert metres["wave"] < metres["continuous"] < metres["first come"]


# --- the clock --------------------------------------------------------------------------------------------------


def batch(day: Day, *locations: str, distance_mm: int | None = None) -> Batch:
    """One unit at each of these, in this order."""
    stops = tuple(Stop(place, place, "SO-1", n, 1, 1) for n, place in enumerate(locations, start=1))
    spots = ["depot", *locations, "depot"]
    least_mm = sum(day.layout.distance_mm(a, b) for a, b in pairwise(spots))
    return Batch("P00", ("SO-1",), stops, distance_mm or least_mm, 0, "depot", "depot")


def test_alone_on_the_floor_a_list_takes_what_effort_says() -> None:
    day = small()
    alone = batch(day, "03-010", "03-030", "12-050")
    walked = Crowd(day.layout, EFFORT).walk(alone, 1_000)
    handling_ms = 3 * (EFFORT.stop_ms + EFFORT.unit_ms)
    assert walked.back_ms - 1_000 == SETUP_MS + EFFORT.walking_ms(alone.distance_mm) + handling_ms
    assert walked.ahead(0) == ["03", "03", "12"]
    assert walked.ahead(walked.done[0][0]) == ["03", "12"]
    assert walked.ahead(walked.back_ms) == []


def test_a_walk_by_rule_takes_as_long_as_it_is() -> None:
    day = small()
    least = batch(day, "03-010", "12-050")
    longer = replace(least, distance_mm=2 * least.distance_mm)
    took_ms = [Crowd(day.layout, EFFORT).walk(each, 0).back_ms for each in (least, longer)]
    assert took_ms[1] - took_ms[0] == EFFORT.walking_ms(least.distance_mm)


def test_others_in_an_aisle_slow_a_list_and_those_elsewhere_or_gone_do_not() -> None:
    day = small()
    crowd = Crowd(day.layout, EFFORT)
    mine, elsewhere = batch(day, "03-010", "03-050"), batch(day, "12-010", "12-050")
    alone_ms = crowd.walk(mine, 0).back_ms
    assert crowd.walk(elsewhere, 0).back_ms == crowd.walk(elsewhere, 24 * SHIFT_MS).back_ms - 24 * SHIFT_MS
    assert crowd.walk(mine, 0).back_ms > alone_ms
    crowd.forget_before(12 * SHIFT_MS)
    assert crowd.walk(mine, 12 * SHIFT_MS).back_ms == 12 * SHIFT_MS + alone_ms


@given(st.lists(st.integers(0, 1_200), min_size=2, max_size=2))
def test_the_legs_of_the_clock_are_the_layouts_walks(numbers: list[int]) -> None:
    day = LONGEST
    here, there = (list(day.layout.spots)[number] for number in numbers)
    leg = Crowd(day.layout, EFFORT).leg(here, there)
    assert sum(length_mm for _, length_mm in leg) == day.layout.distance_mm(here, there)


LONGEST = small(1)


# --- the day and its table --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2])
def test_orders_come_in_the_shift_and_can_be_in_time(seed: int) -> None:
    day = a_day(2_000, seed=seed)
    assert len({each.order for each in day.orders}) == 2_000
    assert len(day.carts) == 30
    assert {cart.slots for cart in day.carts} == {8, 9, 10, 11, 12}
    assert min(each.ready_ms for each in day.orders) == SHIFT_MS
    assert max(each.ready_ms for each in day.orders) < CUTOFFS_MS[-1]
    bound = [each for each in day.orders if each.cutoff_ms is not None]
    assert all(
        each.cutoff_ms - each.ready_ms >= (PRIORITY_LEAD_MS if each.priority else LEAD_MS)
        for each in bound
        if each.cutoff_ms is not None
    )
    assert 0.6 < len(bound) / 2_000 < 0.9


def test_figures_of_a_day_that_can_be_reckoned_by_hand() -> None:
    day = small(2, pickers=1)
    first, second = (
        replace(each, ready_ms=SHIFT_MS, cutoff_ms=SHIFT_MS + 25 * MINUTE_MS) for each in day.orders
    )
    day = replace(day, orders=(first, second))
    run = Run(back_ms={first.order: SHIFT_MS + 20 * MINUTE_MS, second.order: SHIFT_MS + 30 * MINUTE_MS})
    one = batch(day, "03-010")
    run.trips = [
        picking_trip(replace(one, slots=(first.order,), distance_mm=30_000), 0, 20),
        picking_trip(replace(one, slots=(second.order,), distance_mm=50_000), 20, 30),
    ]
    made = figures_of("by hand", day, run, [0.5, 0.25])
    assert made.metres_per_line == 80 / day.lines
    assert (made.lists, made.orders_per_list, made.late_orders) == (2, 1.0, 1)
    assert (made.cycle_p50_min, made.cycle_max_min, made.busy_share) == (30, 30, 1.0)
    assert (made.planner_calls, made.planner_s) == (2, 0.75)


def picking_trip(walked: Batch, left_min: int, back_min: int) -> Trip:
    """A list that was out from then until then, in minutes of the shift."""
    return Trip(walked, SHIFT_MS + left_min * MINUTE_MS, SHIFT_MS + back_min * MINUTE_MS)


def test_the_command_prints_the_table_and_writes_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "day.csv"
    picking_day.main(["--orders", "60", "--pickers", "3", "--only", "quick", "--csv", str(file)])
    with pytest.raises(SystemExit, match="teleport"):
        picking_day.main(["--orders", "1", "--only", "teleport"])
    shown = capsys.readouterr().out
    assert "A day of 60 orders, 3 pickers" in shown
    assert "orders/list" in shown
    with file.open(newline="") as lines:
        table = list(csv.DictReader(lines))
    assert all(float(row["m/line"]) > 0 and int(row["plans"]) > 0 for row in table)
    assert [row["policy"] for row in table] == [
        "continuous 20 s, quick",
        "continuous 120 s, quick",
        "wave 15 min, quick",
    ]
