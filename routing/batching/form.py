"""Orders to carts: a first answer at once, then annealing while there is time, of small pools in turns with set
partitioning."""

from __future__ import annotations

import time
from collections.abc import Sequence
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
from routing.batching.savings import save
from routing.batching.search import Cooling, Search, Share
from routing.batching.shares import merged, places_of, shares_of
from routing.batching.start import begin

_SEARCHES = 2
_OVERLOADS = (100, 0)
"""By how many thousandths each search may overload carts on its way."""
_MOST_SEARCHES = 8
_HOT, _WARM, _COLD = 0.018, 0.012, 0.0015
"""Temperatures of the first round, of the next ones, and at the end of each, as shares of the mean cost of a batch."""
_SHARED = 200
"""More items than this are shared out among the searches; set partitioning finds nothing better for them in time."""
_SHARED_HOT, _SHARED_COLD = 0.015, 0.003
_CUTS, _CUT_S = 6, 0.7
"""How often items are shared out anew at least, and about how long each time."""
_SETS = 400_000
_LARGE_SAVINGS = 2_500
_PAIR_S, _PAIR_GROWS = 2e-7, 2.5
"""About what savings take for each pair of items, and how that grows with each cross-aisle."""
_NEAR_S = 1.2e-5
"""About what the price of one pair takes on several blocks."""
_ROUND_S = 10.0
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
        near = near_items(self.pool, self.prices, self.limits.cores, pairs if in_haste else None)
        if (
            not in_haste
            and self.pool.size <= _LARGE_SAVINGS
            and save(self.pool, self.prices, self.best, near)
        ):
            self._tell()
        searches = self._searches(near)
        if self.pool.size > _SHARED:
            self._anneal_shared(searches)
        else:
            self._anneal_and_partition(searches)
        return "annealed"

    def _searches(self, near: NDArray[np.int64]) -> list[Search]:
        """One for each core; in a run by iterations always as many, so that it is the same on any number of cores."""
        count = _SEARCHES if self.limits.iterations is not None else min(self.limits.cores, _MOST_SEARCHES)
        return [
            Search(
                self.pool,
                prices_for(self.pool, _SETS),
                near,
                self.seed * _SEARCHES + k,
                0 if self.pool.size > _SHARED else _OVERLOADS[k % len(_OVERLOADS)],
            )
            for k in range(count)
        ]

    def _anneal_and_partition(self, searches: list[Search]) -> None:
        """Rounds of all searches from the best known, each over all items, and set partitioning over what they saw."""
        together = np.zeros(self.pool.size, np.int64)
        rounds = self._rounds()
        for number, (ends, moves) in enumerate(rounds):
            cooling = Cooling(_WARM if number else _HOT, _COLD, ends, moves)
            self._anneal(searches, self.best, cooling, [Share(together, 0, opens=True)] * len(searches))
            for search in searches:
                self._take(search.best)
            last = number == len(rounds) - 1
            self._partition(searches, self.limits.expires if last else ends + _MASTER_SHARE * _ROUND_S)

    def _anneal_shared(self, searches: list[Search]) -> None:
        """One long cooling, where each search has its share of the batches, cut anew again and again."""
        now, iterations = time.monotonic(), self.limits.iterations
        left = self.limits.expires - now
        count = _CUTS if iterations is not None else max(_CUTS, round(left / _CUT_S))
        moves = None if iterations is None else iterations // (count * len(searches))
        places = places_of(self.pool)
        whole = Cooling(_SHARED_HOT, _SHARED_COLD, self.limits.expires, None)
        at = self.best
        for number in range(count):
            shares = shares_of(places, at, len(searches), number)
            cooling = Cooling(
                whole.at(number / count),
                whole.at((number + 1) / count),
                now + left * (number + 1) / count,
                moves,
            )
            self._anneal(
                searches,
                at,
                cooling,
                [Share(shares, k, opens=k == number % len(searches)) for k in range(len(searches))],
            )
            self._take(merged(self.pool, at, shares, [search.best for search in searches]))
            at = merged(self.pool, at, shares, [search.last for search in searches])

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
        return [(now + left / count * (number + 1.0 - _MASTER_SHARE), None) for number in range(count)]

    def _anneal(
        self, searches: Sequence[Search], start: Best, cooling: Cooling, shares: Sequence[Share]
    ) -> None:
        """All searches from there; the same whatever the number of threads."""
        with ThreadPoolExecutor(self.limits.cores) as threads:
            for done in [
                threads.submit(search.run, start, cooling, share)
                for search, share in zip(searches, shares, strict=True)
            ]:
                done.result()

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
