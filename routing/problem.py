"""What is to be planned: lines to pick, the carts that are idle now, and the floor they walk on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from routing.errors import ProblemError
from routing.layout import Layout


@dataclass(frozen=True, slots=True)
class PickLine:
    """`qty` units of one SKU at one location; weight and volume are of one unit, 0 where unknown."""

    order: str
    line_no: int
    sku: str
    location: str
    qty: int
    weight_g: int
    volume_cm3: int
    zone: str


@dataclass(frozen=True, slots=True)
class PickOrder:
    """Lines that go into one tote together; `rank` 0 is the most urgent."""

    order: str
    rank: int
    lines: tuple[PickLine, ...]

    @property
    def weight_g(self) -> int:
        """What the whole order weighs, as far as it is known."""
        return sum(line.qty * line.weight_g for line in self.lines)

    @property
    def volume_cm3(self) -> int:
        """The room the whole order takes, as far as it is known."""
        return sum(line.qty * line.volume_cm3 for line in self.lines)

    @property
    def zones(self) -> frozenset[str]:
        """The zones that a picker of this order must enter."""
        return frozenset(line.zone for line in self.lines)


@dataclass(frozen=True, slots=True)
class Cart:
    """An idle cart with room for `slots` totes; its picker serves `zones` (empty: all)."""

    cart: str
    slots: int
    max_weight_g: int
    max_volume_cm3: int
    zones: frozenset[str]

    def serves(self, zones: frozenset[str]) -> bool:
        """Whether the picker may enter all of these zones."""
        return not self.zones or zones <= self.zones


@dataclass(frozen=True, slots=True)
class Problem:
    """One round of planning: which orders go on which cart, and in which order their stops are walked.

    Tours start and end at `depot`. Raises ProblemError where orders, lines or carts cannot be told apart.
    """

    layout: Layout
    depot: str
    orders: tuple[PickOrder, ...]
    carts: tuple[Cart, ...]

    def __post_init__(self) -> None:
        _refuse_repeats("order", (order.order for order in self.orders))
        _refuse_repeats("cart", (cart.cart for cart in self.carts))
        for order in self.orders:
            _refuse_repeats(f"line of order {order.order}", (line.line_no for line in order.lines))
            for line in order.lines:
                if line.order != order.order:
                    raise ProblemError(f"wrong-order: order {order.order} has a line of {line.order}")


def _refuse_repeats(what: str, names: Iterable[object]) -> None:
    repeated = [name for name, times in Counter(names).items() if times > 1]
    if repeated:
        raise ProblemError(f"repeated: {what} {repeated[0]} is there more than once")
