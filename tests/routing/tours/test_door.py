"""The door to tours takes any floor, names what is wrong, and proves what it can."""

from __future__ import annotations

from random import Random
from time import monotonic

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing import Effort, FloorRules, Layout, LayoutError, Way, tour
from routing.measure import walk_mm
from tests.routing.floors import DEPOT, block, spot
from tests.routing.tours.trips import Case, cases, cost_of, graph, least_cost


@given(cases(ruled=False))
@settings(max_examples=60, deadline=None)
def test_a_tour_of_few_stops_is_the_least_on_any_floor(case: Case) -> None:
    problem, stops = case.problem, [each.location for each in case.taken]
    found = tour(problem.layout, stops, start=DEPOT, ends=problem.drops, effort=problem.effort)
    assert found.cost == found.bound == least_cost(case)
    assert set(found.spots) == {DEPOT, *stops, found.spots[-1]}
    assert found.distance_mm == walk_mm(problem.layout, found.spots)


@given(st.integers(1, 5), st.integers(20, 40), st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_many_stops_on_aisles_are_proven_and_quick_to_measure(blocks: int, stops: int, rng: Random) -> None:
    layout = block(6, 20, blocks=blocks)
    bins = [one for one in layout.spots if one != DEPOT]
    found = tour(layout, rng.sample(bins, stops), start=DEPOT)
    assert found.gap == 0
    assert found.bound_mm == found.distance_mm == walk_mm(layout, found.spots)


@pytest.mark.parametrize("one_way", [True, False])
def test_many_stops_on_a_graph_are_searched_for_within_the_deadline_and_bounded(one_way: bool) -> None:
    rng = Random(4)
    ways = [(rng.randrange(30), rng.randrange(30), rng.randrange(500, 9_000), one_way) for _ in range(40)]
    layout = graph(30, [way for way in ways if way[0] != way[1]])
    begun = monotonic()
    found = tour(layout, [one for one in layout.spots if one != DEPOT], start=DEPOT, deadline_s=0.3)
    assert monotonic() - begun < 10  # it may be compiled first
    assert set(found.spots) == set(layout.spots)
    assert found.distance_mm == walk_mm(layout, found.spots) == found.cost // 100
    assert 0 < found.bound <= found.cost
    assert found.bound_mm <= found.distance_mm


def test_one_way_aisles_are_gone_round() -> None:
    floor = block(4, 9, one_way={"1": "up", "2": "down"})
    there, back = (tour(floor, [stop], start=DEPOT).distance_mm for stop in ("1-0", "2-0"))
    both_ways = tour(block(4, 9), ["1-0"], start=DEPOT)
    assert there > both_ways.distance_mm
    assert back > both_ways.distance_mm


def test_stops_that_are_named_twice_are_one_and_none_is_a_tour_too() -> None:
    floor = block(3, 9)
    assert tour(floor, ["1-3", "1-3"], start=DEPOT).spots == (DEPOT, "1-3", DEPOT)
    assert tour(floor, [], start=DEPOT).cost == 0
    assert tour(floor, [], start=DEPOT, ends=["2-5"]).distance_mm == floor.distance_mm(DEPOT, "2-5")
    assert tour(floor, [DEPOT], start=DEPOT).distance_mm == 0


def test_of_several_ends_the_best_is_taken() -> None:
    floor = block(5, 9)
    found = tour(floor, ["4-8"], start=DEPOT, ends=[DEPOT, "0-8", "4-7"])
    assert found.spots == (DEPOT, "4-8", "4-7")


@pytest.mark.parametrize("stop", ["nowhere", "1-1", "island"])
def test_what_cannot_be_come_to_is_an_error_that_names_it(stop: str) -> None:
    bins = block(3, 3).spots.values()
    floor = Layout.of([*bins], FloorRules(closed_aisles=frozenset({"1"})))
    lonely = Layout.graph([*bins, spot("island", 0, 0)], [Way(DEPOT, "0-1", 5)])
    with pytest.raises(LayoutError, match=stop):
        tour(lonely if stop == "island" else floor, [stop], start=DEPOT)


def test_handling_counts_in_the_time_and_not_in_the_cost() -> None:
    floor = block(2, 9)
    free, slow = (
        tour(floor, ["1-2", "1-4"], start=DEPOT, effort=Effort(minimise="time", stop_ms=stop_ms))
        for stop_ms in (0, 5_000)
    )
    assert slow.time_ms == free.time_ms + 10_000
    assert slow.cost == free.cost


@given(st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_no_tour_takes_less_time_than_the_one_for_time(rng: Random) -> None:
    floor, effort = block(5, 12, blocks=3), Effort(minimise="time", turn_ms=6_000)
    stops = rng.sample([one for one in floor.spots if one != DEPOT], 20)
    found = tour(floor, stops, start=DEPOT, effort=effort)
    shortest = tour(floor, stops, start=DEPOT)
    assert found.gap == 0
    assert found.cost <= cost_of(floor, effort.walks(floor), shortest.spots)
    assert found.bound_mm == shortest.distance_mm <= found.distance_mm
