"""What no loads for a job cost less than: cuts through the floor that so many carts must cross, there and back.

Carts that serve items beyond a cut, each full, are at least so many; each walks over the cut twice. Cuts that share no
walk add up: those between neighbouring columns, and the segments along y, each of which a cart walks at least as far
as the item in it that needs the farthest walk.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.batching.job import Job
from routing.exact.lanes import Lanes
from routing.exact.sweep import segment_costs
from routing.exact.tour import all_set
from routing.layout import Cell

Costs = NDArray[np.int64]


def bound_of(job: Job) -> int:
    """A cost that no loads of the job go below, in the Effort's units; the tours' alone, without waiting."""
    if not job.items:
        return 0
    loads = _Loads.of(job)
    bounds = [loads.least_sum(_far_and_back(job))]
    if job.layout.grid is not None:
        bounds.append(_Cuts.of(job, Lanes.of(job.layout.grid, job.effort), loads).bound())
    return max(bounds)


@dataclass(frozen=True, slots=True)
class _Loads:
    """What each item takes of a cart: (n, 3) slots, weight and volume, and the most that any cart holds."""

    sizes: Costs
    limits: Costs

    @classmethod
    def of(cls, job: Job) -> _Loads:
        sizes = [(1, item.weight_g, item.volume_cm3) for item in job.items]
        limits = [(each.slots, each.max_weight_g, each.max_volume_cm3) for each in job.types]
        return cls(np.array(sizes, np.int64), np.maximum(np.array(limits, np.int64).max(axis=0), 1))

    def least_sum(self, values: Costs, items: Sequence[int] | None = None) -> int:
        """The least sum over all carts of the greatest value on each; `values[i]` is that of `items[i]` (none: of all).

        The items of the k greatest values need at least so many carts, each of which then costs no less than the
        least of these values.
        """
        chosen = np.arange(len(values)) if items is None else np.asarray(items, np.int64)
        order = np.argsort(-values, kind="stable")
        filled = np.cumsum(self.sizes[chosen[order]], axis=0)
        carts = (-(-filled // self.limits)).max(axis=1, initial=1)
        more = np.diff(np.maximum.accumulate(carts), prepend=0)
        return int((more * values[order]).sum())


def _far_and_back(job: Job) -> Costs:
    """Of each item the least walk to any of its locations and on to an end."""
    walks, layout = job.effort.walks(job.layout), job.layout
    rounds = {(each.start, each.ends) for each in job.types}
    known: dict[str, int] = {}

    def there_and_back(location: str) -> int:
        at = layout.standing(location)
        ways = []
        for start, ends in rounds:
            there = walks.cost(layout.standing(start), at)
            back = [walks.cost(at, layout.standing(end)) for end in ends]
            known_back = [cost for cost in back if cost is not None]
            if there is not None and known_back:
                ways.append(there + min(known_back))
        return min(ways, default=0)

    for item in job.items:
        for location in item.locations:
            if location not in known:
                known[location] = there_and_back(location)
    return np.array([max(known[location] for location in item.locations) for item in job.items], np.int64)


@dataclass(frozen=True, slots=True)
class _Cuts:
    """The cells of each item on a grid, and the places where tours start and end."""

    lanes: Lanes
    loads: _Loads
    cells: Sequence[Sequence[Cell]]
    ends: frozenset[Cell]

    @classmethod
    def of(cls, job: Job, lanes: Lanes, loads: _Loads) -> _Cuts:
        cells = [[job.layout.cell(location) for location in item.locations] for item in job.items]
        ends = {job.layout.cell(spot) for each in job.types for spot in (each.start, *each.ends)}
        return cls(lanes, loads, cells, frozenset(ends))

    def bound(self) -> int:
        """All cuts together."""
        return self._between_columns() + self._along_segments()

    def _between_columns(self) -> int:
        """Each step between two columns, by all carts that serve something on the side where no tour starts or ends."""
        first, last = min(cell.column for cell in self.ends), max(cell.column for cell in self.ends)
        least = [min(cell.column for cell in cells) for cells in self.cells]
        most = [max(cell.column for cell in cells) for cells in self.cells]
        total = 0
        for column, step in enumerate(self.lanes.steps.tolist()[:-1]):
            if column < first:
                beyond = [n for n, item_least in enumerate(least) if item_least <= column]
            elif column >= last:
                beyond = [n for n, item_most in enumerate(most) if item_most > column]
            else:
                continue
            total += self.loads.least_sum(np.full(len(beyond), 2 * step, np.int64), beyond)
        return total

    def _along_segments(self) -> int:
        """Each segment where no tour starts or ends, by all carts that serve something in it."""
        taboo = {cell[1:3] for cell in self.ends}
        places: dict[tuple[int, int], dict[int, set[int]]] = {}
        for n, cells in enumerate(self.cells):
            for cell in cells:
                inside = places.setdefault((cell.column, cell.segment), {})
                inside.setdefault(n, set()).add(self.lanes.cost_at(cell))
        return sum(
            self.loads.least_sum(self._alone(segment, inside.values()), list(inside))
            for segment, inside in places.items()
            if segment not in taboo
        )

    def _alone(self, segment: tuple[int, int], places: Iterable[set[int]]) -> Costs:
        """The least cost of serving each of these sets of places in a segment."""
        length = self.lanes.lengths[segment]
        end = -1 if segment[1] == 0 else int(segment[1] == self.lanes.levels)
        options = np.zeros(6, np.int64)
        costs = []
        for some in places:
            segment_costs(all_set(len(some)), np.array(sorted(some), np.int64), length, end, 0, options)
            costs.append(int(options.min()))
        return np.array(costs, np.int64)
