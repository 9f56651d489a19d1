"""Release policy: which orders of the pool the next plan may take, from which locations, for which carts.

Pure: it is given what the reader saw, and answers with a planning problem. Stock is handed out order by order, the
most urgent first, so no unit is promised twice within a plan; the door checks again when the plan is released.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

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


class _Part(NamedTuple):
    """So many units of a line from one location; NOWHERE: no location has them."""

    line: Line
    location: str
    units: int


_NOWHERE = ""


def candidates(
    pool: Iterable[Order], catalogue: Catalogue, limits: CartLimits, zones: frozenset[str] = frozenset()
) -> Candidates:
    """At most one cart-load of each order, in the pool's order; `zones` (empty: all) limits it to part of the floor."""
    found, allotment = Candidates(), _Allotment(catalogue)
    for order in pool:
        lines = [line for line in order.lines if line.untasked_qty > 0]
        if any(line.sku not in catalogue.skus for line in lines):
            continue  # its exception was opened when the order came
        parts = [part for part in allotment.spread(lines) if not zones or allotment.zone_of(part) in zones]
        load = _cart_load(parts, catalogue, limits)
        lacking = next((part.line.sku for part in load if part.location == _NOWHERE), None)
        if parts and not load:
            found.stuck[order.order_no] = f"too-big: one {parts[0].line.sku} is more than a cart holds"
        elif lacking is not None:
            found.stuck[order.order_no] = f"no-stock: {allotment.shortage(lines, lacking)}"
        elif load:
            allotment.take(load)
            _add(found, order.order_no, load, catalogue)
    return found


def _add(found: Candidates, order_no: str, load: Iterable[_Part], catalogue: Catalogue) -> None:
    lines = []
    for number, (line, location, qty) in enumerate(load, start=1):
        sku, zone = catalogue.skus[line.sku], catalogue.locations[location].zone
        lines.append(PickLine(order_no, number, line.sku, location, qty, sku.weight_g, sku.volume_cm3, zone))
        found.line_nos[order_no, number] = line.line_no
    found.orders.append(PickOrder(order_no, len(found.orders), tuple(lines)))


def _cart_load(parts: Iterable[_Part], catalogue: Catalogue, limits: CartLimits) -> list[_Part]:
    """As many units as one cart can carry; the rest of a large order goes in a later round."""
    weight_g, volume_cm3 = limits.max_weight_g, limits.max_volume_cm3
    load = []
    for part in parts:
        sku, units = catalogue.skus[part.line.sku], part.units
        if sku.weight_g:
            units = min(units, weight_g // sku.weight_g)
        if sku.volume_cm3:
            units = min(units, volume_cm3 // sku.volume_cm3)
        if units:
            load.append(part._replace(units=units))
            weight_g -= units * sku.weight_g
            volume_cm3 -= units * sku.volume_cm3
    return load


class _Allotment:
    """Free stock, as it shrinks while orders take from it."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._free: dict[str, dict[str, int]] = {}

    def zone_of(self, part: _Part) -> str:
        """Where it lies; what lies nowhere belongs to the zone where its SKU is at home."""
        location = part.location or next(iter(self._of(part.line.sku)), None)
        if location is None:
            return self._catalogue.skus[part.line.sku].zone
        return self._catalogue.locations[location].zone

    def _of(self, sku: str) -> dict[str, int]:
        """Free units by location, the fullest first."""
        if sku not in self._free:
            stocks = sorted(
                self._catalogue.stock.get(sku, ()), key=lambda each: (-each.free_qty, each.location)
            )
            known = (each for each in stocks if each.location in self._catalogue.locations)
            self._free[sku] = {each.location: each.free_qty for each in known if each.free_qty}
        return self._free[sku]

    def spread(self, lines: Sequence[Line]) -> list[_Part]:
        """Where an order's units would come from: one location where it has enough, else the fullest first.

        It is found for the whole order, so that pickers of different zones agree on who takes what of it.
        """
        used: Counter[tuple[str, str]] = Counter()
        parts = []
        for line in lines:
            left = line.untasked_qty
            free = {place: qty - used[line.sku, place] for place, qty in self._of(line.sku).items()}
            enough = [place for place, qty in free.items() if qty >= left]
            for place in enough[:1] or free:
                units = min(left, free[place])
                if units:
                    parts.append(_Part(line, place, units))
                    used[line.sku, place] += units
                    left -= units
            if left:
                parts.append(_Part(line, _NOWHERE, left))
        return parts

    def shortage(self, lines: Iterable[Line], sku: str) -> str:
        """How much of it an order wants, and how much there is."""
        wanted = sum(line.untasked_qty for line in lines if line.sku == sku)
        return f"{wanted} of {sku} wanted, {sum(self._of(sku).values())} free"

    def take(self, load: Iterable[_Part]) -> None:
        """These units are nobody else's any more."""
        for part in load:
            self._of(part.line.sku)[part.location] -= part.units


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
