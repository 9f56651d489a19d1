"""A proven lower bound of a tour: the 1-tree bound of Held and Karp (Mathematical Programming 1, 1971)."""

from __future__ import annotations

import numpy as np

from routing.distances import Ints

ROUNDS = 40


def tour_bound_mm(matrix: Ints, tour_mm: int, rounds: int = ROUNDS) -> int:
    """No closed tour through all rows of the matrix is shorter than this; `tour_mm` is a known tour's length.

    A tour is a spanning tree over the stops plus two edges at the depot (row 0), so the cheapest such 1-tree is
    a bound. Prices on the stops push its degrees towards the tour's 2 and never make the bound invalid; they are
    integers, so that the bound is exact to the millimetre.
    """
    nodes = len(matrix)
    best = 2 * int(matrix[0].max())
    if nodes < 3:
        return best
    prices, step = np.zeros(nodes, np.int64), 1.0
    for _ in range(rounds):
        length, degrees = _one_tree(matrix + prices[:, None] + prices[None, :])
        bound = length - 2 * int(prices.sum())
        best, step = max(best, bound), step if bound > best else step * 0.8
        excess = degrees - 2
        if best >= tour_mm or not excess.any():
            break
        pull = step * (tour_mm - bound) / float((excess * excess).sum())
        prices += np.rint(pull * excess).astype(np.int64)
    return min(best, tour_mm)


def _one_tree(matrix: Ints) -> tuple[int, Ints]:
    """Length and node degrees of the least 1-tree: Prim's tree over the stops, two edges at the depot."""
    nodes = len(matrix)
    degrees = np.zeros(nodes, np.int64)
    reach, parent = matrix[1].copy(), np.ones(nodes, np.int64)
    outside = np.ones(nodes, bool)
    outside[:2] = False
    length = 0
    far = np.iinfo(np.int64).max
    for _ in range(nodes - 2):
        nearest = int(np.where(outside, reach, far).argmin())
        length += int(reach[nearest])
        degrees[nearest] += 1
        degrees[parent[nearest]] += 1
        outside[nearest] = False
        closer = matrix[nearest] < reach
        reach[closer] = matrix[nearest][closer]
        parent[closer] = nearest
    ends = 1 + np.argpartition(matrix[0, 1:], 1)[:2]
    degrees[ends] += 1
    degrees[0] = 2
    return length + int(matrix[0, ends].sum()), degrees
