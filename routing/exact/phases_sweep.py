"""The compiled sweep of two walks at once: the first ends where the second begins."""

from __future__ import annotations

import numpy as np
from numba import njit

_NEVER = 2**60
NEUTRAL, EARLY, LATE, START, END = range(5)


@njit(cache=True, nogil=True)
def phases_sweep(moves, starts, accepting, tables, costs, roles, charges, visit, end):  # type: ignore[no-untyped-def]
    """The least cost of two walks over the rows of a sweep, one after the other; NEVER where there are none.

    Row r is a way of table `tables[r]` where `roles[r]` is negative; both walks may go it at `costs[r]` a time. Else it
    is a stop: START and END are those of all, EARLY is on the first walk, LATE on the second, or at `charges[r]` on
    the first, NEUTRAL on either. The walks meet at one of the EARLY ones. `visit` and `end` are tables.
    """
    count = len(accepting)
    # By whether the place where they meet was passed, the first walk's state and the second's.
    now = np.full((2, count, count), _NEVER, np.int64)
    one, other = np.empty_like(now), np.empty_like(now)
    now[0, 1, 1] = 0
    for r in range(len(tables)):
        role = roles[r]
        if role < 0:
            first_walk(moves, starts, tables[r], costs[r], now, one)
            second_walk(moves, starts, tables[r], costs[r], one, now)
        elif role == START:
            first_walk(moves, starts, end, 0, now, one)
            now, one = one, now
        elif role == END:
            second_walk(moves, starts, end, 0, now, one)
            now, one = one, now
        elif role == EARLY:
            first_walk(moves, starts, end, 0, now, one)
            second_walk(moves, starts, end, 0, one, other)
            first_walk(moves, starts, visit, 0, now, one)
            one[1] = np.minimum(one[1], other[0])
            now, one = one, now
        else:
            second_walk(moves, starts, visit, 0, now, other)
            if charges[r] < _NEVER:
                first_walk(moves, starts, visit, 0, now, one)
                other[:] = np.minimum(other, one + charges[r])
            now, other = other, now
    best = _NEVER
    for first in range(count):
        for second in range(count):
            if accepting[first] and accepting[second]:
                best = min(best, now[1, first, second])
    return best


@njit(cache=True, nogil=True)
def first_walk(moves, starts, table, unit, now, after):  # type: ignore[no-untyped-def]
    """All moves of a table, for the first walk; each of the times costs `unit`."""
    after[:] = _NEVER
    for met in range(2):
        alive = np.empty(now.shape[1], np.bool_)
        for state in range(len(alive)):
            alive[state] = now[met, state].min() < _NEVER
        for m in range(starts[table], starts[table + 1]):
            if not alive[moves[m, 0]] or (moves[m, 2] and unit >= _NEVER):
                continue
            cost = moves[m, 2] * unit
            here, there = now[met, moves[m, 0]], after[met, moves[m, 1]]
            for second in range(len(here)):
                there[second] = min(there[second], here[second] + cost)


@njit(cache=True, nogil=True)
def second_walk(moves, starts, table, unit, now, after):  # type: ignore[no-untyped-def]
    """The same for the second walk."""
    after[:] = _NEVER
    for met in range(2):
        for first in range(now.shape[1]):
            here, there = now[met, first], after[met, first]
            if here.min() >= _NEVER:
                continue
            for m in range(starts[table], starts[table + 1]):
                if moves[m, 2] and unit >= _NEVER:
                    continue
                cost = here[moves[m, 0]] + moves[m, 2] * unit
                there[moves[m, 1]] = min(there[moves[m, 1]], cost)
