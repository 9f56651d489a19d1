"""The compiled search for good tours under rules: descent by moving and turning pieces, from ever new starts.

An order is an array of nodes; it begins with 0, the depot, to which the walk returns.
"""

from __future__ import annotations

import numpy as np
from numba import njit

_NEVER = 2**60
_PIECE = 12
_SWEEPS = 1_000


@njit(cache=True, nogil=True)
def charge(order, rules):  # type: ignore[no-untyped-def]
    """What the rules (as `Demands.arrays`) charge for an order: NEVER where it breaks a hard one."""
    early, late, weights, hard, penalties = rules
    to_come, cost = np.int64(0), np.int64(0)
    for place in range(len(order) - 1, 0, -1):
        node = order[place]
        broken = late[node] & to_come
        if broken & hard:
            return np.int64(_NEVER)
        if broken:
            for rule in range(len(penalties)):
                if broken >> rule & 1:
                    cost += weights[node] * penalties[rule]
        to_come |= early[node]
    return cost


@njit(cache=True, nogil=True)
def length(legs, order):  # type: ignore[no-untyped-def]
    """The cost of the walk alone."""
    walked = legs[order[-1], order[0]]
    for place in range(1, len(order)):
        walked += legs[order[place - 1], order[place]]
    return walked


@njit(cache=True, nogil=True)
def moved(order, begin, end, after, turned, out):  # type: ignore[no-untyped-def]
    """Into `out` the order with its piece `begin` to `end` (places, both with it) behind place `after`, or `turned`."""
    place = 0
    for p in range(-1, len(order)):
        if p >= 0 and not begin <= p <= end:
            out[place] = order[p]
            place += 1
        if p == after:
            for k in range(end - begin + 1):
                out[place] = order[end - k] if turned else order[begin + k]
                place += 1


@njit(cache=True, nogil=True)
def descend(legs, order, rules, longest, sweeps):  # type: ignore[no-untyped-def]
    """Make `order` better as long as moving or turning a piece does, but in no more than so many sweeps.

    Pieces that move have `longest` nodes at most. Returns the cost with what the rules charge, and whether it may
    become better still. `order` must break no hard rule.
    """
    out = np.zeros_like(order)
    cost = length(legs, order) + charge(order, rules)
    for _ in range(sweeps):
        before = cost
        for begin in range(1, len(order)):
            cost -= _improve_from(legs, order, rules, longest, begin, out)
        if cost == before:
            return cost, False
    return cost, True


@njit(cache=True, nogil=True)
def _improve_from(legs, order, rules, longest, begin, out):  # type: ignore[no-untyped-def]
    """Apply the first improving move of a piece that begins here; how much it saved, 0 where there is none."""
    charged = charge(order, rules)
    count = len(order)
    before, first = order[begin - 1], order[begin]
    there, back = np.int64(0), np.int64(0)  # the walk through the piece, and in the other direction
    for end in range(begin, count):
        if end > begin:
            there += legs[order[end - 1], order[end]]
            back += legs[order[end], order[end - 1]]
        last, behind = order[end], order[end + 1] if end + 1 < count else order[0]
        cut = legs[before, first] + legs[last, behind]
        more = legs[before, last] + back + legs[first, behind] - cut - there
        if more < charged:
            saved = _saved(order, rules, charged, more, begin, end, begin - 1, True, out)
            if saved > 0:
                return saved
        if end - begin < longest:
            saved = _move_piece(legs, order, rules, charged, begin, end, back - there, out)
            if saved > 0:
                return saved
    return np.int64(0)


@njit(cache=True, nogil=True)
def _move_piece(legs, order, rules, charged, begin, end, turning, out):  # type: ignore[no-untyped-def]
    """Apply the first improving move of one piece to another place; `turning` is what it costs to walk it backwards."""
    count = len(order)
    before, first, last = order[begin - 1], order[begin], order[end]
    behind = order[end + 1] if end + 1 < count else order[0]
    closing = legs[before, behind] - legs[before, first] - legs[last, behind]
    for after in range(count):
        if begin - 1 <= after <= end:
            continue
        one, other = order[after], order[after + 1] if after + 1 < count else order[0]
        opening = closing - legs[one, other]
        for turned in range(2):
            if turned:
                more = opening + legs[one, last] + legs[first, other] + turning
            else:
                more = opening + legs[one, first] + legs[last, other]
            if more < charged:
                saved = _saved(order, rules, charged, more, begin, end, after, turned == 1, out)
                if saved > 0:
                    return saved
    return np.int64(0)


@njit(cache=True, nogil=True)
def _saved(order, rules, charged, more, begin, end, after, turned, out):  # type: ignore[no-untyped-def]
    """What a move saves that makes the walk `more` longer; where that is positive, it is done."""
    moved(order, begin, end, after, turned, out)
    saved = charged - more - charge(out, rules)
    if saved > 0:
        order[:] = out
    return saved


@njit(cache=True, nogil=True)
def search(legs, order, rules, longest, rounds, seed, target):  # type: ignore[no-untyped-def]
    """The best order found in so many rounds from `order`: exchange two neighbouring pieces at random, descend.

    (Martin, Otto and Felten, Complex Systems 5, 1991, with short pieces.) Ends early at a cost of `target`. Returns
    order, cost and the seed to go on with.
    """
    best = order.copy()
    least, _ = descend(legs, best, rules, longest, _SWEEPS)
    now, now_cost = best.copy(), least
    kicked = order.copy()
    for _ in range(rounds):
        if least <= target or len(order) < 5:
            break
        seed = _kick(now, seed, kicked)
        if charge(kicked, rules) >= _NEVER:
            continue
        cost, _ = descend(legs, kicked, rules, longest, _SWEEPS)
        # A little worse is let pass, so that the search leaves where it is.
        if cost <= now_cost or cost < least + least // 256:
            now[:], now_cost = kicked, cost
        if cost < least:
            best[:], least = kicked, cost
    return best, least, seed


@njit(cache=True, nogil=True)
def _kick(order, seed, out):  # type: ignore[no-untyped-def]
    """Exchange two neighbouring pieces of at most PIECE nodes, into `out`; returns the next seed."""
    seed = _next(seed)
    begin = 1 + seed % (len(order) - 2)
    room = len(order) - begin
    seed = _next(seed)
    first = 1 + seed % min(_PIECE, room - 1)
    seed = _next(seed)
    second = 1 + seed % min(_PIECE, room - first)
    moved(order, begin, begin + first - 1, begin + first + second - 1, False, out)
    return seed


@njit(cache=True, nogil=True)
def _next(seed):  # type: ignore[no-untyped-def]
    """The next of a row of numbers without an order (Park and Miller, CACM 31(10), 1988)."""
    return seed * 48271 % 2147483647
