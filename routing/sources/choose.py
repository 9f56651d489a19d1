"""The choice of shelves within a time: a simple one first, then near ones, and sweeps until the best is proven."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic
from typing import NamedTuple

from routing.exact.lanes import NEVER
from routing.sources.field import Field
from routing.sources.nearby import Nearby
from routing.sources.quest import Found, Quest, Taken

FIRST_WIDTH, LAST_WIDTH, FACTOR = 30, 30_000, 5
FIRST_LOOKED = 3_000
"""About how many labels a sweep of the first width looks at."""
ASCENTS = (50, 50, 80, 100)
"""Rounds of the ascent before each of the first sweeps."""
PATIENCE = 20
"""Rounds nearby without a better choice, before something else is tried."""
LONG_S = 0.1
"""After a wide sweep that took longer, as much time is for other choices than those that it looked at."""
CARE = 0.6
"""So much of the fastest pace is reckoned with."""


class Chosen(NamedTuple):
    """The best choice found, on which of the fields, and the least cost that any can have."""

    found: Found
    field: int
    bound: int


def choose(fields: Sequence[Field], deadline: float) -> Chosen:
    """The best choice on any of these fields, for which time is until `deadline` (monotonic seconds).

    One is found in any case. There must be enough of every good on each field.
    """
    race = _Race([Quest(field) for field in fields], deadline)
    race.start()
    width = FIRST_WIDTH
    while not race.over() and width:
        race.descend()
        began = monotonic()
        width = race.sweep_all(width)
        took_s = monotonic() - began
        if took_s > LONG_S:
            race.roam(monotonic() + took_s)
    race.roam(deadline)
    return race.result()


class _Race:
    """All searches, and the best that they found together."""

    def __init__(self, quests: list[Quest], deadline: float) -> None:
        self._quests = quests
        self._deadline = deadline
        self._near = [Nearby(quest) for quest in quests]
        self._best = Found(int(NEVER) // 4, {})
        self._where = 0
        self._looked = FIRST_LOOKED
        self._rate = 0.0
        self._overs = 0

    def start(self) -> None:
        """A simple choice; then better and better prices, and what is found among what is worth most by them."""
        for number, quest in enumerate(self._quests):
            if number == 0 or not self._late():
                self._take(number, quest.simple())
        for rounds in ASCENTS:
            for number in self._open():
                if not self._late():
                    self._quests[number].ascend(self._best.cost, rounds)
                    self._core(number)

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

    def roam(self, until: float) -> None:
        """Look elsewhere, and near the best again and again, until then."""
        while not self.over() and monotonic() < until:
            self._start_over()
            self.descend()

    def descend(self) -> None:
        """Rounds near the best, until there were so many without a better one."""
        near = self._near[self._where]
        near.trim(self._best.taken, self._best.cost)
        self._descend(self._best, self._where, near)

    def result(self) -> Chosen:
        """What was found until now."""
        bound = min(min(quest.bound, self._best.cost) for quest in self._quests)
        return Chosen(self._best, self._where, bound)

    def _core(self, number: int) -> None:
        near, known, began = self._near[number], self._known(number), monotonic()
        near.trim(known, self._best.cost)
        found = near.core(known, self._best.cost, self._affordable())
        self._clock(near.looked, began)
        self._take(number, found)

    def _sweep(self, number: int, width: int) -> None:
        quest, began = self._quests[number], monotonic()
        found = quest.sweep(self._best.cost, width, self._affordable())
        self._looked = quest.looked
        self._clock(quest.looked, began)
        self._take(number, found)

    def _start_over(self) -> None:
        """Rounds near another choice, found by chance; it is kept where it is the best."""
        number = self._where if self._where in self._open() else self._open()[0]
        self._overs += 1
        near = self._near[number].elsewhere(self._best.cost, part=self._overs % 2 == 0)
        if near is None:
            return
        began = monotonic()
        found = near.by_chance(self._best.cost, self._affordable())
        self._clock(near.looked, began)
        self._take(number, found)
        if found:
            self._descend(found, number, near)

    def _descend(self, found: Found, number: int, near: Nearby) -> None:
        idle = 0
        while not self.over() and idle < PATIENCE:
            began = monotonic()
            better = near.step(found, self._affordable())
            self._clock(near.looked, began)
            idle, found = (0, better) if better else (idle + 1, found)
            self._take(number, better)

    def _take(self, number: int, found: Found | None) -> None:
        if found and found.cost < self._best.cost:
            self._best, self._where = found, number

    def _known(self, number: int) -> Taken:
        """The best choice where it is on this field, else nothing."""
        return self._best.taken if self._where == number else {}

    def _clock(self, looked: int, began: float) -> None:
        """How fast labels are looked at where nothing comes between."""
        self._rate = max(self._rate, looked / max(monotonic() - began, 1e-6))

    def _affordable(self) -> int:
        """How many labels can be looked at until the deadline, and rather fewer."""
        return int(CARE * self._rate * max(0.0, self._deadline - monotonic())) if self._rate else int(NEVER)

    def _open(self) -> list[int]:
        return [n for n, quest in enumerate(self._quests) if not quest.closed(self._best.cost)]

    def _late(self) -> bool:
        return monotonic() >= self._deadline
