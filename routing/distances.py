"""All walks between a handful of spots at once, as numpy matrices for the planner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from routing.layout import Corridor, Layout

Ints: TypeAlias = NDArray[np.int64]

_NO_WAY = np.int64(2**60)


def distances_mm(layout: Layout, spots: Sequence[str]) -> Ints:
    """`[i, j]` is `layout.distance_mm(spots[i], spots[j])`. Raises LayoutError where one is nowhere."""
    places = [layout.place(spot) for spot in spots]
    corridor = np.array([place.corridor for place in places], np.int64)
    y_mm = np.array([place.y_mm for place in places], np.int64)
    x_mm = _of_corridors(layout, "x_mm")[corridor]
    first = np.maximum.outer(*(_of_corridors(layout, "first")[corridor],) * 2)
    last = np.minimum.outer(*(_of_corridors(layout, "last")[corridor],) * 2)
    walk = np.abs(np.subtract.outer(x_mm, x_mm)) + _along_mm(layout, y_mm, first, last)
    same: Ints = np.where(np.equal.outer(corridor, corridor), np.abs(np.subtract.outer(y_mm, y_mm)), walk)
    apart = first > last
    return np.where(apart, _over_mm(layout, corridor, y_mm), same) if apart.any() else same


def length_mm(matrix: Ints, tour: Sequence[int]) -> int:
    """Length of a walk along these rows of the matrix, in mm."""
    nodes = np.asarray(tour)
    return int(matrix[nodes[:-1], nodes[1:]].sum())


def _of_corridors(layout: Layout, field: str) -> Ints:
    return np.array([getattr(corridor, field) for corridor in layout.corridors], np.int64)


def _along_mm(layout: Layout, y_mm: Ints, first: Ints, last: Ints) -> Ints:
    """The part along y where both share the cross-aisles `first` to `last`; NO_WAY or more where they share none."""
    crossings = np.array(layout.crossings_y_mm, np.int64)
    low, high = np.minimum.outer(y_mm, y_mm), np.maximum.outer(y_mm, y_mm)
    above_each = np.searchsorted(crossings, y_mm)
    above = np.maximum(np.minimum.outer(above_each, above_each), first)
    up = np.where(
        above <= last, np.maximum(0, crossings[np.minimum(above, len(crossings) - 1)] - high), _NO_WAY
    )
    down = np.where(above > first, low - crossings[above - 1], _NO_WAY)
    along: Ints = high - low + 2 * np.minimum(up, down)
    return along


def _over_mm(layout: Layout, corridor: Ints, y_mm: Ints) -> Ints:
    """The walks between corridors that share no cross-aisle, by way of others; 0 for all other pairs."""
    used = np.unique(corridor)
    corridors = [layout.corridors[number] for number in used]
    climbs = np.array(
        [
            [
                layout.climb_mm(int(low), int(high)) if _below(one, other) else 0
                for high, other in zip(used, corridors, strict=True)
            ]
            for low, one in zip(used, corridors, strict=True)
        ]
    )
    crossings = np.array(layout.crossings_y_mm, np.int64)
    up = np.abs(crossings[_of_corridors(layout, "last")[corridor]] - y_mm)
    down = np.abs(crossings[_of_corridors(layout, "first")[corridor]] - y_mm)
    place = np.searchsorted(used, corridor)
    climb = climbs[np.ix_(place, place)]
    upward = np.where(climb > 0, up[:, None] + climb + down[None, :], 0)
    return upward + upward.T


def _below(one: Corridor, other: Corridor) -> bool:
    return one.last < other.first
