"""Where tours begin and end on a grid, as the fields of shelves know it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from routing.exact.lanes import Lanes
from routing.exact.tour import Exit, exits_of
from routing.layout import Cell
from routing.sources.field import Terminals


def terminals_of(lanes: Lanes, start: Cell, ends: Sequence[Cell]) -> Iterator[Terminals]:
    """All ways to come onto the floor from the start and leave it for one of the ends."""
    for end in dict.fromkeys(ends):
        if end == start:
            yield Terminals((start,), (), 0)
            continue
        for first, last in product(_exits(lanes, start), _exits(lanes, end)):
            ways = first.cost + last.cost
            if first[:2] == last[:2]:
                yield Terminals(
                    (Cell(start.deck, first.column, first.slot + 1, 0),), (), ways - 2 * lanes.turn
                )
            else:
                yield Terminals((), ((first.column, first.slot), (last.column, last.slot)), ways)


def at_crossing(lanes: Lanes, at: Cell) -> bool:
    """Whether this is a crossing, or a place from which one way leads."""
    return len(_exits(lanes, at)) == 1


def _exits(lanes: Lanes, at: Cell) -> list[Exit]:
    exits = exits_of(lanes, at)
    return [leave for leave in exits if leave.cost == lanes.turn] or exits
