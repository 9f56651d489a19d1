"""What is to be planned: lines to pick, the carts that are idle now, and the floor they walk on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from routing.effort import Effort
from routing.errors import ProblemError
from routing.layout import Layout
from routing.rules import Rules

ANYWHERE = ""
"""The location of a line that may be taken from any shelf with its SKU."""


@dataclass(frozen=True, slots=True)
class PickLine:
    """`qty` units of one SKU at one location, or ANYWHERE; weight and volume are of one unit, 0 where unknown.

    `kinds` are what rules go by (`fragile`, `cold`, a hazard class); `skills` what the picker must be able to do.
    """

    order: str
    line_no: int
    sku: str
    location: str
    qty: int
    weight_g: int
    volume_cm3: int
    kinds: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PickOrder:
    """Lines that go into one tote together; `rank` 0 is the most urgent.

    `due_s`: seconds from now until it should be back from the floor, None where there is no hurry.
    """

    order: str
    rank: int
    lines: tuple[PickLine, ...]
    due_s: int | None = None

    @property
    def weight_g(self) -> int:
        """What the whole order weighs, as far as it is known."""
        return sum(line.qty * line.weight_g for line in self.lines)

    @property
    def volume_cm3(self) -> int:
        """The room the whole order takes, as far as it is known."""
        return sum(line.qty * line.volume_cm3 for line in self.lines)

    @property
    def skills(self) -> frozenset[str]:
        """What a picker of this order must be able to do."""
        return frozenset(skill for line in self.lines for skill in line.skills)


@dataclass(frozen=True, slots=True)
class Cart:
    """An idle cart with room for `slots` totes; its picker serves `zones` (empty: all) and has `skills`.

    Its tour starts at spot `start`, the problem's depot where that is empty.
    """

    cart: str
    slots: int
    max_weight_g: int
    max_volume_cm3: int
    zones: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
    start: str = ""

    def serves(self, zones: frozenset[str]) -> bool:
        """Whether the picker may enter all of these zones."""
        return not self.zones or zones <= self.zones

    def may_pick(self, zones: frozenset[str], skills: frozenset[str]) -> bool:
        """Whether the cart has a slot, and its picker the zones and skills."""
        return self.slots > 0 and self.serves(zones) and skills <= self.skills


@dataclass(frozen=True, slots=True)
class Shelf:
    """`qty` free units of one SKU at one location, for lines that may be taken anywhere.

    `expires_day` orders shelves by expiry (any count of days; None: never). A `reserve` shelf refills the others and
    is touched only where they do not suffice.
    """

    location: str
    sku: str
    qty: int
    expires_day: int | None = None
    reserve: bool = False


@dataclass(frozen=True, slots=True)
class Sourcing:
    """How shelves are chosen beside the walk.

    `first_expired`: of an SKU what expires first goes first, always. `rest_bonus_mm`: so much longer a walk is
    accepted to empty a shelf. `reserve_penalty_mm`: so much longer a walk is accepted to spare a reserve shelf.
    """

    first_expired: bool = False
    rest_bonus_mm: int = 0
    reserve_penalty_mm: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Problem:
    """One round of planning: which orders go on which cart, and in which order their stops are walked.

    Tours start at the cart's `start` (else `depot`) and end at whichever of `drops` is nearest, or where they started
    if there are none. An order that fits no cart, or whose zones no one picker serves, is split in linked parts;
    with `split_zones` False the latter waits for a picker who serves all of its zones.

    Raises ProblemError where orders, lines or carts cannot be told apart.
    """

    layout: Layout
    depot: str
    orders: tuple[PickOrder, ...]
    carts: tuple[Cart, ...]
    drops: tuple[str, ...] = ()
    shelves: tuple[Shelf, ...] = ()
    sourcing: Sourcing = field(default_factory=Sourcing)
    rules: Rules = field(default_factory=Rules)
    effort: Effort = field(default_factory=Effort)
    split_zones: bool = True

    def __post_init__(self) -> None:
        _refuse_repeats("order", (order.order for order in self.orders))
        _refuse_repeats("cart", (cart.cart for cart in self.carts))
        _refuse_repeats("shelf", ((shelf.location, shelf.sku) for shelf in self.shelves))
        for order in self.orders:
            _refuse_repeats(f"line of order {order.order}", (line.line_no for line in order.lines))
            for line in order.lines:
                if line.order != order.order:
                    raise ProblemError(f"wrong-order: order {order.order} has a line of {line.order}")

    def start_of(self, cart: Cart) -> str:
        """The spot where this cart's tour begins."""
        return cart.start or self.depot

    def ends_of(self, cart: Cart) -> tuple[str, ...]:
        """The spots where this cart's tour may end."""
        return self.drops or (self.start_of(cart),)


def _refuse_repeats(what: str, names: Iterable[object]) -> None:
    repeated = [name for name, times in Counter(names).items() if times > 1]
    if repeated:
        raise ProblemError(f"repeated: {what} {repeated[0]} is there more than once")
