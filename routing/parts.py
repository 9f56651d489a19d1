"""Orders as they can travel: where each line is taken, split where one cart or one picker is not enough.

What cannot be planned at all is told apart here, with its reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

from routing.allot import Allotment
from routing.problem import Cart, PickLine, PickOrder, Problem
from routing.result import Left
from routing.rules import Apart
from routing.taken import Taken

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
            may_pick(cart, self.zones, self.skills)
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


def may_pick(cart: Cart, zones: frozenset[str], skills: frozenset[str]) -> bool:
    """Whether the cart has a slot, and its picker the zones and skills."""
    return cart.slots > 0 and cart.serves(zones) and skills <= cart.skills


def prepare(problem: Problem) -> Prepared:
    """All orders of a problem as parts."""
    parts: list[Part] = []
    left: list[Left] = []
    allotment = Allotment(problem)
    lost = _Lost(problem)
    for order in sorted(problem.orders, key=lambda order: order.rank):
        reason = lost.depot or _bad_line(order)
        taken = () if reason else allotment.spread(order)
        reason = reason or allotment.shortage(order, taken) or lost.reason(taken)
        if reason:
            left.append(Left(order.order, reason))
            continue
        allotment.take(taken)
        for part in _parted(problem, order, taken):
            why_not = _no_cart(problem.carts, part)
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
    near = [cart for cart in carts if may_pick(cart, part.zones, part.skills)]
    if not near:
        needs = ", ".join([*(f"zone {zone}" for zone in sorted(part.zones)), *sorted(part.skills)])
        return f"no-cart: no idle cart with a slot serves {needs}"
    if not any(part.fits(cart) for cart in near):
        return f"too-big: {part.weight_g} g and {part.volume_cm3} cm³ are more than any idle cart of its zones takes"
    return ""


def _parted(problem: Problem, order: PickOrder, taken: Sequence[Taken]) -> Iterator[Part]:
    """The order whole where some cart takes it; else by what must stay apart, by pickers' zones, in cart-loads."""
    by_rules = list(_by_rules(problem, taken))
    by_zones = [group for friends in by_rules for group in _by_zones(problem, friends)]
    loads = [load for group in by_zones for load in _cart_loads(problem, group)]
    why = "apart" if len(by_rules) > 1 else "zones" if len(by_zones) > 1 else "too-big"
    for load in loads:
        yield Part(order, tuple(load), _zones(problem, load), why if len(loads) > 1 else "")


def _by_rules(problem: Problem, taken: Sequence[Taken]) -> list[list[Taken]]:
    """Groups that hold nothing that a hard rule keeps apart; each goes to the first that will have it."""
    hard = [rule for rule in problem.rules.apart if rule.penalty_mm is None]
    if not hard:
        return [list(taken)]
    groups: list[list[Taken]] = []
    for each in taken:
        friends = (group for group in groups if not any(_clash(problem, hard, each, one) for one in group))
        group = next(friends, None)
        if group is None:
            groups.append([each])
        else:
            group.append(each)
    return groups


def _clash(problem: Problem, rules: Iterable[Apart], a: Taken, b: Taken) -> bool:
    in_zone = [(each.line, problem.layout.zone_of(each.location)) for each in (a, b)]
    return any(
        rule.one.holds(*one) and rule.other.holds(*other)
        for rule in rules
        for one, other in permutations(in_zone)
    )


def _zones(problem: Problem, taken: Iterable[Taken]) -> frozenset[str]:
    return frozenset(problem.layout.zone_of(each.location) for each in taken)


def _by_zones(problem: Problem, taken: Sequence[Taken]) -> Iterator[list[Taken]]:
    """What one picker can fetch, as few groups as a greedy cover finds; all of it where one serves everything."""
    skills = frozenset(skill for each in taken for skill in each.line.skills)
    zones = _zones(problem, taken)
    if not problem.split_zones or any(may_pick(cart, zones, skills) for cart in problem.carts):
        yield list(taken)
        return
    rest = list(taken)
    while rest:
        options = [[each for each in rest if _can_fetch(problem, cart, each)] for cart in problem.carts]
        group = max(options, key=len, default=[]) or rest
        yield group
        fetched = set(group)
        rest = [each for each in rest if each not in fetched]


def _can_fetch(problem: Problem, cart: Cart, each: Taken) -> bool:
    return may_pick(cart, frozenset({problem.layout.zone_of(each.location)}), each.line.skills)


def _cart_loads(problem: Problem, taken: Sequence[Taken]) -> Iterator[list[Taken]]:
    """In one load where some cart takes all of it, else filled up to what the largest cart takes, unit by unit."""
    zones = _zones(problem, taken)
    skills = frozenset(skill for each in taken for skill in each.line.skills)
    near = [cart for cart in problem.carts if may_pick(cart, zones, skills)]
    weight_g = sum(each.qty * each.line.weight_g for each in taken)
    volume_cm3 = sum(each.qty * each.line.volume_cm3 for each in taken)
    if not near or any(weight_g <= cart.max_weight_g and volume_cm3 <= cart.max_volume_cm3 for cart in near):
        yield list(taken)
        return
    largest = max(near, key=lambda cart: (cart.max_weight_g, cart.max_volume_cm3))
    load: list[Taken] = []
    free_g, free_cm3 = largest.max_weight_g, largest.max_volume_cm3
    for each in taken:
        left = each.qty
        while left:
            units = min(left, _units(each.line, free_g, free_cm3))
            if not units and not load:
                yield [each._replace(qty=left)]  # one unit is more than a cart takes: it is told so
                break
            if not units:
                yield load
                load, free_g, free_cm3 = [], largest.max_weight_g, largest.max_volume_cm3
                continue
            load.append(each._replace(qty=units))
            left -= units
            free_g -= units * each.line.weight_g
            free_cm3 -= units * each.line.volume_cm3
    if load:
        yield load


def _units(line: PickLine, free_g: int, free_cm3: int) -> int:
    """How many units of a line find room."""
    by_weight = free_g // line.weight_g if line.weight_g else line.qty
    by_volume = free_cm3 // line.volume_cm3 if line.volume_cm3 else line.qty
    return min(by_weight, by_volume, line.qty)


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
