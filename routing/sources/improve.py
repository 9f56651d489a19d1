"""A batch's lines taken from other shelves, where that makes its tour shorter."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from time import monotonic

from routing.problem import ANYWHERE, Cart, PickLine, Problem, Shelf
from routing.sources.search import Search
from routing.sources.solve import source
from routing.sources.stock import stock_of
from routing.sources.want import Candidate, Want
from routing.taken import Taken, locations_of
from routing.tours.door import Guide, floor_of

SHARE = 0.5
"""So much of the time is for the choice; the rest is left for the tour."""


def improve_sources(
    problem: Problem,
    cart: Cart,
    taken: Sequence[Taken],
    free: Mapping[tuple[str, str], int],
    deadline: float,
) -> tuple[Taken, ...]:
    """The same units of the same lines, taken where the cart's tour is shorter; as it was where none is found.

    `free` are units by SKU and location that nobody was promised, besides those of `taken`; only lines that may be
    taken ANYWHERE move. The cart's zones are kept; where rules look at zones, so is the zone of each line. The cost
    of a tour includes what the problem's Sourcing lays on reserves and on shelves that are emptied. What must go
    first, because it expires first, is taken even where the tour becomes longer.
    """
    now = monotonic()
    moving = [each for each in taken if each.line.location == ANYWHERE]
    staying = [each for each in taken if each.line.location != ANYWHERE]
    shelves = _Shelves(problem, cart, moving, free)
    wants = [shelves.want(each) for each in moving]
    if all(len(want.candidates) < 2 for want in wants):
        return tuple(taken)
    fixed, choice_ends = locations_of(staying), now + SHARE * (deadline - now)
    start, ends = problem.start_of(cart), problem.ends_of(cart)
    found = source(problem.layout, problem.effort, start, ends, fixed, wants, choice_ends, problem.sourcing)
    picked = (Taken(moving[pick.want].line, pick.location, pick.qty) for pick in found.picks)
    moved = _merged((*staying, *picked))
    cost = _cost_as_it_is(problem, cart, fixed, moving, wants, choice_ends)
    if cost is not None and found.cost >= cost:
        return tuple(taken)
    if cost is not None and problem.rules.before and not _is_shorter(problem, cart, moved, taken, deadline):
        return tuple(taken)
    return moved


class _Shelves:
    """The shelves that one cart may take from."""

    def __init__(
        self, problem: Problem, cart: Cart, moving: Sequence[Taken], free: Mapping[tuple[str, str], int]
    ) -> None:
        self._problem = problem
        self._by_zone = bool(problem.rules.before or problem.rules.apart)
        self._units = Counter(free)
        for each in moving:
            self._units[each.line.sku, each.location] += each.qty
        skus = {each.line.sku for each in moving}
        standings = problem.layout.network.standings
        self._of: dict[str, list[Shelf]] = defaultdict(list)
        for shelf in problem.shelves:
            if shelf.sku in skus and shelf.location in standings and self._may_pick(cart, shelf):
                self._of[shelf.sku].append(shelf)

    def want(self, each: Taken) -> Want:
        """What is wanted for this line, from where it may come."""
        zone_of = self._problem.layout.zone_of
        zone = zone_of(each.location)
        candidates = tuple(
            Candidate(
                shelf.location, self._units[shelf.sku, shelf.location], 0, shelf.expires_day, shelf.reserve
            )
            for shelf in self._of[each.line.sku]
            if not self._by_zone or zone_of(shelf.location) == zone
        )
        key = f"{each.line.sku}\n{zone}" if self._by_zone else each.line.sku
        return Want(key, each.qty, candidates)

    def _may_pick(self, cart: Cart, shelf: Shelf) -> bool:
        """Whether the cart's picker may go there, and can."""
        problem, location = self._problem, shelf.location
        if not cart.serves(frozenset({problem.layout.zone_of(location)})):
            return False
        depots = (problem.start_of(cart), *problem.ends_of(cart))
        return problem.layout.grid is not None or all(
            problem.layout.reaches(spot, location) for spot in depots
        )


def _merged(taken: Iterable[Taken]) -> tuple[Taken, ...]:
    """Units of one line at one location together."""
    units: dict[tuple[PickLine, str], int] = defaultdict(int)
    for each in taken:
        units[each.line, each.location] += each.qty
    return tuple(Taken(line, location, qty) for (line, location), qty in units.items())


def _cost_as_it_is(
    problem: Problem,
    cart: Cart,
    fixed: Sequence[str],
    moving: Sequence[Taken],
    wants: Sequence[Want],
    deadline: float,
) -> int | None:
    """What the present choice costs; None where something that expires first is left behind."""
    effort = problem.effort
    stock = stock_of(wants, problem.sourcing, effort.per_mm(""))
    held: Counter[tuple[int, str]] = Counter()
    for each, want in zip(moving, wants, strict=True):
        held[stock.keys.index(want.key), each.location] += each.qty
    for good, location, qty in stock.settled:
        if held.pop((good, location), 0) != qty:
            return None
    numbers = {(offer.good, offer.location): n for n, offer in enumerate(stock.offers)}
    if not held.keys() <= numbers.keys():
        return None
    stops = tuple(dict.fromkeys((*fixed, *(location for _, location, _ in stock.settled))))
    floor, ends = floor_of(problem.layout, effort), problem.ends_of(cart)
    search = Search(floor, problem.start_of(cart), ends, stops, stock, deadline)
    return search.cost_of({numbers[key]: qty for key, qty in held.items()})


def _is_shorter(
    problem: Problem, cart: Cart, moved: Sequence[Taken], taken: Sequence[Taken], deadline: float
) -> bool:
    """Whether what is moved costs less where the rules of what comes before what are kept."""
    guide, now = Guide(problem), monotonic()
    middle = (now + deadline) / 2
    return guide.lead(cart, moved, middle).tour.cost < guide.lead(cart, taken, deadline).tour.cost
