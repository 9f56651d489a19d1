"""How long one compiled sweep takes: the length of a tour alone, as the search of batches asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

import numpy as np
from numba import njit

from routing import Effort, Layout
from routing.batching.job import CartType, Item, Job
from routing.batching.pool import pool_of
from routing.batching.sweep import tour_cost, work_for

_TIMES, _RUNS = 500, 9
_NEVER = 2**60


class Sweep:
    """The sweep of one tour from `start` through the stops and back."""

    def __init__(self, layout: Layout, start: str, stops: Sequence[str]) -> None:
        effort = Effort()
        kind = CartType(1, 1, 0, 0, start, (start,))
        pool = pool_of(Job(layout, effort, (Item(tuple(stops), 0, 0, frozenset({0})),), (kind,)))
        if not pool.facts["on_grid"][0]:
            raise ValueError("there is no sweep but on parallel aisles")
        self._floor = pool.floor
        self._work = work_for(pool.floor)
        self._masks = np.zeros((2, len(self._work.mask)), np.uint64)
        self._masks[:, pool.masks["word"]] = pool.masks["bits"]
        self.length_mm = int(_again(self._floor, self._work, self._masks, 1)) // effort.per_mm("")
        """How long the tour is."""

    def took_us(self) -> float:
        """Microseconds for one sweep: the mean of many, in the best of some runs, as others use the cores too."""
        return min(self._run_us() for _ in range(_RUNS))

    def _run_us(self) -> float:
        begun = perf_counter()
        _again(self._floor, self._work, self._masks, _TIMES)
        return 1e6 * (perf_counter() - begun) / _TIMES


@njit(cache=True, nogil=True)
def _again(floor, work, masks, times):  # type: ignore[no-untyped-def]
    """The cost of the tour through the stops of any of the `masks`, which are alike, so many times.

    They come from memory, one after the other, so that the compiler cannot see that it is the same each time.
    """
    cost = np.int64(0)
    for n in range(times):
        work.mask[:] = masks[n % len(masks)]
        cost = tour_cost(floor, work, 0, _NEVER)
    return cost
