"""The dynamic program finds what trying all orders of the stops finds."""

from __future__ import annotations

from itertools import pairwise, permutations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from routing import Effort, FloorRules, Layout
from routing.exact.lanes import Lanes
from routing.exact.states import CLOSED, machine
from routing.exact.tour import exact_tour
from tests.routing.floors import DEPOT, block, layouts, spot

DROP = "drop"


@st.composite
def floors(draw: st.DrawFn) -> Layout:
    """Ragged floors, and regular ones of one to four blocks, with a second end for tours somewhere."""
    if draw(st.booleans()):
        floor = draw(layouts())
    else:
        outside = draw(st.booleans())
        inner = draw(st.lists(st.sampled_from([2_500, 4_000, 6_500]), max_size=3, unique=True))
        floor = block(
            draw(st.integers(1, 6)),
            9,
            cross_aisles_y_mm=(*inner, *((-500, 10_500) if outside else ())),
            at_aisle_ends=not outside,
            closed_aisles=draw(st.frozensets(st.sampled_from("35"), max_size=1)),
        )
    coordinate = st.integers(-5, 30).map(lambda n: n * 500)
    drop = spot(DROP, draw(coordinate), draw(coordinate), kind="pack")
    return Layout.of([*floor.spots.values(), drop], floor.rules)


def walk(layout: Layout, effort: Effort, spots: list[str]) -> int:
    """What the walk through these spots costs, leg by leg."""
    walks = effort.walks(layout)
    legs = [walks.cost(layout.standing(a), layout.standing(b)) for a, b in pairwise(spots)]
    return sum(leg for leg in legs if leg is not None)


@given(floors(), st.randoms(use_true_random=False), st.sampled_from([DEPOT, DROP]), st.booleans())
@settings(max_examples=150)
def test_a_tour_costs_what_the_best_order_of_its_stops_costs(
    layout: Layout, rng: object, end: str, busy: bool
) -> None:
    assert layout.grid is not None
    assume(len(layout.grid.levels_y_mm) <= 5)
    effort = Effort(busy_percent={"1": 50, "2": 300} if busy else {})
    bins = [one for one in layout.spots if one not in (DEPOT, DROP) and layout.reaches(DEPOT, one)]
    assume(bins)
    stops = rng.sample(bins, min(5, len(bins)))  # type: ignore[attr-defined]  # hypothesis gives a Random
    best = min(walk(layout, effort, [DEPOT, *order, end]) for order in permutations(stops))
    cells = [layout.cell(stop) for stop in stops]
    found = exact_tour(Lanes.of(layout.grid, effort), cells, layout.cell(DEPOT), layout.cell(end))
    order = [stops[number] for number in found.order]
    assert sorted(order) == sorted(stops)
    assert best <= walk(layout, effort, [DEPOT, *order, end]) <= found.cost
    if found.proven:
        assert found.cost == best


@given(st.integers(1, 5), st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_turns_are_counted_in_a_single_block(aisles: int, rng: object) -> None:
    layout = block(aisles, 9)
    assert layout.grid is not None
    effort = Effort(minimise="time", turn_ms=2_500)
    bins = [one for one in layout.spots if one != DEPOT]
    stops = rng.sample(bins, 5)  # type: ignore[attr-defined]  # hypothesis gives a Random
    best = min(walk(layout, effort, [DEPOT, *order, DEPOT]) for order in permutations(stops))
    cells = [layout.cell(stop) for stop in stops]
    assert exact_tour(Lanes.of(layout.grid, effort), cells, layout.cell(DEPOT)).cost == best


def test_a_tour_without_stops_is_the_way_to_its_end() -> None:
    layout = Layout.of([*block(3, 4).spots.values(), spot(DROP, 6_000, 0, kind="pack")])
    assert layout.grid is not None
    lanes = Lanes.of(layout.grid, Effort())
    assert exact_tour(lanes, [], layout.cell(DEPOT)).cost == 0
    assert exact_tour(lanes, [], layout.cell(DEPOT), layout.cell(DROP)).cost == 100 * 8_000


def test_many_stops_at_one_place_are_all_there() -> None:
    layout = block(2, 4)
    assert layout.grid is not None
    cells = [layout.cell("1-1"), layout.cell("1-1"), layout.cell("1-1")]
    found = exact_tour(Lanes.of(layout.grid, Effort()), cells, layout.cell(DEPOT))
    assert sorted(found.order) == [0, 1, 2]
    assert found.cost == 100 * 2 * 5_000


def test_an_aisle_may_hold_more_stops_than_a_word_has_bits() -> None:
    layout = block(3, 150, blocks=1)
    assert layout.grid is not None
    stops = [f"1-{bay}" for bay in range(0, 150)]
    found = exact_tour(
        Lanes.of(layout.grid, Effort()), [layout.cell(stop) for stop in stops], layout.cell(DEPOT)
    )
    assert found.cost == 100 * 2 * (3_000 + 150_000)
    assert sorted(found.order) == list(range(150))


@pytest.mark.parametrize(("cross_aisles", "states"), [(2, 7), (3, 25), (4, 113)])
def test_the_states_are_those_of_the_literature(cross_aisles: int, states: int) -> None:
    # Ratliff and Rosenthal count seven with the empty one; Roodbergen and de Koster 25 for two blocks.
    assert machine(cross_aisles).count == states


def test_a_closed_aisle_row_without_corridors_is_a_floor_too() -> None:
    layout = Layout.of([spot(DEPOT, 0, 0, kind="depot"), spot("a", 0, 0, aisle="a")], FloorRules())
    assert layout.grid is not None
    lanes = Lanes.of(layout.grid, Effort())
    assert exact_tour(lanes, [layout.cell("a")], layout.cell(DEPOT)).cost == 0
    assert not CLOSED.component
