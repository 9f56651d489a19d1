"""Pictures of plans: every tour and every stop is in them, where it is walked, on floors of any shape."""

from __future__ import annotations

from math import hypot
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from agent.plan_example import example_problem
from agent.plan_picture import plan_picture, png, svg
from agent.plan_picture.floor_map import FloorMap
from agent.plan_picture.lanes import give_lanes
from agent.plan_picture.racks import racks
from agent.plan_picture.shapes import Box, Disc, Drawing, Line, Words, hatching
from agent.plan_picture.tours import places_of
from agent.plan_picture.trails import trail_of
from routing import FloorRules, Layout, Plan, Problem, Spot, Way, quick_plan
from routing.paths import Paths
from tests.routing.floors import DEPOT, block, cart, order, problems

SVG = "{http://www.w3.org/2000/svg}"


def _tours(drawing: Drawing) -> list[Line]:
    return [shape for shape in drawing.shapes if isinstance(shape, Line) and shape.kind == "tour"]


def _numbers(drawing: Drawing, of: str) -> list[str]:
    return [
        each.text
        for each in drawing.shapes
        if isinstance(each, Words) and (each.kind, each.subject) == ("stop", of)
    ]


def _two_decks() -> Problem:
    """A mezzanine by lift, an aisle that is closed and one that is one-way."""
    spots = [Spot(DEPOT, "depot", "", "", 1, 1, 3_000, 0)]
    spots += [Spot(f"lift-{zone}", "junction", zone, "", 1, 1, 9_000, 4_000) for zone in "gm"]
    spots += [
        Spot(
            f"{zone}{aisle}-{bay}", "bin", zone, f"{zone}{aisle}", bay, 1, aisle * 3_000, 2_000 + bay * 1_000
        )
        for zone in "gm"
        for aisle in range(3)
        for bay in range(6)
    ]
    rules = FloorRules(
        decks=(frozenset("m"),),
        ways=(Way("lift-g", "lift-m", 4_000, time_ms=30_000),),
        closed_aisles=frozenset({"g1"}),
        one_way={"m1": "up"},
    )
    orders = (order("O1", "g0-2", "m1-3"), order("O2", "m2-0", "m2-5"), order("O3", "g2-4"))
    return Problem(Layout.of(spots, rules), DEPOT, orders, (cart("c1", slots=2), cart("c2", slots=2)))


def _graph() -> Problem:
    places = {
        DEPOT: (0, 0),
        "a": (4_000, 0),
        "b": (7_000, 3_000),
        "c": (2_000, 5_000),
        "turn": (6_000, 6_000),
    }
    kinds = {DEPOT: "depot", "turn": "junction"}
    spots = [Spot(name, kinds.get(name, "bin"), "", "", 1, 1, *xy) for name, xy in places.items()]
    joined = [(DEPOT, "a"), ("a", "b"), ("b", "turn"), ("turn", "c"), ("c", DEPOT)]
    ways = [Way(one, other, 4_500, one_way=one == "b") for one, other in joined]
    return Problem(Layout.graph(spots, ways), DEPOT, (order("O1", "a", "b", "c"),), (cart(),))


@pytest.mark.parametrize(
    "problem", [example_problem(), _two_decks(), _graph()], ids=["example", "decks", "graph"]
)
def test_there_is_a_line_for_each_tour_and_a_number_for_each_stop(problem: Problem) -> None:
    plan = quick_plan(problem)
    drawing = plan_picture(problem, plan)
    assert {line.subject for line in _tours(drawing)} == {batch.cart for batch in plan.batches}
    assert len({line.colour for line in _tours(drawing)}) == len(plan.batches)
    for batch in plan.batches:
        assert _numbers(drawing, batch.cart) == [str(n + 1) for n in range(len(places_of(batch)))]


@pytest.mark.parametrize(
    "problem", [example_problem(), _two_decks(), _graph()], ids=["example", "decks", "graph"]
)
def test_what_is_drawn_is_as_long_as_what_is_said(problem: Problem) -> None:
    floor, paths = FloorMap(problem.layout, 1_000, 800, 40), Paths(problem.layout)
    for batch in quick_plan(problem).batches:
        spots = (batch.start, *places_of(batch), batch.end)
        legs = [leg for path in paths.through(spots) for leg in path]
        assert sum(leg.length_mm for leg in legs) == batch.distance_mm
        trail = trail_of(floor, paths, spots)
        assert [halt.at for halt in trail.halts] == [
            pytest.approx(floor.spot(place)) for place in spots[1:-1]
        ]
        assert all(
            one.b == pytest.approx(then.a) for one, then in zip(trail.runs, trail.runs[1:], strict=False)
        )


