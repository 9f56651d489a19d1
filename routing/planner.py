"""The planner: batches and tours as short as can be found in time, proven where they can be.

Import it in a process of its own: OR-Tools, numpy and compiled code come with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from time import monotonic

from routing.allot import Allotment
from routing.batch import batch_of
from routing.batching.form import form
from routing.batching.job import Formed, Limits, Load
from routing.check import check
from routing.jobs import Staffed, job_of
from routing.links import links_of
from routing.parts import LATER, Part, Prepared, prepare
from routing.problem import ANYWHERE, Cart, Problem
from routing.quick import quick_plan
from routing.result import Batch, Plan
from routing.sources.improve import improve_sources
from routing.tours.door import Guide

TOUR_SHARE = 0.15
"""So much of the deadline is kept for the tours of the batches, where rules, shelves or the floor make them hard."""
PATIENCE_S = 0.2
"""The search has so long for each order, and then nothing better is to be expected: the processor is others' too."""
TOUR_S = 0.002
"""About what one batch takes to be walked and written down, where no rule and no shelf has to be thought of."""


def plan(
    problem: Problem,
    deadline_s: float,
    seed: int = 1,
    *,
    cores: int = 1,
    iterations: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Plan:
    """Plan one round within `deadline_s` seconds on so many cores.

    What the idle carts take along leaves good company for what must wait; the most urgent order of each cart goes now.
    With `iterations` the search ends after so many instead, and the same seed gives the same plan. `progress` is told
    of each better set of batches what it costs, in the units of the problem's Effort. The plan has passed `check`.
    """
    expires = monotonic() + deadline_s
    prepared = prepare(problem)
    if not prepared.parts:
        return Plan(
            (), prepared.left, 0, "nothing to plan", 0, links_of((), prepared.left, ()), prepared.notes
        )
    staffed = job_of(problem, prepared.parts)
    tours_s = _tours_s(problem, len(prepared.parts), deadline_s)
    search_ends = min(expires - tours_s, monotonic() + PATIENCE_S * len(prepared.parts))
    formed = form(staffed.job, Limits(search_ends, iterations, max(1, cores), progress), seed)
    walks_end = monotonic() + tours_s
    found = _Walked(problem, prepared, staffed, min(expires, walks_end)).plan(formed)
    return quick_plan(problem) if check(problem, found) else found


def _tours_s(problem: Problem, parts: int, deadline_s: float) -> float:
    """How long the tours of the batches may take."""
    hard = problem.rules.before or problem.shelves or problem.layout.grid is None
    written_s = TOUR_S * min(parts, len(problem.carts))
    return min(max(TOUR_SHARE * deadline_s if hard else 0.0, written_s), 0.5 * deadline_s)


class _Walked:
    """Turns what was batched into batches that are walked."""

    def __init__(self, problem: Problem, prepared: Prepared, staffed: Staffed, expires: float) -> None:
        self._problem = problem
        self._prepared = prepared
        self._staffed = staffed
        self._expires = expires
        self._guide = Guide(problem)
        self._allotment = Allotment(problem)
        self._moves = any(each.line.location == ANYWHERE for part in prepared.parts for each in part.taken)

    def plan(self, formed: Formed) -> Plan:
        """The loads that go now as batches; the others wait."""
        for part in self._prepared.parts:
            self._allotment.take(part.taken)
        going = list(self._going(formed.loads))
        batches = []
        for n, (cart, parts) in enumerate(going):
            share_s = max(0.0, self._expires - monotonic()) / (len(going) - n)
            batches.append(self._batch(cart, parts, monotonic() + share_s))
        aboard = {id(part) for _, parts in going for part in parts}
        waiting = [part for part in self._prepared.parts if id(part) not in aboard]
        left = (*self._prepared.left, *(part.left(LATER) for part in waiting))
        distance_mm = sum(batch.distance_mm for batch in batches)
        return Plan(
            batches=tuple(batches),
            left=left,
            distance_mm=distance_mm,
            method=formed.method,
            bound_mm=0 if waiting or self._moves else self._bound_mm(formed, batches),
            links=links_of(batches, left, self._prepared.parts),
            notes=self._prepared.notes,
        )

    def _going(self, loads: Sequence[Load]) -> Iterator[tuple[Cart, list[Part]]]:
        """The carts that go now with their parts, the most urgent cart-load first within a type."""
        idle = [list(carts) for carts in self._staffed.carts]
        for load in sorted(loads, key=lambda load: min(load.items)):
            if not self._staffed.job.types[load.type].waits:
                parts = [self._prepared.parts[item] for item in sorted(load.items)]
                yield idle[load.type].pop(0), parts

    def _batch(self, cart: Cart, parts: Sequence[Part], deadline: float) -> Batch:
        """A cart's parts with their tour; from other shelves where that is shorter."""
        taken = tuple(each for part in parts for each in part.taken)
        if self._moves:
            moved = improve_sources(self._problem, cart, taken, self._free(), deadline)
            self._allotment.give_back(taken)
            self._allotment.take(moved)
            taken = moved
        return batch_of(self._problem, cart, parts, self._guide.lead(cart, taken, deadline))

    def _free(self) -> Mapping[tuple[str, str], int]:
        return self._allotment.free_units

    def _bound_mm(self, formed: Formed, batches: Sequence[Batch]) -> int:
        """What no plan for these orders on these carts walks less than, where millimetres are what was made small."""
        effort = self._problem.effort
        if effort.by_time or any(effort.busy_percent.values()):
            return 0
        return min(formed.bound // effort.per_mm(""), sum(batch.distance_mm for batch in batches))
