"""The cost of the least tour through a set of locations given as bits, compiled.

The dynamic program is that of routing.exact, column by column. Here it keeps only the states that were reached and that
can still lead to a tour within a limit, and floors of two cross-aisles have the seven states written out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.batching.arcs import CHOICES
from routing.batching.compiled import inlined, kernel
from routing.batching.floor import Floor
from routing.exact.bits import lowest_bit

_NEVER = 2**60
_WORD = 64
START = 1
"""The state of a sweep that has not begun."""


SWEPT = np.dtype([("swept", "?"), ("rest", "i8")])


class Work(NamedTuple):
    """Working space of one thread. `mask` are the bits of the locations to visit.

    Per column whether it is swept and what at least is to be walked behind it; per segment what each of CHOICES costs;
    the cost of each state `now` and after a step (rows 0 and 1 of `costs`), and which states have one (`live`).
    `nothing` says of each state that nothing is to be walked from it: it drops none.
    """

    mask: NDArray[np.uint64]
    columns: NDArray[np.void]
    choices: NDArray[np.int64]
    costs: NDArray[np.int64]
    live: NDArray[np.int64]
    along: NDArray[np.int64]
    nothing: NDArray[np.int64]


def work_for(floor: Floor) -> Work:
    """Working space for a floor."""
    levels, states = int(floor.facts["levels"][0]), int(floor.facts["states"][0])
    return Work(
        mask=np.zeros(max(1, int(floor.segments["word"][-1])), np.uint64),
        columns=np.zeros(len(floor.columns), SWEPT),
        choices=np.zeros((len(floor.segments), len(CHOICES)), np.int64),
        costs=np.full((2, states), _NEVER, np.int64),
        live=np.zeros((2, states), np.int64),
        along=np.zeros(2 * levels + 1, np.int64),
        nothing=np.zeros(states, np.int64),
    )


@kernel
def tour_cost(floor, work, start_end, limit):  # type: ignore[no-untyped-def]
    """The least cost of the round `start_end` through the locations of `work.mask`.

    It may be NEVER where it is more than `limit`.
    """
    best = _NEVER
    for way in range(floor.way_start[start_end], floor.way_start[start_end + 1]):
        cost = floor.way_cost[way]
        if floor.facts[0].levels == 2 and floor.facts[0].comes_back:
            cost += _two_levels(floor, work, way)
        else:
            cost += _any_levels(floor, work, way, min(limit, best) - cost)
        best = min(best, cost)
    return best


@inlined
def _mark_columns(floor, work, way):  # type: ignore[no-untyped-def]
    """Which columns are to be swept; returns the last one that must be reached."""
    columns, segments = len(floor.columns), floor.facts[0].levels + 1
    last = -1
    any_full = floor.facts[0].everywhere
    for c in range(columns):
        work.columns[c].swept = any_full
    for c in range(columns):
        needed = floor.flips[way, c] != 0
        for w in range(floor.segments[c * segments].word, floor.segments[(c + 1) * segments].word):
            if work.mask[w] | floor.way_bits[way, w]:
                needed = True
                break
        if needed:
            last = c
            work.columns[c].swept = True
            any_full |= floor.columns[c].full
            for beside in (floor.columns[c].left, floor.columns[c].right):
                if beside >= 0:
                    work.columns[beside].swept = True
                    any_full = True
    if not any_full:
        for c in range(columns):
            work.columns[c].swept = True
    return last


@inlined
def _extent(floor, work, way, segment):  # type: ignore[no-untyped-def]
    """Least and greatest place of a segment's stops and the widest gap between two; -1 where there are none."""
    first, last, gap = -1, -1, 0
    for w in range(floor.segments[segment].word, floor.segments[segment + 1].word):
        word = work.mask[w] | floor.way_bits[way, w]
        while word:
            place = floor.places[w * _WORD + lowest_bit(word)]  # type: ignore[call-arg]  # numba passes the first one
            if first < 0:
                first = place
            elif place - last > gap:
                gap = place - last
            last = place
            word &= word - np.uint64(1)
    return first, last, gap


