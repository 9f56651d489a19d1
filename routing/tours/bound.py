"""A proven lower bound of a tour on any floor: the 1-tree bound of Held and Karp (Mathematical Programming 1, 1971).

A round is a spanning tree over all nodes but the depot, plus one leg that leaves the depot and one that comes back.
Each of its legs goes one way or the other, so the cheaper of both ways never says too much; that holds for one-way
aisles too. A price to leave a node and one to enter it change the cost of every round by the same, for each node is
left and entered once; so prices that push the tree towards a round make the bound better and never wrong. All integers.
"""

from __future__ import annotations

import numpy as np
from numba import njit

_FAR = 2**62
_INERTIA = 0.3


@njit(cache=True, nogil=True)
def round_bound(legs, known, rounds):  # type: ignore[no-untyped-def]
    """No round through all nodes of `legs` (at least 4) costs less; `known` is the cost of one."""
    count = len(legs)
    leave, enter = np.zeros(count, np.int64), np.zeros(count, np.int64)
    # In halves: a leg that is as cheap both ways counts half for each.
    out, into = np.zeros(count, np.int64), np.zeros(count, np.int64)
    push_out, push_in = np.zeros(count), np.zeros(count)
    best, pace, fails, patience = np.int64(0), 1.0, 0, max(5, rounds // 60)
    alike = (legs[1:, 1:] == legs[1:, 1:].T).all()
    for _ in range(rounds):
        bound = one_tree(legs, leave, enter, out, into) - leave.sum() - enter.sum()
        if bound > best:
            best, fails = bound, 0
        else:
            fails += 1
        if fails == patience:
            pace, fails = pace * 0.8, 0
        if best >= known:
            break
        square = _push(out, into, alike, push_out, push_in)
        if square == 0:
            break
        pull = 2 * pace * (known - bound) / square
        for node in range(count):
            leave[node] += np.int64(round(pull * push_out[node]))
            enter[node] += np.int64(round(pull * push_in[node]))
    return min(best, known)


@njit(cache=True, nogil=True)
def _push(out, into, alike, push_out, push_in):  # type: ignore[no-untyped-def]
    """Where prices should go: up where a node has too many legs, with some of where they went before; its square.

    Where all legs are `alike` both ways, nothing is gained by prices that differ.
    """
    square = 0.0
    for node in range(len(out)):
        wrong_out, wrong_in = out[node] - 2.0, into[node] - 2.0
        if alike:
            wrong_out = wrong_in = (wrong_out + wrong_in) / 2
        push_out[node] = (1 - _INERTIA) * wrong_out + _INERTIA * push_out[node]
        push_in[node] = (1 - _INERTIA) * wrong_in + _INERTIA * push_in[node]
        square += push_out[node] ** 2 + push_in[node] ** 2
    return square


@njit(cache=True, nogil=True)
def one_tree(legs, leave, enter, out, into):  # type: ignore[no-untyped-def]
    """Cost of the least 1-tree under these prices; `out` and `into` become the degrees of its nodes, in halves."""
    count = len(legs)
    out[:] = 0
    into[:] = 0
    near, parent = np.full(count, _FAR, np.int64), np.ones(count, np.int64)
    outside = np.ones(count, np.bool_)
    outside[:2] = False
    newest, cost = 1, np.int64(0)
    for _ in range(count - 2):
        nearest = -1
        for node in range(2, count):
            if not outside[node]:
                continue
            there = legs[newest, node] + leave[newest] + enter[node]
            back = legs[node, newest] + leave[node] + enter[newest]
            if min(there, back) < near[node]:
                near[node], parent[node] = min(there, back), newest
            if nearest < 0 or near[node] < near[nearest]:
                nearest = node
        cost += near[nearest]
        _count_leg(legs, leave, enter, parent[nearest], nearest, out, into)
        outside[nearest] = False
        newest = nearest
    return cost + _at_depot(legs, leave, enter, out, into)


@njit(cache=True, nogil=True)
def _count_leg(legs, leave, enter, one, other, out, into):  # type: ignore[no-untyped-def]
    there = legs[one, other] + leave[one] + enter[other]
    back = legs[other, one] + leave[other] + enter[one]
    forth = 2 if there < back else (1 if there == back else 0)
    out[one] += forth
    into[other] += forth
    out[other] += 2 - forth
    into[one] += 2 - forth


@njit(cache=True, nogil=True)
def _at_depot(legs, leave, enter, out, into):  # type: ignore[no-untyped-def]
    """The cheapest leg from node 0 and the cheapest back to it, from two different nodes."""
    best, first, last = np.int64(_FAR), 0, 0
    for one in range(1, len(legs)):
        there = legs[0, one] + leave[0] + enter[one]
        for other in range(1, len(legs)):
            back = legs[other, 0] + leave[other] + enter[0]
            if one != other and there + back < best:
                best, first, last = there + back, one, other
    out[0] = into[0] = 2
    turned = legs[0, last] + leave[0] + enter[last] + legs[first, 0] + leave[first] + enter[0]
    forth = 1 if turned == best else 2
    into[first] += forth
    out[last] += forth
    into[last] += 2 - forth
    out[first] += 2 - forth
    return best
