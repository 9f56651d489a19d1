"""What the planner is asked, and what comes of its answer: orders of the pool, free stock and carts as a problem; its
batches as pick lists.

Pure: it is given what the reader saw. The planner hands out stock order by order, the most urgent first, so no unit is
promised twice within a plan; the door checks again when the plan is released.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from agent.config_picking import Picking
from agent.core.commands import PlannedList, PlannedStop
from agent.core.model import Location, Order, Sku, Stock
from routing import (
    ANYWHERE,
    Batch,
    Cart,
    FloorRules,
    Layout,
    PickLine,
    PickOrder,
    Plan,
    Problem,
    Shelf,
    Spot,
    naive_distance_mm,
)

_NEEDS_HELP = frozenset({"no-stock", "too-big", "no-location", "closed", "cut-off", "bad-line"})


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the policy knows of goods and places."""

    skus: Mapping[str, Sku]
    locations: Mapping[str, Location]
    stock: Mapping[str, Sequence[Stock]]  # by SKU

    def knows(self, order: Order) -> bool:
        """Whether all goods are known; if not, an exception was opened when the order came."""
        return all(line.sku in self.skus for line in order.lines if line.untasked_qty > 0)


@dataclass(frozen=True, slots=True)
class Floor:
    """The layout, and the depot where tours begin."""

    layout: Layout
    depot: str


class Due(NamedTuple):
    """An order of the pool, and in how many seconds it should be back from the floor."""

    order: Order
    due_s: int | None = None


def problem_of(
    pool: Iterable[Due],
    catalogue: Catalogue,
    floor: Floor,
    carts: Sequence[Cart],
    picking: Picking,
    *,
    busy_percent: Mapping[str, int] | None = None,
    split_zones: bool = True,
) -> Problem:
    """What is open of these orders, the most urgent first, for these carts; each line from wherever it is shortest."""
    known = [due for due in pool if catalogue.knows(due.order)]
    orders = [_pick_order(due, rank, catalogue) for rank, due in enumerate(known)]
    return Problem(
        layout=floor.layout,
        depot=floor.depot,
        orders=tuple(order for order in orders if order.lines),
        carts=tuple(carts),
        drops=_drops(floor.layout, picking),
        shelves=tuple(_shelves(orders, catalogue, picking)),
        sourcing=picking.sourcing,
        rules=picking.rules,
        effort=picking.effort(dict(busy_percent or {})),
        split_zones=split_zones,
    )


def _pick_order(due: Due, rank: int, catalogue: Catalogue) -> PickOrder:
    order_no = due.order.order_no
    lines = tuple(
        _pick_line(order_no, line.line_no, line.untasked_qty, catalogue.skus[line.sku])
        for line in due.order.lines
        if line.untasked_qty > 0
    )
    return PickOrder(order_no, rank, lines, due.due_s)


def _pick_line(order_no: str, line_no: int, qty: int, sku: Sku) -> PickLine:
    kinds = {"fragile"} if sku.fragile else set()
    kinds |= {sku.hazard} if sku.hazard else set()
    return PickLine(order_no, line_no, sku.sku, ANYWHERE, qty, sku.weight_g, sku.volume_cm3, frozenset(kinds))


def _shelves(orders: Iterable[PickOrder], catalogue: Catalogue, picking: Picking) -> Iterable[Shelf]:
    """Free stock of what is wanted, at locations that somebody described."""
    for sku in dict.fromkeys(line.sku for order in orders for line in order.lines):
        for stock in catalogue.stock.get(sku, ()):
            place = catalogue.locations.get(stock.location)
            if place is not None and stock.free_qty > 0:
                reserve = place.zone in picking.shelves.reserve_zones
                yield Shelf(stock.location, sku, stock.free_qty, reserve=reserve)


def _drops(layout: Layout, picking: Picking) -> tuple[str, ...]:
    """Where tours may end: the configured locations that there are, else any depot."""
    known = tuple(drop for drop in picking.drops if drop in layout.spots)
    return known or layout.depots


def stuck_of(plan: Plan) -> dict[str, str]:
    """The orders that only a count or master data can help, each with `kind: sentence` for people."""
    return {left.order: left.reason for left in plan.left if left.reason.partition(":")[0] in _NEEDS_HELP}


def layout_of(locations: Iterable[Location], rules: FloorRules, *, only_ways: bool = False) -> Layout:
    """The planner's floor. Raises LayoutError where a configured way leads nowhere."""
    spots = [
        Spot(each.location, each.kind, each.zone, each.aisle, each.bay, each.level, each.x_mm, each.y_mm)
        for each in locations
    ]
    return Layout.graph(spots, rules.ways) if only_ways else Layout.of(spots, rules)


@dataclass(frozen=True, slots=True)
class Hand:
    """A PDA that may get work: who, with which cart."""

    pda: str
    picker: str | None
    cart: str | None
    zones: frozenset[str]
    slots: int


def cart_of(hand: Hand, picking: Picking) -> Cart:
    """The hand's cart, named by its PDA."""
    return Cart(hand.pda, hand.slots, picking.cart_max_weight_g, picking.cart_max_volume_cm3, hand.zones)


def released(plan: Plan, hands: Mapping[str, Hand], floor: Floor) -> tuple[PlannedList, ...]:
    """The plan as pick lists for the door; a batch whose cart is nobody's waits for a PDA."""
    return tuple(_list_of(batch, hands.get(batch.cart), floor) for batch in plan.batches)


def _list_of(batch: Batch, hand: Hand | None, floor: Floor) -> PlannedList:
    as_ordered: dict[str, list[str]] = {}
    for stop in sorted(batch.stops, key=lambda each: each.line_no):
        as_ordered.setdefault(stop.order, []).append(stop.location)
    return PlannedList(
        slots=batch.slots,
        stops=tuple(
            PlannedStop(stop.order, stop.line_no, stop.sku, stop.location, stop.qty, stop.slot)
            for stop in batch.stops
        ),
        distance_mm=batch.distance_mm,
        bound_mm=batch.bound_mm,
        naive_mm=naive_distance_mm(floor.layout, floor.depot, as_ordered.values()),
        pda=hand.pda if hand else None,
        picker=hand.picker if hand else None,
        cart=hand.cart if hand else None,
    )
