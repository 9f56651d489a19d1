"""Searches among some of the shelves: those that look best by the relaxation, and those near a known choice.

Each round keeps the shelves of the known choice and some others, and sweeps over these alone. The longer nothing better
is found, the more others.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from routing.sources.field import FIXED, Flags
from routing.sources.quest import Found, Quest
from routing.sources.subfield import enough_of, restricted

CORE = 100
WIDTH = 60
ROUNDS = 15
LEAST_REACH, WIDER, CLOSER = 40.0, 1.05, 0.7
"""About how many entries are added to those that stay, and by what that changes after a round without a better choice,
and after one with."""


class Nearby:
    """Rounds of search; they follow one upon the other in the same order for the same `seed`.

    `looked` counts the labels of the last one.
    """

    def __init__(self, quest: Quest, seed: int = 1) -> None:
        self.looked = 0
        self._quest = quest
        self._random = np.random.default_rng(seed)
        self._kinds: tuple[Callable[[int], Flags], ...] = (
            self._some_goods,
            self._good_entries,
            self._a_window,
        )
        self._reach = LEAST_REACH
        self._round = 0
        self._rank = np.arange(len(quest.field.place))

    def trim(self, found: Found, upper: int) -> None:
        """Leave out what cannot be in a better choice than `found`, and look again at what is worth how much."""
        worths = self._quest.trim(upper, found.taken)
        self._rank = np.argsort(np.argsort(worths, kind="stable"), kind="stable")

    def core(self, found: Found, upper: int, budget: int) -> Found | None:
        """A choice among the entries that are worth most, that costs less than `upper`, or None."""
        field = self._quest.field
        return self._sweep(
            found, enough_of(field, np.argsort(self._rank)) | (self._rank < CORE), upper, budget
        )

    def step(self, found: Found, upper: int, budget: int) -> Found | None:
        """One round near `found`: a choice that costs less than `upper`, or None."""
        entries = len(self._quest.field.place)
        size = min(int(self._reach * self._random.uniform(0.5, 1.5)), entries)
        others = self._kinds[self._round % len(self._kinds)](size)
        self._round += 1
        better = self._sweep(found, others, upper, budget)
        self._reach = max(LEAST_REACH, min(self._reach * (CLOSER if better else WIDER), entries))
        return better

    def _sweep(self, found: Found, others: Flags, upper: int, budget: int) -> Found | None:
        field = self._quest.field
        stays = (field.offer == FIXED) | np.isin(field.offer, list(found.taken))
        near = Quest(restricted(field, stays | others), like=self._quest)
        near.ascend(upper, ROUNDS)
        better = None if near.closed(upper) else near.sweep(upper, WIDTH, budget)
        self.looked = near.looked
        return better

    def _some_goods(self, size: int) -> Flags:
        """All shelves of some goods."""
        goods, entries = len(self._quest.field.demand), len(self._quest.field.place)
        free = self._random.permutation(goods)[: max(2, size * goods // entries)]
        return np.isin(self._quest.field.good, free)

    def _good_entries(self, size: int) -> Flags:
        """Shelves here and there, rather those that are worth more."""
        luck = (self._rank + 1) * self._random.random(len(self._rank))
        some: Flags = luck <= np.partition(luck, size - 1)[size - 1]
        return some

    def _a_window(self, size: int) -> Flags:
        """Shelves in segments near one another."""
        first = self._quest.field.first
        segment = np.repeat(np.arange(len(first) - 1), np.diff(first))
        away = np.abs(segment - self._random.integers(len(first) - 1))
        near: Flags = away <= np.partition(away, size - 1)[size - 1]
        return near
