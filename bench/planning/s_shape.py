"""The S-shape walk on floors of one block or several (Roodbergen and de Koster 2001): what needs no computer.

Along the left-most aisle where anything is to be picked, up to the farthest block that has any; then block by block
back to the front: through each aisle with picks, end to end, from the side that is nearer, and in the last one of an
odd number there and back. It is as long as the rule makes it, also where a shorter walk through its stops is at hand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from routing.layout import Cell, Grid


class Walked(NamedTuple):
    """The numbers of the stops in walking order, and the length of the walk."""

    order: tuple[int, ...]
    distance_mm: int


def s_shape(grid: Grid, stops: Iterable[Cell], depot: Cell) -> Walked:
    """The walk from the depot through all stops and back.

    Raises ValueError where the depot is not on the front cross-aisle, or a stop is in front of it or behind the last.
    """
    walk = _Walk(grid, stops, depot)
    walk.out()
    for block in range(walk.farthest, 0, -1):
        walk.through(block)
    walk.back()
    return Walked(tuple(walk.order), walk.distance_mm)


class _Walk:
    """Where the picker stands: at an aisle's crossing with a cross-aisle. Block k ends at cross-aisle k behind."""

    def __init__(self, grid: Grid, stops: Iterable[Cell], depot: Cell) -> None:
        if depot.segment != 1 or depot.offset_mm:
            raise ValueError("the S-shape begins on the front cross-aisle")
        self._grid = grid
        self._depot = depot
        self._left: dict[int, dict[int, list[tuple[int, int]]]] = defaultdict(dict)
        for number, cell in enumerate(stops):
            if not 1 <= cell.segment < len(grid.levels_y_mm):
                raise ValueError("the S-shape knows no aisles beyond the outer cross-aisles")
            self._left[cell.segment].setdefault(cell.column, []).append((cell.offset_mm, number))
        self.farthest = max(self._left, default=0)
        self.order: list[int] = []
        self.distance_mm = 0
        self._x_mm = self._x(depot.column)

    def out(self) -> None:
        """To the front of the farthest block, by the left-most aisle with picks."""
        if self.farthest > 1:
            first = min((column for columns in self._left.values() for column in columns), key=self._x)
            self._along_to(first)
            for block in range(1, self.farthest):
                self._pass(first, block, upwards=True)

    def through(self, block: int) -> None:
        """Through a block, to its front: the farthest is come to from its front too, the others from behind."""
        columns = sorted(self._left[block], key=self._x)
        from_front = block == self.farthest
        if not columns:
            self._pass(self._nearest(), block, upwards=False)
            return
        if self._away_mm(columns[-1]) < self._away_mm(columns[0]):
            columns.reverse()
        last = columns.pop() if (len(columns) % 2 == 1) == from_front else None
        for n, column in enumerate(columns):
            self._along_to(column)
            self._pass(column, block, upwards=(n % 2 == 0) == from_front)
        if last is not None:
            self._along_to(last)
            self._there_and_back(last, block)

    def back(self) -> None:
        """Along the front to the depot."""
        self._along_to(self._depot.column)

    def _x(self, column: int) -> int:
        return self._grid.columns[column].x_mm

    def _away_mm(self, column: int) -> int:
        return abs(self._x(column) - self._x_mm)

    def _nearest(self) -> int:
        return min(range(len(self._grid.columns)), key=self._away_mm)

    def _along_to(self, column: int) -> None:
        self.distance_mm += self._away_mm(column)
        self._x_mm = self._x(column)

    def _pass(self, column: int, block: int, *, upwards: bool) -> None:
        """Through an aisle of a block, from end to end."""
        stops = sorted(self._left[block].pop(column, ()), reverse=not upwards)
        self.order += [number for _, number in stops]
        self.distance_mm += self._grid.levels_y_mm[block] - self._grid.levels_y_mm[block - 1]

    def _there_and_back(self, column: int, block: int) -> None:
        """From the front into an aisle as far as its last stop, and back."""
        stops = sorted(self._left[block].pop(column))
        self.order += [number for _, number in stops]
        self.distance_mm += 2 * stops[-1][0]
