"""Set partitioning over the loads that the search came across: which of them, together, cost least.

The linear relaxation is solved by GLOP, columns are added while some are worth it. What its prices leave of interest
goes to CP-SAT, with the best loads known as a hint.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from ortools.linear_solver import pywraplp
from ortools.sat.python import cp_model

from routing.batching.columns import Columns

_ADDED = 1_000
"""Columns that are added to the relaxation at once."""
_ROUNDS = 30
_CHOOSE_AMONG = 4_000
"""Columns that CP-SAT chooses among, at most."""
_SCALE = 1e-5
"""Costs are made this much smaller for GLOP, whose tolerances are absolute."""
_WORK_PER_S = 1.0


class Relaxed(NamedTuple):
    """What the relaxation says: its cost over the columns given, and what each item and cart type is worth in it."""

    cost: float
    worth: NDArray[np.float64]
    kind_worth: NDArray[np.float64]


@dataclass(slots=True)
class Relaxation:
    """The linear program, which keeps its columns from one call to the next. `counts` limit the types' carts."""

    items: int
    counts: NDArray[np.int64]
    _solver: pywraplp.Solver = field(default_factory=lambda: pywraplp.Solver.CreateSolver("GLOP"))
    _rows: list[pywraplp.Constraint] = field(default_factory=list)
    _kind_rows: dict[int, pywraplp.Constraint] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._rows = [self._solver.Constraint(1.0, 1.0) for _ in range(self.items)]
        for kind, count in enumerate(self.counts.tolist()):
            if count < self.items:
                self._kind_rows[kind] = self._solver.Constraint(-self._solver.infinity(), count)

    def solve(self, columns: Columns, first: NDArray[np.int64], expires: float) -> Relaxed | None:
        """Solve it over these columns, beginning with those numbered `first`, which must hold a solution."""
        inside = np.zeros(columns.size, np.bool_)
        new, relaxed = first, None
        for _ in range(_ROUNDS):
            self._add(columns.some(new))
            inside[new] = True
            if self._solver.Solve() != pywraplp.Solver.OPTIMAL:
                return relaxed
            relaxed = self._read()
            reduced = columns.reduced(relaxed.worth, relaxed.kind_worth)
            reduced[inside] = 0.0
            new = _least(reduced, _ADDED)
            new = new[reduced[new] < -1.0]
            if not len(new) or time.monotonic() > expires:
                break
        return relaxed

    def _add(self, columns: Columns) -> None:
        objective = self._solver.Objective()
        for k in range(columns.size):
            variable = self._solver.NumVar(0.0, self._solver.infinity(), "")
            objective.SetCoefficient(variable, float(columns.cost[k]) * _SCALE)
            for item in columns.items[columns.start[k] : columns.start[k + 1]].tolist():
                self._rows[item].SetCoefficient(variable, 1.0)
            row = self._kind_rows.get(int(columns.kind[k]))
            if row is not None:
                row.SetCoefficient(variable, 1.0)

    def _read(self) -> Relaxed:
        kind_worth = np.zeros(len(self.counts))
        for kind, row in self._kind_rows.items():
            kind_worth[kind] = row.dual_value() / _SCALE
        worth = np.array([row.dual_value() for row in self._rows]) / _SCALE
        return Relaxed(self._solver.Objective().Value() / _SCALE, worth, kind_worth)


def _least(values: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Numbers of the least values."""
    if len(values) <= count:
        return np.arange(len(values), dtype=np.int64)
    return np.argpartition(values, count)[:count].astype(np.int64)


class Budget(NamedTuple):
    """For CP-SAT: seconds, or where a run is to be repeatable its own units of work, and how many workers."""

    seconds: float
    work: float | None
    workers: int


def chosen(
    columns: Columns, relaxed: Relaxed, known: NDArray[np.int64], counts: NDArray[np.int64], budget: Budget
) -> NDArray[np.int64] | None:
    """Numbers of the columns that cover each item once at the least cost found; None where `known` are not beaten."""
    best = int(columns.cost[known].sum())
    reduced = columns.reduced(relaxed.worth, relaxed.kind_worth)
    reduced[known] = -1e18
    among = _least(reduced, _CHOOSE_AMONG)
    among = np.sort(among[reduced[among] < best - relaxed.cost])
    model = cp_model.CpModel()
    picks = [model.new_bool_var("") for _ in among]
    covers: list[list[cp_model.IntVar]] = [[] for _ in relaxed.worth]
    by_kind: list[list[cp_model.IntVar]] = [[] for _ in counts]
    part = columns.some(among)
    for k, pick in enumerate(picks):
        for item in part.items[part.start[k] : part.start[k + 1]].tolist():
            covers[item].append(pick)
        by_kind[int(part.kind[k])].append(pick)
    for cover in covers:
        model.add_exactly_one(cover)
    for kind, used in enumerate(by_kind):
        if counts[kind] < len(relaxed.worth):
            model.add(sum(used) <= int(counts[kind]))
    is_known = np.isin(among, known)
    for pick, hinted in zip(picks, is_known.tolist(), strict=True):
        model.add_hint(pick, hinted)
    cost = cp_model.LinearExpr.weighted_sum(picks, part.cost.tolist())
    model.minimize(cost)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = max(0.01, budget.seconds)
    solver.parameters.num_workers = budget.workers
    solver.parameters.random_seed = 1
    if budget.work is not None:
        solver.parameters.max_deterministic_time = budget.work
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE) or solver.objective_value >= best:
        return None
    return among[[bool(solver.value(pick)) for pick in picks]]