@kernel
def _two_levels(floor, work, way):  # type: ignore[no-untyped-def]
    """The sweep for two cross-aisles: u both ends odd, f and h the lower or higher end alone, e both ends even and
    connected, a even and apart, n nothing yet, z done (Ratliff and Rosenthal 1983)."""
    _mark_columns(floor, work, way)
    turn = floor.facts[0].turn
    n, z = 0, _NEVER
    u, f, h, e, a = _NEVER, _NEVER, _NEVER, _NEVER, _NEVER
    x = -1
    for c in range(len(floor.columns)):
        if not work.columns[c].swept:
            continue
        if x >= 0:
            w = 2 * (floor.columns[c].x - x)
            z = min(z, f, h, e)
            u, f, h, e, a = u + w, min(f, e) + w, min(h, e) + w, e + 2 * w, a + 2 * w
        x = floor.columns[c].x
        length = floor.segments[3 * c + 1].length
        once = min(length + 2 * turn, _NEVER)
        twice = min(2 * once, _NEVER)
        first, last, gap = _extent(floor, work, way, 3 * c + 1)
        if first < 0:
            into = min(n, f, h, a)
            u, e = min(u, min(into, e) + once), min(e, u + once, into + twice)
        else:
            low = 2 * last + 2 * turn if length < _NEVER else 2 * turn
            high = 2 * (length - first) + 2 * turn if length < _NEVER else _NEVER
            both = twice - 2 * gap if gap > 0 else _NEVER
            least = min(low, high, both)
            into = min(n, f, h, a)
            u2 = min(u + min(least, twice), min(into, e) + once)
            e2 = min(u + once, e + min(least, twice), into + twice)
            a = min(a + least, n + both, f + min(high, both), h + min(low, both))
            f, h = min(n, f) + low, min(n, h) + high
            u, e, n, z = u2, e2, _NEVER, _NEVER
        first, last, gap = _extent(floor, work, way, 3 * c)
        if first >= 0:
            length = floor.segments[3 * c].length
            below = 2 * (length - first) + 2 * turn if length < _NEVER else 2 * turn
            a = min(a, h) + below
            u, f, e, h, n, z = u + below, min(f, n) + below, e + below, _NEVER, _NEVER, _NEVER
        first, last, gap = _extent(floor, work, way, 3 * c + 2)
        if first >= 0:
            length = floor.segments[3 * c + 2].length
            above = 2 * last + 2 * turn if length < _NEVER else 2 * turn
            a = min(a, f) + above
            u, h, e, f, n, z = u + above, min(h, n) + above, e + above, _NEVER, _NEVER, _NEVER
        u, f, h, e, a = min(u, _NEVER), min(f, _NEVER), min(h, _NEVER), min(e, _NEVER), min(a, _NEVER)
    return min(n, z, f, h, e)


@inlined
def set_choices(floor, work, way, c, s, out):  # type: ignore[no-untyped-def]
    """What each of CHOICES costs in segment s of column c, into `out`; returns the least cost of what must be done."""
    segments = floor.facts[0].levels + 1
    for k in range(len(out)):
        out[k] = _NEVER
    length, turn = floor.segments[c * segments + s].length, floor.facts[0].turn
    between = 0 < s < segments - 1
    first, last, gap = _extent(floor, work, way, c * segments + s)
    if between:
        out[1] = min(length + 2 * turn, _NEVER)
        out[2] = min(2 * out[1], _NEVER)
    if first < 0:
        out[0] = 0
        return 0
    if length >= _NEVER:  # it stands on a cross-aisle where no corridor leads off
        out[4 if s == 0 else 3] = 2 * turn
    else:
        if s < segments - 1:
            out[4] = 2 * (length - first) + 2 * turn
        if s > 0:
            out[3] = 2 * last + 2 * turn
        if between and gap > 0:
            out[5] = 2 * (length - gap) + 4 * turn
    out[6] = min(out[4], out[5])
    out[7] = min(out[3], out[5])
    out[8] = min(out[3], out[6])
    out[9] = min(out[2], out[8])
    return min(out[1], out[9])


