"""A proven lower bound on the cost of all loads of a job.

Of the items that need a certain walk, each cart takes only so many. So the walk is made at least as often as there are
cart-loads of such items. Two such counts: by what an item costs alone, and, on grids, by parts of the floor: how far
its stops are from the start across the aisles, and how deep they lie in each segment (a segment is walked whole or, to
the deepest stop, there and back).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from routing.batching.floor import grid_of
from routing.batching.job import Job
from routing.batching.pool import Pool
from routing.effort import Effort
from routing.layout import Cell, Grid


def bound_of(job: Job, pool: Pool) -> int:
    """No loads for this job cost less."""
    loads = _Loads(job, pool)
    alone = np.array([_least_alone(job, item.locations) for item in job.items], np.int64)
    walk = loads.often(alone)
    grid = grid_of(job)
    starts = {kind.start for kind in job.types}
    if grid is not None and len(starts) == 1 and all(kind.ends == (kind.start,) for kind in job.types):
        walk = max(walk, _by_parts(job, loads, grid, starts.pop()))
    stops = {name for item in job.items for name in item.locations}
    spots = [job.layout.spots[name] for name in sorted(stops)]
    return walk + (job.effort.handling_ms(spots, 0) * 1000 if job.effort.by_time else 0)


class _Loads:
    """How many carts some items fill at least."""

    def __init__(self, job: Job, pool: Pool) -> None:
        def share(load: NDArray[np.int64], limits: Iterable[int]) -> NDArray[np.float64]:
            return load / max(1, *limits)

        self._shares = np.array(
            [
                share(np.ones(len(job.items), np.int64), (kind.slots for kind in job.types)),
                share(pool.items["weight_g"][:-1], (kind.max_weight_g for kind in job.types)),
                share(pool.items["volume_cm3"][:-1], (kind.max_volume_cm3 for kind in job.types)),
            ]
        )

    def often(self, depths: NDArray[np.int64]) -> int:
        """The sum over all carts of the greatest depth of their items, at least; depth 0 is none."""
        order = np.argsort(-depths, kind="stable")
        order = order[depths[order] > 0]
        if not len(order):
            return 0
        filled = np.cumsum(self._shares[:, order], axis=1).max(axis=0)
        carts = np.ceil(filled - 1e-9).clip(min=1).astype(np.int64)
        steps = depths[order] - np.append(depths[order][1:], 0)
        return int((carts * steps).sum())


def _least_alone(job: Job, locations: Iterable[str]) -> int:
    """The least cost of any tour that comes by all of these: there and back to the one that is farthest."""
    return max((_there_and_back(job, name) for name in locations), default=0)


def _there_and_back(job: Job, name: str) -> int:
    layout, per_mm = job.layout, job.effort.per_mm("")
    return min(
        (layout.distance_mm(kind.start, name) + layout.distance_mm(name, end)) * per_mm
        for kind in job.types
        for end in kind.ends
    )


def _by_parts(job: Job, loads: _Loads, grid: Grid, start: str) -> int:
    """Walks across the aisles and walks along them are different walks, as are those in different segments."""
    layout, effort = job.layout, job.effort
    home = layout.cell(start)
    cells = [[layout.cell(name) for name in item.locations] for item in job.items]
    x_mm = [column.x_mm for column in grid.columns]
    total = 0
    for side in (-1, 1):
        across = [
            max((0, *(side * (x_mm[cell.column] - x_mm[home.column]) for cell in each))) for each in cells
        ]
        total += loads.often(2 * effort.per_mm("") * np.array(across, np.int64))
    deep: dict[tuple[int, int], NDArray[np.int64]] = {}
    for number, each in enumerate(cells):
        for cell in each:
            if cell[1:3] == home[1:3]:
                continue
            depths = deep.setdefault(cell[1:3], np.zeros(len(cells), np.int64))
            depths[number] = max(depths[number], _depth(grid, effort, cell))
    return total + sum(loads.often(depths) for depths in deep.values())


def _depth(grid: Grid, effort: Effort, cell: Cell) -> int:
    """What a tour walks in a segment at least to come by this stop from outside."""
    column = grid.columns[cell.column]
    length_mm = column.lengths_mm[cell.segment]
    if length_mm is None:
        return 0
    low_mm, high_mm = cell.offset_mm, length_mm - cell.offset_mm
    if cell.segment == 0:
        nearest_mm = high_mm
    elif cell.segment == len(grid.levels_y_mm):
        nearest_mm = low_mm
    else:
        nearest_mm = min(low_mm, high_mm)
    return 2 * nearest_mm * effort.per_mm(column.aisle)
