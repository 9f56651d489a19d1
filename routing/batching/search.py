"""One thread of the search: annealing from given batches, and what it found."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.batching.anneal import anneal
from routing.batching.batches import Batches, Best, load_batches, no_batches, no_best
from routing.batching.pool import NO_LIMIT, Pool
from routing.batching.prices import Prices

_SLICE = 500
"""Moves between two looks at the clock."""


class Cooling(NamedTuple):
    """From which temperature to which, until when (monotonic seconds), or in how many moves."""

    hot: float
    cold: float
    expires: float
    moves: int | None

    def at(self, part: float) -> float:
        """The temperature after this part of the time or moves."""
        return float(self.hot * (self.cold / self.hot) ** part)


class Share(NamedTuple):
    """Which items are a search's own, by their share in `of`, and whether it takes carts that are free."""

    of: NDArray[np.int64]
    number: int
    opens: bool


@dataclass(slots=True)
class Search:
    """Annealing with a temper of its own: by how many thousandths carts may be overloaded on its way.

    `best` is the cheapest that the last run found, `last` what it ended with. Temperatures are shares of the mean cost
    of a batch.
    """

    pool: Pool
    prices: Prices
    near: NDArray[np.int64]
    seed: int
    overload: int
    best: Best = field(init=False)
    last: Best = field(init=False)
    _batches: Batches = field(init=False)
    _random: NDArray[np.uint64] = field(init=False)
    _load_price: float = 2.0

    def __post_init__(self) -> None:
        self.best, self.last = no_best(self.pool), no_best(self.pool)
        self._batches = no_batches(self.pool)
        state = np.random.default_rng(self.seed).integers(1, 2**63, 1, np.uint64)
        self._random = state

    def run(self, start: Best, cooling: Cooling, share: Share) -> None:
        """Cool down from these batches, of which only those of the share are changed."""
        load_batches(self.pool, self.prices, self._batches, start.of, start.kind)
        self.best.total[0] = self.last.total[0] = NO_LIMIT
        self._batches.keep(self.best)
        mine = np.flatnonzero(share.of == share.number)
        unit = start.total[0] / max(1, len(np.unique(start.of)))
        began = time.monotonic()
        done = 0
        while True:
            now = time.monotonic()
            if now >= cooling.expires or (cooling.moves is not None and done >= cooling.moves):
                break
            part = done / cooling.moves if cooling.moves else (now - began) / (cooling.expires - began)
            self._slice(unit * cooling.at(part), unit, share, mine)
            done += _SLICE
        self._batches.keep(self.last)

    def _slice(self, heat: float, unit: float, share: Share, mine: NDArray[np.int64]) -> None:
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
            share.of,
            mine,
            share.opens,
            self._random,
            heat,
            _SLICE,
            price,
            self.overload,
        )
        rise = 1.05 if self._batches.is_overloaded else 1 / 1.05
        self._load_price = min(50.0, max(0.1, self._load_price * rise))
