"""The cost of the least tour through a set of locations given as bits, compiled.

The dynamic program is that of routing.exact, column by column. Here it keeps only the states that were reached and that
can still lead to a tour within a limit, and floors of two cross-aisles have the seven states written out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.batching.arcs import CHOICES
from routing.batching.compiled import inlined
from routing.batching.floor import Floor
from routing.exact.bits import lowest_bit

_NEVER = 2**60
_WORD = 64


class Work(NamedTuple):
    """Working space of one thread. `mask` are the bits of the locations to visit."""

    mask: NDArray[np.uint64]
    swept: NDArray[np.bool_]
    choices: NDArray[np.int64]
    rest: NDArray[np.int64]
    now: NDArray[np.int64]
    after: NDArray[np.int64]
    live: NDArray[np.int32]
    next_live: NDArray[np.int32]
    along: NDArray[np.int64]


def work_for(floor: Floor) -> Work:
    """Working space for a floor."""
    columns, segments = floor.lengths.shape
    states = floor.arcs.states
    return Work(
        mask=np.zeros(max(1, int(floor.seg_word[-1])), np.uint64),
        swept=np.zeros(columns, np.bool_),
        choices=np.zeros((columns * segments, len(CHOICES)), np.int64),
        rest=np.zeros(columns + 1, np.int64),
        now=np.full(states, _NEVER, np.int64),
        after=np.full(states, _NEVER, np.int64),
        live=np.zeros(states, np.int32),
        next_live=np.zeros(states, np.int32),
        along=np.zeros(2 * floor.levels + 1, np.int64),
    )


@inlined
def tour_cost(floor, work, start_end, limit):  # type: ignore[no-untyped-def]
    """The least cost of the round `start_end` through the locations of `work.mask`.

    Where that is more than `limit`, any cost above the limit may be returned.
    """
    best = _NEVER
    for way in range(floor.way_start[start_end], floor.way_start[start_end + 1]):
        cost = floor.way_cost[way]
        room = min(limit, best) - cost
        if floor.levels == 2 and floor.arcs.states < 8:
            cost += _two_levels(floor, work, way)
        else:
            cost += _any_levels(floor, work, way, room)
        best = min(best, cost)
    return best


@inlined
def _mark_columns(floor, work, way):  # type: ignore[no-untyped-def]
    """Which columns are to be swept; returns the last one that must be reached."""
    columns, segments = floor.lengths.shape
    last = -1
    any_full = False
    work.swept[:] = floor.everywhere
    for c in range(columns):
        needed = floor.flips[way, c] != 0
        for w in range(floor.seg_word[c * segments], floor.seg_word[(c + 1) * segments]):
            if work.mask[w] | floor.way_bits[way, w]:
                needed = True
                break
        if needed:
            last = c
            work.swept[c] = True
            any_full |= floor.full[c]
            for k in range(2):
                if floor.beside[c, k] >= 0:
                    work.swept[floor.beside[c, k]] = True
                    any_full = True
    if not any_full:
        work.swept[:] = True
    return last


@inlined
def _extent(floor, work, way, segment):  # type: ignore[no-untyped-def]
    """Least and greatest place of a segment's stops and the widest gap between two; -1 where there are none."""
    first, last, gap = -1, -1, 0
    for w in range(floor.seg_word[segment], floor.seg_word[segment + 1]):
        word = work.mask[w] | floor.way_bits[way, w]
        while word:
            place = floor.places[w * _WORD + lowest_bit(word)]
            if first < 0:
                first = place
            elif place - last > gap:
                gap = place - last
            last = place
            word &= word - np.uint64(1)
    return first, last, gap


