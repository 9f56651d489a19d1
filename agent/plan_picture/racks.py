"""The racks of a floor as cells: what stands at one place of an aisle, on its left or on its right."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from math import hypot
from typing import NamedTuple

from agent.plan_picture.floor_facts import stands_above
from agent.plan_picture.floor_map import FloorMap
from agent.plan_picture.shapes import Box, Point
from routing import Layout, Spot

LEFT, RIGHT = -1, 1
_GAP_PX = 1.0  # between cells, where they are large enough
_BESIDE_PX, _SQUARE_PX = 26.0, 20.0


class Rack(NamedTuple):
    """Spots one above the other, and the cell that stands for them."""

    spots: tuple[Spot, ...]
    cell: Box


def racks(floor: FloorMap) -> list[Rack]:
    """All racks. What is said to be on neither side of an aisle is drawn on both."""
    layout = floor.layout
    bins = [spot for spot in layout.spots.values() if spot.kind == "bin"]
    if not layout.decks:
        return list(_beside_ways(floor, bins))
    by_aisle: dict[tuple[str, int, int], list[Spot]] = defaultdict(list)
    for spot in bins:
        by_aisle[spot.aisle, spot.x_mm, floor.deck_of_spot(spot.id)].append(spot)
    return [rack for (_, _, deck), spots in by_aisle.items() for rack in _along(floor, deck, spots)]


def _along(floor: FloorMap, deck: int, spots: Sequence[Spot]) -> Iterator[Rack]:
    """The racks of one aisle."""
    by_y: dict[int, list[Spot]] = defaultdict(list)
    for spot in spots:
        by_y[spot.y_mm].append(spot)
    sides = {y_mm: _sides(here) for y_mm, here in by_y.items()}
    paired = any(len(both) > 1 for both in sides.values())
    for y_mm, both in sides.items():
        above = stands_above(floor.layout, by_y[y_mm][0].id, first=y_mm == min(by_y))
        for side, here in both.items() if paired else ((side, by_y[y_mm]) for side in (LEFT, RIGHT)):
            yield Rack(tuple(here), _cell(floor, deck, here[0], side, above=above))


def _sides(here: Sequence[Spot]) -> Mapping[int, list[Spot]]:
    """Which spots of one place are left and right: bays, or ids of one level, in order; one alone by its bay."""
    by_level: dict[int, list[Spot]] = defaultdict(list)
    for spot in sorted(here, key=lambda spot: (spot.bay, spot.id)):
        by_level[spot.level].append(spot)
    sides: dict[int, list[Spot]] = defaultdict(list)
    for level in by_level.values():
        for n, spot in enumerate(level):
            alone = LEFT if spot.bay % 2 else RIGHT
            sides[alone if len(level) == 1 else LEFT if 2 * n < len(level) else RIGHT].append(spot)
    return sides


def _cell(floor: FloorMap, deck: int, spot: Spot, side: int, *, above: bool) -> Box:
    sizes = floor.measures
    x, y = floor.beside(deck, spot.x_mm, spot.y_mm, above=above)
    left = x + side * sizes.corridor / 2 - (sizes.rack if side == LEFT else 0)
    gap = _GAP_PX if sizes.bay >= 5 else 0.0
    return Box(left, y - sizes.bay / 2 + gap / 2, sizes.rack, max(0.6, sizes.bay - gap), "")


def _beside_ways(floor: FloorMap, bins: Sequence[Spot]) -> Iterator[Rack]:
    """The racks of a floor without aisles: below or to the right of their way, the next one across from it."""
    normals, met = _normals(floor), Counter[Point]()
    for spot in sorted(bins, key=lambda spot: (spot.bay, spot.level, spot.id)):
        at = floor.spot(spot.id)
        nx, ny = normals.get(spot.id, (0.0, 1.0))
        far = (_BESIDE_PX + _SQUARE_PX * (met[at] // 2)) * (-1 if met[at] % 2 else 1)
        met[at] += 1
        x, y = at[0] + far * nx, at[1] + far * ny
        yield Rack((spot,), Box(x - _SQUARE_PX / 2, y - _SQUARE_PX / 2, _SQUARE_PX, _SQUARE_PX, ""))


def _normals(floor: FloorMap) -> dict[str, Point]:
    """Which way is aside of a spot's way, of length 1: downwards, or to the right of an upright way."""
    normals = {}
    for way in floor.layout.rules.ways:
        (ax, ay), (bx, by) = floor.spot(way.start), floor.spot(way.end)
        length = hypot(bx - ax, by - ay) or 1.0
        nx, ny = (ay - by) / length, (bx - ax) / length
        turn = -1 if ny < -0.2 or (abs(ny) <= 0.2 and nx < 0) else 1
        normals[way.start] = normals[way.end] = turn * nx, turn * ny
    return normals


def zones_of(layout: Layout) -> list[str]:
    """The zones that bins are in, in order."""
    return sorted({spot.zone for spot in layout.spots.values() if spot.kind == "bin"})
