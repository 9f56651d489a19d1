"""The sweep from point to point finds what trying all orders finds: with turns, and between any two places."""

from __future__ import annotations

from itertools import permutations
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from routing import Effort, Layout
from routing.exact.frontier import frontier
from routing.exact.frontier_tour import OPEN_LEVELS, frontier_tour
from routing.exact.lanes import Lanes
from tests.routing.floors import DEPOT, block, efforts, layouts
from tests.routing.tours.trips import cost_of


@given(layouts(), efforts(), st.randoms(use_true_random=False), st.booleans())
@settings(max_examples=200, deadline=None)
def test_a_tour_costs_what_the_best_order_of_its_stops_costs(
    layout: Layout, effort: Effort, rng: Random, closed: bool
) -> None:
    assert layout.grid is not None
    assume(len(layout.grid.levels_y_mm) <= OPEN_LEVELS)
    spots = [*layout.spots]
    end = DEPOT if closed else rng.choice(spots)
    stops = rng.sample(spots, min(len(spots), 5))
    walks = effort.walks(layout)
    best = min(cost_of(layout, walks, [DEPOT, *order, end]) for order in permutations(stops))
    cells = [layout.cell(stop) for stop in stops]
    lanes = Lanes.of(layout.grid, effort)
    cost, order = frontier_tour(lanes, cells, layout.cell(DEPOT), layout.cell(end))
    assert sorted(order) == [*range(len(stops))]
    assert cost == best == cost_of(layout, walks, [DEPOT, *(stops[number] for number in order), end])


def test_straight_on_over_a_cross_aisle_is_no_turn() -> None:
    layout = block(1, 9, blocks=3)
    assert layout.grid is not None
    effort = Effort(minimise="time", turn_ms=1_000_000)
    cells = [layout.cell("0-8"), layout.cell("0-4")]
    cost, _ = frontier_tour(Lanes.of(layout.grid, effort), cells, layout.cell(DEPOT))
    # Out of the depot's own corridor and into the aisle, and the same back; 833 us for a millimetre.
    assert cost == 4 * 1_000_000_000 + 2 * 9_000 * 833


@pytest.mark.parametrize(("levels", "open_ended"), [(1, False), (2, False), (3, True), (4, False)])
def test_from_the_empty_state_there_is_a_tour_and_no_move_leads_out_of_the_states(
    levels: int, open_ended: bool
) -> None:
    states = frontier(levels, open_ended=open_ended)
    assert states.accepting[0]
    assert states.accepting[1]
    assert 0 <= states.moves[:, :2].min() <= states.moves[:, :2].max() < states.count
    ends = states.moves[states.starts[states.end] : states.starts[states.end + 1]]
    assert (len(ends) > 0) == open_ended
