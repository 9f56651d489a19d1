"""One thread of the search: annealing from given batches, and what it found."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from routing.batching.anneal import anneal
from routing.batching.batches import Batches, Best, load_batches, no_batches, no_best
from routing.batching.pool import Pool
from routing.batching.prices import Prices

_SLICE = 500
"""Moves between two looks at the clock."""
_COLD = 0.003
"""Temperatures are shares of the mean cost of a batch; below this one hardly anything moves."""


@dataclass(slots=True)
class Search:
    """Annealing with a temper of its own: how hot it starts, and by how many thousandths carts may be overloaded."""

    pool: Pool
    prices: Prices
    near: NDArray[np.int64]
    seed: int
    overload: int
    best: Best = field(init=False)
    _batches: Batches = field(init=False)
    _random: NDArray[np.uint64] = field(init=False)
    _load_price: float = 2.0

    def __post_init__(self) -> None:
        self.best = no_best(self.pool)
        self._batches = no_batches(self.pool)
        state = np.random.default_rng(self.seed).integers(1, 2**63, 1, np.uint64)
        self._random = state

    def run(self, start: Best, hot: float, expires: float, moves: int | None) -> None:
        """Cool down from `hot` until it expires, or in so many moves."""
        load_batches(self.pool, self.prices, self._batches, start.of, start.kind)
        if self._batches.cost < self.best.total[0]:
            self._batches.keep(self.best)
        unit = start.total[0] / max(1, len(np.unique(start.of)))
        began = time.monotonic()
        done = 0
        while True:
            now = time.monotonic()
            if now >= expires or (moves is not None and done >= moves):
                return
            part = done / moves if moves is not None else (now - began) / (expires - began)
            heat = unit * hot * (_COLD / hot) ** part
            self._slice(heat, unit)
            done += _SLICE

    def _slice(self, heat: float, unit: float) -> None:
        if self.prices.is_full:
            self.prices.used[0] = 0
            self.prices.table[:] = 0
        price = int(self._load_price * unit / 1000)
        anneal(
            self.pool,
            self.prices,
            self._batches,
            self.best,
            self.near,
            self._random,
            heat,
            _SLICE,
            price,
            self.overload,
        )
        rise = 1.05 if self._batches.is_overloaded else 1 / 1.05
        self._load_price = min(50.0, max(0.1, self._load_price * rise))
