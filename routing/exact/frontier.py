"""The states of a sweep that goes point by point: exact with turns, and wherever a tour starts and ends.

The sweep of `states` takes a segment at a time, charges it the turns at both of its ends, though one may walk straight
on over a cross-aisle, and lets a tour begin at crossings only. Here each crossing has two sides, that of the corridor
and that of the cross-aisle, with a corner between them that costs a turn; and along a corridor the walk goes from point
to point. So one slot more is kept: the point of the corridor that the sweep has come to.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from routing.exact.states import (
    CLOSED,
    Ints,
    Shift,
    State,
    flipped,
    is_tour,
    joined,
    touched,
)

_Moves: TypeAlias = "Shift | _Corner | _Visit | _End"


@dataclass(frozen=True, slots=True)
class Frontier:
    """All states of `levels` cross-aisles and a point of a corridor by number, and the moves between them.

    Tables: `shift(k)` walks on along cross-aisle k, `onward` along the corridor, 0, 1 or 2 times; `corner(k)` goes
    round the corner between the two as often; `visit` is a stop at the point, `end` one of two ends of the tour.
    Table t is rows `starts[t]:starts[t + 1]` of `moves`: state, next state, times.
    """

    levels: int
    count: int
    accepting: NDArray[np.bool_]
    moves: Ints
    starts: Ints

    def shift(self, level: int) -> int:
        """Table of the walk along cross-aisle `level` to the next column."""
        return level

    @property
    def onward(self) -> int:
        """Table of the walk along the corridor to its next point."""
        return self.levels

    def corner(self, level: int) -> int:
        """Table of the corner between corridor and cross-aisle `level`."""
        return self.levels + 1 + level

    @property
    def visit(self) -> int:
        """Table of a stop."""
        return 2 * self.levels + 1

    @property
    def end(self) -> int:
        """Table of a start or end of the tour, where the other one is elsewhere."""
        return 2 * self.levels + 2


@dataclass(frozen=True, slots=True)
class _Corner:
    """Moves round the corner at one cross-aisle; the corridor's slot is the last."""

    level: int

    def moves(self, state: State) -> Iterator[tuple[int, State]]:
        yield 0, state
        if state != CLOSED:
            ends = (self.level, len(state.odd) - 1)
            yield 1, joined(flipped(state, ends), *ends)
            yield 2, joined(state, *ends)


@dataclass(frozen=True, slots=True)
class _Visit:
    """The one move of a stop: the walk comes by here."""

    def moves(self, state: State) -> Iterator[tuple[int, State]]:
        if state != CLOSED:
            yield 0, touched(state, (len(state.odd) - 1,))


@dataclass(frozen=True, slots=True)
class _End:
    """The one move of an end of the tour."""

    def moves(self, state: State) -> Iterator[tuple[int, State]]:
        if state != CLOSED:
            here = (len(state.odd) - 1,)
            yield 0, touched(flipped(state, here), here)


@cache
def frontier(levels: int, *, open_ended: bool = False) -> Frontier:
    """The states for floors of so many cross-aisles; `open_ended` where a tour ends elsewhere than it starts."""
    tables: list[_Moves] = [*map(Shift, range(levels + 1)), *map(_Corner, range(levels)), _Visit(), _End()]
    start = State((0,) * (levels + 1), (False,) * (levels + 1))
    number = {CLOSED: 0, start: 1}
    found: dict[int, set[tuple[int, int, int]]] = defaultdict(set)
    ends = 2 if open_ended else 0
    seen, queue = set[tuple[int, int, State]](), [(0, ends, CLOSED), (0, ends, start)]
    while queue:
        phase, ends, state = key = queue.pop()
        if key in seen:
            continue
        seen.add(key)
        for table, times, after, next_phase in _steps(tables, levels, phase, state):
            left = ends - (table == 2 * levels + 2)
            if left >= 0:
                number.setdefault(after, len(number))
                found[table].add((number[state], number[after], times))
                queue.append((next_phase, left, after))
    rows = [sorted(found[table]) for table in range(len(tables))]
    starts = np.cumsum([0, *map(len, rows)]).astype(np.int32)
    moves = np.array([move for table in rows for move in table], np.int32).reshape(-1, 3)
    accepting = np.array([is_tour(state) for state in number], np.bool_)
    return Frontier(levels, len(number), accepting, moves, starts)


def _steps(
    tables: list[_Moves], levels: int, phase: int, state: State
) -> Iterator[tuple[int, int, State, int]]:
    """What can be done in a phase of the sweep of a column: table, times, state and phase after that.

    Phases 0 to `levels` are the corridor's segments, those after them the cross-aisles on the way to the next column.
    """
    if phase > levels:
        level = phase - levels - 1
        after = (phase + 1) % (2 * levels + 1)
        yield from ((level, times, to, after) for times, to in tables[level].moves(state))
        return
    for table in (levels, 2 * levels + 1, 2 * levels + 2):
        yield from ((table, times, to, phase) for times, to in tables[table].moves(state))
    if phase < levels:
        corner = levels + 1 + phase
        yield from ((corner, times, to, phase + 1) for times, to in tables[corner].moves(state))
    elif state == CLOSED or not state.component[-1]:
        yield levels, 0, state, (phase + 1) % (2 * levels + 1)