@inlined
def spread(floor, work, table, prices, rest, limit, side, count):  # type: ignore[no-untyped-def]
    """All arcs of a table from the `count` states of `side` to the other side; returns how many states are there.

    States are dropped whose cost with `rest`, what at least is still to be walked from them, is more than `limit`. The
    side that is left is clean.
    """
    now, live = work.costs[side], work.live[side]
    after, next_live = work.costs[1 - side], work.live[1 - side]
    first = table * floor.facts[0].states
    found = 0
    for k in range(count):
        state = live[k]
        cost = now[state]
        now[state] = _NEVER
        for arc in range(floor.arc_start[first + state], floor.arc_start[first + state + 1]):
            to = floor.arcs[arc].to
            reached = cost + prices[floor.arcs[arc].price]
            if reached < after[to] and reached + rest[to] <= limit:
                if after[to] == _NEVER:
                    next_live[found] = to
                    found += 1
                after[to] = reached
    return found


@inlined
def _prepare(floor, work, way):  # type: ignore[no-untyped-def]
    """Columns, choices, and in `work.columns[c].rest` what at least is still to be walked after column c."""
    segments = floor.facts[0].levels + 1
    last = _mark_columns(floor, work, way)
    rest = 0
    for c in range(len(floor.columns) - 1, -1, -1):
        work.columns[c].rest = rest
        if floor.facts[0].comes_back and c < last:
            work.columns[c].rest += 2 * (floor.columns[last].x - floor.columns[c].x)
        if work.columns[c].swept:
            for s in range(segments):
                rest += set_choices(floor, work, way, c, s, work.choices[c * segments + s])


@inlined
def set_along(floor, work, before, c):  # type: ignore[no-untyped-def]
    """What walks from column `before` to column c cost, by their number, into `work.along`."""
    for walks in range(len(work.along)):
        work.along[walks] = walks * (floor.columns[c].x - floor.columns[before].x)


@inlined
def table_of(floor, s, empty):  # type: ignore[no-untyped-def]
    """The table of arcs for segment s."""
    levels = floor.facts[0].levels
    if s == 0:
        return 2 * levels - 2
    if s == levels:
        return 2 * levels - 1
    return levels + s - 2 if empty else s - 1


@kernel
def _any_levels(floor, work, way, limit):  # type: ignore[no-untyped-def]
    """The sweep for any number of cross-aisles: of each column the segments, the tour's ends, and the way on."""
    _prepare(floor, work, way)
    levels = floor.facts[0].levels
    work.costs[0, START] = 0
    work.live[0, 0] = START
    side, count, before = 0, 1, -1
    for c in range(len(floor.columns)):
        if not work.columns[c].swept:
            continue
        room = limit - work.columns[c].rest
        steps = 2 * levels + 2  # the way on, each segment, each end
        for step in range(0 if before >= 0 else 1, steps):
            prices = work.along
            table = 2 * levels
            if step == 0:
                set_along(floor, work, before, c)
            elif step <= levels + 1:
                prices = work.choices[c * (levels + 1) + step - 1]
                if prices[0] == 0 and prices[1] >= _NEVER:
                    continue  # nothing to fetch and no way through
                table = table_of(floor, step - 1, prices[0] == 0)
            else:
                slot = step - levels - 2
                if not floor.flips[way, c] >> slot & 1:
                    continue
                table = 2 * levels + 1 + slot
                work.along[0] = 0
            count = spread(floor, work, table, prices, work.nothing, room, side, count)
            side = 1 - side
        before = c
    best = _NEVER
    for k in range(count):
        state = work.live[side, k]
        if floor.accepting[state]:
            best = min(best, work.costs[side, state])
        work.costs[side, state] = _NEVER
    return best if best <= limit else _NEVER
