"""What a tour has to come by, and what its rules want of it: the form in which all engines get it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from routing.effort import Effort
from routing.layout import Layout
from routing.precedence import Mark, agreed, mark_of, under
from routing.rules import Before
from routing.taken import Taken

Bits = NDArray[np.int64]

MOST_RULES = 62
"""Rules are bits of a word."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What is taken at one location and is alike to the rules; two of them may follow each other at no cost.

    `numbers` are those of what is taken.
    """

    location: str
    mark: Mark
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Demands:
    """The rules that bind a tour, by bit: which are hard, and what each late stop costs that comes too early.

    Of each visit (rows from 1; row 0 is the depot) `early` and `late` are the rules that want it so, `weights` is how
    many stops it counts for.
    """

    early: Bits
    late: Bits
    weights: Bits
    hard: int
    penalties: Bits

    @property
    def bind(self) -> bool:
        """Whether there is any rule to think of."""
        return bool((self.early | self.late).any())

    @property
    def arrays(self) -> tuple[Bits, Bits, Bits, np.int64, Bits]:
        """As compiled code reads them."""
        return self.early, self.late, self.weights, np.int64(self.hard), self.penalties

    def without_hard(self) -> Demands:
        """The soft rules alone."""
        keep = ~np.int64(self.hard)
        return replace(self, early=self.early & keep, late=self.late & keep, hard=0)


@dataclass(frozen=True, slots=True)
class Trip:
    """A tour to be found: from `start` through all visits to the best of `ends`."""

    start: str
    ends: tuple[str, ...]
    visits: tuple[Visit, ...]
    demands: Demands

    @property
    def locations(self) -> list[str]:
        """Where the visits are, in their order."""
        return [visit.location for visit in self.visits]


def no_demands(rows: int) -> Demands:
    """No rules for so many rows."""
    nothing = np.zeros(rows, np.int64)
    return Demands(nothing, nothing, nothing, 0, np.zeros(0, np.int64))


def plain_trip(start: str, ends: Sequence[str], locations: Sequence[str]) -> Trip:
    """A trip without rules; duplicates of a location are one."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for number, location in enumerate(locations):
        numbers[location].append(number)
    visits = [Visit(location, Mark(), tuple(which)) for location, which in numbers.items()]
    return Trip(start, tuple(dict.fromkeys(ends)), tuple(visits), no_demands(len(visits) + 1))


def ruled_trip(
    layout: Layout,
    effort: Effort,
    rules: Sequence[Before],
    start: str,
    ends: Sequence[str],
    taken: Sequence[Taken],
) -> Trip:
    """A trip under at most MOST_RULES rules; those that have nothing to part on it are left out."""
    marks = [mark_of(layout, rules, each) for each in taken]
    binding = [number for number, rule in enumerate(rules) if rule.penalty_mm != 0 and _parts(marks, number)]
    if not binding:
        return plain_trip(start, ends, [each.location for each in taken])
    marks = _without_contradictions([_picked(mark, binding) for mark in marks], [rules[n] for n in binding])
    numbers: dict[tuple[str, Mark], list[int]] = defaultdict(list)
    for number, (each, mark) in enumerate(zip(taken, marks, strict=True)):
        numbers[each.location, mark].append(number)
    visits = [Visit(location, mark, tuple(which)) for (location, mark), which in numbers.items()]
    demands = _demands(visits, [rules[number] for number in binding], effort)
    return Trip(start, tuple(dict.fromkeys(ends)), tuple(visits), demands)


def _parts(marks: Sequence[Mark], rule: int) -> bool:
    bit = 1 << rule
    return any(mark.early & bit for mark in marks) and any(mark.late & bit for mark in marks)


def _picked(mark: Mark, rules: Sequence[int]) -> Mark:
    """The mark with the bits of these rules alone, moved together."""
    early = sum(1 << place for place, rule in enumerate(rules) if mark.early >> rule & 1)
    late = sum(1 << place for place, rule in enumerate(rules) if mark.late >> rule & 1)
    return Mark(early, late)


def _without_contradictions(marks: Sequence[Mark], rules: Sequence[Before]) -> list[Mark]:
    """The marks without the hard rules that contradict earlier ones on this tour."""
    soft = sum(1 << number for number, rule in enumerate(rules) if rule.penalty_mm is not None)
    return under(marks, soft | agreed(marks, rules))


def _demands(visits: Sequence[Visit], rules: Sequence[Before], effort: Effort) -> Demands:
    per_mm = effort.per_mm("")
    return Demands(
        early=np.array([0, *(visit.mark.early for visit in visits)], np.int64),
        late=np.array([0, *(visit.mark.late for visit in visits)], np.int64),
        weights=np.array([0, *(len(visit.numbers) for visit in visits)], np.int64),
        hard=sum(1 << number for number, rule in enumerate(rules) if rule.penalty_mm is None),
        penalties=np.array([(rule.penalty_mm or 0) * per_mm for rule in rules], np.int64),
    )
