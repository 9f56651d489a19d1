"""What must come onto a cart before what, and which of these rules a walk breaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from routing.layout import Layout
from routing.rules import Before
from routing.taken import Taken


@dataclass(frozen=True, slots=True)
class Mark:
    """By which rules something must come early and by which late, as bits; what is both in one rule is late."""

    early: int = 0
    late: int = 0

    def precedes(self, other: Mark) -> bool:
        """Whether some rule wants this before the other."""
        return bool(self.early & other.late)


def mark_of(layout: Layout, rules: Sequence[Before], taken: Taken) -> Mark:
    """What the rules say of this line at this location; bit r is that of `rules[r]`."""
    zone = layout.zone_of(taken.location)
    early = late = 0
    for number, rule in enumerate(rules):
        if rule.then.holds(taken.line, zone):
            late |= 1 << number
        elif rule.first.holds(taken.line, zone):
            early |= 1 << number
    return Mark(early, late)


def agreed(marks: Sequence[Mark], rules: Sequence[Before]) -> int:
    """The hard rules, as bits, that can all be kept on a tour with these marks.

    Rules are asked in their order: one that contradicts those before it, for what is on this tour, is not asked.
    """
    kinds, kept = list(dict.fromkeys(marks)), 0
    for number, rule in enumerate(rules):
        with_it = kept | 1 << number
        if rule.penalty_mm is None and _has_order([_under(kind, with_it) for kind in kinds]):
            kept = with_it
    return kept


def _under(mark: Mark, rules: int) -> Mark:
    return Mark(mark.early & rules, mark.late & rules)


def _has_order(kinds: Sequence[Mark]) -> bool:
    """Whether there is an order that keeps all."""
    left = list(kinds)
    while left:
        free = [kind for kind in left if not any(other.precedes(kind) for other in left)]
        if not free:
            return False
        left = [kind for kind in left if kind not in free]
    return True


def under(marks: Sequence[Mark], rules: int) -> list[Mark]:
    """The marks with the bits of some rules alone."""
    return [_under(mark, rules) for mark in marks]


def layers(marks: Sequence[Mark]) -> list[list[int]]:
    """The numbers of these marks in as few layers as keep every rule; what contradicts itself is in the last."""
    kinds = list(dict.fromkeys(marks))
    found: list[list[int]] = []
    while kinds:
        free = [kind for kind in kinds if not any(other.precedes(kind) for other in kinds if other != kind)]
        now = free or kinds
        found.append([number for number, mark in enumerate(marks) if mark in now])
        kinds = [kind for kind in kinds if kind not in now]
    return found


def too_early(marks: Sequence[Mark], rule: int) -> int:
    """How many stops of a walk come too early by rule number `rule`: late ones before the last early one."""
    bit = 1 << rule
    last = max((n for n, mark in enumerate(marks) if mark.early & bit), default=-1)
    return sum(bool(mark.late & bit) for mark in marks[:last]) if last > 0 else 0


def broken(layout: Layout, rules: Sequence[Before], walk: Sequence[Taken]) -> list[Before]:
    """The rules that a walk through these, in this order, breaks."""
    marks = [mark_of(layout, rules, taken) for taken in walk]
    return [rule for number, rule in enumerate(rules) if too_early(marks, number)]
