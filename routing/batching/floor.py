"""A job's floor as arrays for the compiled prices: where each location's bit stands, and how a tour is swept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.batching.arcs import arcs_of
from routing.batching.job import Job
from routing.exact.lanes import NEVER, Lanes
from routing.exact.states import machine
from routing.exact.sweep import WORD
from routing.exact.tour import exits_of
from routing.layout import Cell, Grid, Layout

MOST_LEVELS = 4
"""The sweep has too many states on floors with more cross-aisles."""

Round = tuple[str, tuple[str, ...]]


FLOOR = np.dtype(
    [("levels", "i8"), ("turn", "i8"), ("states", "i8"), ("everywhere", "?"), ("comes_back", "?")]
)
COLUMN = np.dtype([("x", "i8"), ("full", "?"), ("left", "i8"), ("right", "i8")])
SEGMENT = np.dtype([("length", "i8"), ("word", "i8")])


class Floor(NamedTuple):
    """Costs of walking on a grid, for sets of locations that are given as bits.

    `facts` (one row): cross-aisles, cost of a turn, states of the sweep, whether all columns are always swept, and
    whether all tours end where they start. Columns: cost along a cross-aisle from column 0, whether it is full, and the
    columns to sweep with it on either side (-1: none). Segment k of column c is row c * (levels + 1) + k: length and
    its first word; the row behind the last closes the list. `places[b]` is the cost from the segment's low end to the
    stop of bit b. Round r (a start with its ends) has the ways `way_start[r]` up to the next one's, of which the
    cheapest counts: each has a fixed cost, bits that are always set and, per column, the slots where a tour ends that
    does not come back (`flips`).
    """

    facts: NDArray[np.void]
    columns: NDArray[np.void]
    segments: NDArray[np.void]
    places: NDArray[np.int64]
    way_start: NDArray[np.int64]
    way_cost: NDArray[np.int64]
    way_bits: NDArray[np.uint64]
    flips: NDArray[np.int64]
    arc_start: NDArray[np.int64]
    arcs: NDArray[np.void]
    accepting: NDArray[np.bool_]


class Spots(NamedTuple):
    """Where each location's bit is: its word and its place in the word."""

    word: Mapping[str, int]
    bit: Mapping[str, int]
    words: int


class _Way(NamedTuple):
    """One way to do a round: the bits it adds, the ends that it does not come back to, and its fixed cost."""

    stops: tuple[Cell, ...]
    ends: tuple[tuple[int, int], ...]
    cost: int


def grid_of(job: Job) -> Grid | None:
    """The floor as a grid that can be swept, or None."""
    grid = job.layout.grid
    return grid if grid is not None and len(grid.levels_y_mm) <= MOST_LEVELS else None


def rounds_of(job: Job) -> list[Round]:
    """The different starts and ends of the cart types."""
    return list(dict.fromkeys((kind.start, kind.ends) for kind in job.types))


