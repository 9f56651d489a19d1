"""`ship`: the scan at the dock. A parcel that is in order leaves."""

from __future__ import annotations

from agent.core import commands as c
from agent.core.model import Order, OrderState, ParcelState
from agent.core.rules import parcels
from agent.core.rules.answers import Answer, good, wrong
from agent.core.story import Story


def ship(story: Story, scan: c.TakeScan) -> Answer:
    """Packed it is shipped; picked it is packed and shipped, where nobody packs apart."""
    label = parcels.read_label(story, scan)
    if label is None:
        return wrong("unknown code: scan the waybill")
    if label.is_gone:
        parcels.settle(story, label)
        return good("already shipped")
    why = parcels.why_blocked(story, label) or _why_not_yet(label.order, scan.packed_apart)
    if why is not None:
        return parcels.stop_parcel(story, scan, label, why)
    parcels.settle(story, label)
    if label.parcel.state is ParcelState.LABELLED:
        parcels.pack_parcel(story, scan, label.parcel)
    parcels.ship_parcel(story, scan, label.parcel)
    return good("shipped")


def _why_not_yet(order: Order, packed_apart: bool) -> str | None:
    if order.state is OrderState.PACKED:
        return None
    if order.state is not OrderState.PICKED:
        return parcels.why_unpicked(order)
    return "it is not packed: bring the parcel to the pack station" if packed_apart else None
