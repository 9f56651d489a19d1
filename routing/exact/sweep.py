"""The compiled sweep: the least cost of a tour, column by column, and how it is walked.

Compiled code is kept by `routing.kernel_cache`; `python -m routing.compiled` fills that store at install.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from routing.exact.bits import lowest_bit
from routing.exact.states import FROM_HIGH, FROM_LOW, GAP, ONCE, SKIP, TWICE

_NEVER = 2**60
WORD = 64
"""Stops of a segment are bits of words of this size, least y first."""


@njit(cache=True, nogil=True)
def segment_costs(words, places, length, end, turn, out):  # type: ignore[no-untyped-def]
    """What each option of one segment costs, into `out` (6,).

    `words` are the bits of its stops, `places[b]` the cost from its low end to the stop of bit b, `length` that of
    the whole segment. `end`: 0 for a segment between two cross-aisles, -1 for the dead end below the first, 1 for
    the one above the last.
    """
    first, last, before, gap = -1, -1, -1, 0
    for w in range(len(words)):
        word = words[w]
        while word:
            place = places[w * WORD + lowest_bit(word)]  # type: ignore[call-arg]  # numba passes the first one
            if first < 0:
                first = place
            elif place - before > gap:
                gap = place - before
            before = last = place
            word &= word - np.uint64(1)
    out[:] = _NEVER
    if first < 0:
        out[SKIP] = 0
        if end == 0:
            out[ONCE] = min(length + 2 * turn, _NEVER)
            out[TWICE] = min(2 * length + 4 * turn, _NEVER)
        return
    if end <= 0 and length < _NEVER:
        out[FROM_HIGH] = 2 * (length - first) + 2 * turn
    if end >= 0:
        out[FROM_LOW] = 2 * last + 2 * turn
    if length >= _NEVER:  # it stands on a cross-aisle where no corridor leads off
        out[FROM_HIGH if end < 0 else FROM_LOW] = 2 * turn
    elif end == 0:
        out[ONCE] = length + 2 * turn
        out[TWICE] = 2 * length + 4 * turn
        if gap > 0:
            out[GAP] = 2 * (length - gap) + 4 * turn


@njit(cache=True, nogil=True)
def step(moves, begin, end, options, now, after):  # type: ignore[no-untyped-def]
    """All moves of one table: least costs `after` from those `now`, each state a row."""
    after[:] = _NEVER
    for m in range(begin, end):
        cost = now[moves[m, 0]] + options[moves[m, 2]]
        after[moves[m, 1]] = min(after[moves[m, 1]], cost)


@njit(cache=True, nogil=True)
def traced_step(moves, begin, end, options, now, after, by):  # type: ignore[no-untyped-def]
    """As `step`; `by[s]` is the move that reaches state s at that cost."""
    after[:] = _NEVER
    by[:] = -1
    for m in range(begin, end):
        cost = now[moves[m, 0]] + options[moves[m, 2]]
        if cost < after[moves[m, 1]]:
            after[moves[m, 1]] = cost
            by[moves[m, 1]] = m


@njit(cache=True, nogil=True)
def vertical(moves, starts, levels, options, now, spare):  # type: ignore[no-untyped-def]
    """All segments of one column, `options` (h + 1, 6); returns the arrays with the costs and to spare."""
    for s in range(levels + 1):
        if options[s, SKIP] == 0 and options[s, ONCE] >= _NEVER:
            continue  # nothing to fetch and no way through
        table = levels - 1 if s == 0 else (levels if s == levels else s - 1)
        step(moves, starts[table], starts[table + 1], options[s], now, spare)
        now, spare = spare, now
    return now, spare


@njit(cache=True, nogil=True)
def sideways(moves, starts, levels, options, now, spare):  # type: ignore[no-untyped-def]
    """On to the next column along all cross-aisles; `options[x]` is the cost of x walks."""
    for slot in range(levels):
        table = levels + 1 + slot
        step(moves, starts[table], starts[table + 1], options, now, spare)
        now, spare = spare, now
    return now, spare


@njit(cache=True, nogil=True)
def sweep(moves, starts, accepting, levels, options, steps, flips):  # type: ignore[no-untyped-def]
    """The least cost of a tour through columns of `options` (n, h + 1, 6), `steps[i]` from column i to the next.

    `flips[i]` are the slots of column i, as bits, where the tour ends and does not come back to. NEVER where there is
    no tour.
    """
    now = np.full(len(accepting), _NEVER, np.int64)
    spare = np.full(len(accepting), _NEVER, np.int64)
    along = np.zeros(3, np.int64)
    nothing = np.zeros(1, np.int64)
    now[1] = 0
    for i in range(len(options)):
        now, spare = vertical(moves, starts, levels, options[i], now, spare)
        for slot in range(levels):
            if flips[i] >> slot & 1:
                table = 2 * levels + 1 + slot
                step(moves, starts[table], starts[table + 1], nothing, now, spare)
                now, spare = spare, now
        if i + 1 < len(options):
            along[1], along[2] = steps[i], 2 * steps[i]
            now, spare = sideways(moves, starts, levels, along, now, spare)
    best = _NEVER
    for s in range(len(accepting)):
        if accepting[s] and now[s] < best:
            best = now[s]
    return best


@njit(cache=True, nogil=True)
def traced_sweep(moves, starts, accepting, levels, options, steps, flips, by):  # type: ignore[no-untyped-def]
    """As `sweep`, with the table and the option that was taken in each step of the least tour, first to last.

    `by` (steps of the sweep, states) is working space. Returns cost, tables and options.
    """
    now = np.full(len(accepting), _NEVER, np.int64)
    spare = np.full(len(accepting), _NEVER, np.int64)
    along = np.zeros(3, np.int64)
    nothing = np.zeros(1, np.int64)
    tables = np.zeros(len(by), np.int64)
    now[1] = 0
    row = 0
    for i in range(len(options)):
        for s in range(levels + 1):
            tables[row] = levels - 1 if s == 0 else (levels if s == levels else s - 1)
            traced_step(
                moves, starts[tables[row]], starts[tables[row] + 1], options[i, s], now, spare, by[row]
            )
            now, spare = spare, now
            row += 1
        for slot in range(levels):
            if flips[i] >> slot & 1:
                tables[row] = 2 * levels + 1 + slot
                traced_step(moves, starts[tables[row]], starts[tables[row] + 1], nothing, now, spare, by[row])
                now, spare = spare, now
                row += 1
        if i + 1 < len(options):
            along[1], along[2] = steps[i], 2 * steps[i]
            for slot in range(levels):
                tables[row] = levels + 1 + slot
                traced_step(moves, starts[tables[row]], starts[tables[row] + 1], along, now, spare, by[row])
                now, spare = spare, now
                row += 1
    best, state = _NEVER, -1
    for s in range(len(accepting)):
        if accepting[s] and now[s] < best:
            best, state = now[s], s
    taken = np.zeros(row, np.int64)
    if state >= 0:
        for r in range(row - 1, -1, -1):
            taken[r] = moves[by[r, state], 2]
            state = moves[by[r, state], 0]
    return best, tables[:row], taken
