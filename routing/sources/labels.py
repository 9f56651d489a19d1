"""Labels: states of the sweep with the goods that were taken so far and what they cost.

Labels are rows of two tables. `head` (n, 9): STATE; COST; BOUND, what a whole tour from here costs at the least; MARK,
which stands for the goods; WAITS, the bits of the shelves with a choice that were passed in this segment and are not
decided; NODE, the last of the decisions so far; and the decision of this step: of a segment its number (KIND) and the
entries left out (LOW, HIGH), of a shelf with a choice OPEN or EMPTIED and the entry, else NOTHING. `have` (n, goods) is
what was passed of each good, up to its demand; where some goods are counted exactly there are as many columns again,
less what was emptied for a bonus: so more is better throughout.
"""

from __future__ import annotations

import numpy as np
from numba import njit

STATE, COST, BOUND, MARK, WAITS, NODE, KIND, LOW, HIGH = range(9)
OPEN, EMPTIED, NOTHING = -1, -2, -3
"""Decisions: a shelf with a choice is taken from, or emptied for its bonus; nothing was decided."""

_NEVER = 2**60


@njit(cache=True, nogil=True)
def alike(head, have, one, other):  # type: ignore[no-untyped-def]
    """Whether two labels differ in their costs alone."""
    if head[one, STATE] != head[other, STATE] or head[one, MARK] != head[other, MARK]:
        return False
    if head[one, WAITS] != head[other, WAITS]:
        return False
    for good in range(have.shape[1]):  # noqa: SIM110  # a compiled loop
        if have[one, good] != have[other, good]:
            return False
    return True


@njit(cache=True, nogil=True)
def enter(head, have, places, count):  # type: ignore[no-untyped-def]
    """Take the label that was written at row `count` among the others, or in the stead of a dearer one that is alike;
    returns the new count. `places` is their hash table, -1 where it is empty."""
    seed = head[count, MARK] ^ (head[count, STATE] * 0x1E3779B97F4A7C15) ^ (head[count, WAITS] << 7)
    at = (seed * 0x2545F4914F6CDD1D) >> 17 & (len(places) - 1)
    while places[at] >= 0 and not alike(head, have, places[at], count):
        at = (at + 1) & (len(places) - 1)
    other = places[at]
    if other < 0:
        places[at] = count
        return count + 1
    if head[count, COST] < head[other, COST]:
        head[other] = head[count]
    return count


@njit(cache=True, nogil=True)
def least_of(head, have, count, keep):  # type: ignore[no-untyped-def]
    """Keep the `keep` labels of least bound, in place; returns how many, and the least bound of those that went."""
    if count <= keep:
        return count, _NEVER
    limit = np.partition(head[:count, BOUND].copy(), keep)[keep]
    equal, at = keep, 0
    for label in range(count):
        equal -= head[label, BOUND] < limit
    for label in range(count):
        if head[label, BOUND] == limit:
            equal -= 1
        if head[label, BOUND] < limit or (head[label, BOUND] == limit and equal >= 0):
            head[at], have[at] = head[label], have[label]
            at += 1
    return at, limit


@njit(cache=True, nogil=True)
def dominates(head, have, one, other):  # type: ignore[no-untyped-def]
    """Whether label `one` has and may have all that `other` has."""
    if head[other, WAITS] & ~head[one, WAITS]:
        return False
    for good in range(have.shape[1]):  # noqa: SIM110  # a compiled loop
        if have[one, good] < have[other, good]:
            return False
    return True


@njit(cache=True, nogil=True)
def without_dominated(head, have, count, states, depth):  # type: ignore[no-untyped-def]
    """Drop labels that one of the `depth` cheapest in their state dominates, in place; returns how many are left."""
    order = np.argsort(head[:count, COST].copy(), kind="mergesort")
    eldest, latest = np.full(states, -1, np.int64), np.full(states, -1, np.int64)
    after, gone = np.full(count, -1, np.int64), np.zeros(count, np.bool_)
    for label in order:
        state, tries = head[label, STATE], 0
        other = eldest[state]
        while other >= 0 and tries < depth and not dominates(head, have, other, label):
            other, tries = after[other], tries + 1
        if other >= 0 and tries < depth:
            gone[label] = True
            continue
        if latest[state] < 0:
            eldest[state] = label
        else:
            after[latest[state]] = label
        latest[state] = label
    at = 0
    for label in range(count):
        if not gone[label]:
            head[at], have[at] = head[label], have[label]
            at += 1
    return at


@njit(cache=True, nogil=True)
def thin(head, have, places, count, states, width, depth):  # type: ignore[no-untyped-def]
    """The labels to go on with, in place; empties the hash table; returns how many, and the least bound that went."""
    count = without_dominated(head, have, count, states, depth)
    places[:] = -1
    return least_of(head, have, count, width)


@njit(cache=True, nogil=True)
def make_room(head, have, places, count, width):  # type: ignore[no-untyped-def]
    """Where there is no more room only the `width` best are kept; returns how many, and the least bound that went."""
    if count + 1 < len(head):
        return count, _NEVER
    kept, went = least_of(head, have, count, width)
    places[:] = -1
    for label in range(kept):
        enter(head, have, places, label)
    return kept, went


@njit(cache=True, nogil=True)
def wants_more(have, label, demand):  # type: ignore[no-untyped-def]
    """Whether something is still wanted by a label."""
    for good in range(len(demand)):  # noqa: SIM110  # a compiled loop
        if have[label, good] < demand[good]:
            return True
    return False
