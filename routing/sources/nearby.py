"""Large neighbourhoods: better choices of shelves among those that have much in common with a known one.

Each round keeps the shelves of the known choice and some others, and sweeps over these alone. The longer nothing better
is found, the more others.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from routing.sources.field import FIXED, Flags, restricted
from routing.sources.quest import Found, Quest

WIDTH = 100
ROUNDS = 15
LEAST_REACH, WIDER, CLOSER = 40.0, 1.04, 0.7
"""About how many entries are added to those that stay, and by what that changes after a round without a better choice,
and after one with."""


class Nearby:
    """Rounds of search near a choice; they follow one upon the other in the same order for the same `seed`.

    `looked` counts the labels of the last one.
    """

    def __init__(self, quest: Quest, seed: int = 1) -> None:
        self._quest = quest
        self._random = np.random.default_rng(seed)
        self._kinds: tuple[Callable[[int], Flags], ...] = (
            self._some_goods,
            self._some_entries,
            self._a_window,
        )
        self._segment = np.repeat(np.arange(len(quest.field.length)), np.diff(quest.field.first))
        self._reach = LEAST_REACH
        self._round = 0
        self.looked = 0

    def step(self, found: Found, upper: int, budget: int) -> Found | None:
        """One round near `found`: a choice that costs less than `upper`, or None."""
        field = self._quest.field
        stays = (field.offer == FIXED) | np.isin(field.offer, list(found.taken))
        size = min(int(self._reach * self._random.uniform(0.5, 1.5)), len(self._segment))
        others = self._kinds[self._round % len(self._kinds)](size)
        self._round += 1
        near = Quest(restricted(field, stays | others), like=self._quest)
        near.ascend(upper, ROUNDS)
        better = None if near.closed(upper) else near.sweep(upper, WIDTH, budget)
        self.looked = near.looked
        self._reach = max(LEAST_REACH, min(self._reach * (CLOSER if better else WIDER), len(self._segment)))
        return better

    def _some_goods(self, size: int) -> Flags:
        """All shelves of some goods."""
        goods, entries = len(self._quest.field.demand), len(self._segment)
        free = self._random.permutation(goods)[: max(2, size * goods // entries)]
        return np.isin(self._quest.field.good, free)

    def _some_entries(self, size: int) -> Flags:
        """Shelves here and there."""
        entries = len(self._segment)
        some: Flags = self._random.random(entries) * entries < size
        return some

    def _a_window(self, size: int) -> Flags:
        """Shelves in segments near one another."""
        away = np.abs(self._segment - self._random.integers(len(self._quest.field.length)))
        near: Flags = away <= np.partition(away, size - 1)[size - 1]
        return near
