"""The states of the dynamic program over aisles, and how walking changes them.

A tour is a connected multigraph of even degrees over the floor (Ratliff and Rosenthal, Operations Research 31, 1983).
A sweep over the columns of a grid keeps, for the crossing that it holds on each cross-aisle (a *slot*), whether
anything was walked to it, with an even or odd degree, and which slots are connected; all else about the part already
swept does not matter. With h slots this is the program of Pansart, Catusse and Cambazard (Computers & Operations
Research 100, 2018); for h = 2 it has Ratliff and Rosenthal's seven states.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int32]

# What can be done with a segment between two slots. The last three serve its stops without passing through.
SKIP, ONCE, TWICE, FROM_LOW, FROM_HIGH, GAP = range(6)


class State(NamedTuple):
    """Of each slot its component (0: nothing was walked to it; else in order of appearance) and degree parity."""

    component: tuple[int, ...]
    odd: tuple[bool, ...]


CLOSED = State((), ())
"""The tour is complete; nothing may be walked any more."""


@dataclass(frozen=True, slots=True)
class Machine:
    """All states of `slots` slots by number, and the moves between them.

    Tables, each the moves of one kind: `edges[i]` those of the segment between slots i and i + 1, by option; `lows`
    and `highs` those of a dead end at the first and last slot (FROM_HIGH and FROM_LOW); `shifts[i]` those from slot
    i's crossing to the next one along its cross-aisle, walked 0, 1 or 2 times; `flips[i]` that of a tour's end there.
    Table t is rows `starts[t]:starts[t + 1]` of `moves`: state, next state, option.
    """

    slots: int
    count: int
    empty: int
    accepting: NDArray[np.bool_]
    moves: Ints
    starts: Ints

    def edge(self, low_slot: int) -> int:
        """Table of the segment above slot `low_slot`."""
        return low_slot

    @property
    def low_end(self) -> int:
        """Table of the dead end below the first slot."""
        return self.slots - 1

    @property
    def high_end(self) -> int:
        """Table of the dead end above the last slot."""
        return self.slots

    def shift(self, slot: int) -> int:
        """Table of the walk on to the next column."""
        return self.slots + 1 + slot

    def flip(self, slot: int) -> int:
        """Table of a tour that starts or ends at this slot's crossing, but not both."""
        return 2 * self.slots + 1 + slot


@cache
def machine(slots: int, *, open_ended: bool = False) -> Machine:
    """The machine for floors of so many cross-aisles; `open_ended` where a tour ends elsewhere than it starts."""
    tables = [*_tables(slots)]
    used = tables if open_ended else tables[: 2 * slots + 1]
    number = {CLOSED: 0, State((0,) * slots, (False,) * slots): 1}
    found: list[list[tuple[int, int, int]]] = [[] for _ in tables]
    queue = deque(number)
    while queue:
        state = queue.popleft()
        for moves, table in zip(found, used, strict=False):
            for option, after in table.moves(state):
                if after not in number:
                    number[after] = len(number)
                    queue.append(after)
                moves.append((number[state], number[after], option))
    starts = np.cumsum([0, *map(len, found)]).astype(np.int32)
    flat = np.array([move for table in found for move in table], np.int32).reshape(-1, 3)
    accepting = np.array([is_tour(state) for state in number], np.bool_)
    return Machine(slots, len(number), 1, accepting, flat, starts)


@dataclass(frozen=True, slots=True)
class _Segment:
    """Moves of a segment between two slots."""

    low: int
    high: int

    def moves(self, state: State) -> Iterator[tuple[int, State]]:
        yield SKIP, state
        if state == CLOSED:
            return
        low, high = (self.low,), (self.high,)
        yield ONCE, joined(flipped(state, (self.low, self.high)), self.low, self.high)
        yield TWICE, joined(state, self.low, self.high)
        yield FROM_LOW, touched(state, low)
        yield FROM_HIGH, touched(state, high)
        yield GAP, touched(state, low + high)


@dataclass(frozen=True, slots=True)
class _DeadEnd:
    """Moves of a dead end at a slot."""

    slot: int
    option: int

    def moves(self, state: State) -> Iterator[tuple[int, State]]:
        yield SKIP, state
        if state != CLOSED:
            yield self.option, touched(state, (self.slot,))


@dataclass(frozen=True, slots=True)
class Shift:
    """Moves along a cross-aisle to the next column; the crossing that is left must be complete."""

    slot: int

    def moves(self, state: State) -> Iterator[tuple[int, State]]:
        if state == CLOSED:
            yield 0, state
            return
        component, odd = state.component[self.slot], state.odd[self.slot]
        if not component:
            yield 0, state
        elif odd:
            yield 1, state
        else:
            yield 2, state
            if state.component.count(component) > 1:
                yield 0, freed(state, self.slot)
            elif max(state.component) == 1:
                yield 0, CLOSED


@dataclass(frozen=True, slots=True)
class _Flip:
    """The one move of an end of the tour."""

    slot: int

    def moves(self, state: State) -> Iterator[tuple[int, State]]:
        if state != CLOSED:
            yield 0, touched(flipped(state, (self.slot,)), (self.slot,))


def _tables(slots: int) -> Iterator[_Segment | _DeadEnd | Shift | _Flip]:
    """In the order that Machine numbers them."""
    yield from (_Segment(slot, slot + 1) for slot in range(slots - 1))
    yield _DeadEnd(0, FROM_HIGH)
    yield _DeadEnd(slots - 1, FROM_LOW)
    yield from (Shift(slot) for slot in range(slots))
    yield from (_Flip(slot) for slot in range(slots))


def is_tour(state: State) -> bool:
    """Whether the part that was swept is a whole tour."""
    return state == CLOSED or (not any(state.odd) and max(state.component, default=0) <= 1)


def flipped(state: State, slots: Sequence[int]) -> State:
    odd = tuple(odd != (slot in slots) for slot, odd in enumerate(state.odd))
    return State(state.component, odd)


def touched(state: State, slots: Sequence[int]) -> State:
    """These slots have been walked to; those that had not been are components of their own."""
    component = list(state.component)
    for slot in slots:
        component[slot] = component[slot] or max(component) + 1
    return _numbered(component, state.odd)


def joined(state: State, one: int, other: int) -> State:
    component = list(touched(state, (one, other)).component)
    kept, gone = component[one], component[other]
    return _numbered([kept if each == gone else each for each in component], state.odd)


def freed(state: State, slot: int) -> State:
    component = list(state.component)
    component[slot] = 0
    return _numbered(component, state.odd)


def _numbered(component: Sequence[int], odd: tuple[bool, ...]) -> State:
    """Components numbered in order of appearance."""
    number: dict[int, int] = {0: 0}
    return State(tuple(number.setdefault(each, len(number)) for each in component), odd)
