"""`pack`: a waybill opens its parcel on the table, each item is checked against the lines, the last one closes it."""

from __future__ import annotations

from agent.core import commands as c
from agent.core import events as ev
from agent.core.model import Order, OrderState, Packing, Parcel, ParcelState
from agent.core.rules import parcels
from agent.core.rules.answers import Answer, good, stop, wrong
from agent.core.rules.goods import codes_of, naming
from agent.core.story import Story


def pack(story: Story, scan: c.TakeScan) -> Answer:
    """A label or an item."""
    label = parcels.read_label(story, scan)
    return _label(story, scan, label) if label is not None else _item(story, scan)


def wants_unit(story: Story, scan: c.TakeScan) -> bool:
    """Another unit of this item belongs into the open parcel."""
    table = _Table.of(story, scan.scanner)
    sku = table.sku_of(story, scan) if table is not None else None
    return table is not None and sku is not None and table.left_of(sku) > 0 and not table.holds(sku, scan)


class _Table:
    """What lies on the station's table: the parcel, its order, and what was scanned of it."""

    def __init__(self, parcel: Parcel, order: Order, scanned: dict[str, int], units: tuple[str, ...]) -> None:
        self.parcel = parcel
        self.order = order
        self.scanned = scanned
        self.units = units

    @classmethod
    def of(cls, story: Story, station: str) -> _Table | None:
        packing = story.get(Packing, station)
        parcel = story.get(Parcel, packing.waybill) if packing is not None and packing.waybill else None
        order = story.get(Order, parcel.order_no) if parcel is not None else None
        return cls(parcel, order, packing.scanned, packing.units) if packing and parcel and order else None

    @property
    def left(self) -> int:
        return sum(line.picked_qty for line in self.order.lines) - sum(self.scanned.values())

    def left_of(self, sku: str) -> int:
        picked = sum(line.picked_qty for line in self.order.lines if line.sku == sku)
        return picked - self.scanned.get(sku, 0)

    def holds(self, sku: str, scan: c.TakeScan) -> bool:
        """Is this very unit, by its serial number, in the parcel already?"""
        return scan.serial is not None and _unit(sku, scan) in self.units

    def sku_of(self, story: Story, scan: c.TakeScan) -> str | None:
        """The item of the order that the code names."""
        skus = (line.sku for line in self.order.lines)
        return next((sku for sku in skus if naming(scan, (sku, *codes_of(story, sku)))), None)

    @property
    def is_half_packed(self) -> bool:
        """Its items must not get into another parcel. Its waybill scanned once more begins it anew."""
        return bool(self.scanned) and self.why_closed is None

    @property
    def why_closed(self) -> str | None:
        """Why nothing more may be packed into it."""
        if self.parcel.state is ParcelState.VOIDED and self.order.state is not OrderState.CANCELLED:
            return "the waybill is void: scan the new label"
        if self.order.state is not OrderState.PICKED or self.order.held is not None:
            return f"the order is {self.order.shown_state}: {parcels.ASIDE}"
        return None


def _label(story: Story, scan: c.TakeScan, label: parcels.Label) -> Answer:
    parcel, order = label.parcel, label.order
    if label.is_gone:
        parcels.settle(story, label)
        return good("already shipped")
    why = parcels.why_blocked(story, label)
    if why is None and order.state not in {OrderState.PICKED, OrderState.PACKED}:
        why = parcels.why_unpicked(order)
    if why is not None:
        return parcels.stop_parcel(story, scan, label, why)
    if parcel.state is ParcelState.PACKED:
        parcels.settle(story, label)
        return good("already packed")
    table = _Table.of(story, scan.scanner)
    if table is not None and table.is_half_packed and table.parcel.waybill != parcel.waybill:
        return wrong(f"first finish {table.parcel.waybill}: {_items(table.left)} left")
    parcels.settle(story, label)
    if order.state is OrderState.PACKED:  # a closed parcel that got a new label
        parcels.pack_parcel(story, scan, parcel)
        return good("packed")
    story.emit(ev.PackingSet(scan.scanner, parcel.waybill))
    return good(f"{_items(sum(line.picked_qty for line in order.lines))} to scan")


def _item(story: Story, scan: c.TakeScan) -> Answer:
    table = _Table.of(story, scan.scanner)
    if table is None:
        return wrong("unknown code: scan the waybill first")
    if table.why_closed is not None:
        return stop(table.why_closed)
    sku = table.sku_of(story, scan)
    if sku is None:
        return wrong(f"{scan.text} is no item of order {table.order.order_no}: put it aside")
    if table.holds(sku, scan):
        return wrong(f"this very {sku} (serial {scan.serial}) is in the parcel already: scan another one")
    if table.left_of(sku) < 1:
        wanted = table.scanned.get(sku, 0)
        return stop(f"one {sku} too many: {wanted} belong into the parcel, take it out")
    scanned = {**table.scanned, sku: table.scanned.get(sku, 0) + 1}
    if table.left > 1:
        units = (*table.units, _unit(sku, scan)) if scan.serial is not None else table.units
        story.emit(ev.PackingSet(scan.scanner, table.parcel.waybill, scanned, units))
        return good(f"{_items(table.left - 1)} left")
    parcels.pack_parcel(story, scan, table.parcel)
    story.emit(ev.PackingSet(scan.scanner))
    return good("packed")


def _unit(sku: str, scan: c.TakeScan) -> str:
    return f"{sku}/{scan.serial}"


def _items(count: int) -> str:
    return f"{count} item{'s' if count != 1 else ''}"
