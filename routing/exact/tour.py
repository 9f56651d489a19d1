"""The shortest tour through parallel aisles, proven, with the order in which its stops are come by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.exact.frontier_tour import can_sweep, frontier_tour
from routing.exact.lanes import NEVER, Costs, Lanes
from routing.exact.states import machine
from routing.exact.sweep import WORD, segment_costs, traced_sweep
from routing.exact.walk import Multigraph, Segment
from routing.layout import Cell


class ExactTour(NamedTuple):
    """The least cost of a tour and the numbers of its stops as walked.

    `proven` is False where the floor has too many cross-aisles for the sweep from point to point, and the sweep by
    segments is not exact: with turns, and where a tour starts or ends amid the stops of a segment. Then less may do.
    """

    cost: int
    order: tuple[int, ...]
    proven: bool


class Exit(NamedTuple):
    """The crossing where a tour comes onto the floor from its start, or leaves it for its end, and what that costs."""

    column: int
    slot: int
    cost: int


def exact_tour(lanes: Lanes, stops: Sequence[Cell], start: Cell, end: Cell | None = None) -> ExactTour:
    """The least tour from `start` through all stops to `end`, or back to the start."""
    end = end or start
    if not stops and end == start:
        return ExactTour(0, (), True)
    if _by_points(lanes, stops, start, end) and can_sweep(lanes, closed=end == start):
        return ExactTour(*frontier_tour(lanes, stops, start, end), True)
    crossing = _round(lanes, stops, start) if end == start else _through(lanes, stops, start, end)
    straight = _straight(lanes, stops, start, end)
    return straight if straight and straight.cost <= crossing.cost else crossing


def _by_points(lanes: Lanes, stops: Sequence[Cell], start: Cell, end: Cell) -> bool:
    """Whether the sweep by segments is not exact: with turns, or where a tour begins or ends amid stops."""
    if lanes.turn or end == start:
        return lanes.turn > 0
    busy = {stop[1:3] for stop in stops}
    return any(at[1:3] in busy and all(leave.cost for leave in exits_of(lanes, at)) for at in (start, end))


def _round(lanes: Lanes, stops: Sequence[Cell], start: Cell) -> ExactTour:
    """The least tour that comes by a crossing and back."""
    cost, order = _solve(lanes, [*stops, start])
    first = order.index(len(stops))
    return ExactTour(cost, (*order[first + 1 :], *order[:first]), not lanes.turn)


def _through(lanes: Lanes, stops: Sequence[Cell], start: Cell, end: Cell) -> ExactTour:
    """The least tour that comes by a crossing and ends elsewhere."""
    pairs = product(exits_of(lanes, start), exits_of(lanes, end))
    cost, order = min(_between(lanes, stops, *pair) for pair in pairs)
    return ExactTour(cost, order, not _by_points(lanes, stops, start, end))


def exits_of(lanes: Lanes, at: Cell) -> list[Exit]:
    """The crossings next to a standing point."""
    length, place = int(lanes.lengths[at.column, at.segment]), lanes.cost_at(at)
    exits = []
    if at.segment > 0:
        exits.append(Exit(at.column, at.segment - 1, place + lanes.turn))
    if at.segment < lanes.levels and length < NEVER:
        exits.append(Exit(at.column, at.segment, length - place + lanes.turn))
    return exits or [Exit(at.column, 0, lanes.turn)]


def _straight(lanes: Lanes, stops: Sequence[Cell], start: Cell, end: Cell) -> ExactTour | None:
    """The tour that never leaves the segment where all of it lies: to one end of it first, or to the other."""
    if any(cell[:3] != start[:3] for cell in (*stops, end)):
        return None
    ascending = sorted(range(len(stops)), key=lambda n: stops[n].offset_mm)
    here, there = lanes.cost_at(start), lanes.cost_at(end)
    places = [*(lanes.cost_at(stop) for stop in stops), here, there]
    low, high = min(places), max(places)
    low_first = here - low + (high - low) + high - there
    high_first = high - here + (high - low) + there - low
    order = ascending if low_first <= high_first else ascending[::-1]
    return ExactTour(min(low_first, high_first), tuple(order), True)


def _between(lanes: Lanes, stops: Sequence[Cell], first: Exit, last: Exit) -> tuple[int, tuple[int, ...]]:
    """The least tour between two crossings, with the ways to them."""
    ways = first.cost + last.cost
    if first[:2] != last[:2]:
        cost, order = _solve(lanes, stops, (first, last))
        return cost + ways, order
    # Round, from a crossing: a stop that stands there.
    at_crossing = Cell(stops[0].deck if stops else 0, first.column, first.slot + 1, 0)
    cost, order = _solve(lanes, [*stops, at_crossing])
    begin = order.index(len(stops))
    return cost - 2 * lanes.turn + ways, (*order[begin + 1 :], *order[:begin])


def _solve(lanes: Lanes, stops: Sequence[Cell], ends: tuple[Exit, ...] = ()) -> tuple[int, tuple[int, ...]]:
    """Cost and order of the least tour; between the `ends` where there are two, else round."""
    by_segment: dict[Segment, list[tuple[int, int]]] = defaultdict(list)
    for number, cell in enumerate(stops):
        by_segment[cell.column, cell.segment].append((number, lanes.cost_at(cell)))
    for served in by_segment.values():
        served.sort(key=lambda one: one[1])
    columns = lanes.active([column for column, _ in by_segment] + [end.column for end in ends])
    flips = np.zeros(len(columns), np.int64)
    for end in ends:
        flips[columns.index(end.column)] |= 1 << end.slot
    states = machine(lanes.levels, open_ended=True) if ends else lanes.machine
    cost, tables, taken = traced_sweep(
        states.moves,
        states.starts,
        states.accepting,
        lanes.levels,
        _options(lanes, columns, by_segment),
        np.add.reduceat(lanes.steps, columns),
        flips,
        np.zeros((len(columns) * (2 * lanes.levels + 1) + len(ends), states.count), np.int32),
    )
    graph = _multigraph(lanes.levels, columns, by_segment, zip(tables.tolist(), taken.tolist(), strict=True))
    start = ends[0][:2] if ends else graph.anywhere()
    return int(cost), tuple(graph.stops_from(start))


def _options(
    lanes: Lanes, columns: Sequence[int], by_segment: Mapping[Segment, Sequence[tuple[int, int]]]
) -> Costs:
    """What each option of each segment of these columns costs."""
    options = np.zeros((len(columns), lanes.levels + 1, 6), np.int64)
    for i, column in enumerate(columns):
        for segment in range(lanes.levels + 1):
            places = np.array(sorted({place for _, place in by_segment.get((column, segment), ())}), np.int64)
            end = -1 if segment == 0 else int(segment == lanes.levels)
            length = lanes.lengths[column, segment]
            segment_costs(all_set(len(places)), places, length, end, lanes.turn, options[i, segment])
    return options


def all_set(bits: int) -> NDArray[np.uint64]:
    """So many bits, as words."""
    words, rest = divmod(bits, WORD)
    return np.array([2**WORD - 1] * words + [2**rest - 1] * (rest > 0), np.uint64)


def _multigraph(
    levels: int,
    columns: Sequence[int],
    by_segment: Mapping[Segment, Sequence[tuple[int, int]]],
    taken: Iterable[tuple[int, int]],
) -> Multigraph:
    """What was chosen: `taken` are the tables and options of the sweep, step by step."""
    graph, at = Multigraph(), 0
    for table, option in taken:
        if table > 2 * levels:
            continue
        if table > levels:
            slot = table - levels - 1
            for _ in range(option):
                graph.link((columns[at], slot), (columns[at + 1], slot), ())
            at += slot == levels - 1
        else:
            segment = 0 if table == levels - 1 else levels if table == levels else table + 1
            graph.add((columns[at], segment), option, by_segment.get((columns[at], segment), ()))
    return graph
