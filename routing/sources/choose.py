"""The choice of shelves within a time: quick ones first, then near ones, and sweeps until the best is proven."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import NamedTuple

from routing.exact.lanes import NEVER
from routing.sources.field import Field
from routing.sources.nearby import Nearby
from routing.sources.quest import Found, Quest

FIRST_WIDTH, LAST_WIDTH, FACTOR = 30, 30_000, 5
ASCENTS = (50, 50, 80, 100)
"""Rounds of the ascent before each of the first sweeps."""
PATIENCE = 20
"""Rounds nearby without a better choice before the next wide sweep."""
CARE = 0.6
"""So much of the fastest pace is reckoned with."""


class Chosen(NamedTuple):
    """The best choice found, on which of the fields, and the least cost that any can have."""

    found: Found
    field: int
    bound: int


def choose(fields: Sequence[Field], deadline: float) -> Chosen:
    """The best choice on any of these fields, for which time is until `deadline` (monotonic seconds).

    One is found in any case. Each field must have one.
    """
    race = _Race([Quest(field) for field in fields], deadline)
    race.start()
    width = FIRST_WIDTH
    while not race.over() and width:
        race.go_near()
        width = race.sweep_all(width)
    race.go_near(None)
    return race.result()


class _Race:
    """All searches, and the best that they found together."""

    def __init__(self, quests: list[Quest], deadline: float) -> None:
        self._quests = quests
        self._deadline = deadline
        self._near = [Nearby(quest) for quest in quests]
        self._best: Found | None = None
        self._where = 0
        self._looked = FIRST_WIDTH * 100
        self._rate = 0.0

    @property
    def _upper(self) -> int:
        return self._best.cost if self._best else int(NEVER) // 4

    def start(self) -> None:
        """A simple choice; then better and better prices, and what is found among what is worth most by them."""
        for number, quest in enumerate(self._quests):
            if self._best is None or not self._late():
                found = quest.simple()
                self._take(number, found if found.cost < self._upper else None)
        for rounds in ASCENTS:
            for number, quest in enumerate(self._quests):
                if not self._late() and not quest.closed(self._upper):
                    quest.ascend(self._upper, rounds)
                    self._near[number].trim(self._known(number), self._upper)
                    self._go(number, self._near[number].core)

    def over(self) -> bool:
        """Whether there is no time left, or nothing to be found."""
        return self._late() or not self._open()

    def sweep_all(self, width: int) -> int:
        """Sweeps wider than `width` of each search that is not closed; returns how wide, 0 where time is too short."""
        reach = self._affordable() // max(1, self._looked * len(self._open()))
        wider = min(width * min(FACTOR, reach), LAST_WIDTH)
        if wider <= width:
            return 0
        for number in self._open():
            if not self.over():
                self._sweep(number, wider)
        return wider

    def go_near(self, patience: int | None = PATIENCE) -> None:
        """Rounds near the best, until there were so many without a better one (None: until the deadline)."""
        idle = 0
        while self._best and not self.over() and (patience is None or idle < patience):
            near = self._near[self._where]
            if idle == 0:
                near.trim(self._best, self._upper)
            idle = 0 if self._go(self._where, near.step) else idle + 1

    def result(self) -> Chosen:
        if self._best is None:
            raise AssertionError("a field without a tour through all that is wanted")
        bound = min(min(quest.bound, self._upper) for quest in self._quests)
        return Chosen(self._best, self._where, bound)

    def _go(self, number: int, search: Callable[[Found, int, int], Found | None]) -> bool:
        """One search of Nearby; whether it found a better choice."""
        began, near = monotonic(), self._near[number]
        found = search(self._known(number), self._upper, self._affordable())
        self._clock(near.looked, began)
        return self._take(number, found)

    def _sweep(self, number: int, width: int) -> None:
        quest, began = self._quests[number], monotonic()
        found = quest.sweep(self._upper, width, self._affordable())
        self._looked = quest.looked
        self._clock(quest.looked, began)
        self._take(number, found)

    def _take(self, number: int, found: Found | None) -> bool:
        if found:
            self._best, self._where = found, number
        return found is not None

    def _known(self, number: int) -> Found:
        """The best choice where it is on this field, else one without any shelf."""
        return self._best if self._best and self._where == number else Found(int(NEVER), {})

    def _clock(self, looked: int, began: float) -> None:
        """How fast labels are looked at where nothing comes between."""
        self._rate = max(self._rate, looked / max(monotonic() - began, 1e-6))

    def _affordable(self) -> int:
        """How many labels can be looked at until the deadline, and rather fewer."""
        return int(CARE * self._rate * max(0.0, self._deadline - monotonic())) if self._rate else int(NEVER)

    def _open(self) -> list[int]:
        return [n for n, quest in enumerate(self._quests) if not quest.closed(self._upper)]

    def _late(self) -> bool:
        return monotonic() >= self._deadline
