"""The walk that never leaves the segment it begins and ends in: it needs no crossing, so no sweep finds it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from routing.exact.lanes import Lanes
from routing.layout import Cell
from routing.sources.stock import Offer, Stock


def straight_walks(
    lanes: Lanes,
    start: Cell,
    ends: Sequence[Cell],
    fixed: Sequence[Cell],
    offers: Sequence[tuple[Offer, Cell]],
    stock: Stock,
) -> Iterator[tuple[int, dict[int, int]]]:
    """The cost of each least straight walk by all that is wanted, and what is taken on it: units by offer number.

    None where start, end and the fixed stops are not all in one segment, or there is not enough in it.
    """
    near = [(lanes.cost_at(cell), n) for n, (_, cell) in enumerate(offers) if cell[:3] == start[:3]]
    for end in dict.fromkeys(ends):
        if any(cell[:3] != start[:3] for cell in (end, *fixed)):
            continue
        here, there = lanes.cost_at(start), lanes.cost_at(end)
        must = [here, there, *(lanes.cost_at(cell) for cell in fixed)]
        lows = {min(must), *(place for place, _ in near if place < min(must))}
        highs = {max(must), *(place for place, _ in near if place > max(must))}
        for low in lows:
            for high in sorted(highs):
                taken = _from_few([n for place, n in near if low <= place <= high], stock)
                if taken is not None:
                    yield min(here - low + high - there, high - here + there - low) + high - low, taken
                    break


def _from_few(numbers: Sequence[int], stock: Stock) -> dict[int, int] | None:
    """What is taken of these offers, from those that cost least extra and have most; None where it does not suffice."""
    left = Counter(dict(enumerate(stock.demand)))
    taken: dict[int, int] = {}
    for n in sorted(
        numbers, key=lambda n: (stock.offers[n].extra - stock.offers[n].bonus, -stock.offers[n].qty)
    ):
        good = stock.offers[n].good
        units = min(left[good], stock.offers[n].qty)
        if units:
            taken[n] = units
            left[good] -= units
    return None if any(left.values()) else taken
