"""Searches among some of the shelves: those that look best by the relaxation, and those near a known choice.

Each round keeps the shelves of the known choice and some others, and sweeps over these alone. The longer nothing better
is found, the more others.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from routing.exact.lanes import NEVER
from routing.sources.field import FIXED, Flags
from routing.sources.quest import Found, Quest, Taken
from routing.sources.subfield import enough_of, restricted

CORE = 100
WIDTH = 60
ROUNDS, PART_ROUNDS = 15, 60
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

    def trim(self, known: Taken, upper: int) -> None:
        """Leave out what cannot be in a choice for less than `upper`, and look again at what is worth how much."""
        worths = self._quest.trim(upper, known)
        self._rank = np.argsort(np.argsort(worths, kind="stable"), kind="stable")

    def elsewhere(self, upper: int, *, part: bool) -> Nearby | None:
        """The same to begin anew, on a `part` of the floor drawn at random or on all of it.

        None where nothing there costs less than `upper`.
        """
        seed = int(self._random.integers(2**32))
        if not part:
            near = Nearby(self._quest, seed)
            near._rank = self._rank
            return near
        quest = Quest(restricted(self._quest.field, self._some_part()), like=self._quest)
        quest.ascend(upper, PART_ROUNDS)
        if quest.closed(upper):
            return None
        near = Nearby(quest, seed)
        near.trim({}, upper)
        return near

    def core(self, known: Taken, upper: int, budget: int) -> Found | None:
        """A choice among the entries that are worth most, that costs less than `upper`, or None."""
        some = enough_of(self._quest.field, np.argsort(self._rank)) | (self._rank < CORE)
        return self._sweep(known, some, upper, budget)

    def by_chance(self, upper: int, budget: int) -> Found | None:
        """A choice among entries that are worth much, with some luck; whatever it costs. A good one costs `upper`."""
        luck = np.argsort(np.argsort(self._luck()))
        some = enough_of(self._quest.field, np.argsort(luck)) | (luck < CORE)
        return self._sweep({}, some, upper, budget, dearest=int(NEVER))

    def step(self, found: Found, budget: int) -> Found | None:
        """One round near `found`: a choice that costs less, or None."""
        entries = len(self._quest.field.place)
        size = min(int(self._reach * self._random.uniform(0.5, 1.5)), entries)
        others = self._kinds[self._round % len(self._kinds)](size)
        self._round += 1
        better = self._sweep(found.taken, others, found.cost, budget)
        self._reach = max(LEAST_REACH, min(self._reach * (CLOSER if better else WIDER), entries))
        return better

    def _sweep(
        self, known: Taken, others: Flags, upper: int, budget: int, dearest: int | None = None
    ) -> Found | None:
        """A choice among fixed stops, known shelves and others that costs less than `dearest` (not given: `upper`)."""
        field, dearest = self._quest.field, dearest or upper
        stays = (field.offer == FIXED) | np.isin(field.offer, list(known))
        near = Quest(restricted(field, stays | others), like=self._quest)
        near.ascend(upper, ROUNDS)
        found = None if near.closed(dearest) else near.sweep(dearest, WIDTH, budget)
        self.looked = near.looked
        return found

    def _some_goods(self, size: int) -> Flags:
        """All shelves of some goods."""
        goods, entries = len(self._quest.field.demand), len(self._quest.field.place)
        free = self._random.permutation(goods)[: max(2, size * goods // entries)]
        return np.isin(self._quest.field.good, free)

    def _good_entries(self, size: int) -> Flags:
        """Shelves here and there, rather those that are worth more."""
        luck = self._luck()
        some: Flags = luck <= np.partition(luck, size - 1)[size - 1]
        return some

    def _a_window(self, size: int) -> Flags:
        """Shelves in segments near one another."""
        away = np.abs(self._segments() - self._random.integers(len(self._quest.field.length)))
        near: Flags = away <= np.partition(away, size - 1)[size - 1]
        return near

    def _some_part(self) -> Flags:
        """All in segments near one another, with enough of each good, and what is fixed."""
        field, segment = self._quest.field, self._segments()
        size = self._random.uniform(0.3, 1) * len(field.length)
        middle = self._random.uniform(0, len(field.length))
        while True:
            part: Flags = (np.abs(segment - middle) <= size / 2) | (field.offer == FIXED)
            offered = part & (field.good >= 0)
            stock = np.bincount(field.good[offered], field.units[offered], len(field.demand))
            if part.all() or (stock >= field.demand).all():
                return part
            size *= 1.3

    def _segments(self) -> NDArray[np.int64]:
        """The segment of each entry."""
        first = self._quest.field.first
        return np.repeat(np.arange(len(first) - 1), np.diff(first))

    def _luck(self) -> NDArray[np.float64]:
        """A random number for each entry, rather less for those that are worth more."""
        luck: NDArray[np.float64] = (self._rank + 1) * self._random.random(len(self._rank))
        return luck
