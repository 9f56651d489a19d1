"""A grid as the arrays that the compiled sweep reads: what each segment and each step between columns costs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from routing.effort import Effort
from routing.exact.states import Machine, machine
from routing.layout import Cell, Grid

Costs: TypeAlias = NDArray[np.int64]

NEVER = np.int64(2**60)
"""The cost of what cannot be done; two of them still add up."""


@dataclass(frozen=True, slots=True)
class Lanes:
    """Costs of a grid of C columns and h cross-aisles.

    `lengths[c, s]` (C, h + 1): a whole walk through segment s of column c, NEVER where there is none. `per_mm[c]`:
    of a millimetre in that column. `steps[c]`: along a cross-aisle from column c to the next, the same on all of them.
    `turn`: of one turn. `full[c]`: whether column c reaches all cross-aisles. `skips`: whether columns can be left
    out of the sweep (see `active`).
    """

    machine: Machine
    lengths: Costs
    per_mm: Costs
    steps: Costs
    turn: int
    full: NDArray[np.bool_]
    skips: bool

    @classmethod
    def of(cls, grid: Grid, effort: Effort) -> Lanes:
        """The lanes of a grid, where walking costs what `effort` says."""
        per_mm = np.array([effort.per_mm(column.aisle) for column in grid.columns], np.int64)
        lengths = np.array(
            [
                [NEVER if mm is None else mm * cost for mm in column.lengths_mm]
                for column, cost in zip(grid.columns, per_mm.tolist(), strict=True)
            ],
            np.int64,
        ).reshape(len(grid.columns), -1)
        x_mm = np.array([column.x_mm for column in grid.columns], np.int64)
        steps = np.append(np.diff(x_mm), 0) * effort.per_mm("")
        through = lengths[:, 1:-1]
        full = np.asarray((through < NEVER).all(axis=1))
        aisles = np.array([bool(column.aisle) for column in grid.columns])
        regular = bool(full.any() and full[aisles].all() and (through[full] == through[full][0]).all())
        return cls(machine(len(grid.levels_y_mm)), lengths, per_mm, steps, effort.turn, full, regular)

    @property
    def levels(self) -> int:
        """How many cross-aisles there are."""
        return self.machine.slots

    def cost_at(self, cell: Cell) -> int:
        """Cost from the low end of its segment to a standing point."""
        return int(cell.offset_mm * self.per_mm[cell.column])

    def active(self, visited: Iterable[int]) -> list[int]:
        """The columns to sweep for a tour that visits these, in order.

        Where all aisles are full and alike, what is walked along y in a column where nothing is fetched can be moved
        to the column swept before or after it, whichever makes the walk no longer, if both are full. So beside a
        column that is not, the next full ones on either side are swept too; save for a mere crossing at the edge.
        """
        columns = set(visited)
        if not self.skips:
            return list(range(len(self.full)))
        edges = {min(columns, default=0), max(columns, default=0)}
        everywhere = np.flatnonzero(self.full)
        for column in sorted(columns):
            if self.full[column] or (column in edges and (self.lengths[column, 1:-1] >= NEVER).all()):
                continue
            next_full = int(np.searchsorted(everywhere, column))
            columns.update(everywhere[max(0, next_full - 1) : next_full + 1].tolist())
        if not self.full[list(columns)].any():
            columns.update(everywhere.tolist())
        return sorted(columns)
