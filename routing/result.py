"""What planning gives: who walks where with which orders, and why the others wait."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tour:
    """One walk: `spots` from its start through all locations to its end, each location once unless a rule parts it.

    `cost` is what was made small, in the units of the problem's Effort (hundredths of mm, or µs; the walk alone, with
    penalties of soft rules, without handling); no tour through these stops that keeps the rules costs less than
    `bound`. `distance_mm` is the walk through the spots in this order, `time_ms` its time with turns and handling.
    `rules_cost_mm` is how much shorter it could be without the hard rules; `broken` names the soft rules it breaks.
    """

    spots: tuple[str, ...]
    distance_mm: int
    bound_mm: int
    time_ms: int
    cost: int
    bound: int
    rules_cost_mm: int = 0
    broken: tuple[str, ...] = ()

    @property
    def gap(self) -> float:
        """At most so much of the cost could be saved (0.02: two percent); 0 is proven to be the least."""
        return (self.cost - self.bound) / self.cost if self.cost else 0.0


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
    """The orders that share one cart for one tour.

    `slots[i]` is the order in slot i + 1; `stops` stand in walking order; `start` and `end` are spots. `bound_mm` is
    proven: no tour through these stops is shorter. `time_ms`, `rules_cost_mm` and `broken` as in Tour; `broken` names
    rules of what shares a cart as well.
    """

    cart: str
    slots: tuple[str, ...]
    stops: tuple[Stop, ...]
    distance_mm: int
    bound_mm: int
    start: str
    end: str
    time_ms: int = 0
    gap: float = 0.0
    rules_cost_mm: int = 0
    broken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Left:
    """An order, or part of one, that is not on any cart; `reason` is a word, a colon and a sentence for people.

    `line_nos` are the lines that wait; empty: all. The words: `later` (it waits for the next idle cart), `no-cart`,
    `too-big`, `no-location`, `closed`, `cut-off`, `no-stock`, `no-depot`, `no-lines`, `bad-line`.
    """

    order: str
    reason: str
    line_nos: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """An order whose parts travel on several carts, now or later, and must come together: `why` as Left.reason."""

    order: str
    carts: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """At most one batch per cart; every line of the problem is in the batches or in `left`, to the unit.

    No plan for the same orders on these carts walks less than `bound_mm`. `notes` are for people: goods without a
    weight, and the like.
    """

    batches: tuple[Batch, ...]
    left: tuple[Left, ...]
    distance_mm: int
    method: str
    bound_mm: int = 0
    links: tuple[Link, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def served(self) -> int:
        """How many orders the carts take along, parts of one order counted apiece."""
        return sum(len(batch.slots) for batch in self.batches)
