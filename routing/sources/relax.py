"""The relaxation that gives bounds: instead of covering the demand, a walk earns a price for each unit that it passes.

The prices are Lagrange multipliers of the demand; any prices give a bound, and a subgradient ascent looks for good ones
(Held and Karp 1971, the step of Polyak 1969). Earnings of one good within one segment are counted up to its demand.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from routing.exact.states import FROM_HIGH, FROM_LOW, ONCE, TWICE
from routing.sources.cuts import cut_walk, entry_values, list_cuts, room_for_cuts

_NEVER = 2**60


@njit(cache=True, nogil=True)
def price_segment(field, s, listed, cuts, price, cut):  # type: ignore[no-untyped-def]
    """Least cost less earnings of each option of segment s into `price` (6,), and its cut into `cut` (6, 2).

    `cuts` are the cuts of the segment, `listed` of them.
    """
    place, a, b, end = field.place, field.first[s], field.first[s + 1], field.end[s]
    length, turns = field.length[s], 2 * field.turn
    price[:] = _NEVER
    for number in range(1, listed):
        low, high = cuts[number, 0], cuts[number, 1]
        up_to, down_to = place[low - 1] if low > a else 0, length - place[high] if high < b else 0
        option, cost = cut_walk(low, high, a, b, down_to, up_to, turns)
        if cost - cuts[number, 2] < price[option]:
            price[option], cut[option, 0], cut[option, 1] = cost - cuts[number, 2], low, high
    if length >= _NEVER:  # all of it stands on a cross-aisle where no corridor leads off
        option = FROM_HIGH if end < 0 else FROM_LOW
        price[option], cut[option, 0], cut[option, 1] = turns - cuts[0, 2], a, a
    elif end == 0:
        price[ONCE], price[TWICE] = length + turns - cuts[0, 2], 2 * (length + turns) - cuts[0, 2]
        for option in (ONCE, TWICE):
            cut[option, 0], cut[option, 1] = a, a


@njit(cache=True, nogil=True)
def price_all(field, prices, price, cuts):  # type: ignore[no-untyped-def]
    """All segments' options under these prices: into `price` (steps, 6) and `cuts` (steps, 6, 2)."""
    value, added = np.empty(len(field.place), np.int64), np.zeros(len(field.place), np.int64)
    loads, most = np.zeros(len(field.demand), np.int64), 0
    entry_values(field, prices, value)
    for s in range(len(field.length)):
        most = max(most, room_for_cuts(field, s))
    listed = np.empty((most, 3), np.int64)
    for r in range(len(field.table)):
        s = field.segment[r]
        if s >= 0:
            loads[:] = 0
            price_segment(
                field, s, list_cuts(field, s, value, loads, added, listed), listed, price[r], cuts[r]
            )


@njit(cache=True, nogil=True)
def forward(field, price, by):  # type: ignore[no-untyped-def]
    """Least cost of a whole sweep and its last state; `by[r, s]` is state * 6 + option before state s after step r."""
    states, table, after, accepting = len(field.accepting), field.table, field.after, field.accepting
    now, then = np.full(states, _NEVER, np.int64), np.empty(states, np.int64)
    now[1] = 0
    for r in range(len(table)):
        then[:] = _NEVER
        for state in range(states):
            if now[state] >= _NEVER:
                continue
            for option in range(6):
                to = after[table[r], state, option]
                if to >= 0 and price[r, option] < _NEVER and now[state] + price[r, option] < then[to]:
                    then[to] = now[state] + price[r, option]
                    by[r, to] = state * 6 + option
        now, then = then, now
    best, last = _NEVER, -1
    for state in range(states):
        if accepting[state] and now[state] < best:
            best, last = now[state], state
    return best, last


@njit(cache=True, nogil=True)
def backward(field, price):  # type: ignore[no-untyped-def]
    """Least cost of the rest of the sweep from each state before each step (steps + 1, states)."""
    steps, states, table, after = len(field.table), len(field.accepting), field.table, field.after
    rest = np.full((steps + 1, states), _NEVER, np.int64)
    for state in range(states):
        if field.accepting[state]:
            rest[steps, state] = 0
    for r in range(steps - 1, -1, -1):
        for state in range(states):
            for option in range(6):
                to = after[table[r], state, option]
                if to >= 0 and price[r, option] < _NEVER and rest[r + 1, to] < _NEVER:
                    rest[r, state] = min(rest[r, state], rest[r + 1, to] + price[r, option])
    return rest


@njit(cache=True, nogil=True)
def passed_units(field, prices, cuts, by, last, passed):  # type: ignore[no-untyped-def]
    """Units of each good that the relaxed walk to state `last` is paid for, into `passed`."""
    here = np.zeros(len(field.demand), np.int64)
    passed[:] = 0
    state = last
    for r in range(len(field.table) - 1, -1, -1):
        option = by[r, state] % 6
        state = by[r, state] // 6
        s = field.segment[r]
        if s < 0:
            continue
        a, b = field.first[s], field.first[s + 1]
        for entry in range(a, b):
            good = field.good[entry]
            if cuts[r, option, 0] <= entry < cuts[r, option, 1] or good < 0:
                continue
            if not field.choice[entry]:
                here[good] += field.units[entry] if prices[good] > 0 else 0
            elif prices[good] * field.units[entry] + field.gift[entry] > 0:
                passed[good] += field.units[entry]
        for entry in range(a, b):
            good = field.good[entry]
            if good >= 0 and here[good]:
                passed[good] += min(here[good], field.demand[good])
                here[good] = 0


@njit(cache=True, nogil=True)
def ascend(field, prices, upper, rounds, step):  # type: ignore[no-untyped-def]
    """Better prices, in place, by up to so many rounds of subgradient steps; returns their bound and the last step.

    `upper` is the cost that the bound should come near to.
    """
    goods, steps = len(field.demand), len(field.table)
    price, cuts = field.price.copy(), np.zeros((steps, 6, 2), np.int64)
    by = np.zeros((steps, len(field.accepting)), np.int64)
    passed, trial = np.zeros(goods, np.int64), prices.copy()
    smooth, heading = prices.astype(np.float64), np.zeros(goods)
    best, idle = -_NEVER, 0
    for _ in range(rounds):
        price_all(field, trial, price, cuts)
        walk, last = forward(field, price, by)
        value = walk + (trial * field.demand).sum()
        idle += 1
        if value > best:
            if value - best > (upper - best) / 1000:
                idle = 0
            best = value
            prices[:] = trial
        if idle >= 8:
            step, idle = step * 0.6, 0
            smooth[:] = prices
        passed_units(field, trial, cuts, by, last, passed)
        heading = field.demand - passed + 0.5 * heading
        norm = (heading * heading).sum()
        if norm < 1e-9 or step < 0.002:
            break
        smooth += heading * (step * max(upper - value, 1) / norm)
        for good in range(goods):
            if smooth[good] < 0 and not field.exact[good]:
                smooth[good] = 0.0
            trial[good] = np.int64(np.round(smooth[good]))
    return best, step
