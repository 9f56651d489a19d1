"""What may go together on a cart, and in which order it must come onto it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from routing.problem import PickLine


@dataclass(frozen=True, slots=True)
class Goods:
    """A choice of goods; all that is given must hold. Weight and volume are of one unit.

    `kind` is one of the line's kinds (`fragile`, `cold`, a hazard class), `zone` that of its location.
    """

    kind: str = ""
    zone: str = ""
    min_weight_g: int = 0
    max_weight_g: int | None = None
    min_volume_cm3: int = 0
    max_volume_cm3: int | None = None

    def holds(self, line: PickLine, zone: str) -> bool:
        """Whether this line, taken in this zone, is meant."""
        return (
            (not self.kind or self.kind in line.kinds)
            and (not self.zone or self.zone == zone)
            and self.min_weight_g <= line.weight_g
            and (self.max_weight_g is None or line.weight_g <= self.max_weight_g)
            and self.min_volume_cm3 <= line.volume_cm3
            and (self.max_volume_cm3 is None or line.volume_cm3 <= self.max_volume_cm3)
        )


@dataclass(frozen=True, slots=True)
class Before:
    """Within one tour all of `first` is taken before any of `then`: heavy before light, fragile last, cold last.

    With a `penalty_mm` the rule is soft: so many mm for each stop of `then` that comes too early. Without it is hard.
    """

    name: str
    first: Goods
    then: Goods
    penalty_mm: int | None = None


@dataclass(frozen=True, slots=True)
class Apart:
    """`one` and `other` never share a cart: hazard classes. Soft with a `penalty_mm` for each such cart."""

    name: str
    one: Goods
    other: Goods
    penalty_mm: int | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a site."""

    before: tuple[Before, ...] = ()
    apart: tuple[Apart, ...] = ()
