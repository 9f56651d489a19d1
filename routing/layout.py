"""The warehouse floor: where a picker can stand, and how far it is to walk.

The model. Bins with the same aisle and x stand along one *corridor*, which runs along y. At the least
and the greatest y of each corridor, and at every configured y, a *cross-aisle* runs along x through the
whole floor. A corridor reaches every cross-aisle between its own ends and runs straight on to the next
corridor's end beyond them, so blocks that face each other across a cross-aisle are always joined. A depot,
a packing place or a dock that is not in an aisle of bins has a corridor of its own, up and down to the
nearest cross-aisle on either side. Walking is along corridors and cross-aisles only.

It follows that any two spots are connected, and that the distance is a metric.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from routing.errors import LayoutError


@dataclass(frozen=True, slots=True)
class Spot:
    """One place on the floor (`kind` bin, depot, pack or dock) and where a picker stands for it, in mm."""

    id: str
    kind: str
    zone: str
    aisle: str
    bay: int
    level: int
    x_mm: int
    y_mm: int


@dataclass(frozen=True, slots=True)
class Corridor:
    """A walkable line along y at `x_mm`; it reaches the cross-aisles `first` to `last`, both included."""

    x_mm: int
    first: int
    last: int


class Place(NamedTuple):
    """A standing point as the walker sees it: the corridor's number and the y on it."""

    corridor: int
    y_mm: int


@dataclass(frozen=True, slots=True)
class Layout:
    """All spots of a floor by id, and the walks between them. Build it with `Layout.of`."""

    spots: Mapping[str, Spot]
    cross_aisles_y_mm: tuple[int, ...]
    corridors: tuple[Corridor, ...] = field(compare=False, repr=False)
    crossings_y_mm: tuple[int, ...] = field(compare=False, repr=False)
    _places: Mapping[str, Place] = field(compare=False, repr=False)
    _climbs: dict[int, Mapping[int, int]] = field(compare=False, repr=False)

    @classmethod
    def of(cls, spots: Iterable[Spot], cross_aisles_y_mm: Iterable[int] = ()) -> Layout:
        """Lay the floor out. Of two spots with one id the later counts, as a location that has changed."""
        by_id = {spot.id: spot for spot in spots}
        extra = tuple(sorted(set(cross_aisles_y_mm)))
        groups = _group(by_id.values())
        aisles = [_ends(group) for group in groups if _has_bin(group)] or [
            _ends(group) for group in groups[:1]
        ]
        ends = sorted({y_mm for aisle in aisles for y_mm in aisle})
        crossings = tuple(sorted({*ends, *extra}))
        return cls(
            spots=by_id,
            cross_aisles_y_mm=extra,
            corridors=tuple(_corridor(group, ends, crossings) for group in groups),
            crossings_y_mm=crossings,
            _places={spot.id: Place(n, spot.y_mm) for n, group in enumerate(groups) for spot in group},
            _climbs={},
        )

    def __reduce__(self) -> tuple[object, ...]:
        """Travel to the planner's process as the spots alone."""
        return Layout.of, (tuple(self.spots.values()), self.cross_aisles_y_mm)

    @property
    def depots(self) -> tuple[str, ...]:
        """Ids of the spots where tours can start and end, in the order they were given."""
        return tuple(spot.id for spot in self.spots.values() if spot.kind == "depot")

    def place(self, spot_id: str) -> Place:
        """Corridor and y of a spot. Raises LayoutError where there is no such spot."""
        place = self._places.get(spot_id)
        if place is None:
            raise LayoutError(f"unknown-spot: {spot_id!r} is nowhere in the layout")
        return place

    def distance_mm(self, a: str, b: str) -> int:
        """Shortest walk between two spots, in mm. Raises LayoutError where one of them is nowhere."""
        here, there = self.place(a), self.place(b)
        if here.corridor == there.corridor:
            return abs(here.y_mm - there.y_mm)
        one, other = self.corridors[here.corridor], self.corridors[there.corridor]
        first, last = max(one.first, other.first), min(one.last, other.last)
        if first <= last:
            return abs(one.x_mm - other.x_mm) + self._along_mm(here.y_mm, there.y_mm, first, last)
        low, high = (here, there) if one.last < other.first else (there, here)
        leave = self.crossings_y_mm[self.corridors[low.corridor].last]
        enter = self.crossings_y_mm[self.corridors[high.corridor].first]
        climb = self.climb_mm(low.corridor, high.corridor)
        return abs(low.y_mm - leave) + climb + abs(high.y_mm - enter)

    def climb_mm(self, low: int, high: int) -> int:
        """Walk from the last cross-aisle of `low` to the first one of `high`; they share none."""
        if low not in self._climbs:
            self._climbs[low] = dict(self._climbs_from(low))
        return self._climbs[low][high]

    def _along_mm(self, one_y_mm: int, other_y_mm: int, first: int, last: int) -> int:
        """The part along y of a walk that changes corridor at one of the cross-aisles `first` to `last`."""
        low, high = sorted((one_y_mm, other_y_mm))
        above = bisect_left(self.crossings_y_mm, low, first, last + 1)
        detours = []
        if above <= last:
            detours.append(max(0, self.crossings_y_mm[above] - high))
        if above > first:
            detours.append(low - self.crossings_y_mm[above - 1])
        return high - low + 2 * min(detours)

    def _climbs_from(self, low: int) -> Iterator[tuple[int, int]]:
        """Every corridor that starts above `low`'s last cross-aisle, with the walk there.

        Level by level: a shortest walk never turns back down, because each cross-aisle runs through the whole
        floor, so only the sideways part has to be found. What a corridor brings along cannot be bettered there.
        """
        start = self.corridors[low]
        sideways = {start.x_mm: 0}
        for level, (_, above_mm) in enumerate(pairwise(self.crossings_y_mm)):
            if level < start.last:
                continue
            up = {c.x_mm for c in self.corridors if c.first <= level < c.last}
            sideways = {x_mm: sideways.get(x_mm) or _least(sideways, x_mm) for x_mm in up}
            climbed = above_mm - self.crossings_y_mm[start.last]
            for n, corridor in enumerate(self.corridors):
                if corridor.first == level + 1:
                    yield n, climbed + _least(sideways, corridor.x_mm)


