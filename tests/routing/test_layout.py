"""The floor: distances are those of the explicit graph, and a metric."""

from __future__ import annotations

import heapq
import pickle
from collections import defaultdict
from itertools import pairwise

import pytest
from hypothesis import given

from routing import Layout, LayoutError, Spot, Way
from tests.routing.floors import DEPOT, block, layouts, special_floors, spot

Node = tuple[int, int]
Graph = dict[Node, dict[Node, int]]


def graph_of(layout: Layout) -> Graph:
    """The floor with every standing point and crossing as a node, walked from neighbour to neighbour."""
    assert layout.grid is not None
    graph: Graph = defaultdict(dict)
    rows: dict[int, list[Node]] = defaultdict(list)

    def join(nodes: list[Node], along: dict[Node, int]) -> None:
        for one, other in pairwise(sorted(nodes, key=along.__getitem__)):
            length = abs(along[one] - along[other])
            graph[one][other] = graph[other][one] = length

    levels = layout.grid.levels_y_mm
    for n, column in enumerate(layout.grid.columns):
        for y_mm in levels:
            rows[y_mm].append((n, y_mm))
        for segment, length_mm in enumerate(column.lengths_mm):
            if length_mm is not None:
                low = levels[segment - 1] if segment else levels[0] - length_mm
                ys = {low, low + length_mm} | {
                    spot.y_mm for spot in layout.spots.values() if layout.cell(spot.id)[1:3] == (n, segment)
                }
                join([(n, y_mm) for y_mm in ys], {(n, y_mm): y_mm for y_mm in ys})
    for row in rows.values():
        join(row, {node: layout.grid.columns[node[0]].x_mm for node in row})
    return graph


def place(layout: Layout, spot_id: str) -> Node:
    """The node of a spot."""
    return layout.cell(spot_id).column, layout.spots[spot_id].y_mm


def dijkstra(graph: Graph, start: Node) -> dict[Node, int]:
    done: dict[Node, int] = {}
    queue = [(0, start)]
    while queue:
        walked, node = heapq.heappop(queue)
        if node not in done:
            done[node] = walked
            for other, length in graph[node].items():
                heapq.heappush(queue, (walked + length, other))
    return done


@given(layouts())
def test_a_distance_is_the_shortest_walk_on_the_explicit_graph(layout: Layout) -> None:
    graph = graph_of(layout)
    for a in layout.spots:
        walks = dijkstra(graph, place(layout, a))
        assert {b: layout.distance_mm(a, b) for b in layout.spots} == {
            b: walks[place(layout, b)] for b in layout.spots
        }


@given(layouts())
def test_distances_are_a_metric(layout: Layout) -> None:
    spots = list(layout.spots)[:8]
    for a in spots:
        assert layout.distance_mm(a, a) == 0
        for b in spots:
            assert layout.distance_mm(a, b) == layout.distance_mm(b, a)
            for c in spots:
                assert layout.distance_mm(a, c) <= layout.distance_mm(a, b) + layout.distance_mm(b, c)


def test_in_one_aisle_the_walk_is_straight() -> None:
    assert block(2, 9).distance_mm("1-2", "1-7") == 5_000


@pytest.mark.parametrize(
    ("a", "b", "walk_mm"),
    [("0-1", "1-1", 1_000 + 3_000 + 1_000), ("0-1", "1-7", 1_000 + 3_000 + 7_000), ("0-7", "1-7", 5_000)],
)
def test_into_another_aisle_the_walk_takes_the_nearer_end(a: str, b: str, walk_mm: int) -> None:
    assert block(2, 9).distance_mm(a, b) == walk_mm


def test_a_configured_cross_aisle_shortens_the_walk() -> None:
    # Bays 4 and 5 stand at 5 m and 6 m, the cross-aisle of the second block at 5.5 m.
    assert block(2, 10).distance_mm("0-4", "1-5") == 4_000 + 3_000 + 5_000
    assert block(2, 10, blocks=2).distance_mm("0-4", "1-5") == 1_000 + 3_000


def test_a_depot_before_the_aisles_walks_up_to_the_first_cross_aisle() -> None:
    assert block(3, 9).distance_mm(DEPOT, "2-0") == 1_000 + 6_000


def test_blocks_whose_aisles_have_names_of_their_own_are_joined() -> None:
    low = [spot(f"L{y}", 0, y, aisle="L") for y in (0, 10)]
    high = [spot(f"H{y}", 4, y, aisle="H") for y in (12, 20)]
    far = [spot(f"F{y}", 1, y, aisle="F") for y in (22, 30)]
    layout = Layout.of([*low, *high, *far])
    assert layout.distance_mm("L0", "H20") == 20 + 4
    assert (
        layout.distance_mm("L0", "F30") == 30 + 4 + 3
    )  # over to the only aisle of the block between, and back


