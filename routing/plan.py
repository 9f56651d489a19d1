"""What planning gives: who walks where with which orders, and why the others wait."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stop:
    """Take `qty` of one SKU of one order line at one location, into the tote in `slot` (counted from 1)."""

    location: str
    sku: str
    order: str
    line_no: int
    qty: int
    slot: int


@dataclass(frozen=True, slots=True)
class Batch:
    """The orders that share one cart for one tour from the depot and back.

    `slots[i]` is the order in slot i + 1; `stops` stand in walking order. `bound_mm` is proven: no tour
    through these stops is shorter.
    """

    cart: str
    slots: tuple[str, ...]
    stops: tuple[Stop, ...]
    distance_mm: int
    bound_mm: int


@dataclass(frozen=True, slots=True)
class Left:
    """An order that is not on any cart; `reason` is a word, a colon and a sentence for people.

    The words: `later` (it waits for the next idle cart), `no-cart`, `too-big`, `no-location`, `no-depot`,
    `no-lines`, `bad-line`.
    """

    order: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """At most one batch per cart; every order of the problem is in one batch or in `left`."""

    batches: tuple[Batch, ...]
    left: tuple[Left, ...]
    distance_mm: int
    method: str

    @property
    def served(self) -> int:
        """How many orders the carts take along."""
        return sum(len(batch.slots) for batch in self.batches)
