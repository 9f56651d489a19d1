"""Orders to carts: a first answer at once, then annealing and set partitioning in turns while there is time."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from routing.batching.batches import Best, no_best
from routing.batching.bound import bound_of
from routing.batching.columns import Columns, columns_in, columns_of, joined
from routing.batching.exactly import told_exactly
from routing.batching.job import Formed, Job, Limits, Load
from routing.batching.master import Budget, Relaxation, chosen
from routing.batching.near import LARGE_WIDTH, near_items
from routing.batching.pool import Pool, pool_of
from routing.batching.prices import Prices, prices_for
from routing.batching.search import Search
from routing.batching.start import begin, save

_SEARCHES = 2
_OVERLOADS = (100, 0)
"""By how many thousandths each search may overload carts on its way."""
_HOT, _WARM = 0.05, 0.012
_SETS = 400_000
_LARGE = 1_500
"""So many items are too many for set partitioning over all of them."""
_LARGE_SAVINGS = 2_500
_PAIR_S, _PAIR_GROWS = 3.2e-7, 2.5
"""About what savings take for each pair of items, and how that grows with each cross-aisle."""
_NEAR_S = 1.2e-5
"""About what the price of one pair takes on several blocks."""
_ROUND_S = 3.0
_MASTER_SHARE = 0.3
_MASTER_WORK = 2.0
"""Work that set partitioning may do in a run by iterations, in CP-SAT's own units (about seconds)."""


def form(job: Job, limits: Limits, seed: int) -> Formed:
    """Loads for all items, as cheap as can be found within the limits.

    The same job, iterations and seed give the same loads, on any number of cores. Raises ProblemError where some items
    find no cart, which does not happen where a type `waits`.
    """
    if not job.items:
        return Formed((), 0, 0, "nothing")
    run = _Run(job, limits, seed)
    method = run.start()
    if len(job.items) > 1:
        method = run.improve() or method
    return run.formed(method)


@dataclass(slots=True)
class _Run:
    job: Job
    limits: Limits
    seed: int
    pool: Pool = field(init=False)
    prices: Prices = field(init=False)
    best: Best = field(init=False)

    def __post_init__(self) -> None:
        self.pool = pool_of(self.job)
        self.prices = prices_for(self.pool, _SETS)
        self.best = no_best(self.pool)

    def start(self) -> str:
        """The first answer."""
        begin(self.pool, self.prices, self.best)
        self._tell()
        return "filled"

    def improve(self) -> str:
        """Savings, then rounds of annealing and set partitioning."""
        if time.monotonic() >= self.limits.expires:
            return ""
        in_haste, pairs = self._in_haste(), self._pairs()
        if in_haste and pairs < LARGE_WIDTH < self.pool.size:
            return ""
        near = near_items(self.pool, self.prices, pairs if in_haste else None)
        if (
            not in_haste
            and self.pool.size <= _LARGE_SAVINGS
            and save(self.pool, self.prices, self.best, near)
        ):
            self._tell()
        searches = [
            Search(self.pool, prices_for(self.pool, _SETS), near, self.seed * _SEARCHES + k, _OVERLOADS[k])
            for k in range(_SEARCHES)
        ]
        rounds = self._rounds()
        for number, (ends, moves) in enumerate(rounds):
            self._anneal(searches, _WARM if number else _HOT, ends, moves)
            if self.pool.size <= _LARGE:
                last = number == len(rounds) - 1
                self._partition(searches, self.limits.expires if last else ends + _MASTER_SHARE * _ROUND_S)
        return "annealed"

    def _in_haste(self) -> bool:
        """Whether savings would take more than a half of the time: they cannot be stopped on the way."""
        if self.limits.iterations is not None:
            return False
        pair_s = _PAIR_S * _PAIR_GROWS ** int(self.pool.floor.facts["levels"][0])
        return self.pool.size**2 * pair_s > (self.limits.expires - time.monotonic()) / 2

    def _pairs(self) -> int:
        """How many pairs can be priced for each item in a quarter of the time."""
        quarter_s = max(0.0, self.limits.expires - time.monotonic()) / 4
        return int(quarter_s / (_NEAR_S * self.pool.size))

    def _rounds(self) -> list[tuple[float, int | None]]:
        """When the annealing of each round ends, by the clock and by moves."""
        now = time.monotonic()
        left = self.limits.expires - now
        if self.limits.iterations is not None:
            return [(self.limits.expires, self.limits.iterations // _SEARCHES)]
        count = max(1, round(left / _ROUND_S))
        share = 1.0 if self.pool.size > _LARGE else 1.0 - _MASTER_SHARE
        return [(now + left / count * (number + share), None) for number in range(count)]

    def _anneal(self, searches: list[Search], hot: float, ends: float, moves: int | None) -> None:
        """All searches from the best known; the same whatever the number of threads."""
        start = self.best
        with ThreadPoolExecutor(max(1, self.limits.cores)) as threads:
            if self.limits.cores < _SEARCHES and moves is None:
                searches = searches[: self.limits.cores]
            for done in [threads.submit(search.run, start, hot, ends, moves) for search in searches]:
                done.result()
        for search in searches:
            self._take(search.best)

    def _partition(self, searches: list[Search], ends: float) -> None:
        """Choose anew among all the loads that the searches came across."""
        known = columns_in(self.pool, self.prices, self.best)
        columns = joined([known, *(columns_of(self.pool, search.prices) for search in searches)])
        numbers = np.arange(known.size, dtype=np.int64)
        relaxation = Relaxation(self.pool.size, self.pool.carts)
        left = ends - time.monotonic()
        relaxed = relaxation.solve(columns, numbers, time.monotonic() + left / 2)
        if relaxed is None or relaxed.cost >= self.best.total[0] - 1:
            return
        by_moves = self.limits.iterations is not None
        budget = Budget(
            ends - time.monotonic(), _MASTER_WORK if by_moves else None, 1 if by_moves else self.limits.cores
        )
        picked = chosen(columns, relaxed, numbers, self.pool.carts, budget)
        if picked is not None:
            self._take(_as_best(self.pool, columns, picked))

    def _take(self, found: Best) -> None:
        if found.total[0] < self.best.total[0]:
            self.best = Best(found.of.copy(), found.kind.copy(), found.total.copy())
            self._tell()

    def _tell(self) -> None:
        if self.limits.progress is not None:
            self.limits.progress(int(self.best.total[0]))

    def formed(self, method: str) -> Formed:
        """The best found, as loads."""
        columns = columns_in(self.pool, self.prices, self.best)
        loads = tuple(
            Load(
                int(columns.kind[k]),
                tuple(columns.items[columns.start[k] : columns.start[k + 1]].tolist()),
                int(columns.cost[k]),
            )
            for k in range(columns.size)
        )
        loads = told_exactly(self.job, loads)
        cost = sum(load.cost for load in loads)
        return Formed(loads, cost, min(cost, bound_of(self.job, self.pool)), method)


def _as_best(pool: Pool, columns: Columns, picked: NDArray[np.int64]) -> Best:
    best = no_best(pool)
    part = columns.some(picked)
    for k in range(part.size):
        best.of[part.items[part.start[k] : part.start[k + 1]]] = k
        best.kind[k] = part.kind[k]
    best.total[0] = part.cost.sum()
    return best
