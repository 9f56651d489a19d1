"""A large pool shared out: each search changes only its own batches, which lie on its side of the floor."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from routing.batching.batches import Best, no_best
from routing.batching.pool import Pool

_TURN = 2.399963
"""Between two cuts through the floor, in radians: the golden angle, so that no two cuts are alike."""


def shares_of(places: NDArray[np.float64], best: Best, count: int, number: int) -> NDArray[np.int64]:
    """For each item which of `count` shares it is in: whole batches, those beside each other by cut `number`."""
    angle = _TURN * number
    across = places @ np.array([np.cos(angle), np.sin(angle)])
    batches, of = np.unique(best.of, return_inverse=True)
    middle = np.bincount(of, across) / np.bincount(of)
    rank = np.argsort(np.argsort(middle, kind="stable"), kind="stable")
    return (rank * count // len(batches))[of].astype(np.int64)


def places_of(pool: Pool) -> NDArray[np.float64]:
    """About where each item lies: the mean column and segment of its locations, as shares of the floor (n, 2)."""
    segments, columns = int(pool.floor.facts["levels"][0]) + 1, len(pool.floor.columns)
    row = np.searchsorted(pool.floor.segments["word"], pool.masks["word"], side="right") - 1
    where = np.column_stack([row // segments / columns, row % segments / segments])
    counts = np.diff(pool.items["start"])
    item = np.repeat(np.arange(pool.size), counts)
    means = [np.bincount(item, axis, pool.size) / np.maximum(counts, 1) for axis in where.T]
    return np.column_stack(means)


def merged(pool: Pool, start: Best, shares: NDArray[np.int64], found: Sequence[Best]) -> Best:
    """What each search made of its share of `start`, together."""
    whole = no_best(pool)
    numbers = np.array([each.of for each in found])[shares, np.arange(pool.size)] + pool.size * shares
    batches, whole.of[:] = np.unique(numbers, return_inverse=True)
    for b, number in enumerate(batches.tolist()):
        whole.kind[b] = found[number // pool.size].kind[number % pool.size]
    whole.total[0] = start.total[0] + sum(int(each.total[0] - start.total[0]) for each in found)
    return whole
