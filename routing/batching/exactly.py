"""The costs of loads as exact tours tell them.

The search sweeps by segments. That is exact where turns cost nothing and tours start and end at crossings, else it
may count a turn or a way to a crossing too much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from routing.batching.floor import grid_of
from routing.batching.job import Job, Load
from routing.exact.lanes import Lanes
from routing.exact.tour import exact_tour

_MANY = 200
"""To look at more loads once more would take too long; they keep the cost that was thought."""


def told_exactly(job: Job, loads: Sequence[Load]) -> tuple[Load, ...]:
    """The same loads, each at the cost of its exact tour where that is less than was thought."""
    grid = grid_of(job)
    if grid is None or len(loads) > _MANY or not (job.effort.turn or _may_stay_inside(job)):
        return tuple(loads)
    lanes = Lanes.of(grid, job.effort)
    return tuple(replace(load, cost=min(load.cost, _cost(job, lanes, load))) for load in loads)


def _may_stay_inside(job: Job) -> bool:
    """Whether some tour starts or ends in a segment with stops, or ends elsewhere than it starts."""
    if any(kind.ends != (kind.start,) for kind in job.types):
        return True
    starts = {job.layout.cell(kind.start)[1:3] for kind in job.types}
    return any(job.layout.cell(name)[1:3] in starts for item in job.items for name in item.locations)


def _cost(job: Job, lanes: Lanes, load: Load) -> int:
    """The least tour from the start to any of the ends, with stops, waiting and foes."""
    kind, items = job.types[load.type], [job.items[i] for i in load.items]
    names = sorted({name for item in items for name in item.locations})
    stops, start = [job.layout.cell(name) for name in names], job.layout.cell(kind.start)
    cost = min(exact_tour(lanes, stops, start, job.layout.cell(end)).cost for end in kind.ends)
    if job.effort.by_time:
        cost += 1000 * job.effort.handling_ms([job.layout.spots[name] for name in names], 0)
    if kind.waits:
        cost += sum(item.wait_cost for item in items)
    foes = any(one.foes & other.kinds for one in items for other in items if one is not other)
    return cost + (job.foe_cost or 0) * foes
