"""Release policy: which orders of the pool the next plan may take, from which locations, for which carts.

Pure: it is given what the reader saw, and answers with a planning problem. Stock is handed out order by order, the
most urgent first, so no unit is promised twice within a plan; the door checks again when the plan is released.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from agent.core.commands import PlannedList, PlannedStop
from agent.core.model import Line, Location, Order, Sku, Stock
from routing import Batch, Cart, Layout, PickLine, PickOrder, Plan, Spot, naive_distance_mm


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the policy knows of goods and places."""

    skus: Mapping[str, Sku]
    locations: Mapping[str, Location]
    stock: Mapping[str, Sequence[Stock]]  # by SKU


@dataclass(slots=True)
class Candidates:
    """Orders for the planner, and why the others cannot go."""

    orders: list[PickOrder] = field(default_factory=list)
    #: (order no, the planner's line number) -> the order's: a line may be taken from several locations
    line_nos: dict[tuple[str, int], int] = field(default_factory=dict)
    #: order no -> `kind: sentence` for people
    stuck: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CartLimits:
    """What one cart holds."""

    max_weight_g: int
    max_volume_cm3: int


def candidates(
    pool: Iterable[Order], catalogue: Catalogue, limits: CartLimits, zones: frozenset[str] = frozenset()
) -> Candidates:
    """At most one cart-load of each order, in the pool's order; `zones` (empty: all) limits it to part of the floor."""
    found, taken = Candidates(), _Allotment(catalogue)
    for order in pool:
        lines = [line for line in order.lines if line.untasked_qty > 0]
        unknown = [line.sku for line in lines if line.sku not in catalogue.skus]
        if unknown:
            continue  # its exception was opened when the order came
        if zones:
            lines = [line for line in lines if taken.zone_of(line.sku) in zones]
        load = _cart_load(lines, catalogue, limits)
        if lines and not load:
            found.stuck[order.order_no] = f"too-big: one {lines[0].sku} is more than a cart holds"
            continue
        lacking = taken.lacking(load)
        if lacking:
            found.stuck[order.order_no] = f"no-stock: {lacking}"
        elif load:
            _add(found, order.order_no, taken.take(load), catalogue)
    return found


def _add(
    found: Candidates, order_no: str, places: Iterable[tuple[Line, str, int]], catalogue: Catalogue
) -> None:
    lines = []
    for number, (line, location, qty) in enumerate(places, start=1):
        sku, zone = catalogue.skus[line.sku], catalogue.locations[location].zone
        lines.append(PickLine(order_no, number, line.sku, location, qty, sku.weight_g, sku.volume_cm3, zone))
        found.line_nos[order_no, number] = line.line_no
    found.orders.append(PickOrder(order_no, len(found.orders), tuple(lines)))


def _cart_load(lines: Sequence[Line], catalogue: Catalogue, limits: CartLimits) -> list[tuple[Line, int]]:
    """(line, units), as many as one cart can carry; the rest of a large order goes in a later round."""
    weight_g, volume_cm3 = limits.max_weight_g, limits.max_volume_cm3
    load = []
    for line in lines:
        sku = catalogue.skus[line.sku]
        units = line.untasked_qty
        if sku.weight_g:
            units = min(units, weight_g // sku.weight_g)
        if sku.volume_cm3:
            units = min(units, volume_cm3 // sku.volume_cm3)
        if units:
            load.append((line, units))
            weight_g -= units * sku.weight_g
            volume_cm3 -= units * sku.volume_cm3
    return load


class _Allotment:
    """Free stock, as it shrinks while orders take from it."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._free: dict[str, dict[str, int]] = {}

    def zone_of(self, sku: str) -> str:
        """Where its goods lie; the master data's zone where none do."""
        place = next(iter(self._of(sku)), None)
        known = self._catalogue.locations.get(place) if place is not None else None
        return known.zone if known is not None else self._catalogue.skus[sku].zone

    def _of(self, sku: str) -> dict[str, int]:
        """Free units by location, the fullest first."""
        if sku not in self._free:
            stocks = sorted(
                self._catalogue.stock.get(sku, ()), key=lambda each: (-each.free_qty, each.location)
            )
            known = (each for each in stocks if each.location in self._catalogue.locations)
            self._free[sku] = {each.location: each.free_qty for each in known if each.free_qty}
        return self._free[sku]

    def lacking(self, load: Sequence[tuple[Line, int]]) -> str | None:
        """What is not there in full; None: all of it is."""
        wanted: dict[str, int] = {}
        for line, units in load:
            wanted[line.sku] = wanted.get(line.sku, 0) + units
        for sku, units in wanted.items():
            there = sum(self._of(sku).values())
            if there < units:
                return f"{units} of {sku} wanted, {there} free"
        return None

    def take(self, load: Sequence[tuple[Line, int]]) -> Iterable[tuple[Line, str, int]]:
        """(line, location, units): one location where it has enough, else the fullest first."""
        for line, units in load:
            free, left = self._of(line.sku), units
            enough = [location for location, qty in free.items() if qty >= units]
            for location in enough[:1] or list(free):
                qty = min(left, free[location])
                if qty:
                    free[location] -= qty
                    left -= qty
                    yield line, location, qty


def layout_of(locations: Iterable[Location], cross_aisles_y_mm: Sequence[int]) -> Layout:
    """The planner's floor."""
    return Layout.of(
        (
            Spot(each.location, each.kind, each.zone, each.aisle, each.bay, each.level, each.x_mm, each.y_mm)
            for each in locations
        ),
        cross_aisles_y_mm,
    )


@dataclass(frozen=True, slots=True)
class Hand:
    """A PDA that may get work: who, with which cart."""

    pda: str
    picker: str | None
    cart: str | None
    zones: frozenset[str]
    slots: int


def carts_of(hands: Sequence[Hand], limits: CartLimits) -> tuple[Cart, ...]:
    """One cart per hand, named by its PDA."""
    return tuple(
        Cart(hand.pda, hand.slots, limits.max_weight_g, limits.max_volume_cm3, hand.zones) for hand in hands
    )


def released(
    plan: Plan, found: Candidates, hands: Mapping[str, Hand], layout: Layout, depot: str
) -> tuple[PlannedList, ...]:
    """The plan as pick lists for the door; a batch whose cart is nobody's waits for a PDA."""
    return tuple(_list_of(batch, found, hands.get(batch.cart), layout, depot) for batch in plan.batches)


def _list_of(batch: Batch, found: Candidates, hand: Hand | None, layout: Layout, depot: str) -> PlannedList:
    stops = tuple(
        PlannedStop(
            stop.order, found.line_nos[stop.order, stop.line_no], stop.sku, stop.location, stop.qty, stop.slot
        )
        for stop in batch.stops
    )
    as_ordered: dict[str, list[str]] = {}
    for stop in sorted(batch.stops, key=lambda each: each.line_no):
        as_ordered.setdefault(stop.order, []).append(stop.location)
    return PlannedList(
        slots=batch.slots,
        stops=stops,
        distance_mm=batch.distance_mm,
        bound_mm=batch.bound_mm,
        naive_mm=naive_distance_mm(layout, depot, as_ordered.values()),
        pda=hand.pda if hand else None,
        picker=hand.picker if hand else None,
        cart=hand.cart if hand else None,
    )
