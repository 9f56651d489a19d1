"""Paths: they are the shortest walks, whole and in the allowed direction, with few turns."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing import FloorRules, Layout, LayoutError, Spot, Way
from routing.paths import Leg, Paths
from tests.routing.floors import block, layouts


def _point_mm(layout: Layout, edge_number: int, offset_mm: int) -> tuple[float, float]:
    edge = layout.network.edges[edge_number]
    (ax, ay), (bx, by) = layout.network.xy_mm[edge.tail], layout.network.xy_mm[edge.head]
    length_mm = edge.length_mm or 1
    return ax + offset_mm * (bx - ax) / length_mm, ay + offset_mm * (by - ay) / length_mm


def _ends(layout: Layout, leg: Leg) -> tuple[tuple[float, float], tuple[float, float]]:
    return _point_mm(layout, leg.edge, leg.start_mm), _point_mm(layout, leg.edge, leg.end_mm)


@settings(max_examples=60, deadline=None)
@given(layouts(), st.data())
def test_a_path_is_as_long_as_the_distance_says_and_has_no_holes(layout: Layout, data: st.DataObject) -> None:
    a, b = (data.draw(st.sampled_from([*layout.spots])) for _ in range(2))
    legs = Paths(layout).between(a, b)
    assert sum(leg.length_mm for leg in legs) == layout.distance_mm(a, b)
    spot_a, spot_b = layout.spots[a], layout.spots[b]
    assert _ends(layout, legs[0])[0] == (spot_a.x_mm, spot_a.y_mm)
    assert _ends(layout, legs[-1])[1] == (spot_b.x_mm, spot_b.y_mm)
    assert all(_ends(layout, one)[1] == _ends(layout, then)[0] for one, then in pairwise(legs))


def test_a_one_way_aisle_is_entered_where_it_begins() -> None:
    plain = block(3, 5)
    layout = Layout.of(plain.spots.values(), FloorRules(one_way={"1": "down"}))
    legs = Paths(layout).between("depot", "1-2")
    assert sum(leg.length_mm for leg in legs) == layout.distance_mm("depot", "1-2")
    assert legs[-1].end_mm < legs[-1].start_mm
    assert sum(leg.length_mm for leg in legs) > plain.distance_mm("depot", "1-2")


def test_of_equal_walks_the_one_with_fewest_turns_is_taken() -> None:
    layout = block(4, 6, blocks=3)
    legs = Paths(layout).between("0-0", "3-5")
    axes = [layout.network.edges[leg.edge].axis for leg in legs]
    assert sum(one != then for one, then in pairwise(axes)) == 1


def test_the_path_through_a_lift_goes_over_it() -> None:
    spots = [
        Spot(name, "depot" if name == "d" else "bin", "", "", 1, 1, x, 0) for x, name in enumerate("dabc")
    ]
    layout = Layout.graph(spots, [Way("d", "a", 5), Way("a", "b", 7, one_way=True), Way("b", "d", 40)])
    assert [leg.length_mm for leg in Paths(layout).between("d", "b")] == [5, 7]
    assert [leg.length_mm for leg in Paths(layout).between("b", "a")] == [40, 5]
    with pytest.raises(LayoutError, match="cut-off"):
        Paths(layout).between("d", "c")


def test_a_tour_is_a_path_for_each_leg() -> None:
    layout = block(3, 5, blocks=2)
    spots = ["depot", "1-3", "1-3", "2-0", "depot"]
    legs = Paths(layout).through(spots)
    lengths_mm = [sum(leg.length_mm for leg in path) for path in legs]
    assert lengths_mm == [layout.distance_mm(a, b) for a, b in pairwise(spots)]