def test_cross_aisles_may_lie_beyond_the_bins_alone() -> None:
    floor = block(2, 10, cross_aisles_y_mm=(0, 11_000), at_aisle_ends=False)
    assert floor.distance_mm("0-0", "1-0") == 1_000 + 3_000 + 1_000
    assert floor.distance_mm("0-9", "1-9") == 1_000 + 3_000 + 1_000


def test_a_one_way_aisle_is_walked_round() -> None:
    floor = block(2, 10, one_way={"1": "up"})
    assert floor.distance_mm("1-2", "1-4") == 2_000
    # Out at the far end, back down the other aisle, and up to it again.
    assert floor.distance_mm("1-4", "1-2") == 5_000 + 3_000 + 9_000 + 3_000 + 2_000
    assert floor.grid is None


def test_a_closed_aisle_cannot_be_entered_but_is_passed_by() -> None:
    floor = block(3, 10, closed_aisles=frozenset({"1"}))
    assert floor.distance_mm("0-0", "2-0") == 6_000
    with pytest.raises(LayoutError, match="'1-3' stands in an aisle that is closed"):
        floor.distance_mm("0-0", "1-3")
    assert len(floor.faults()) == 10


def test_a_mezzanine_is_reached_by_its_lift_alone() -> None:
    lift = Way("0-0", "2-0", 4_000)
    floor = block(3, 10, decks=(frozenset({"C"}),), ways=(lift,))
    assert floor.distance_mm("0-5", "2-5") == 5_000 + 4_000 + 5_000
    assert len(floor.decks) == 2
    without = block(3, 10, decks=(frozenset({"C"}),))
    assert "cut-off: no walk leads from a depot to '2-5' and back" in without.faults()
    with pytest.raises(LayoutError, match="cut-off: no walk leads from '0-5' to '2-5'"):
        without.distance_mm("0-5", "2-5")


def test_a_way_to_nowhere_is_refused() -> None:
    with pytest.raises(LayoutError, match="'moon'"):
        block(1, 2, ways=(Way("0-0", "moon", 1),))


def test_any_floor_can_be_given_as_spots_and_ways() -> None:
    spots = [spot(name, n, n * n) for n, name in enumerate("abcd")]
    ways = [Way("a", "b", 5), Way("b", "c", 5), Way("a", "c", 100), Way("c", "d", 1, one_way=True)]
    floor = Layout.graph(spots, ways)
    assert floor.distance_mm("a", "c") == 10
    assert not floor.reaches("a", "d")
    assert pickle.loads(pickle.dumps(floor)).distance_mm("a", "d") == 11


def test_without_a_depot_the_floor_says_so() -> None:
    assert Layout.of([spot("a", 0, 0)]).faults()[0].startswith("no-depot")


@given(special_floors())
def test_a_special_floor_walks_no_shorter_than_the_plain_one(floor: Layout) -> None:
    plain = Layout.of(floor.spots.values(), floor.rules.cross_aisles_y_mm)
    for a in list(floor.spots)[:6]:
        for b in list(floor.spots)[-6:]:
            if floor.reaches(a, b) and not floor.rules.ways:
                assert floor.distance_mm(a, b) >= plain.distance_mm(a, b)


def test_a_spot_that_is_nowhere_is_named() -> None:
    with pytest.raises(LayoutError, match="'Z-9'"):
        block(1, 1).distance_mm("0-0", "Z-9")


def test_of_two_spots_with_one_id_the_later_counts() -> None:
    layout = Layout.of([spot("a", 0, 0), spot("b", 0, 5), spot("b", 0, 7)])
    assert layout.distance_mm("a", "b") == 7


def test_a_floor_without_bins_still_joins_its_depots() -> None:
    layout = Layout.of([spot("d1", 0, 0, kind="depot"), spot("d2", 3, 4, kind="depot")])
    assert layout.depots == ("d1", "d2")
    assert layout.distance_mm("d1", "d2") == 7


def test_an_empty_floor_is_a_floor() -> None:
    assert Layout.of([]).depots == ()


@given(layouts())
def test_a_layout_travels_to_another_process(layout: Layout) -> None:
    arrived: Layout = pickle.loads(pickle.dumps(layout))
    first, *_, last = layout.spots
    assert arrived == layout
    assert arrived.distance_mm(first, last) == layout.distance_mm(first, last)


def test_a_spot_is_a_value() -> None:
    assert spot("a", 1, 2) == Spot("a", "bin", "A", "", 1, 1, 1, 2)
