"""The tours on the floor: lines with arrows, and the numbers of their stops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import atan2, hypot

from agent.plan_picture.colours import WHITE, tour_colour
from agent.plan_picture.floor_map import FloorMap
from agent.plan_picture.floor_shapes import arrow
from agent.plan_picture.lanes import give_lanes
from agent.plan_picture.lines import Mark, drawn, rounded
from agent.plan_picture.shapes import Disc, Line, Point, Shape, Words
from agent.plan_picture.trails import Trail, trail_of
from routing.paths import Paths
from routing.result import Batch

_LEAST_NUMBERED_PX = 4.6  # a smaller disc has no number that could be read
_DOT_PX = 2.6


@dataclass(frozen=True, slots=True)
class Drawn:
    """A batch with its colour, the lines of its tour (more than one where it rides a lift) and its stops."""

    batch: Batch
    colour: str
    places: tuple[str, ...]
    lines: tuple[tuple[Point, ...], ...]
    marks: tuple[Mark, ...]


def places_of(batch: Batch) -> tuple[str, ...]:
    """Where its tour stops, in walking order: what is taken at one place one after the other is one stop."""
    locations = [stop.location for stop in batch.stops]
    return tuple(here for n, here in enumerate(locations) if n == 0 or here != locations[n - 1])


def drawn_tours(floor: FloorMap, batches: Sequence[tuple[int, Batch]]) -> tuple[list[Drawn], float]:
    """The tours of these batches, numbered for their colours, and the distance between lanes.

    Raises LayoutError where a tour leads to where nobody can walk.
    """
    paths = Paths(floor.layout)
    places = [places_of(batch) for _, batch in batches]
    trails = [
        trail_of(floor, paths, (batch.start, *stops, batch.end))
        for (_, batch), stops in zip(batches, places, strict=True)
    ]
    gap = give_lanes(floor, trails)
    done = zip(batches, places, trails, strict=True)
    return [_drawn(number, batch, stops, trail) for (number, batch), stops, trail in done], gap


def _drawn(number: int, batch: Batch, places: tuple[str, ...], trail: Trail) -> Drawn:
    lines, marks = drawn(trail)
    return Drawn(batch, tour_colour(number), places, tuple(map(tuple, lines)), tuple(marks))


def tour_shapes(floor: FloorMap, tours: Sequence[Drawn], gap: float) -> Iterator[Shape]:
    """All lines, and then all stops: no line hides a number."""
    width = max(0.8, min(3.2, 0.55 * gap))
    radius = stop_radius(floor, len(tours))
    discs = _discs(tours, radius)
    for tour, points in zip(tours, discs, strict=True):
        lines = [tuple(rounded(line)) for line in tour.lines]
        if gap > 3:
            yield from (Line(line, WHITE, width + 1.6, kind="casing") for line in lines)
        yield from (Line(line, tour.colour, width, kind="tour", subject=tour.batch.cart) for line in lines)
        yield from _arrows(tour, points, width, radius)
    for tour, points in zip(tours, discs, strict=True):
        yield from _stops(tour, points, radius)


def stop_radius(floor: FloorMap, tours: int) -> float:
    """How large the discs of stops can be: neighbours in an aisle, and of many tours, must not cover each other."""
    near = 0.5 * floor.measures.bay if floor.layout.decks else 9.0
    return max(
        _DOT_PX,
        min(9.0 if tours <= 8 else 7.5 if tours <= 20 else 5.4, max(near, 8.0 if tours <= 2 else near)),
    )


def _discs(tours: Sequence[Drawn], radius: float) -> list[list[Point]]:
    """Where the discs of stops are: moved along their lines where they would cover each other."""
    taken: set[Point] = set()
    found = []
    for tour in tours:
        points = [_free_place(mark, taken, 2 * radius + 1) for mark in tour.marks]
        found.append(points)
    return found


def _free_place(mark: Mark, taken: set[Point], apart: float) -> Point:
    """The nearest free place on a mark's stretch, not too far; else where it belongs."""
    (ax, ay), (bx, by) = mark.low, mark.high
    length = hypot(bx - ax, by - ay)
    options = [mark.at]
    if length:
        ahead = (bx - ax) / length, (by - ay) / length
        here = (mark.at[0] - ax) * ahead[0] + (mark.at[1] - ay) * ahead[1]
        moves = [way * step * apart / 4 for step in range(1, 8) for way in (-1, 1)]
        options += [
            (ax + (here + move) * ahead[0], ay + (here + move) * ahead[1])
            for move in moves
            if 0 <= here + move <= length
        ]
    free = (point for point in options if all(hypot(point[0] - x, point[1] - y) >= apart for x, y in taken))
    place = next(free, mark.at)
    taken.add(place)
    return place


def _stops(tour: Drawn, points: Sequence[Point], radius: float) -> Iterator[Shape]:
    for number, (place, (x, y)) in enumerate(zip(tour.places, points, strict=True), start=1):
        told = f"{tour.batch.cart} stop {number}: {place}"
        if radius < _LEAST_NUMBERED_PX:
            yield Disc(x, y, _DOT_PX, tour.colour, WHITE, 0.7, told)
            continue
        yield Disc(x, y, radius, tour.colour, WHITE, 1.2, told)
        size = radius * (1.2 if number < 10 else 1.05 if number < 100 else 0.85)
        yield Words(x, y, str(number), size, WHITE, "middle", True, "stop", tour.batch.cart)


def _arrows(tour: Drawn, points: Sequence[Point], width: float, radius: float) -> Iterator[Shape]:
    """An arrow on each long stretch between two stops or corners."""
    clear = radius + 7
    for a, b in (stretch for line in tour.lines for stretch in pairwise(line)):
        length = hypot(b[0] - a[0], b[1] - a[1])
        here = sorted({0.0, length, *(_on(a, b, length, point) for point in points)} - {-1.0})
        low, high = max(pairwise(here), key=lambda pair: pair[1] - pair[0], default=(0.0, 0.0))
        if high - low > 2 * clear + 6:
            share = (low + high) / 2 / length
            at = a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])
            yield arrow(at, atan2(b[1] - a[1], b[0] - a[0]), 2.2 + 1.5 * width, tour.colour)


def _on(a: Point, b: Point, length: float, point: Point) -> float:
    """How far along a stretch a point lies on it; -1 where it does not."""
    if not length:
        return -1.0
    dx, dy = (b[0] - a[0]) / length, (b[1] - a[1]) / length
    along = (point[0] - a[0]) * dx + (point[1] - a[1]) * dy
    aside = abs((point[0] - a[0]) * dy - (point[1] - a[1]) * dx)
    return along if aside < 1.0 and 0 <= along <= length else -1.0