@inlined
def _two_levels(floor, work, way):  # type: ignore[no-untyped-def]
    """The sweep for two cross-aisles: u both ends odd, l and h the lower or higher end alone, e both ends even and
    connected, a even and apart, n nothing yet, z done (Ratliff and Rosenthal 1983)."""
    _mark_columns(floor, work, way)
    turn = floor.turn
    n, z = 0, _NEVER
    u, l, h, e, a = _NEVER, _NEVER, _NEVER, _NEVER, _NEVER  # noqa: E741
    x = -1
    for c in range(len(work.swept)):
        if not work.swept[c]:
            continue
        if x >= 0:
            w = 2 * (floor.x[c] - x)
            z = min(z, l, h, e)
            u, l, h, e, a = u + w, min(l, e) + w, min(h, e) + w, e + 2 * w, a + 2 * w  # noqa: E741
        x = floor.x[c]
        length = floor.lengths[c, 1]
        once = min(length + 2 * turn, _NEVER)
        twice = min(2 * once, _NEVER)
        first, last, gap = _extent(floor, work, way, 3 * c + 1)
        if first < 0:
            least, low, high = 0, _NEVER, _NEVER
            e2 = min(e, min(u, min(n, min(l, min(h, a))) + once) + once)
            u2 = min(u, min(n, min(l, min(h, min(e, a)))) + once)
            l, h, e, u = l, h, e2, u2  # noqa: E741, PLW0127
        else:
            low = 2 * last + 2 * turn if length < _NEVER else 2 * turn
            high = 2 * (length - first) + 2 * turn if length < _NEVER else _NEVER
            both = twice - 2 * gap if gap > 0 else _NEVER
            least = min(low, min(high, both))
            u2 = min(u + min(least, twice), min(n, min(l, min(h, min(e, a)))) + once)
            e2 = min(u + once, min(e + min(least, twice), min(n, min(l, min(h, a))) + twice))
            a2 = min(a + least, min(n + both, min(l + min(high, both), h + min(low, both))))
            l, h = min(n, l) + low, min(n, h) + high  # noqa: E741
            u, e, a, n, z = u2, e2, a2, _NEVER, _NEVER
        first, last, gap = _extent(floor, work, way, 3 * c)
        if first >= 0:
            below = 2 * (floor.lengths[c, 0] - first) + 2 * turn if floor.lengths[c, 0] < _NEVER else 2 * turn
            a = min(a, h) + below
            u, l, e, h, n, z = u + below, min(l, n) + below, e + below, _NEVER, _NEVER, _NEVER  # noqa: E741
        first, last, gap = _extent(floor, work, way, 3 * c + 2)
        if first >= 0:
            above = 2 * last + 2 * turn if floor.lengths[c, 2] < _NEVER else 2 * turn
            a = min(a, l) + above
            u, h, e, l, n, z = u + above, min(h, n) + above, e + above, _NEVER, _NEVER, _NEVER  # noqa: E741
        u, l, h, e, a = min(u, _NEVER), min(l, _NEVER), min(h, _NEVER), min(e, _NEVER), min(a, _NEVER)  # noqa: E741
    return min(n, min(z, min(l, min(h, e))))


@inlined
def _set_choices(floor, work, way, c, s):  # type: ignore[no-untyped-def]
    """What each of CHOICES costs in segment s of column c; returns the least cost of what must be done there."""
    segments = floor.lengths.shape[1]
    out = work.choices[c * segments + s]
    out[:] = _NEVER
    length, turn = floor.lengths[c, s], floor.turn
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
def _spread(arcs, table, prices, limit, now, live, count, after, next_live):  # type: ignore[no-untyped-def]
    """All arcs of a table from the `count` states that are `live`; returns how many are live after it.

    States that cost more than `limit` are dropped. `now` is left clean.
    """
    found = 0
    for k in range(count):
        state = live[k]
        cost = now[state]
        now[state] = _NEVER
        if cost > limit:
            continue
        row = table * arcs.states + state
        for arc in range(arcs.start[row], arcs.start[row + 1]):
            to = arcs.to[arc]
            reached = cost + prices[arcs.price[arc]]
            if reached < after[to]:
                if after[to] == _NEVER:
                    next_live[found] = to
                    found += 1
                after[to] = reached
    return found


@inlined
def _prepare(floor, work, way):  # type: ignore[no-untyped-def]
    """Columns, choices, and in `work.rest[c]` what at least is still to be walked after column c."""
    columns, segments = floor.lengths.shape
    last = _mark_columns(floor, work, way)
    comes_back = floor.arcs.start[(2 * floor.levels + 1) * floor.arcs.states] == len(floor.arcs.to)
    rest = 0
    for c in range(columns - 1, -1, -1):
        work.rest[c] = rest
        if comes_back and c < last:
            work.rest[c] += 2 * (floor.x[last] - floor.x[c])
        if work.swept[c]:
            for s in range(segments):
                rest += _set_choices(floor, work, way, c, s)


@inlined
def _any_levels(floor, work, way, limit):  # type: ignore[no-untyped-def]
    """The sweep for any number of cross-aisles."""
    _prepare(floor, work, way)
    arcs, levels = floor.arcs, floor.levels
    now, live, after, next_live = work.now, work.live, work.after, work.next_live
    now[1] = 0
    live[0] = 1
    count = 1
    x = -1
    for c in range(len(work.swept)):
        if not work.swept[c]:
            continue
        if x >= 0:
            for walks in range(2 * levels + 1):
                work.along[walks] = walks * (floor.x[c] - x)
            room = limit - work.rest[c]
            count = _spread(arcs, 2 * levels, work.along, _NEVER, now, live, count, after, next_live)
            now, live, after, next_live = after, next_live, now, live
        x = floor.x[c]
        room = limit - work.rest[c]
        for s in range(levels + 1):
            prices = work.choices[c * (levels + 1) + s]
            if prices[0] == 0 and prices[1] >= _NEVER:
                continue  # nothing to fetch and no way through
            if s == 0:
                table = 2 * levels - 2
            elif s == levels:
                table = 2 * levels - 1
            else:
                table = s - 1 if prices[0] else levels + s - 2
            count = _spread(arcs, table, prices, room, now, live, count, after, next_live)
            now, live, after, next_live = after, next_live, now, live
        for slot in range(levels):
            if floor.flips[way, c] >> slot & 1:
                table = 2 * levels + 1 + slot
                work.along[0] = 0
                count = _spread(arcs, table, work.along, room, now, live, count, after, next_live)
                now, live, after, next_live = after, next_live, now, live
    best = _NEVER
    for k in range(count):
        state = live[k]
        if arcs.accepting[state]:
            best = min(best, now[state])
        now[state] = _NEVER
    return best