def floor_of(job: Job, grid: Grid) -> tuple[Floor, Spots]:
    """The floor of a job, and where the bits of its locations are."""
    lanes = Lanes.of(grid, job.effort)
    rounds = [list(_ways(job.layout, lanes, *each)) for each in rounds_of(job)]
    names = sorted({location for item in job.items for location in item.locations})
    cells = {name: job.layout.cell(name) for name in names}
    added = [stop for ways in rounds for way in ways for stop in way.stops]
    places = sorted({_place(lanes, cell) for cell in (*cells.values(), *added)})
    bits, seg_word = _bits(lanes, places)
    words = int(seg_word[-1])
    costs = np.zeros(words * WORD, np.int64)
    for (_, _, cost), bit in bits.items():
        costs[bit] = cost
    at = {name: bits[_place(lanes, cell)] for name, cell in cells.items()}
    spots = Spots(
        {name: b // WORD for name, b in at.items()}, {name: b % WORD for name, b in at.items()}, words
    )
    ways = [way for each in rounds for way in each]
    way_bits = np.zeros((len(ways), words), np.uint64)
    flips = np.zeros((len(ways), len(lanes.full)), np.int64)
    for number, way in enumerate(ways):
        for stop in way.stops:
            bit = bits[_place(lanes, stop)]
            way_bits[number, bit // WORD] |= np.uint64(1 << bit % WORD)
        for column, slot in way.ends:
            flips[number, column] |= 1 << slot
    states = machine(lanes.levels, open_ended=True) if flips.any() else lanes.machine
    arcs = arcs_of(states)
    floor = Floor(
        facts=np.array([(lanes.levels, lanes.turn, states.count, not lanes.skips, not flips.any())], FLOOR),
        columns=_columns(lanes),
        segments=_segments(lanes, seg_word),
        places=costs,
        way_start=np.cumsum([0, *map(len, rounds)]).astype(np.int64),
        way_cost=np.array([way.cost for way in ways], np.int64),
        way_bits=way_bits,
        flips=flips,
        arc_start=arcs.start,
        arcs=arcs.arcs,
        accepting=arcs.accepting,
    )
    return floor, spots


def _columns(lanes: Lanes) -> NDArray[np.void]:
    columns = np.zeros(len(lanes.full), COLUMN)
    columns["x"] = np.cumsum(np.append(0, lanes.steps[:-1]))
    columns["full"] = lanes.full
    columns["left"], columns["right"] = _beside(lanes).T
    return columns


def _segments(lanes: Lanes, seg_word: NDArray[np.int64]) -> NDArray[np.void]:
    segments = np.zeros(len(seg_word), SEGMENT)
    segments["length"] = np.append(lanes.lengths.ravel(), NEVER)
    segments["word"] = seg_word
    return segments


def _place(lanes: Lanes, cell: Cell) -> tuple[int, int, int]:
    """Column, segment and cost from the segment's low end: what tells standing points apart."""
    return cell.column, cell.segment, lanes.cost_at(cell)


def _bits(
    lanes: Lanes, places: Sequence[tuple[int, int, int]]
) -> tuple[dict[tuple[int, int, int], int], NDArray[np.int64]]:
    """The bit of each place, least first in each segment, and the first word of each segment."""
    segments = len(lanes.full) * (lanes.levels + 1)
    counts = np.zeros(segments, np.int64)
    for column, segment, _ in places:
        counts[column * (lanes.levels + 1) + segment] += 1
    seg_word = np.append(0, np.cumsum(-(-counts // WORD))).astype(np.int64)
    used = np.zeros(segments, np.int64)
    bits = {}
    for place in places:
        segment = place[0] * (lanes.levels + 1) + place[1]
        bits[place] = int(seg_word[segment] * WORD + used[segment])
        used[segment] += 1
    return bits, seg_word


def _ways(layout: Layout, lanes: Lanes, start: str, ends: Sequence[str]) -> Iterator[_Way]:
    """All ways to start there and to finish at one of the ends (as routing.exact.tour does)."""
    here = layout.cell(start)
    for end in dict.fromkeys(ends):
        there = layout.cell(end)
        if there == here:
            yield _Way((here,), (), 0)
            continue
        for first, last in product(exits_of(lanes, here), exits_of(lanes, there)):
            cost = first.cost + last.cost
            if first[:2] == last[:2]:
                crossing = Cell(here.deck, first.column, first.slot + 1, 0)
                yield _Way((crossing,), (), cost - 2 * lanes.turn)
            else:
                yield _Way((), (first[:2], last[:2]), cost)


def _beside(lanes: Lanes) -> NDArray[np.int64]:
    """The full columns next to each that is not full (see Lanes.active); at an edge none are needed."""
    columns = len(lanes.full)
    beside = np.full((columns, 2), -1, np.int64)
    everywhere = np.flatnonzero(lanes.full)
    for column in range(columns):
        mere_crossing = (lanes.lengths[column, 1:-1] >= NEVER).all()
        if lanes.full[column] or (column in (0, columns - 1) and mere_crossing):
            continue
        at = int(np.searchsorted(everywhere, column))
        near = everywhere[max(0, at - 1) : at + 1]
        beside[column, : len(near)] = near
    return beside
