"""Packing tables and parcels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from agent.core import events as ev
from agent.core import model as m
from agent.core.floor import Entry, Floor
from agent.core.folds.values import Changes, known, moved


def _packing_set(_: Floor, __: Entry, event: ev.PackingSet) -> Changes:
    return [m.Packing(event.station, event.waybill, event.scanned)]


def _parcel_packed(floor: Floor, entry: Entry, event: ev.ParcelPacked) -> Changes:
    return [
        replace(known(floor, m.Parcel, event.waybill), state=m.ParcelState.PACKED),
        moved(known(floor, m.Order, event.order_no), m.OrderState.PACKED, entry),
    ]


def _parcel_shipped(floor: Floor, entry: Entry, event: ev.ParcelShipped) -> Changes:
    return [
        replace(known(floor, m.Parcel, event.waybill), state=m.ParcelState.SHIPPED),
        moved(known(floor, m.Order, event.order_no), m.OrderState.SHIPPED, entry),
    ]


FOLDS: dict[type[ev.Event], Callable[[Floor, Entry, Any], Changes]] = {
    ev.PackingSet: _packing_set,
    ev.ParcelPacked: _parcel_packed,
    ev.ParcelShipped: _parcel_shipped,
}
