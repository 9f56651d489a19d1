"""The sweep of a batch's tour, kept step by step: so a batch that differs in a few columns is priced by these alone.

A tour through other stops is the same up to the first column that differs and behind the last one. So a trail holds,
for every state of the sweep, what it costs to get there (`ahead`) and what is still to be walked from there (`behind`).
Where stops are only added, what was still to be walked is also the least of what now is, and drops nearly all states.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.batching.arcs import CHOICES
from routing.batching.compiled import inlined, kernel
from routing.batching.floor import Floor
from routing.batching.sweep import START, Work, set_along, set_choices, spread, table_of

_NEVER = 2**60
_BYTES = 24_000_000
_MOST = 512

TRAIL = np.dtype([("name", "u8"), ("cost", "i8")])
_WAY = 0
"""Trails are for floors of one way, which comes back to its start (`Pool.facts.trails`)."""


class Trails(NamedTuple):
    """Room for some trails, of one thread.

    Of trail t: the name of its set on its round (0: none) and the cost of its tour; its bits; per segment what each of
    CHOICES costs; per column and state the cost `ahead` of its segments; per column, step and state the cost `behind`:
    from before each segment, and last from before the way on.
    """

    rows: NDArray[np.void]
    masks: NDArray[np.uint64]
    choices: NDArray[np.int64]
    ahead: NDArray[np.int64]
    behind: NDArray[np.int64]


def trails_for(floor: Floor, work: Work, wanted: int) -> Trails:
    """Room for so many trails, or for as many as memory allows."""
    levels, states = int(floor.facts["levels"][0]), int(floor.facts["states"][0])
    columns, words = len(floor.columns), len(work.mask)
    size = 8 * (words + columns * ((levels + 1) * len(CHOICES) + (levels + 3) * states))
    count = max(1, min(wanted, _MOST, _BYTES // size))
    return Trails(
        rows=np.zeros(count, TRAIL),
        masks=np.zeros((count, words), np.uint64),
        choices=np.zeros((count, columns * (levels + 1), len(CHOICES)), np.int64),
        ahead=np.zeros((count, columns, states), np.int64),
        behind=np.zeros((count, columns, levels + 2, states), np.int64),
    )


@kernel
def lay(floor, work, trails, t):  # type: ignore[no-untyped-def]
    """Trail t becomes that of the tour through `work.mask`.

    Of the trail that was there before, what does not change is kept.
    """
    levels, last = floor.facts[0].levels, len(floor.columns) - 1
    begin, end = 0, last
    if trails.rows[t].name:
        begin, end, _ = _changes(floor, work, trails, t)
    else:
        trails.ahead[t, 0, :] = _NEVER
        trails.ahead[t, 0, START] = 0
        for state in range(floor.facts[0].states):
            trails.behind[t, last, levels + 1, state] = 0 if floor.accepting[state] else _NEVER
    if begin >= 0:
        for segment in range(begin * (levels + 1), (end + 1) * (levels + 1)):
            c, s = segment // (levels + 1), segment % (levels + 1)
            set_choices(floor, work, _WAY, c, s, trails.choices[t, segment])
        _lay_behind(floor, trails, t, end)
        _lay_ahead(floor, work, trails, t, begin)
    for w in range(len(work.mask)):
        trails.masks[t, w] = work.mask[w]
    trails.rows[t].cost = trails.behind[t, 0, 0, START] + floor.way_cost[_WAY]


@inlined
def _lay_behind(floor, trails, t, end):  # type: ignore[no-untyped-def]
    """What is to be walked from before the segments of column `end` on, and of all before it."""
    levels, states = floor.facts[0].levels, floor.facts[0].states
    behind = trails.behind[t]
    for c in range(end, -1, -1):
        if c < end:
            step = floor.columns[c + 1].x - floor.columns[c].x
            first = 2 * levels * states
            for state in range(states):
                least = _NEVER
                for arc in range(floor.arc_start[first + state], floor.arc_start[first + state + 1]):
                    least = min(least, behind[c + 1, 0, floor.arcs[arc].to] + floor.arcs[arc].price * step)
                behind[c, levels + 1, state] = least
        for s in range(levels, -1, -1):
            prices = trails.choices[t, c * (levels + 1) + s]
            if prices[0] == 0 and prices[1] >= _NEVER:
                for state in range(states):
                    behind[c, s, state] = behind[c, s + 1, state]
                continue
            first = table_of(floor, s, prices[0] == 0) * states
            for state in range(states):
                least = _NEVER
                for arc in range(floor.arc_start[first + state], floor.arc_start[first + state + 1]):
                    least = min(least, behind[c, s + 1, floor.arcs[arc].to] + prices[floor.arcs[arc].price])
                behind[c, s, state] = least


@inlined
def _lay_ahead(floor, work, trails, t, begin):  # type: ignore[no-untyped-def]
    """What it costs to get before the segments of each column behind column `begin`."""
    levels, ahead = floor.facts[0].levels, trails.ahead[t]
    side, count = 0, 0
    for state in range(floor.facts[0].states):
        if ahead[begin, state] < _NEVER:
            work.costs[0, state] = ahead[begin, state]
            work.live[0, count] = state
            count += 1
    for c in range(begin, len(floor.columns) - 1):
        for s in range(levels + 1):
            prices = trails.choices[t, c * (levels + 1) + s]
            if prices[0] == 0 and prices[1] >= _NEVER:
                continue
            table = table_of(floor, s, prices[0] == 0)
            count = spread(floor, work, table, prices, work.nothing, _NEVER - 1, side, count)
            side = 1 - side
        set_along(floor, work, c, c + 1)
        count = spread(floor, work, 2 * levels, work.along, work.nothing, _NEVER - 1, side, count)
        side = 1 - side
        ahead[c + 1, :] = _NEVER
        for k in range(count):
            ahead[c + 1, work.live[side, k]] = work.costs[side, work.live[side, k]]
    for k in range(count):
        work.costs[side, work.live[side, k]] = _NEVER


@inlined
def _changes(floor, work, trails, t):  # type: ignore[no-untyped-def]
    """The first and last column where `work.mask` differs from trail t, and the last one that lacks bits."""
    segments = floor.facts[0].levels + 1
    first, last, lacks = -1, -1, -1
    for c in range(len(floor.columns)):
        for w in range(floor.segments[c * segments].word, floor.segments[(c + 1) * segments].word):
            if work.mask[w] != trails.masks[t, w]:
                if first < 0:
                    first = c
                last = c
                if trails.masks[t, w] & ~work.mask[w]:
                    lacks = c
    return first, last, lacks


@inlined
def _differs(floor, work, trails, t, segment):  # type: ignore[no-untyped-def]
    for w in range(floor.segments[segment].word, floor.segments[segment + 1].word):
        if work.mask[w] != trails.masks[t, w]:
            return True
    return False


@kernel
def changed_cost(floor, work, trails, t, limit):  # type: ignore[no-untyped-def]
    """The least cost of the tour through `work.mask`, by what differs from trail t; NEVER where it exceeds `limit`."""
    levels, states = floor.facts[0].levels, floor.facts[0].states
    begin, end, lacks = _changes(floor, work, trails, t)
    if begin < 0:
        return trails.rows[t].cost if trails.rows[t].cost <= limit else _NEVER
    room = min(limit, _NEVER - 1) - floor.way_cost[_WAY]
    side, count = 0, 0
    for state in range(states):
        cost = trails.ahead[t, begin, state]
        if cost <= room and (lacks >= begin or cost + trails.behind[t, begin, 0, state] <= room):
            work.costs[0, state] = cost
            work.live[0, count] = state
            count += 1
    for c in range(begin, end + 1):
        for s in range(levels + 1):
            if count == 0:
                return _NEVER
            segment = c * (levels + 1) + s
            prices = trails.choices[t, segment]
            if _differs(floor, work, trails, t, segment):
                prices = work.choices[segment]
                set_choices(floor, work, _WAY, c, s, prices)
            if prices[0] == 0 and prices[1] >= _NEVER:
                continue
            bound = trails.behind[t, c, s + 1] if c > lacks else work.nothing
            count = spread(floor, work, table_of(floor, s, prices[0] == 0), prices, bound, room, side, count)
            side = 1 - side
        if c < end:
            set_along(floor, work, c, c + 1)
            bound = trails.behind[t, c + 1, 0] if c >= lacks else work.nothing
            count = spread(floor, work, 2 * levels, work.along, bound, room, side, count)
            side = 1 - side
    best = _NEVER
    for k in range(count):
        state = work.live[side, k]
        best = min(best, work.costs[side, state] + trails.behind[t, end, levels + 1, state])
        work.costs[side, state] = _NEVER
    return best + floor.way_cost[_WAY] if best <= room else _NEVER


__all__ = ["TRAIL", "Trails", "changed_cost", "lay", "trails_for"]
