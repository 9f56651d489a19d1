"""The lines of tours as they are drawn: in their lanes, round at the corners; and where on them the stops belong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import hypot
from typing import NamedTuple

from agent.plan_picture.shapes import Point
from agent.plan_picture.trails import Halt, Trail


class Mark(NamedTuple):
    """Where the disc of a stop belongs, and the stretch of its line on which it may be moved to make room."""

    at: Point
    low: Point
    high: Point


def drawn(trail: Trail) -> tuple[list[list[Point]], list[Mark]]:
    """The corners of its lines, from start to end, apart where it rides; and the marks of the halts on them."""
    if not trail.runs:
        return [[trail.start, trail.start]], [Mark(halt.at, halt.at, halt.at) for halt in trail.halts]
    corners = [_corner(trail, number) for number in range(1, len(trail.runs))]
    return _lines(trail, corners), [_mark(trail, halt, corners) for halt in trail.halts]


def _lines(trail: Trail, corners: Sequence[Sequence[Point]]) -> list[list[Point]]:
    """Walked stretches between rides; each begins and ends in the middle of the track."""
    lines, line = [], [trail.start]
    for number, run in enumerate(trail.runs):
        if run.rides:
            lines.append([*line, run.a])
            line = [run.b]
            continue
        if len(line) == 1:
            line.append(_shifted(trail, number, run.a))
        if number + 1 < len(trail.runs) and not trail.runs[number + 1].rides:
            line += corners[number]
        else:
            line.append(_shifted(trail, number, run.b))
    return [*lines, [*line, trail.runs[-1].b]]


def _mark(trail: Trail, halt: Halt, corners: Sequence[Sequence[Point]]) -> Mark:
    """On the run, or at the corner where it ends: in the middle of that where people turn round."""
    if halt.run < 0:
        return Mark(trail.start, trail.start, trail.start)
    run = trail.runs[halt.run]
    low, high = _shifted(trail, halt.run, run.a), _shifted(trail, halt.run, run.b)
    if halt.at != run.b or halt.run == len(corners):
        return Mark(_shifted(trail, halt.run, halt.at), low, high)
    corner = corners[halt.run]
    middle = sum(x for x, _ in corner) / len(corner), sum(y for _, y in corner) / len(corner)
    return Mark(middle, low, high)


def _shifted(trail: Trail, number: int, point: Point) -> Point:
    """A point of a run, in its lane: to the right of the direction, y growing downwards."""
    (dx, dy), offset = trail.runs[number].ahead, trail.offsets[number]
    return point[0] - dy * offset, point[1] + dx * offset


def _corner(trail: Trail, number: int) -> tuple[Point, ...]:
    """Where the lane of run `number` is come to from the one before: one point, or two where they do not cross."""
    before, after = trail.runs[number - 1], trail.runs[number]
    end, begin = _shifted(trail, number - 1, before.b), _shifted(trail, number, after.a)
    (ax, ay), (bx, by) = before.ahead, after.ahead
    sine = ax * by - ay * bx
    if abs(sine) < 0.35:
        return end, begin
    along = ((begin[0] - end[0]) * by - (begin[1] - end[1]) * bx) / sine
    return ((end[0] + along * ax, end[1] + along * ay),)


def rounded(points: Sequence[Point], radius: float = 6.0) -> Iterator[Point]:
    """The same line with its corners rounded off: parabolas, which are Bézier curves with the corner in the middle."""
    yield points[0]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        a, b = _towards(corner, before, radius), _towards(corner, after, radius)
        for share in (0.0, 0.25, 0.5, 0.75, 1.0):
            first, middle, last = (1 - share) ** 2, 2 * share * (1 - share), share**2
            yield (
                first * a[0] + middle * corner[0] + last * b[0],
                first * a[1] + middle * corner[1] + last * b[1],
            )
    yield points[-1]


def _towards(corner: Point, other: Point, radius: float) -> Point:
    """From a corner so far towards another point, halfway at most."""
    length = hypot(other[0] - corner[0], other[1] - corner[1])
    share = min(0.5, radius / length) if length else 0.0
    return corner[0] + share * (other[0] - corner[0]), corner[1] + share * (other[1] - corner[1])
