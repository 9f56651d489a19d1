"""The compiled sweep from point to point: the least cost of a tour, and how often each way is walked."""

from __future__ import annotations

import numpy as np
from numba import njit

_NEVER = 2**60


@njit(cache=True, nogil=True)
def frontier_sweep(moves, starts, accepting, tables, costs, by):  # type: ignore[no-untyped-def]
    """The least cost of going through `tables`, one after the other, from nothing to a whole tour.

    `costs[r]` is what each of the times costs that the way of row r is walked, NEVER where it cannot be; `by` (rows,
    states) is working space. Returns the cost, NEVER where there is no tour, and the times of each row.
    """
    now = np.full(len(accepting), _NEVER, np.int64)
    after = np.full(len(accepting), _NEVER, np.int64)
    now[1] = 0
    for r in range(len(tables)):
        after[:] = _NEVER
        for m in range(starts[tables[r]], starts[tables[r] + 1]):
            cost = now[moves[m, 0]]
            if moves[m, 2] and costs[r] < _NEVER:
                cost += moves[m, 2] * costs[r]
            elif moves[m, 2]:
                continue
            if cost < after[moves[m, 1]]:
                after[moves[m, 1]] = cost
                by[r, moves[m, 1]] = m
        now, after = after, now
    best, state = _NEVER, -1
    for s in range(len(accepting)):
        if accepting[s] and now[s] < best:
            best, state = now[s], s
    times = np.zeros(len(tables), np.int64)
    if state >= 0:
        for r in range(len(tables) - 1, -1, -1):
            times[r] = moves[by[r, state], 2]
            state = moves[by[r, state], 0]
    return best, times
