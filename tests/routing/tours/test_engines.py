"""What each engine behind the door claims, alone."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from routing import Effort, Layout
from routing.exact.lanes import Costs, Lanes
from routing.exact.phases import Wish, phased_cost
from routing.tours.bound import round_bound
from routing.tours.legs import Legs
from routing.tours.ortools_tour import improve_round
from routing.tours.search import charge, length, search
from routing.tours.subsets import best_round
from routing.tours.visits import Demands, no_demands
from tests.routing.floors import DEPOT, block, efforts, layouts, special_floors


@st.composite
def legs_of(draw: st.DrawFn, *, least: int, most: int) -> Costs:
    """Any legs that keep the triangle inequality, in one direction as dear as in the other or not."""
    count = draw(st.integers(least, most))
    rng = Random(draw(st.integers(0, 10**6)))
    legs = np.array([[rng.randrange(1, 1_000) for _ in range(count)] for _ in range(count)], np.int64)
    if draw(st.booleans()):
        legs = np.minimum(legs, legs.T)
    np.fill_diagonal(legs, 0)
    for node in range(count):
        np.minimum(legs, legs[:, node, None] + legs[None, node], out=legs)
    return legs


def demands_of(rng: Random, nodes: int) -> Demands:
    """One hard and one soft rule over these nodes, each perhaps early or late, never both."""
    marks = [[rng.choice(["", "early", "late"]) for _ in range(2)] for _ in range(nodes)]
    early, late = (
        np.array([0, *(sum(1 << n for n, one in enumerate(mark) if one == side) for mark in marks)], np.int64)
        for side in ("early", "late")
    )
    weights = np.array([0, *(rng.randrange(1, 4) for _ in range(nodes))], np.int64)
    return Demands(early, late, weights, 1, np.array([0, rng.choice([50, 700])], np.int64))


WAY_BACK_FOR_NOTHING = np.array(
    [
        [0, 926, 781, 306, 640],
        [38, 0, 123, 344, 26],
        [183, 792, 0, 489, 3],
        [268, 831, 949, 0, 334],
        [180, 982, 961, 486, 0],
    ],
    np.int64,
)
"""Where the way back to the depot becomes cheaper than nothing by the bound's prices."""


@given(st.one_of(layouts(), special_floors()), efforts(), st.data())
@settings(max_examples=40, deadline=None)
def test_legs_are_what_walks_find(layout: Layout, effort: Effort, data: st.DataObject) -> None:
    walks, legs = effort.walks(layout), Legs.of(layout, effort)
    near = [one for one in layout.spots if layout.reaches(DEPOT, one)]
    spots = data.draw(st.lists(st.sampled_from(near), min_size=1, max_size=6)) if near else []
    standing = [layout.standing(one) for one in spots]
    assert legs.between(spots, spots).tolist() == [[walks.cost(a, b) for b in standing] for a in standing]


@given(legs_of(least=4, most=8))
@example(WAY_BACK_FOR_NOTHING)
@settings(max_examples=60, deadline=None)
def test_no_round_costs_less_than_the_bound(legs: Costs) -> None:
    least, _ = best_round(legs, no_demands(len(legs)))
    assert 0 < round_bound(legs, np.int64(least), 300) <= least
    assert round_bound(legs, np.int64(3 * least), 300) <= least


@given(legs_of(least=2, most=9), st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_a_search_keeps_hard_rules_and_is_never_below_the_least(legs: Costs, seed: int) -> None:
    demands = demands_of(Random(seed), len(legs) - 1)
    least, best = best_round(legs, demands)
    begun = np.array([0, *sorted(best, key=lambda node: demands.late[node] & 1)], np.int64)
    before = length(legs, begun) + charge(begun, demands.arrays)
    found, cost, _ = search(legs, begun, demands.arrays, 3, 60, np.int64(seed + 1), 0)
    assert sorted(found.tolist()) == [*range(len(legs))]
    assert least <= cost == length(legs, found) + charge(found, demands.arrays) <= before < 2**60


@given(legs_of(least=14, most=16))
@settings(max_examples=8, deadline=None)
def test_a_short_search_comes_close_to_the_least(legs: Costs) -> None:
    demands = no_demands(len(legs))
    least, _ = best_round(legs, demands)
    _, cost, _ = search(legs, np.arange(len(legs)), demands.arrays, 3, 300, np.int64(1), least)
    assert cost <= 1.05 * least


@given(legs_of(least=5, most=9))
@settings(max_examples=8, deadline=None)
def test_ortools_never_makes_a_round_worse(legs: Costs) -> None:
    order = [*range(1, len(legs))]
    better = improve_round(legs, order, 0.02)
    assert sorted(better) == order
    before, after = (length(legs, np.array([0, *one])) for one in (order, better))
    assert best_round(legs, no_demands(len(legs)))[0] <= after <= before


@pytest.mark.parametrize("blocks", [1, 2])
@pytest.mark.parametrize("minimise", ["distance", "time"])
@pytest.mark.parametrize("penalty", [None, 900])
def test_two_walks_in_one_sweep_cost_what_the_best_order_costs(
    blocks: int, minimise: str, penalty: int | None
) -> None:
    layout = block(4, 6, blocks=blocks)
    effort = Effort(minimise=minimise, turn_ms=1_500)  # type: ignore[arg-type]
    assert layout.grid is not None
    lanes, legs = Lanes.of(layout.grid, effort), Legs.of(layout, effort)
    for seed in range(12):
        rng = Random(seed)
        stops = rng.sample([one for one in layout.spots if one != DEPOT], 8)
        end = rng.choice([DEPOT, stops[0], "3-3"])
        early = [n % 3 == 0 for n in range(8)]
        late = [n % 3 == 1 for n in range(8)]
        charge_each = 2**60 if penalty is None else penalty * effort.per_mm("")
        demands = Demands(
            np.array([0, *early], np.int64),
            np.array([0, *late], np.int64),
            np.ones(9, np.int64),
            0 if penalty else 1,
            np.array([charge_each if penalty else 0], np.int64),
        )
        matrix = legs.between([DEPOT, *stops], [DEPOT, *stops])
        matrix[:, 0] = legs.between([DEPOT, *stops], [end])[:, 0]
        wishes = [Wish(layout.cell(stop), early[n], late[n], charge_each) for n, stop in enumerate(stops)]
        found = phased_cost(lanes, wishes, layout.cell(DEPOT), layout.cell(end))
        assert found == best_round(matrix, demands)[0]
