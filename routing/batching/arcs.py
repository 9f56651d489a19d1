"""The moves of the sweep's states as lists per state, without those that never make a tour shorter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.exact.states import FROM_HIGH, FROM_LOW, GAP, ONCE, SKIP, TWICE, Machine

# What a segment costs by the options between which only the cheaper matters; the first six are the options themselves.
CHOICES: tuple[tuple[int, ...], ...] = (
    (SKIP,),
    (ONCE,),
    (TWICE,),
    (FROM_LOW,),
    (FROM_HIGH,),
    (GAP,),
    (FROM_HIGH, GAP),
    (FROM_LOW, GAP),
    (FROM_LOW, FROM_HIGH, GAP),
    (TWICE, FROM_LOW, FROM_HIGH, GAP),
)


ARC = np.dtype([("to", np.int64), ("price", np.int64)])


class Arcs(NamedTuple):
    """Arcs of table t from state s: rows `start[t * states + s]` up to the next of `arcs`, each to a state, at a price.

    Tables, for h slots: 0 to h - 2 the segments with stops, h - 1 to 2h - 3 those without, 2h - 2 and 2h - 1 the dead
    ends with stops below and above, 2h the way to the next column, from 2h + 1 an end of the tour at each slot. A price
    is a number of CHOICES, for the way to the next column how often it is walked.
    """

    start: NDArray[np.int64]
    arcs: NDArray[np.void]
    accepting: NDArray[np.bool_]


def arcs_of(machine: Machine) -> Arcs:
    """The arcs of a machine."""
    h = machine.slots
    tables = [
        *(_with_stops(machine, machine.edge(slot)) for slot in range(h - 1)),
        *(_without_stops(machine, machine.edge(slot)) for slot in range(h - 1)),
        _with_stops(machine, machine.low_end),
        _with_stops(machine, machine.high_end),
        _sideways(machine),
        *(_ending(machine, machine.flip(slot)) for slot in range(h)),
    ]
    rows = [sorted(table.get(state, ())) for table in tables for state in range(machine.count)]
    start = np.cumsum([0, *map(len, rows)]).astype(np.int64)
    return Arcs(start, np.array([arc for row in rows for arc in row], ARC), machine.accepting)


_Table = dict[int, list[tuple[int, int]]]


def _moves(machine: Machine, table: int) -> Iterator[tuple[int, int, int]]:
    """State, next state and option of each move of a table; none where the machine has no such table."""
    if table + 1 < len(machine.starts):
        yield from machine.moves[machine.starts[table] : machine.starts[table + 1]].tolist()


def _with_stops(machine: Machine, table: int) -> _Table:
    """What must be served is not skipped; of options that lead to one state the cheapest counts."""
    options: dict[tuple[int, int], set[int]] = defaultdict(set)
    for state, after, option in _moves(machine, table):
        if option != SKIP:
            options[state, after].add(option)
    found: _Table = defaultdict(list)
    for (state, after), choice in options.items():
        found[state].append((after, CHOICES.index(tuple(sorted(choice)))))
    return found


def _without_stops(machine: Machine, table: int) -> _Table:
    """To walk there and back only pays where it joins what was apart."""
    found: _Table = defaultdict(list)
    for state, after, option in _moves(machine, table):
        if option in (SKIP, ONCE) or (option == TWICE and after != state):
            found[state].append((after, option))
    return found


def _sideways(machine: Machine) -> _Table:
    """All cross-aisles at once, with the least number of walks."""
    reached = {state: {state: 0} for state in range(machine.count)}
    for slot in range(machine.slots):
        by_state: _Table = defaultdict(list)
        for state, after, walks in _moves(machine, machine.shift(slot)):
            by_state[state].append((after, walks))
        for state, now in reached.items():
            after_all: dict[int, int] = {}
            for middle, walked in now.items():
                for after, walks in by_state[middle]:
                    after_all[after] = min(walked + walks, after_all.get(after, walked + walks))
            reached[state] = after_all
    return {state: list(now.items()) for state, now in reached.items()}


def _ending(machine: Machine, table: int) -> _Table:
    return {state: [(after, SKIP)] for state, after, _ in _moves(machine, table)}
