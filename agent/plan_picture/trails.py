"""Tours as straight runs along the tracks of a floor, and where they halt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import hypot
from typing import NamedTuple, TypeAlias

from agent.plan_picture.floor_map import FloorMap
from agent.plan_picture.shapes import Point
from routing.paths import Leg, Paths

_APART_PX = 8.0  # between runs that share a lane one after the other

Track: TypeAlias = tuple[
    str, int
]  # a straight line of the floor: along y, along x, an edge, a ride to another deck


class Run(NamedTuple):
    """A straight walk from `a` to `b` in the middle of a track."""

    track: Track
    a: Point
    b: Point

    @property
    def forwards(self) -> bool:
        """Whether it goes with greater coordinates; lanes of the two directions are apart."""
        if self.track[0] not in ("x", "y"):
            return self.a < self.b
        return self._along(self.a) < self._along(self.b)

    @property
    def rides(self) -> bool:
        """Whether it leads to another deck: nobody walks there on the paper."""
        return self.track[0] == "ride"

    def goes_on_from(self, last: Run) -> bool:
        """Whether it only makes the run before it longer."""
        same = last.track == self.track and last.forwards == self.forwards
        return same and self.track[0] in ("x", "y")

    @property
    def length(self) -> float:
        """In pixels."""
        return hypot(self.b[0] - self.a[0], self.b[1] - self.a[1])

    @property
    def ahead(self) -> Point:
        """The direction, of length 1."""
        return (self.b[0] - self.a[0]) / self.length, (self.b[1] - self.a[1]) / self.length

    def meets(self, other: Run) -> bool:
        """Whether both would cover each other in one lane of their track."""
        if self.track[0] not in ("x", "y"):
            return True
        low, high = sorted((self._along(self.a), self._along(self.b)))
        its_low, its_high = sorted((self._along(other.a), self._along(other.b)))
        return low < its_high + _APART_PX and its_low < high + _APART_PX

    def _along(self, point: Point) -> float:
        return point[self.track[0] == "y"]


class Halt(NamedTuple):
    """Where a tour stops: after or on run number `run` (-1: before it goes anywhere), in the middle of the track."""

    run: int
    at: Point


@dataclass(slots=True)
class Trail:
    """A tour on the paper: its runs, where it halts, and to the right of the middle of each run so many pixels."""

    start: Point
    runs: list[Run] = field(default_factory=list)
    halts: list[Halt] = field(default_factory=list)
    offsets: list[float] = field(default_factory=list)


def trail_of(floor: FloorMap, paths: Paths, spots: Sequence[str]) -> Trail:
    """The trail through these spots; a halt for each of them but the first and the last."""
    trail = Trail(floor.spot(spots[0]))
    legs_to = paths.through(spots)
    for legs in legs_to:
        for leg in legs:
            _go(floor, trail, leg)
        here = trail.runs[-1].b if trail.runs else trail.start
        trail.halts.append(Halt(len(trail.runs) - 1, here))
    trail.halts.pop()
    return trail


def _go(floor: FloorMap, trail: Trail, leg: Leg) -> None:
    """One leg further: the last run becomes longer, or another begins."""
    a, b = floor.on_edge(leg.edge, leg.start_mm), floor.on_edge(leg.edge, leg.end_mm)
    if hypot(b[0] - a[0], b[1] - a[1]) < 1e-6:
        return
    run = Run(_track(floor, leg.edge, a, b), a, b)
    last = trail.runs[-1] if trail.runs else None
    if (
        last is not None
        and last.track == run.track
        and last.forwards == run.forwards
        and run.track[0] != "edge"
    ):
        trail.runs[-1] = last._replace(b=b)
    else:
        trail.runs.append(run)


def _track(floor: FloorMap, edge_number: int, a: Point, b: Point) -> Track:
    edge = floor.layout.network.edges[edge_number]
    if floor.deck_of_node[edge.tail] != floor.deck_of_node[edge.head]:
        return "ride", edge_number
    if abs(a[0] - b[0]) < 1e-6:
        return "y", round(a[0] * 10)
    if abs(a[1] - b[1]) < 1e-6:
        return "x", round(a[1] * 10)
    return "edge", edge_number
