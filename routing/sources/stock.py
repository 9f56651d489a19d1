"""The stock that may be taken: wants of one SKU together, in the order of expiry, and back to picks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from routing.errors import ProblemError
from routing.problem import Sourcing
from routing.sources.want import Candidate, Pick, Want


class Offer(NamedTuple):
    """A shelf of good number `good`: `qty` units; to touch it costs `extra`, to empty it earns `bonus`."""

    good: int
    location: str
    qty: int
    extra: int
    bonus: int


@dataclass(frozen=True, slots=True)
class Stock:
    """Goods by number: what is wanted of each, and from which offers.

    `settled` is taken in any case: (good, location, qty). `settled_cost` are the extra costs of that, less its bonuses.
    """

    keys: tuple[str, ...]
    demand: tuple[int, ...]
    offers: tuple[Offer, ...]
    settled: tuple[tuple[int, str, int], ...]
    settled_cost: int


def stock_of(wants: Sequence[Want], sourcing: Sourcing, cost_per_mm: int) -> Stock:
    """The stock for these wants. Raises ProblemError where there is not enough of something."""
    wanted: dict[str, int] = defaultdict(int)
    shelves: dict[str, dict[str, Candidate]] = defaultdict(dict)
    for want in wants:
        wanted[want.key] += want.qty
        for bare in want.candidates:
            candidate = Candidate(*bare)
            if candidate.qty > 0:
                shelves[want.key].setdefault(candidate.location, candidate)
    keys = tuple(key for key, qty in wanted.items() if qty > 0)
    demand: list[int] = []
    offers: list[Offer] = []
    settled: list[tuple[int, str, int]] = []
    settled_cost = 0
    for good, key in enumerate(keys):
        first, free = _by_expiry(key, wanted[key], [*shelves[key].values()], sourcing)
        left = wanted[key]
        for candidate in first:
            offer = _offer(good, candidate, candidate.qty, sourcing, cost_per_mm)
            settled.append((good, offer.location, offer.qty))
            settled_cost += offer.extra - offer.bonus
            left -= candidate.qty
        demand.append(left)
        offers += (_offer(good, candidate, left, sourcing, cost_per_mm) for candidate in free if left)
    return Stock(keys, tuple(demand), tuple(offers), tuple(settled), settled_cost)


def _by_expiry(
    key: str, qty: int, shelves: list[Candidate], sourcing: Sourcing
) -> tuple[list[Candidate], list[Candidate]]:
    """The shelves that are emptied in any case, and those among which there is a choice.

    Where the first to expire goes first, shelves are used up day by day (reserves when the others are gone); only of
    the last day that is needed can be chosen.
    """
    if sum(shelf.qty for shelf in shelves) < qty:
        raise ProblemError(f"no-stock: {qty} of {key} wanted, {sum(shelf.qty for shelf in shelves)} free")
    if not sourcing.first_expired:
        return [], shelves
    by_day: dict[tuple[bool, float], list[Candidate]] = defaultdict(list)
    for shelf in shelves:
        expires = float("inf") if shelf.expires_day is None else float(shelf.expires_day)
        by_day[shelf.reserve, expires].append(shelf)
    emptied: list[Candidate] = []
    for _, alike in sorted(by_day.items()):
        here = sum(shelf.qty for shelf in alike)
        if here >= qty:
            return emptied, alike
        emptied += alike
        qty -= here
    return emptied, []


def _offer(good: int, shelf: Candidate, qty: int, sourcing: Sourcing, cost_per_mm: int) -> Offer:
    """As far as `qty` units of it can be used."""
    extra = shelf.extra + (sourcing.reserve_penalty_mm * cost_per_mm if shelf.reserve else 0)
    bonus = sourcing.rest_bonus_mm * cost_per_mm if shelf.qty <= qty else 0
    return Offer(good, shelf.location, min(shelf.qty, qty), extra, bonus)


def extra_cost(stock: Stock, taken: Mapping[int, int]) -> int:
    """The extra costs less the bonuses of `taken`: units by offer number."""
    cost = stock.settled_cost
    for number, qty in taken.items():
        if qty:
            offer = stock.offers[number]
            cost += offer.extra - (offer.bonus if qty == offer.qty else 0)
    return cost


def picks_of(wants: Sequence[Want], stock: Stock, taken: Mapping[int, int]) -> tuple[Pick, ...]:
    """The units of each offer that are taken, handed out to the wants in their order."""
    at: dict[str, list[tuple[str, int]]] = defaultdict(list)
    numbered = ((stock.offers[n].good, stock.offers[n].location, qty) for n, qty in taken.items() if qty)
    for good, location, qty in (*stock.settled, *numbered):
        at[stock.keys[good]].append((location, qty))
    return tuple(_handed_out(wants, at))


def _handed_out(wants: Iterable[Want], at: Mapping[str, list[tuple[str, int]]]) -> Iterator[Pick]:
    for number, want in enumerate(wants):
        left = want.qty
        while left > 0:
            location, free = at[want.key].pop()
            units = min(left, free)
            yield Pick(number, location, units)
            left -= units
            if units < free:
                at[want.key].append((location, free - units))
