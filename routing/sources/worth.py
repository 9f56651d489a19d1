"""What entries are worth: the least that a whole tour costs, by the relaxation, that takes from one of them."""

from __future__ import annotations

import numpy as np
from numba import njit

from routing.exact.states import ONCE, TWICE
from routing.sources.cuts import cut_walk, entry_values, list_cuts, room_for_cuts

_NEVER = 2**60


@njit(cache=True, nogil=True)
def reached(field, price):  # type: ignore[no-untyped-def]
    """Least cost of the sweep up to each state before each step (steps + 1, states)."""
    steps, states, table, after = len(field.table), len(field.accepting), field.table, field.after
    least = np.full((steps + 1, states), _NEVER, np.int64)
    least[0, 1] = 0
    for r in range(steps):
        for state in range(states):
            if least[r, state] >= _NEVER:
                continue
            for option in range(6):
                to = after[table[r], state, option]
                if to >= 0 and price[r, option] < _NEVER:
                    least[r + 1, to] = min(least[r + 1, to], least[r, state] + price[r, option])
    return least


@njit(cache=True, nogil=True)
def option_bounds(after, before, behind, out):  # type: ignore[no-untyped-def]
    """Of each option of a step the least cost of the rest of a tour with it, into `out` (6,)."""
    out[:] = _NEVER
    for state in range(len(before)):
        for option in range(6):
            to = after[state, option]
            if to >= 0 and before[state] < _NEVER and behind[to] < _NEVER:
                out[option] = min(out[option], before[state] + behind[to])


@njit(cache=True, nogil=True)
def entry_bounds(field, prices, least, rest):  # type: ignore[no-untyped-def]
    """Of each entry what a tour that takes from it costs at the least, under these prices.

    `least` and `rest` are the relaxed costs up to each step and from it on. Tours that pass an entry last on a way, and
    find no more there than they passed before, are left out: the same tour does without it.
    """
    bounds, others = np.full(len(field.place), _NEVER, np.int64), np.empty(6, np.int64)
    value, added = np.empty(len(field.place), np.int64), np.zeros(len(field.place), np.int64)
    loads = np.zeros(len(field.demand), np.int64)
    entry_values(field, prices, value)
    for r in range(len(field.table)):
        s = field.segment[r]
        if s < 0:
            continue
        loads[:] = 0
        cuts = np.empty((room_for_cuts(field, s), 3), np.int64)
        listed = list_cuts(field, s, value, loads, added, cuts)
        option_bounds(field.after[field.table[r]], least[r], rest[r + 1], others)
        spread_bounds(field, s, cuts, listed, others, bounds)
    return bounds + (prices * field.demand).sum()


@njit(cache=True, nogil=True)
def spread_bounds(field, s, cuts, listed, others, bounds):  # type: ignore[no-untyped-def]
    """The least of all ways to serve segment s that pass each of its entries, into `bounds`; `others`: see above."""
    a, b, length, turns = field.first[s], field.first[s + 1], field.length[s], 2 * field.turn
    up, down = np.full(b - a + 1, _NEVER, np.int64), np.full(b - a + 1, _NEVER, np.int64)
    for number in range(1, listed):
        low, high = cuts[number, 0], cuts[number, 1]
        up_to, down_to = field.place[low - 1] if low > a else 0, length - field.place[high] if high < b else 0
        option, cost = cut_walk(low, high, a, b, down_to, up_to, turns)
        bound = others[option] + cost - cuts[number, 2]
        up[low - a], down[high - a] = min(up[low - a], bound), min(down[high - a], bound)
    whole = _NEVER
    if length >= _NEVER:
        whole = others.min() + turns - cuts[0, 2]
    elif field.end[s] == 0:
        whole = min(others[ONCE] + length + turns, others[TWICE] + 2 * (length + turns)) - cuts[0, 2]
    for entry in range(b - 1, a - 1, -1):
        up[entry - a] = min(up[entry - a], up[entry - a + 1])
        bounds[entry] = min(whole, up[entry - a + 1])
    for entry in range(a, b):
        down[entry - a] = min(down[entry - a], down[max(0, entry - a - 1)])
        bounds[entry] = min(bounds[entry], down[entry - a])
