"""The floor below the tours: walkways, racks by zone, what is closed or one-way, and the places of start and end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from math import atan2, cos, hypot, sin

from agent.plan_picture.colours import (
    CLOSED,
    DEPOT,
    DROP,
    GREY,
    GROUND,
    HATCH,
    INK,
    PALE,
    PLACE,
    WALKWAY,
    WHITE,
    paler,
    zone_colour,
)
from agent.plan_picture.floor_map import FloorMap
from agent.plan_picture.racks import Rack, racks, zones_of
from agent.plan_picture.shapes import Area, Box, Line, Point, Shape, Words, hatching
from routing import Problem, Spot, Way

_ARROW_EVERY_PX = 90.0
_MOST_NAMED = 80
_ENDLESS_MM = 2**60


def floor_shapes(floor: FloorMap, taken: Mapping[str, Iterable[str]]) -> Iterator[Shape]:
    """The floor; `taken` are the colours of the tours that take something at a spot."""
    for deck in range(floor.decks):
        left, top, right, bottom = floor.frame(deck)
        yield Box(left, top, right - left, bottom - top, GROUND, 14)
    yield from _walkways(floor)
    yield from _rack_shapes(floor, taken)
    yield from _closed(floor)
    yield from _one_way(floor)
    yield from _ways(floor)
    yield from _aisle_names(floor)


def _walkways(floor: FloorMap) -> Iterator[Shape]:
    """Corridors and cross-aisles; on a floor without aisles, ways."""
    sizes, layout = floor.measures, floor.layout
    for deck, grid in enumerate(layout.decks):
        xs_mm = [column.x_mm for column in grid.columns]
        for level in range(len(grid.levels_y_mm)):
            left, right = (floor.place(deck, x_mm, 0)[0] for x_mm in (min(xs_mm), max(xs_mm)))
            (top, bottom), wide = floor.cross_aisle(deck, level), sizes.corridor / 2 + sizes.rack
            yield Box(left - wide, top, right - left + 2 * wide, bottom - top, WALKWAY, 4)
    for edge in layout.network.edges:
        if edge.axis == "aisle" and edge.tail != edge.head:
            width = sizes.corridor
            (x, low), (_, high) = floor.node(edge.tail), floor.node(edge.head)
            yield Box(x - width / 2, high, width, low - high, WALKWAY)
        elif not layout.decks and edge.axis == "way":
            yield Line((floor.node(edge.tail), floor.node(edge.head)), WALKWAY, 22)


def _rack_shapes(floor: FloorMap, taken: Mapping[str, Iterable[str]]) -> Iterator[Shape]:
    colour = {zone: zone_colour(n) for n, zone in enumerate(zones_of(floor.layout))}
    for rack in racks(floor):
        cell = rack.cell._replace(fill=colour[rack.spots[0].zone], title=_told(rack))
        yield cell._replace(radius=1.5 if min(cell.width, cell.height) > 5 else 0)
        yield from _stripes(cell, [each for spot in rack.spots for each in taken.get(spot.id, ())])


def _told(rack: Rack) -> str:
    return ", ".join(spot.id for spot in rack.spots) + (
        f" · {rack.spots[0].zone}" if rack.spots[0].zone else ""
    )


def _stripes(cell: Box, colours: Iterable[str]) -> Iterator[Shape]:
    """The colours of those who take something here, side by side."""
    distinct = list(dict.fromkeys(colours))
    width = cell.width / max(1, len(distinct))
    for n, colour in enumerate(distinct):
        yield cell._replace(x=cell.x + n * width, width=width, fill=paler(colour))


def _closed(floor: FloorMap) -> Iterator[Shape]:
    """Closed aisles, hatched between their racks; the cross-aisles beside them are open."""
    closed = floor.layout.rules.closed_aisles
    ys_mm: dict[tuple[str, int], set[int]] = defaultdict(set)
    for spot in floor.layout.spots.values():
        if spot.kind == "bin" and spot.aisle in closed:
            ys_mm[spot.aisle, spot.x_mm].add(spot.y_mm)
    for deck, grid in enumerate(floor.layout.decks):
        for column in grid.columns:
            in_aisle = ys_mm.get((column.aisle, column.x_mm), ())
            for low_mm, high_mm in pairwise([-_ENDLESS_MM, *grid.levels_y_mm, _ENDLESS_MM]):
                between = [y_mm for y_mm in in_aisle if low_mm <= y_mm <= high_mm]
                if len(between) > 1 or (between and low_mm < between[0] < high_mm):
                    yield from _barrier(floor, deck, column.x_mm, min(between), max(between))


def _barrier(floor: FloorMap, deck: int, x_mm: int, low_mm: int, high_mm: int) -> Iterator[Shape]:
    half_wide, half_bay = floor.measures.corridor / 2, floor.measures.bay / 2
    x, low = floor.beside(deck, x_mm, low_mm, above=True)
    _, high = floor.beside(deck, x_mm, high_mm, above=False)
    box = Box(x - half_wide, high - half_bay, 2 * half_wide, low - high + 2 * half_bay, CLOSED)
    yield box
    yield from hatching(box, HATCH)


def _one_way(floor: FloorMap) -> Iterator[Shape]:
    """Chevrons along what is walked in one direction alone."""
    for edge in floor.layout.network.edges:
        if edge.up == edge.down or edge.tail == edge.head:
            continue
        ends = floor.node(edge.tail), floor.node(edge.head)
        (ax, ay), (bx, by) = ends if edge.up else ends[::-1]
        steps = max(1, int(hypot(bx - ax, by - ay) / _ARROW_EVERY_PX))
        for n in range(steps):
            share = (n + 0.5) / steps
            yield chevron((ax + share * (bx - ax), ay + share * (by - ay)), atan2(by - ay, bx - ax))


def chevron(at: Point, angle: float, size: float = 8.0) -> Shape:
    """An open arrow head."""
    arms = [(at[0] - size * cos(angle + turn), at[1] - size * sin(angle + turn)) for turn in (0.75, -0.75)]
    return Line((arms[0], at, arms[1]), "#9aa5b1", 2.6)


def arrow(at: Point, angle: float, size: float, colour: str) -> Shape:
    """A filled arrow head with its middle at a point."""
    corners = ((0.0, 1.0), (2.45, 0.85), (-2.45, 0.85))
    return Area(
        tuple(
            (at[0] + size * far * cos(angle + a), at[1] + size * far * sin(angle + a)) for a, far in corners
        ),
        colour,
    )


def _ways(floor: FloorMap) -> Iterator[Shape]:
    """Lifts, stairs and passages beside the aisles; on a floor without aisles, junctions and names."""
    if not floor.layout.decks:
        yield from _junctions(floor)
        return
    for way in floor.layout.rules.ways:
        yield Line((floor.spot(way.start), floor.spot(way.end)), GREY, 2.0, dash=6.0)


def _junctions(floor: FloorMap) -> Iterator[Shape]:
    """Junctions as dots and, on a floor of few places, the names of its bins."""
    for spot in floor.layout.spots.values():
        if spot.kind == "junction":
            x, y = floor.spot(spot.id)
            yield Box(x - 3, y - 3, 6, 6, PALE, 3)
    if len(floor.layout.spots) > _MOST_NAMED:
        return
    for rack in racks(floor):
        (x, y), cell = floor.spot(rack.spots[0].id), rack.cell
        dx = cell.x + cell.width / 2 - x
        if abs(dx) < cell.width * 0.9:
            yield Words(
                cell.x + cell.width / 2, cell.y + cell.height + 9, rack.spots[0].id, 10, GREY, "middle"
            )
        else:
            right = cell.x + cell.width + 4
            yield Words(
                right if dx > 0 else cell.x - 4, y, rack.spots[0].id, 10, GREY, "start" if dx > 0 else "end"
            )


def _aisle_names(floor: FloorMap) -> Iterator[Shape]:
    """The names of aisles above them, where there is room."""
    for deck, grid in enumerate(floor.layout.decks):
        top_mm = max(grid.levels_y_mm)
        for column in grid.columns:
            if column.aisle and floor.measures.corridor > 9 * min(len(column.aisle), 4) * 0.62:
                x, y = floor.place(deck, column.x_mm, top_mm)
                yield Words(x, y - floor.measures.cross / 2 - 10, column.aisle, 12, GREY, "middle", bold=True)


def place_signs(floor: FloorMap, problem: Problem) -> Iterator[Shape]:
    """Where tours start and end, ends of lifts and stairs, all other places that are no bins; on top of everything."""
    starts = {problem.depot, *(problem.start_of(cart) for cart in problem.carts)}
    named = {*starts, *problem.drops}
    if floor.layout.decks:
        for way in floor.layout.rules.ways:
            named |= {way.start, way.end}
            yield from _way_sign(floor, way)
    for spot in floor.layout.spots.values():
        if spot.kind not in ("bin", "junction") or spot.id in named:
            colour = DEPOT if spot.id in starts else DROP if spot.id in problem.drops else PLACE
            yield from _place_sign(floor, spot, colour)


def _way_sign(floor: FloorMap, way: Way) -> Iterator[Shape]:
    """How long a lift or a passage is, in the middle of it."""
    (ax, ay), (bx, by) = floor.spot(way.start), floor.spot(way.end)
    told = f"{way.length_mm / 1000:g} m" + (f" · {way.time_ms / 1000:g} s" if way.time_ms is not None else "")
    x, y, width = (ax + bx) / 2, (ay + by) / 2, 6.2 * len(told) + 10
    yield Box(x - width / 2, y - 8, width, 16, WHITE, 8, PALE)
    yield Words(x, y, told, 10.5, INK, "middle")


def _place_sign(floor: FloorMap, spot: Spot, colour: str) -> Iterator[Shape]:
    x, y = floor.spot(spot.id)
    width = max(34.0, 7.4 * len(spot.id) + 14)
    yield Box(x - width / 2, y - 10, width, 20, colour, 10, WHITE)
    yield Words(x, y, spot.id, 11.5, WHITE, "middle", bold=True)
