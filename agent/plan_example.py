"""A small floor to try pick planning on: two blocks, three zones, rules, scattered goods, an order in two parts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from routing import (
    ANYWHERE,
    Apart,
    Before,
    Cart,
    Effort,
    FloorRules,
    Goods,
    Layout,
    PickLine,
    PickOrder,
    Problem,
    Rules,
    Shelf,
    Spot,
)

_AISLE_PITCH_MM, _BAY_MM, _BAYS = 3_200, 1_200, 14
_FRONT_MM, _BETWEEN_BLOCKS_MM = 2_500, 2_400
_ZONES = {1: "dry", 2: "dry", 3: "dry", 4: "dry", 5: "bulk", 6: "bulk", 7: "cold", 8: "cold"}

_GOODS = {  # SKU: weight of a unit in g, volume in cm³, kinds, where it lies
    "rice-5kg": (5_100, 6_000, {"heavy"}, "5-02L 5-11R"),
    "oil-5l": (4_900, 5_500, {"heavy"}, "6-05R"),
    "water-6x1.5l": (9_300, 11_000, {"heavy"}, "6-12L 5-13L"),
    "flour": (1_050, 1_200, set(), "1-03R"),
    "noodles": (520, 1_400, set(), "1-09L 3-12R"),
    "tea": (180, 700, set(), "2-02R"),
    "soy-sauce": (890, 800, set(), "2-10L"),
    "biscuits": (260, 1_500, set(), "2-13R"),
    "eggs": (680, 1_900, {"fragile"}, "3-04L"),
    "glasses": (1_300, 3_600, {"fragile"}, "4-11L"),
    "crisps": (150, 3_200, {"fragile"}, "4-03R 1-14L"),
    "bleach": (2_100, 2_200, {"oxidiser"}, "4-07R"),
    "lighter-fuel": (420, 500, {"flammable"}, "3-08R"),
    "dumplings": (1_000, 1_600, {"cold"}, "7-03L"),
    "ice-cream": (600, 1_100, {"cold"}, "8-06R"),
    "milk": (1_040, 1_000, {"cold"}, "7-10R 8-13L"),
}
_ORDERS = (  # the most urgent first
    "flour tea noodles", "glasses eggs oil-5l", "dumplings milk", "rice-5kg crisps", "bleach biscuits",
    "noodles soy-sauce", "ice-cream dumplings", "water-6x1.5l eggs", "lighter-fuel tea", "crisps biscuits flour",
    "tea milk ice-cream", "soy-sauce noodles glasses", "biscuits", "rice-5kg oil-5l", "milk ice-cream",
)  # fmt: skip
_RULES = Rules(
    before=(
        Before("heavy before fragile", Goods(kind="heavy"), Goods(kind="fragile")),
        Before("cold last", Goods(), Goods(kind="cold"), penalty_mm=8_000),
    ),
    apart=(Apart("fuel and oxidiser apart", Goods(kind="flammable"), Goods(kind="oxidiser")),),
)


def example_problem() -> Problem:
    """Fifteen orders and four carts; `tea milk ice-cream` lies in zones that no one picker serves."""
    dry, cold = frozenset({"dry", "bulk"}), frozenset({"bulk", "cold"})
    carts = [Cart(f"K{n}", 4, 40_000, 60_000, dry if n < 4 else cold) for n in range(1, 5)]
    return Problem(
        layout=Layout.of(_spots(), FloorRules(cross_aisles_y_mm=(_cross_aisle_mm(),))),
        depot="START",
        drops=("PACK",),
        orders=tuple(_orders()),
        carts=tuple(carts),
        shelves=tuple(_shelves()),
        rules=_RULES,
        effort=Effort(turn_ms=1_500, stop_ms=6_000, unit_ms=2_000),
    )


def _bay_mm(bay: int) -> int:
    """The y of a bay, counted from 1; half of them are in the block behind."""
    behind_mm = _BETWEEN_BLOCKS_MM if bay > _BAYS // 2 else 0
    return _FRONT_MM + (bay - 1) * _BAY_MM + behind_mm


def _cross_aisle_mm() -> int:
    return (_bay_mm(_BAYS // 2) + _bay_mm(_BAYS // 2 + 1)) // 2


def _spots() -> Iterator[Spot]:
    yield Spot("START", "depot", "", "", 1, 1, 2 * _AISLE_PITCH_MM, 0)
    yield Spot("PACK", "pack", "", "", 1, 1, 5 * _AISLE_PITCH_MM, 0)
    for aisle, zone in _ZONES.items():
        for bay in range(1, _BAYS + 1):
            for side in "LR":
                x_mm, y_mm = aisle * _AISLE_PITCH_MM, _bay_mm(bay)
                yield Spot(f"{aisle}-{bay:02}{side}", "bin", zone, str(aisle), bay, 1, x_mm, y_mm)


def _orders() -> Iterator[PickOrder]:
    for rank, skus in enumerate(_ORDERS):
        order = f"SO-{101 + rank}"
        lines = (_line(order, line_no, sku) for line_no, sku in zip(count(1), skus.split(), strict=False))
        yield PickOrder(order, rank, tuple(lines))


def _line(order: str, line_no: int, sku: str) -> PickLine:
    """One unit of a heavy SKU, two of another; of an SKU on several shelves it may be taken anywhere."""
    weight_g, volume_cm3, kinds, places = _GOODS[sku]
    where = ANYWHERE if " " in places else places
    units = 1 if "heavy" in kinds else 2
    return PickLine(order, line_no, sku, where, units, weight_g, volume_cm3, frozenset(kinds))


def _shelves() -> Iterator[Shelf]:
    for sku, (_, _, _, places) in _GOODS.items():
        if " " in places:
            yield from (Shelf(place, sku, 8) for place in places.split())
