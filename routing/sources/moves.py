"""The steps of the label sweep; each reads the labels of a step and writes those of the next.

`now` and `then` are tables of labels (head, have); `places` is the hash table of `then`. All return how many labels
there are then, and the least bound of those that went for want of room.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from routing.exact.lanes import Costs
from routing.exact.states import FROM_HIGH, FROM_LOW, ONCE, TWICE
from routing.sources.cuts import cut_walk, list_cuts, room_for_cuts
from routing.sources.labels import (
    BOUND,
    COST,
    EMPTIED,
    HIGH,
    KIND,
    LOW,
    MARK,
    NOTHING,
    OPEN,
    STATE,
    WAITS,
    enter,
    make_room,
    wants_more,
)

_NEVER = 2**60


class Guide(NamedTuple):
    """What the sweep goes by: `prices` of the goods, the relaxed `rest` (steps + 1, states) under them, the dearest
    cost that is of interest (`upper`); how many labels a step are kept (`width`) and with how many each is compared
    (`depth`).

    After `budget` labels few are kept. `salt`: an odd number for each column of the labels' goods.
    """

    prices: Costs
    rest: Costs
    upper: int
    width: int
    depth: int
    budget: int
    salt: Costs


@njit(cache=True, nogil=True)
def walk_on(field, guide, r, now, n, then, places):  # type: ignore[no-untyped-def]
    """Step r where it walks no segment, for the first `n` labels of `now`."""
    (head, have), (new, got), demand, after, rest = now, then, field.demand, field.after, guide.rest
    count, went, table = 0, _NEVER, field.table[r]
    for label in range(n):
        state = head[label, STATE]
        for option in range(3):
            to = after[table, state, option]
            if to < 0:
                continue
            price = field.price[r, option]
            bound = head[label, BOUND] - rest[r, state] + price + rest[r + 1, to]
            if bound > guide.upper or (to == 0 and wants_more(have, label, demand)):
                continue
            new[count], got[count] = head[label], have[label]
            new[count, STATE], new[count, BOUND], new[count, KIND] = to, bound, NOTHING
            new[count, COST] += price
            count = enter(new, got, places, count)
            count, gone = make_room(new, got, places, count, guide.width)
            went = min(went, gone)
    return count, went


@njit(cache=True, nogil=True)
def apply_cut(field, s, low, high, head, have, label, salt):  # type: ignore[no-untyped-def]
    """Let the label at row `label` pass the entries of segment s that are not left out."""
    a, b = field.first[s], field.first[s + 1]
    waits, mark = 0, 0
    for entry in range(a, b):
        good = field.good[entry]
        if low <= entry < high or good < 0:
            continue
        if field.choice[entry]:
            waits |= 1 << (entry - a)
        else:
            more = min(field.units[entry], field.demand[good] - have[label, good])
            have[label, good] += more
            mark += more * salt[good]
    head[label, MARK] += mark
    head[label, WAITS] = waits
    head[label, KIND] = s if low > a or high < b else NOTHING
    head[label, LOW], head[label, HIGH] = low, high


@njit(cache=True, nogil=True)
def can_be_had(field, s, head, have, label, good):  # type: ignore[no-untyped-def]
    """Whether there is still enough of a good for a label: had, waiting in segment s, or beyond it."""
    short = field.demand[good] - have[label, good] - field.beyond[s + 1, good]
    if short <= 0 or head[label, WAITS] == 0:
        return short <= 0
    for entry in range(field.first[s], field.first[s + 1]):
        if field.good[entry] == good and head[label, WAITS] >> (entry - field.first[s]) & 1:
            short -= field.units[entry]
    return short <= 0


@njit(cache=True, nogil=True)
def is_last_chance(field, s, have, label):  # type: ignore[no-untyped-def]
    """Whether a label must take something in segment s, for want of enough beyond it."""
    for entry in range(field.first[s], field.first[s + 1]):
        good = field.good[entry]
        if good >= 0 and have[label, good] + field.beyond[s + 1, good] < field.demand[good]:
            return True
    return False


@njit(cache=True, nogil=True)
def leaves_enough(field, s, low, high, head, have, label):  # type: ignore[no-untyped-def]
    """Whether a label can do without the entries of segment s that it left out."""
    for entry in range(low, high):
        if field.good[entry] >= 0 and not can_be_had(field, s, head, have, label, field.good[entry]):
            return False
    return True


@njit(cache=True, nogil=True)
def serve(field, guide, r, value, now, n, then, places):  # type: ignore[no-untyped-def]
    """Step r over a segment: every way to serve it, by every label. `value`: see entry_values."""
    (head, have), (new, got), s, rest, good = now, then, field.segment[r], guide.rest, field.good
    a, b, length, turns, end = (
        field.first[s],
        field.first[s + 1],
        field.length[s],
        2 * field.turn,
        field.end[s],
    )
    flat, place, after, count, went = length >= _NEVER, field.place, field.after[field.table[r]], 0, _NEVER
    limit = guide.upper
    cuts = np.empty((room_for_cuts(field, s), 3), np.int64)
    loads, added = np.zeros(len(field.demand), np.int64), np.zeros(len(place), np.int64)
    for label in range(n):
        state, base = head[label, STATE], head[label, BOUND] - rest[r, head[label, STATE]]
        for entry in range(a, b):
            if good[entry] >= 0:
                loads[good[entry]] = have[label, good[entry]]
        listed = list_cuts(field, s, value, loads, added, cuts)
        last_chance = is_last_chance(field, s, have, label)
        for number in range(-1, listed):  # -1 and 0 pass through, once and twice
            cut = max(0, number)
            low, high = cuts[cut, 0], cuts[cut, 1]
            if cut > 0:
                up_to, down_to = place[low - 1] if low > a else 0, length - place[high] if high < b else 0
                option, cost = cut_walk(low, high, a, b, down_to, up_to, turns)
            elif flat:
                option, cost = (FROM_HIGH if end < 0 else FROM_LOW), turns
            else:
                option, cost = (ONCE if number else TWICE), (1 if number else 2) * (length + turns)
            if (number < 0 and flat) or (cut == 0 and not flat and end != 0):
                continue
            to = after[state, option]
            bound = base - cuts[cut, 2] + cost + rest[r + 1, to] if to >= 0 else _NEVER
            if bound > limit:
                went = min(went, bound) if bound <= guide.upper else went
                continue
            new[count], got[count] = head[label], have[label]
            new[count, STATE], new[count, BOUND] = to, bound
            new[count, COST] += cost
            apply_cut(field, s, low, high, new, got, count, guide.salt)
            if last_chance and not leaves_enough(field, s, low, high, new, got, count):
                continue
            count = enter(new, got, places, count)
            count, gone = make_room(new, got, places, count, guide.width)
            went, limit = min(went, gone), min(limit, gone)
    return count, went


@njit(cache=True, nogil=True)
def decide(field, guide, s, entry, now, n, then, places):  # type: ignore[no-untyped-def]
    """Whether to take from a shelf with a choice, for all labels that passed it."""
    (head, have), (new, got), good, units = now, then, field.good[entry], field.units[entry]
    count, went, demand, bit = 0, _NEVER, field.demand[good], 1 << (entry - field.first[s])
    price, exact_at = guide.prices[good], len(field.demand) + good
    hope = max(0, price * units + field.gift[entry])
    for label in range(n):
        passed, more = head[label, WAITS] & bit != 0, min(units, demand - have[label, good])
        for decision in (NOTHING, OPEN, EMPTIED):
            if decision == OPEN and (not passed or more <= 0):
                continue
            if decision == EMPTIED and not (passed and field.bonus[entry]):
                continue
            new[count], got[count] = head[label], have[label]
            new[count, KIND], new[count, LOW] = decision, entry
            cost, paid = 0, 0
            if passed:
                new[count, WAITS] &= ~bit
                paid -= hope
            if decision != NOTHING:
                got[count, good] += more
                new[count, MARK] += more * guide.salt[good]
                paid += more * max(0, price)
                cost = field.extra[entry]
            if decision == EMPTIED:
                got[count, exact_at] -= units
                new[count, MARK] -= units * guide.salt[exact_at]
                paid += units * min(0, price)
                cost = -field.gift[entry]
                if -got[count, exact_at] > demand:
                    continue
            elif decision == NOTHING and passed and not can_be_had(field, s, new, got, count, good):
                continue
            new[count, COST] += cost
            new[count, BOUND] += cost - paid
            if new[count, BOUND] <= guide.upper:
                count = enter(new, got, places, count)
                count, gone = make_room(new, got, places, count, guide.width)
                went = min(went, gone)
    return count, went