@settings(max_examples=40, deadline=None)
@given(problems())
def test_any_floor_and_plan_can_be_drawn(problem: Problem) -> None:
    plan = quick_plan(problem)
    drawing = plan_picture(problem, plan)
    root = ElementTree.fromstring(svg(drawing))
    lines = [path for path in root.iter(f"{SVG}path") if path.get("class") == "tour"]
    assert [*dict.fromkeys(line.get("data-of") for line in lines)] == [batch.cart for batch in plan.batches]
    stops = [each for each in drawing.shapes if isinstance(each, Disc)]
    assert len(stops) == sum(len(places_of(batch)) for batch in plan.batches)
    assert all(
        0 <= x <= drawing.width and 0 <= y <= drawing.height
        for line in _tours(drawing)
        for x, y in line.points
    )


def test_tours_that_share_an_aisle_walk_beside_each_other() -> None:
    problem = example_problem()
    floor, paths = FloorMap(problem.layout, 1_000, 800, 60), Paths(problem.layout)
    trails = [
        trail_of(floor, paths, (batch.start, *places_of(batch), batch.end))
        for batch in quick_plan(problem).batches
    ]
    gap = give_lanes(floor, trails)
    lanes = [
        (run, offset if run.forwards else -offset)
        for trail in trails
        for run, offset in zip(trail.runs, trail.offsets, strict=True)
    ]
    pairs = [
        (a, b)
        for n, a in enumerate(lanes)
        for b in lanes[:n]
        if a[0].track == b[0].track and a[0].meets(b[0])
    ]
    assert len(pairs) > 10
    assert gap > 1
    assert all(abs(offset - other) > 1 for (_, offset), (_, other) in pairs)


def test_one_cart_alone_is_shown_with_its_picks() -> None:
    problem = example_problem()
    plan = quick_plan(problem)
    batch = plan.batches[1]
    drawing = plan_picture(problem, plan, batch.cart)
    assert {line.subject for line in _tours(drawing)} == {batch.cart}
    told = {each.text for each in drawing.shapes if isinstance(each, Words)}
    assert {f"{stop.qty} × {stop.sku}" for stop in batch.stops} <= told
    assert {stop.location for stop in batch.stops} <= told


def test_the_colours_of_tours_mark_the_racks_they_take_from() -> None:
    problem = example_problem()
    plan = quick_plan(problem)
    floor = FloorMap(problem.layout, 1_130, 1_160, 30 + 2.4 * len(plan.batches))
    taken = {stop.location for batch in plan.batches for stop in batch.stops}
    marked = [rack for rack in racks(floor) if taken & {spot.id for spot in rack.spots}]
    assert len(marked) == len(taken)
    plain = plan_picture(problem, Plan((), (), 0, "none"))
    boxes = [
        [shape for shape in each.shapes if isinstance(shape, Box)]
        for each in (plain, plan_picture(problem, plan))
    ]
    assert len(boxes[1]) - len(boxes[0]) >= len(taken)


def test_names_are_told_as_they_are_whatever_is_in_them() -> None:
    problem = Problem(block(2, 3), DEPOT, (order("O1", "0-1"),), (cart('<"&>'),))
    root = ElementTree.fromstring(svg(plan_picture(problem, quick_plan(problem))))
    assert '<"&>' in [path.get("data-of") for path in root.iter(f"{SVG}path")]
    assert '<"&>' in [text.text for text in root.iter(f"{SVG}text")]


def test_many_tours_leave_their_numbers_out_where_nobody_could_read_them() -> None:
    layout = block(30, 200, blocks=2)
    orders = tuple(order(f"O{n}", f"{n % 30}-{n * 7 % 200}", f"{n % 29}-{n * 3 % 200}") for n in range(60))
    problem = Problem(layout, DEPOT, orders, tuple(cart(f"c{n}", slots=2) for n in range(30)))
    plan = quick_plan(problem)
    drawing = plan_picture(problem, plan)
    assert len(_tours(drawing)) == len(plan.batches) == 30
    assert not any(_numbers(drawing, batch.cart) for batch in plan.batches)
    assert drawing.width <= 1_800


def test_the_pixels_show_the_same_picture() -> None:
    problem = example_problem()
    drawing = plan_picture(problem, quick_plan(problem))
    image = png(drawing)
    assert image.size == (drawing.width, drawing.height)
    for disc in (shape for shape in drawing.shapes if isinstance(shape, Disc)):
        red, green, blue = (int(disc.fill[n : n + 2], 16) for n in (1, 3, 5))
        beside = image.getpixel((round(disc.x - 0.75 * disc.radius), round(disc.y)))
        assert isinstance(beside, tuple)
        assert sum(abs(a - b) for a, b in zip(beside, (red, green, blue), strict=True)) < 90


def test_hatching_stays_in_its_box() -> None:
    box = Box(10, 20, 30, 55, "")
    lines = hatching(box, "#000000")
    assert len(lines) == 12
    for (ax, ay), (bx, by) in (line.points for line in lines):
        assert all(10 <= x <= 40 and 20 <= y <= 75 for x, y in ((ax, ay), (bx, by)))
        assert abs(ax - bx) == pytest.approx(abs(ay - by))
        assert hypot(ax - bx, ay - by) > 0
