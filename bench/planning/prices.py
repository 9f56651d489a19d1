"""Lengths of shortest tours through the stops of many sets of orders, for the baselines.

It is the sweep of `routing.exact` over the columns with stops. The planner has a faster one of its own in
`routing.batching`, with which the baselines share nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bench.planning.freight import Freight, grid_of
from routing.exact.lanes import Lanes
from routing.exact.sweep import WORD, segment_costs, sweep
from routing.layout import Cell


class Prices:
    """Lengths in mm, on floors of parallel aisles that all reach from the first cross-aisle to the last.

    Raises ValueError where the floor is another.
    """

    def __init__(self, freight: Freight) -> None:
        problem = freight.problem
        self._lanes = Lanes.of(grid_of(problem.layout), problem.effort)
        if not (self._lanes.skips and self._lanes.full.all()):
            raise ValueError("the aisles are not all alike")
        self._per_mm = problem.effort.per_mm("")
        depot = problem.layout.cell(problem.depot)
        cells = [
            [depot, *(problem.layout.cell(each.location) for each in part.taken)] for part in freight.parts
        ]
        self._bits, self._places = _bits(self._lanes, cells)

    def of(self, sets: Sequence[Sequence[int]]) -> NDArray[np.int64]:
        """The length of each set's tour, the depot's stop included."""
        start = np.cumsum([0, *map(len, sets)]).astype(np.int64)
        items = np.array([item for each in sets for item in each], np.int64)
        return self._priced(start, items)

    def of_pairs(self, size: int) -> NDArray[np.int64]:
        """(size, size): the tours through two of the first so many orders; of one order where both are the same."""
        one, other = np.triu_indices(size)
        items = np.stack([one, other], axis=1).astype(np.int64).ravel()
        lengths = self._priced(np.arange(0, len(items) + 1, 2, dtype=np.int64), items)
        found = np.zeros((size, size), np.int64)
        found[one, other] = found[other, one] = lengths
        return found

    def _priced(self, start: NDArray[np.int64], items: NDArray[np.int64]) -> NDArray[np.int64]:
        lanes = self._lanes
        x = np.cumsum(np.append(0, lanes.steps[:-1])).astype(np.int64)
        states = lanes.machine
        costs = np.zeros(len(start) - 1, np.int64)
        _price_all(
            states.moves, states.starts, states.accepting, lanes.levels, lanes.lengths, x, lanes.turn,
            self._bits, self._places, start, items, costs,
        )  # fmt: skip
        return costs // self._per_mm


def _bits(lanes: Lanes, cells: Sequence[Sequence[Cell]]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The stops of each order as bits (n, C, h + 1, W), least y first, and what each bit's place costs to walk to."""
    places: dict[tuple[int, int], list[int]] = {}
    for cell in {cell for each in cells for cell in each}:
        places.setdefault((cell.column, cell.segment), []).append(lanes.cost_at(cell))
    words = -(-max((len(set(each)) for each in places.values()), default=1) // WORD)
    shape = (len(lanes.full), lanes.levels + 1)
    costs = np.zeros((*shape, words * WORD), np.int64)
    for segment, each in places.items():
        places[segment] = sorted(set(each))
        costs[segment][: len(places[segment])] = places[segment]
    bits = np.zeros((len(cells), *shape, words), np.uint64)
    for n, each_cells in enumerate(cells):
        for cell in each_cells:
            bit = places[cell.column, cell.segment].index(lanes.cost_at(cell))
            bits[n, cell.column, cell.segment, bit // WORD] |= np.uint64(1 << bit % WORD)
    return bits, costs


@njit(cache=True, nogil=True)
def _price_all(moves, starts, accepting, levels, lengths, x, turn, bits, places, start, items, costs):  # type: ignore[no-untyped-def]
    """The cost of the tour of set k, `items[start[k]:start[k + 1]]`, into `costs[k]`."""
    columns = len(lengths)
    mask = np.zeros(bits.shape[1:], np.uint64)
    options = np.zeros((columns, levels + 1, 6), np.int64)
    at = np.zeros(columns, np.int64)
    flips = np.zeros(columns, np.int64)
    for k in range(len(costs)):
        mask[:] = 0
        for n in range(start[k], start[k + 1]):
            mask |= bits[items[n]]
        count = 0
        for c in range(columns):
            if not mask[c].any():
                continue
            for s in range(levels + 1):
                end = -1 if s == 0 else (1 if s == levels else 0)
                segment_costs(mask[c, s], places[c, s], lengths[c, s], end, turn, options[count, s])
            at[count] = x[c]
            count += 1
        steps = np.diff(at[:count])
        costs[k] = sweep(moves, starts, accepting, levels, options[:count], steps, flips[:count])
