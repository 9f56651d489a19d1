"""The simulated day: when each order is ready and with which departure it goes; the same for the same seed.

Floor, goods, orders and carts are those of `bench.planning.floors`. A fifth of the orders came overnight and is ready
when the shift begins at 8:00; a quarter comes in the first 15 minutes of two sales, at 10:00 and 14:00; the others come
until 18:00, most in the hours before the carriers leave at 11:00, 15:00 and 18:00. An order goes with the first carrier
that leaves it 40 minutes, one of priority (8 %) 25; one in seven is bound to none, nor is what comes after the last.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from bench.planning.floors import SLOTS, floor, pool
from routing import Cart, Layout, PickLine, PickOrder

HOUR_MS = 3_600_000
MINUTE_MS = 60_000
SHIFT_MS = 8 * HOUR_MS
CUTOFFS_MS = (11 * HOUR_MS, 15 * HOUR_MS, 18 * HOUR_MS)
LEAD_MS, PRIORITY_LEAD_MS = 40 * MINUTE_MS, 25 * MINUTE_MS
OVERNIGHT, SALES = 0.2, 0.25
SALES_MS = (10 * HOUR_MS, 14 * HOUR_MS)
SALE_LASTS_MS = 15 * MINUTE_MS
BY_HOUR = {8: 7, 9: 11, 10: 15, 11: 8, 12: 7, 13: 11, 14: 15, 15: 8, 16: 11, 17: 15}


@dataclass(frozen=True, slots=True)
class DayOrder:
    """An order of the day; moments in ms since midnight. A larger `priority` is sooner."""

    order: str
    ready_ms: int
    priority: int
    cutoff_ms: int | None
    lines: tuple[PickLine, ...]
    weight_g: int
    volume_cm3: int


@dataclass(frozen=True, slots=True)
class Day:
    """What comes, and who is there for it."""

    layout: Layout
    orders: tuple[DayOrder, ...]
    carts: tuple[Cart, ...]

    @property
    def lines(self) -> int:
        """Of all orders."""
        return sum(len(order.lines) for order in self.orders)


def a_day(orders: int = 5_000, pickers: int = 30, seed: int = 1) -> Day:
    """The day of this seed; carts of 8 to 12 slots."""
    layout = floor()
    drawn = pool(orders, seed, layout)
    rng = Random(f"day/{seed}")
    cart = drawn.carts[0]
    carts = (replace(cart, cart=f"P{n:02}", slots=SLOTS[n % len(SLOTS)]) for n in range(pickers))
    return Day(layout, tuple(_timed(rng, order) for order in drawn.orders), tuple(carts))


def _timed(rng: Random, order: PickOrder) -> DayOrder:
    ready_ms = _ready_ms(rng)
    priority = int(rng.random() < 0.08)
    lead_ms = PRIORITY_LEAD_MS if priority else LEAD_MS
    is_bound = rng.random() < 6 / 7
    departures = [at_ms for at_ms in CUTOFFS_MS if is_bound and at_ms - lead_ms >= ready_ms]
    return DayOrder(
        order.order,
        ready_ms,
        priority,
        departures[0] if departures else None,
        order.lines,
        order.weight_g,
        order.volume_cm3,
    )


def _ready_ms(rng: Random) -> int:
    kind = rng.random()
    if kind < OVERNIGHT:
        return SHIFT_MS
    if kind < OVERNIGHT + SALES:
        return rng.choice(SALES_MS) + rng.randrange(SALE_LASTS_MS)
    (hour,) = rng.choices(list(BY_HOUR), list(BY_HOUR.values()))
    return hour * HOUR_MS + rng.randrange(HOUR_MS)
