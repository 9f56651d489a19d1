"""The least tour by the sweep from point to point: with turns, and between any two places."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from routing.exact.frontier import Frontier, frontier
from routing.exact.frontier_sweep import frontier_sweep
from routing.exact.lanes import NEVER, Lanes
from routing.layout import Cell

CLOSED_LEVELS, OPEN_LEVELS = 5, 4
"""So many cross-aisles at most for a round and for a tour that ends elsewhere: the states grow with them fast."""

_Points = Mapping[tuple[int, int], Mapping[int, Sequence[int]]]  # column and segment: place: stops


def can_sweep(lanes: Lanes, *, closed: bool) -> bool:
    """Whether the floor has few enough cross-aisles."""
    return lanes.levels <= (CLOSED_LEVELS if closed else OPEN_LEVELS)


def frontier_tour(
    lanes: Lanes, stops: Sequence[Cell], start: Cell, end: Cell | None = None
) -> tuple[int, tuple[int, ...]]:
    """Cost of the least tour from `start` through all stops to `end`, or back; and the stops' numbers as walked."""
    closed = end is None or end == start
    states = frontier(lanes.levels, open_ended=not closed)
    ends = (start,) if end is None or closed else (start, end)
    sweep = Sweep(lanes, states, [*stops, *ends], () if closed else (len(stops), len(stops) + 1))
    sweep.lay()
    tables, costs = np.array(sweep.tables, np.int64), np.array(sweep.costs, np.int64)
    by = np.zeros((len(tables), states.count), np.int32)
    cost, times = frontier_sweep(states.moves, states.starts, states.accepting, tables, costs, by)
    order = sweep.walk(len(stops), times.tolist())
    return int(cost), tuple(number for number in order if number < len(stops))


@dataclass(slots=True)
class Sweep:
    """The rows of a sweep, and what they are: `ways[r]` are the two nodes of the way of row r, or `served[r]` is the
    number of the stop there (-1 on a way).

    Nodes are points of corridors and, of each crossing, the side on the cross-aisle; `at` tells the stops of a node.
    `ends` are the numbers of those stops that are the two ends of the tour.
    """

    lanes: Lanes
    states: Frontier
    stops: Sequence[Cell]
    ends: tuple[int, ...]
    tables: list[int] = field(default_factory=list)
    costs: list[int] = field(default_factory=list)
    ways: list[tuple[int, int]] = field(default_factory=list)
    served: list[int] = field(default_factory=list)
    at: dict[int, Sequence[int]] = field(default_factory=dict)
    _nodes: int = 0

    def lay(self) -> None:
        """Write down all rows, column by column."""
        lanes, points = self.lanes, self._points()
        columns = lanes.active(column for column, _ in points)
        steps = np.add.reduceat(lanes.steps, columns).tolist()
        across = [self._node() for _ in range(lanes.levels)]
        for n, column in enumerate(columns):
            self._column(column, points, across)
            if n + 1 < len(columns):
                for level in range(lanes.levels):
                    on = self._node()
                    self._way(self.states.shift(level), steps[n], (across[level], on))
                    across[level] = on

    def walk(self, start: int, times: Sequence[int]) -> list[int]:
        """The stops in the order in which an Euler walk from stop number `start` comes by them (Hierholzer 1873)."""
        links: dict[int, list[int]] = defaultdict(list)
        ways = [way for way, walked in zip(self.ways, times, strict=True) for _ in range(walked)]
        for number, way in enumerate(ways):
            for node in way:
                links[node].append(number)
        begin = next(node for node, stops in self.at.items() if start in stops)
        stack, walk, taken = [begin], list[int](), [False] * len(ways)
        while stack:
            here = links[stack[-1]]
            while here and taken[here[-1]]:
                here.pop()
            if here:
                number = here.pop()
                taken[number] = True
                one, other = ways[number]
                stack.append(other if one == stack[-1] else one)
            else:
                walk.append(stack.pop())
        return [stop for node in dict.fromkeys(reversed(walk)) for stop in self.at.get(node, ())]

    def _points(self) -> _Points:
        """The stops by where they stand, least y first."""
        points: dict[tuple[int, int], dict[int, list[int]]] = defaultdict(dict)
        for number, cell in enumerate(self.stops):
            points[cell.column, cell.segment].setdefault(self.lanes.cost_at(cell), []).append(number)
        return points

    def _column(self, column: int, points: _Points, across: Sequence[int]) -> None:
        """Up the corridor from point to point, and round the corner at each cross-aisle."""
        point = self._node()
        for number, (cost, level, stops) in enumerate(self._along(column, points)):
            if number:
                below, point = point, self._node()
                self._way(self.states.onward, cost, (below, point))
            for stop in stops:
                self._row(self.states.end if stop in self.ends else self.states.visit, stop)
            self.at[point] = stops
            if level >= 0:
                self._way(self.states.corner(level), self.lanes.turn, (point, across[level]))
        self._way(self.states.onward, int(NEVER), (0, 0))

    def _along(self, column: int, points: _Points) -> list[tuple[int, int, list[int]]]:
        """The corridor's points and crossings: cost from the one before, number of the cross-aisle (or -1), stops."""
        along: list[tuple[int, int, list[int]]] = []
        waiting: list[int] = []
        for segment, length in enumerate(self.lanes.lengths[column].tolist()):
            here = points.get((column, segment), {})
            if length >= NEVER:  # what stands here stands on the crossing itself
                stops = [stop for at in here.values() for stop in at]
                (along[-1][2] if segment else waiting).extend(stops)
                here = {}
            done = 0
            for place in sorted(here):
                along.append((place - done, -1, list(here[place])))
                done = place
            if segment < self.lanes.levels:
                along.append((int(length) - done, segment, waiting))
                waiting = []
        return along

    def _node(self) -> int:
        self._nodes += 1
        return self._nodes

    def _way(self, table: int, cost: int, way: tuple[int, int]) -> None:
        self._add(table, cost, way, -1)

    def _row(self, table: int, stop: int) -> None:
        self._add(table, 0, (0, 0), stop)

    def _add(self, table: int, cost: int, way: tuple[int, int], stop: int) -> None:
        self.tables.append(table)
        self.costs.append(cost)
        self.ways.append(way)
        self.served.append(stop)
