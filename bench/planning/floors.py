"""Made-up rounds of planning, the same for the same seed: a floor of three blocks, orders, and a mixed fleet of carts.

The floor: 20 aisles, 3 m from one to the next, each of three blocks of 20 bays of 1 m; cross-aisles in front, behind
and between the blocks, 1.5 m from the nearest bays; the depot in the front, by the middle. Both sides of an aisle are
served from one place: 1,200 locations, one SKU each.

The goods: an SKU is of class A (one in five; 60 % of all lines), B (three in ten; 25 %) or C (half of them; 15 %),
strewn over the whole floor. A unit weighs 50 to 3,000 g and takes 100 to 8,000 cm³, each as likely as any other.

The orders: one to five lines (38, 28, 18, 10 and 6 % of orders, 2.2 on average) of different SKUs; a line is one
unit (70 %), two (20 %) or three. Orders of more than 25 kg or 60 l are drawn again. They stand in the order of their
arrival.

The carts: 8, 9, 10, 11 and 12 slots in turn, one for every six orders, so that there are enough; each takes 50 kg and
120 l. All of slots, weight and volume limit some carts.
"""

from __future__ import annotations

from itertools import accumulate
from random import Random

from routing import Cart, FloorRules, Layout, PickLine, PickOrder, Problem, Spot

DEPOT = "depot"
AISLES, BLOCKS, BAYS = 20, 3, 20
AISLE_MM, BAY_MM, END_MM = 3_000, 1_000, 1_500
CLASSES = ((0.2, 0.60), (0.3, 0.25), (0.5, 0.15))
"""Share of the SKUs, share of the lines: A, B and C."""
LINES, LINES_SHARE = (1, 2, 3, 4, 5), (38, 28, 18, 10, 6)
UNITS, UNITS_SHARE = (1, 2, 3), (70, 20, 10)
WEIGHT_G, VOLUME_CM3 = (50, 3_000), (100, 8_000)
ORDER_MAX_G, ORDER_MAX_CM3 = 25_000, 60_000
SLOTS = (8, 9, 10, 11, 12)
CART_G, CART_CM3 = 50_000, 120_000
ORDERS_PER_CART = 6


def floor(aisles: int = AISLES, blocks: int = BLOCKS, bays: int = BAYS) -> Layout:
    """The floor; `bays` are those of one block."""
    block_mm = (bays - 1) * BAY_MM + 2 * END_MM
    levels_y_mm = tuple(block * block_mm for block in range(blocks + 1))
    bins = [
        Spot(
            f"{aisle:02}-{block * bays + bay:03}",
            "bin",
            "",
            f"{aisle:02}",
            block * bays + bay + 1,
            1,
            aisle * AISLE_MM,
            block * block_mm + END_MM + bay * BAY_MM,
        )
        for aisle in range(aisles)
        for block in range(blocks)
        for bay in range(bays)
    ]
    middle = aisles // 2
    depot = Spot(DEPOT, "depot", "", f"{middle:02}", 1, 1, middle * AISLE_MM, 0)
    return Layout.of([depot, *bins], FloorRules(cross_aisles_y_mm=levels_y_mm, at_aisle_ends=False))


def pool(orders: int, seed: int, layout: Layout | None = None) -> Problem:
    """So many orders, and carts enough for all of them."""
    rng = Random(f"pool/{seed}")
    layout = layout or floor()
    goods = _Goods(layout, rng)
    carts = max(len(SLOTS), -(-orders // ORDERS_PER_CART))
    return Problem(
        layout,
        DEPOT,
        tuple(goods.order(n) for n in range(orders)),
        tuple(Cart(f"cart-{n:04}", SLOTS[n % len(SLOTS)], CART_G, CART_CM3) for n in range(carts)),
    )


def pool_of_lines(lines: int, seed: int) -> Problem:
    """As many orders as have so many lines together, give or take the last one's."""
    layout = floor()
    mean = sum(n * share for n, share in zip(LINES, LINES_SHARE, strict=True)) / sum(LINES_SHARE)
    whole = pool(round(1.1 * lines / mean) + 10, seed, layout)
    counts = accumulate(len(order.lines) for order in whole.orders)
    return pool(next(n for n, count in enumerate(counts, start=1) if count >= lines), seed, layout)


class _Goods:
    """SKUs by class, and orders drawn of them."""

    def __init__(self, layout: Layout, rng: Random) -> None:
        self._rng = rng
        bins = [spot.id for spot in layout.spots.values() if spot.kind == "bin"]
        rng.shuffle(bins)
        ends = [round(share * len(bins)) for share in accumulate(share for share, _ in CLASSES)]
        self._classes = [bins[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]
        self._weight_g = {name: rng.randint(*WEIGHT_G) for name in bins}
        self._volume_cm3 = {name: rng.randint(*VOLUME_CM3) for name in bins}

    def order(self, number: int) -> PickOrder:
        """The next order; of two alike, the one that came first is more urgent."""
        while True:
            order = self._drawn(f"SO-{number:05}", number)
            if order.weight_g <= ORDER_MAX_G and order.volume_cm3 <= ORDER_MAX_CM3:
                return order

    def _drawn(self, name: str, rank: int) -> PickOrder:
        (lines,) = self._rng.choices(LINES, LINES_SHARE)
        places: dict[str, None] = {}
        while len(places) < lines:
            (skus,) = self._rng.choices(self._classes, [share for _, share in CLASSES])
            places[self._rng.choice(skus)] = None
        return PickOrder(name, rank, tuple(self._line(name, n, at) for n, at in enumerate(places, start=1)))

    def _line(self, order: str, line_no: int, location: str) -> PickLine:
        (units,) = self._rng.choices(UNITS, UNITS_SHARE)
        weight_g, volume_cm3 = self._weight_g[location], self._volume_cm3[location]
        return PickLine(order, line_no, f"SKU-{location}", location, units, weight_g, volume_cm3)
