"""Hands out the stock of shelves, order by order, so that no unit is promised twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from routing.problem import ANYWHERE, PickLine, PickOrder, Problem, Shelf, Sourcing
from routing.taken import Taken


class Allotment:
    """The free stock of a problem's shelves, as it shrinks while orders take from it."""

    def __init__(self, problem: Problem) -> None:
        self._sourcing = problem.sourcing
        self._shelves: dict[str, list[Shelf]] = {}
        self._free: dict[tuple[str, str], int] = {}
        for shelf in problem.shelves:
            self._shelves.setdefault(shelf.sku, []).append(shelf)
            self._free[shelf.sku, shelf.location] = max(0, shelf.qty)

    def free(self, shelf: Shelf) -> int:
        """Units of a shelf that nobody was promised."""
        return self._free[shelf.sku, shelf.location]

    def spread(self, order: PickOrder) -> tuple[Taken, ...]:
        """Where an order's units would come from: one shelf where it has enough, else the fullest first.

        Lines of a given location are taken there. What no shelf has is missing from the answer.
        """
        used: Counter[tuple[str, str]] = Counter()
        return tuple(taken for line in order.lines for taken in self._spread(line, used))

    def _spread(self, line: PickLine, used: Counter[tuple[str, str]]) -> Iterator[Taken]:
        if line.location != ANYWHERE:
            yield Taken(line, line.location, line.qty)
            return
        left = line.qty
        for shelf in self._in_turn(line.sku, left, used):
            units = min(left, self.free(shelf) - used[shelf.sku, shelf.location])
            if units > 0:
                used[shelf.sku, shelf.location] += units
                left -= units
                yield Taken(line, shelf.location, units)

    def _in_turn(self, sku: str, wanted: int, used: Counter[tuple[str, str]]) -> list[Shelf]:
        """The shelves of an SKU, the first to take from first."""
        free = {shelf: self.free(shelf) - used[sku, shelf.location] for shelf in self._shelves.get(sku, ())}
        return sorted(
            free,
            key=lambda shelf: (
                shelf.reserve,
                expiry(shelf, self._sourcing),
                free[shelf] < wanted,
                -free[shelf],
                shelf.location,
            ),
        )

    def shortage(self, order: PickOrder, taken: Iterable[Taken]) -> str:
        """How much of what is missing; empty where all is there."""
        found: Counter[int] = Counter()
        for each in taken:
            found[each.line.line_no] += each.qty
        for line in order.lines:
            if found[line.line_no] < line.qty:
                wanted = sum(each.qty for each in order.lines if each.sku == line.sku)
                free = sum(self.free(shelf) for shelf in self._shelves.get(line.sku, ()))
                return f"no-stock: {wanted} of {line.sku} wanted, {free} free"
        return ""

    @property
    def free_units(self) -> Mapping[tuple[str, str], int]:
        """Units that nobody was promised, by SKU and location."""
        return self._free

    def take(self, taken: Iterable[Taken]) -> None:
        """These units are nobody else's any more."""
        for each in taken:
            if each.line.location == ANYWHERE:
                self._free[each.line.sku, each.location] -= each.qty

    def give_back(self, taken: Iterable[Taken]) -> None:
        """These units are free again."""
        for each in taken:
            if each.line.location == ANYWHERE:
                self._free[each.line.sku, each.location] += each.qty


def expiry(shelf: Shelf, sourcing: Sourcing) -> float:
    """What orders the shelves of an SKU where the first to expire goes first; equal where that does not count."""
    if not sourcing.first_expired:
        return 0.0
    return float("inf") if shelf.expires_day is None else shelf.expires_day
