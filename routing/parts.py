"""Orders as they can travel: where each line is taken, split where one cart or one picker is not enough.

What cannot be planned at all is told apart here, with its reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from routing.allot import Allotment
from routing.problem import Cart, PickOrder, Problem
from routing.result import Left
from routing.splitting import split
from routing.taken import Taken, zones_of

LATER = "later: every idle cart that fits is full, the order goes with the next one"


@dataclass(frozen=True, slots=True)
class Part:
    """An order, or one of several linked parts of it (`why` they are parted; empty: it is whole)."""

    order: PickOrder
    taken: tuple[Taken, ...]
    zones: frozenset[str]
    why: str = ""

    @property
    def rank(self) -> int:
        """0 is the most urgent."""
        return self.order.rank

    @property
    def weight_g(self) -> int:
        """What it weighs, as far as it is known."""
        return sum(each.qty * each.line.weight_g for each in self.taken)

    @property
    def volume_cm3(self) -> int:
        """The room it takes, as far as it is known."""
        return sum(each.qty * each.line.volume_cm3 for each in self.taken)

    @property
    def skills(self) -> frozenset[str]:
        """What its picker must be able to do."""
        return frozenset(skill for each in self.taken for skill in each.line.skills)

    @property
    def line_nos(self) -> tuple[int, ...]:
        """The lines it has units of."""
        return tuple(dict.fromkeys(each.line.line_no for each in self.taken))

    def fits(self, cart: Cart) -> bool:
        """Whether the cart can take it when it is empty."""
        return (
            cart.may_pick(self.zones, self.skills)
            and self.weight_g <= cart.max_weight_g
            and self.volume_cm3 <= cart.max_volume_cm3
        )

    def left(self, reason: str) -> Left:
        """It stays behind."""
        return Left(self.order.order, reason, self.line_nos if self.why else ())


@dataclass(frozen=True, slots=True)
class Prepared:
    """The parts that fit some idle cart, most urgent first; the others with their reasons; notes for people."""

    parts: tuple[Part, ...]
    left: tuple[Left, ...]
    notes: tuple[str, ...]


def _kinds_of(carts: Iterable[Cart]) -> list[Cart]:
    """One cart of each kind."""
    kinds = {
        (cart.slots, cart.max_weight_g, cart.max_volume_cm3, cart.zones, cart.skills): cart for cart in carts
    }
    return list(kinds.values())


def prepare(problem: Problem) -> Prepared:
    """All orders of a problem as parts."""
    parts: list[Part] = []
    left: list[Left] = []
    allotment = Allotment(problem)
    lost = _Lost(problem)
    carts = _kinds_of(problem.carts)
    for order in sorted(problem.orders, key=lambda order: order.rank):
        reason = lost.depot or _bad_line(order)
        taken = () if reason else allotment.spread(order)
        reason = reason or allotment.shortage(order, taken) or lost.reason(taken)
        if reason:
            left.append(Left(order.order, reason))
            continue
        allotment.take(taken)
        for part in _parts(problem, carts, order, taken):
            why_not = _no_cart(carts, part)
            if why_not:
                left.append(part.left(why_not))
            else:
                parts.append(part)
    return Prepared(tuple(parts), tuple(left), tuple(_notes(problem)))


class _Lost:
    """Which locations cannot be walked to from any start and back to an end; each is looked up once."""

    def __init__(self, problem: Problem) -> None:
        self._layout = problem.layout
        starts = dict.fromkeys(problem.start_of(cart) for cart in problem.carts) or {problem.depot: None}
        known = [spot for spot in (*starts, *problem.drops) if spot in problem.layout.spots]
        self._depots = known
        missing = [spot for spot in (*starts, *problem.drops) if spot not in problem.layout.spots]
        self.depot = f"no-depot: {missing[0]!r} is not in the layout" if missing else ""
        self._reasons: dict[str, str] = {}

    def reason(self, taken: Iterable[Taken]) -> str:
        """Why these cannot be fetched; empty where they can."""
        for each in taken:
            reason = self._reason(each.location)
            if reason:
                return f"{reason[0]}: line {each.line.line_no} lies at {each.location!r}, {reason[1]}"
        return ""

    def _reason(self, location: str) -> tuple[str, str] | None:
        if location not in self._reasons:
            self._reasons[location] = self._found(location)
        word, _, rest = self._reasons[location].partition(": ")
        return (word, rest) if word else None

    def _found(self, location: str) -> str:
        if location not in self._layout.spots:
            return "no-location: which is not in the layout"
        if location not in self._layout.network.standings:
            return "closed: in an aisle that is closed"
        if not all(self._layout.reaches(depot, location) for depot in self._depots):
            return "cut-off: to which no walk leads"
        return ""


def _parts(
    problem: Problem, carts: Sequence[Cart], order: PickOrder, taken: Sequence[Taken]
) -> Iterator[Part]:
    loads, why = split(problem, carts, taken)
    for load in loads:
        yield Part(order, tuple(load), zones_of(problem.layout, load), why)


def _bad_line(order: PickOrder) -> str:
    if not order.lines:
        return "no-lines: there is nothing to pick"
    for line in order.lines:
        if line.qty < 1 or line.weight_g < 0 or line.volume_cm3 < 0:
            return f"bad-line: line {line.line_no} has a quantity, weight or volume that cannot be"
    return ""


def _no_cart(carts: Sequence[Cart], part: Part) -> str:
    if not carts:
        return "later: there is no idle cart"
    near = [cart for cart in carts if cart.may_pick(part.zones, part.skills)]
    if not near:
        needs = ", ".join([*(f"zone {zone}" for zone in sorted(part.zones)), *sorted(part.skills)])
        return f"no-cart: no idle cart with a slot serves {needs}"
    if not any(part.fits(cart) for cart in near):
        return f"too-big: {part.weight_g} g and {part.volume_cm3} cm³ are more than any idle cart of its zones takes"
    return ""


def _notes(problem: Problem) -> Iterator[str]:
    """What people should mend in the master data."""
    unknown: dict[str, list[str]] = defaultdict(list)
    for order in problem.orders:
        for line in order.lines:
            for what, value in (("weight", line.weight_g), ("volume", line.volume_cm3)):
                if value == 0 and line.sku not in unknown[what]:
                    unknown[what].append(line.sku)
    for what, skus in unknown.items():
        if skus:
            some = ", ".join(skus[:5]) + (f" and {len(skus) - 5} more" if len(skus) > 5 else "")
            yield f"no-{what}: {some} counted as 0, for want of master data"