def _group(spots: Iterable[Spot]) -> list[list[Spot]]:
    """The spots of each corridor, least x first. Without bins in its aisle a spot keeps to itself."""
    spots = sorted(spots, key=lambda spot: (spot.x_mm, spot.y_mm, spot.aisle, spot.id))
    with_bins = {(spot.aisle, spot.x_mm) for spot in spots if spot.kind == "bin"}
    groups: dict[tuple[str, ...] | tuple[str, int], list[Spot]] = {}
    for spot in spots:
        aisle = (spot.aisle, spot.x_mm)
        groups.setdefault(aisle if aisle in with_bins else ("alone", spot.id, ""), []).append(spot)
    return list(groups.values())


def _has_bin(group: list[Spot]) -> bool:
    return any(spot.kind == "bin" for spot in group)


def _ends(group: list[Spot]) -> tuple[int, int]:
    return group[0].y_mm, group[-1].y_mm


def _corridor(group: list[Spot], ends: list[int], crossings: tuple[int, ...]) -> Corridor:
    """The corridor of these spots, reaching on to the next end of any aisle on either side."""
    low, high = _ends(group)
    if _has_bin(group):
        below, above = bisect_left(ends, low) - 1, bisect_right(ends, high)
    else:
        below, above = bisect_right(ends, low) - 1, bisect_left(ends, high)
    first = bisect_left(crossings, ends[below]) if below >= 0 else 0
    last = bisect_left(crossings, ends[above]) if above < len(ends) else len(crossings) - 1
    return Corridor(group[0].x_mm, first, last)


def _least(sideways: Mapping[int, int], x_mm: int) -> int:
    """The least sideways walk to `x_mm`, given those to other places on the same cross-aisle."""
    return min(walked_mm + abs(x_mm - from_x_mm) for from_x_mm, walked_mm in sideways.items())
