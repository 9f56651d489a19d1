"""The label sweep over a field.

A label is dropped where its cost, the prices of what it still wants and the relaxed rest of the sweep come to more than
a known choice; where another in its state has as much of everything for less; and beyond `width` labels a step, those
of least promise. Where none was dropped for want of width, the best choice is found.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from routing.sources.cuts import entry_values
from routing.sources.labels import BOUND, COST, HIGH, KIND, NODE, NOTHING, STATE, thin, wants_more
from routing.sources.moves import decide, serve, walk_on

_NEVER = 2**60
_NARROW = 32
"""Labels a step once the budget is spent."""


@njit(cache=True, nogil=True)
def remember(head, count, nodes, used):  # type: ignore[no-untyped-def]
    """Write down the decisions of all labels: a row of `nodes` (node before, decision) each; returns nodes and used."""
    if used + count > len(nodes):
        larger = np.empty((2 * len(nodes) + count, 4), np.int32)
        larger[:used] = nodes[:used]
        nodes = larger
    for label in range(count):
        if head[label, KIND] == NOTHING:
            continue
        nodes[used] = head[label, NODE : HIGH + 1]
        head[label, NODE] = used
        used += 1
    return nodes, used


@njit(cache=True, nogil=True)
def best_of(field, upper, head, have, count, nodes):  # type: ignore[no-untyped-def]
    """Least cost, up to `upper`, of a label that is a whole tour with all that is wanted, and its decisions."""
    best, at = _NEVER, 0
    for label in range(count):
        if not field.accepting[head[label, STATE]] or wants_more(have, label, field.demand):
            continue
        if head[label, COST] <= upper and head[label, COST] < best:
            best, at = head[label, COST], head[label, NODE]
    length, node = 0, at
    while node > 0:
        length, node = length + 1, nodes[node, 0]
    decisions = np.empty((length, 3), np.int64)
    for n in range(length):
        decisions[n] = nodes[at, 1:]
        at = nodes[at, 0]
    return best, decisions


@njit(cache=True, nogil=True)
def sweep_labels(field, guide, now, then, places):  # type: ignore[no-untyped-def]
    """The least cost found, its decisions (n, 3), the least bound that went for want of width, and labels looked at.

    `now`, `then` (labels for some times the width) and `places` (twice as many) are working space.
    """
    nodes, used = np.zeros((4096, 4), np.int32), 1
    n, went, looked, states = 1, _NEVER, 0, len(field.accepting)
    value = np.empty(len(field.place), np.int64)
    entry_values(field, guide.prices, value)
    now[0][0], now[1][0] = 0, 0
    now[0][0, STATE] = 1
    for good in range(len(field.demand)):
        now[0][0, BOUND] += guide.prices[good] * field.demand[good]
    now[0][0, BOUND] += guide.rest[0, 1]
    places[:] = -1
    for r in range(len(field.table)):
        s = field.segment[r]
        first, last = (field.first[s], field.first[s + 1]) if s >= 0 else (0, 0)
        for entry in range(first - 1, last):
            if entry >= first and not field.choice[entry]:
                continue
            if s < 0:
                n, gone = walk_on(field, guide, r, now, n, then, places)
            elif entry < first:
                n, gone = serve(field, guide, r, value, now, n, then, places)
            else:
                n, gone = decide(field, guide, s, entry, now, n, then, places)
            looked += n
            width = guide.width if looked < guide.budget else min(guide.width, _NARROW)
            n, cut = thin(then[0], then[1], places, n, states, width, guide.depth)
            went = min(went, gone, cut)
            nodes, used = remember(then[0], n, nodes, used)
            now, then = then, now
    best, decisions = best_of(field, guide.upper, now[0], now[1], n, nodes)
    return best, decisions, went, looked
