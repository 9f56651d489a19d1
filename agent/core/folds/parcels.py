"""Parcels: packed, shipped, come back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from agent.core import events as ev
from agent.core import model as m
from agent.core.floor import Entry, Floor
from agent.core.folds.values import Changes, known, moved


def _parcel_packed(floor: Floor, entry: Entry, event: ev.ParcelPacked) -> Changes:
    return [
        replace(known(floor, m.Parcel, event.waybill), state=m.ParcelState.PACKED),
        moved(known(floor, m.Order, event.order_no), m.OrderState.PACKED, entry),
    ]


def _parcel_shipped(floor: Floor, entry: Entry, event: ev.ParcelShipped) -> Changes:
    parcel, order = known(floor, m.Parcel, event.waybill), known(floor, m.Order, event.order_no)
    left = replace(
        parcel, state=m.ParcelState.SHIPPED, shipped_at=event.scanned_at, cutoff_at=order.cutoff_at,
        scanner=event.scanner,
    )  # fmt: skip
    return [left, moved(order, m.OrderState.SHIPPED, entry)]


def _parcel_returned(floor: Floor, _: Entry, event: ev.ParcelReturned) -> Changes:
    return [replace(known(floor, m.Parcel, event.waybill), returned_at=event.scanned_at)]


def _parcel_graded(floor: Floor, _: Entry, event: ev.ParcelGraded) -> Changes:
    return [replace(known(floor, m.Parcel, event.waybill), grade=event.grade)]


FOLDS: dict[type[ev.Event], Callable[[Floor, Entry, Any], Changes]] = {
    ev.ParcelPacked: _parcel_packed,
    ev.ParcelShipped: _parcel_shipped,
    ev.ParcelReturned: _parcel_returned,
    ev.ParcelGraded: _parcel_graded,
}
