"""The compiled search for good tours under rules: descent by moving and turning pieces, from ever new starts.

An order is an array of nodes; it begins with 0, the depot, to which the walk returns.
"""

from __future__ import annotations

import numpy as np
from numba import njit

_NEVER = 2**60
_PIECE = 12
_KICKS = 20
_SWEEPS = 1_000


@njit(cache=True, nogil=True)
def charge(order, rules):  # type: ignore[no-untyped-def]
    """What the rules (as `Demands.arrays`) charge for an order: NEVER where it breaks a hard one."""
    return fees(order, rules, np.empty(len(order), np.int64))


@njit(cache=True, nogil=True)
def fees(order, rules, out):  # type: ignore[no-untyped-def]
    """As `charge`; `out[p]` becomes what is charged for the node at place p."""
    early, late, weights, hard, penalties = rules
    to_come, cost = np.int64(0), np.int64(0)
    for place in range(len(order) - 1, -1, -1):
        node = order[place]
        broken = late[node] & to_come
        to_come |= early[node]
        out[place] = 0
        if broken & hard:
            return np.int64(_NEVER)
        if broken:
            for rule in range(len(penalties)):
                if broken >> rule & 1:
                    out[place] += weights[node] * penalties[rule]
            cost += out[place]
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
    early, late, hard = rules[0], rules[1], rules[3]
    paid = np.empty(len(order), np.int64)
    charged, piece_paid = fees(order, rules, paid), np.int64(0)
    before, first = order[begin - 1], order[begin]
    there, back = np.int64(0), np.int64(0)  # the walk through the piece, and in the other direction
    piece_early, piece_late = np.int64(0), np.int64(0)
    upset = np.int64(0)  # the rules that know two of its nodes, whose order changes where it is turned
    for end in range(begin, len(order)):
        last, behind = order[end], order[end + 1] if end + 1 < len(order) else order[0]
        if end > begin:
            there += legs[order[end - 1], last]
            back += legs[last, order[end - 1]]
            if piece_early & late[last] & hard:
                upset |= hard
            upset |= (piece_early & late[last]) | (piece_late & early[last])
        piece_paid += paid[end]
        piece_early |= early[last]
        piece_late |= late[last]
        turns = not upset & hard
        if not turns and end - begin >= longest:
            break  # no longer piece can be turned either
        cut = legs[before, first] + legs[last, behind]
        if turns:
            more = legs[before, last] + back + legs[first, behind] - cut - there
            if more < (piece_paid if upset else 0):
                saved = _saved(order, rules, charged, more, upset, begin, end, begin - 1, True, out)
                if saved > 0:
                    return saved
        if end - begin < longest:
            piece = (begin, end, piece_early, piece_late, piece_paid, upset, back - there)
            saved = _move_piece(legs, order, rules, charged, paid, piece, out)
            if saved > 0:
                return saved
    return np.int64(0)


@njit(cache=True, nogil=True)
def _move_piece(legs, order, rules, charged, paid, piece, out):  # type: ignore[no-untyped-def]
    """Apply the first improving move of one piece to another place.

    `piece`: its first and last place, what its nodes are to the rules and are charged for, what is upset and what it
    costs to turn it. A charge is saved for what comes later than before, so what that is charged for is the most that a
    move can save beside the walk.
    """
    early, late, hard = rules[0], rules[1], rules[3]
    begin, end, piece_early, piece_late, piece_paid, upset, turning = piece
    count = len(order)
    before, first, last = order[begin - 1], order[begin], order[end]
    behind = order[end + 1] if end + 1 < count else order[0]
    closing = legs[before, behind] - legs[before, first] - legs[last, behind]
    turns = not upset & hard
    for onward in range(2):
        # Of the nodes that the piece changes places with.
        passed_early, passed_late, passed_paid = np.int64(0), np.int64(0), np.int64(0)
        for step in range(count):
            after = end + 1 + step if onward else begin - 2 - step
            if not 0 <= after < count:
                break
            one, other = order[after], order[after + 1] if after + 1 < count else order[0]
            passed = one if onward else other
            passed_early |= early[passed]
            passed_late |= late[passed]
            if not onward:
                passed_paid += paid[after + 1]
            if hard & (piece_early & passed_late if onward else piece_late & passed_early):
                break
            later = piece_paid if onward else passed_paid
            crossed = (piece_early & passed_late) | (piece_late & passed_early)
            opening = closing - legs[one, other]
            more = opening + legs[one, first] + legs[last, other]
            if more < (later if crossed else 0):
                saved = _saved(order, rules, charged, more, crossed, begin, end, after, False, out)
                if saved > 0:
                    return saved
            more = opening + legs[one, last] + legs[first, other] + turning
            if turns and more < (piece_paid + passed_paid if crossed | upset else 0):
                saved = _saved(order, rules, charged, more, crossed | upset, begin, end, after, True, out)
                if saved > 0:
                    return saved
    return np.int64(0)


@njit(cache=True, nogil=True)
def _saved(order, rules, charged, more, touched, begin, end, after, turned, out):  # type: ignore[no-untyped-def]
    """What a move saves that makes the walk `more` longer; where that is positive, it is done.

    Rules that are `touched` may charge otherwise after it; the hard ones are kept. It is called only where that may be
    so: a call costs more than all else that is looked at for a move.
    """
    moved(order, begin, end, after, turned, out)
    saved = charged - more - charge(out, rules) if touched else -more
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
        for _ in range(_KICKS):
            seed = _kick(now, seed, kicked)
            if charge(kicked, rules) < _NEVER:
                break
        else:
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
