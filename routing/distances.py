"""All walks between a handful of spots at once, as numpy matrices for the planner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from routing.layout import Layout

Ints: TypeAlias = NDArray[np.int64]

_UNREACHED = np.int64(2**60)


def distances_mm(layout: Layout, spots: Sequence[str]) -> Ints:
    """`[i, j]` is `layout.distance_mm(spots[i], spots[j])`. Raises LayoutError where one is nowhere."""
    places = [layout.place(spot) for spot in spots]
    corridor = np.array([place.corridor for place in places], np.int64)
    y_mm = np.array([place.y_mm for place in places], np.int64)
    x_mm, first, last = (
        np.array([getattr(c, name) for c in layout.corridors], np.int64)[corridor]
        for name in ("x_mm", "first", "last")
    )
    along = np.full((len(spots), len(spots)), _UNREACHED)
    for number, crossing_mm in enumerate(layout.crossings_y_mm):
        leg = np.where((first <= number) & (number <= last), np.abs(y_mm - crossing_mm), _UNREACHED // 2)
        np.minimum(along, leg[:, None] + leg[None, :], out=along)
    aside = np.abs(x_mm[:, None] - x_mm[None, :])
    matrix: Ints = np.where(
        corridor[:, None] == corridor[None, :], np.abs(y_mm[:, None] - y_mm[None, :]), along + aside
    )
    for i, j in np.argwhere(along >= _UNREACHED // 2):
        matrix[i, j] = layout.distance_mm(spots[i], spots[j])
    return matrix


def length_mm(matrix: Ints, tour: Sequence[int]) -> int:
    """Length of a walk along these rows of the matrix, in mm."""
    nodes = np.asarray(tour)
    return int(matrix[nodes[:-1], nodes[1:]].sum())
