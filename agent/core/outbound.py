"""What the hub gets of an event: the agent types of the contract, and nothing else.

Whether an event is sent is a property of its class: the journal gives `sequence` to these and to no other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from agent.core import events as ev
from agent.core.times import to_text


class Outbound(NamedTuple):
    """Subject and data of the CloudEvent."""

    subject: str
    data: dict[str, Any]


#: The fields that go out under another name, and those that stay here.
_NAMES = {"copy_no": "copy", "before": "from", "after": "to"}
_TIMES = frozenset({"first_byte_at", "scanned_at"})


def _fields(event: ev.Event, names: Sequence[str]) -> dict[str, Any]:
    def value(name: str) -> Any:
        found = getattr(event, name)
        return to_text(found) if name in _TIMES and found is not None else found

    return {_NAMES.get(name, name): value(name) for name in names}


def _about_order(*names: str) -> Callable[[Any], Outbound]:
    def project(event: Any) -> Outbound:
        return Outbound(event.order_no, _fields(event, ("order_no", *names)))

    return project


def _about(subject: str, *names: str) -> Callable[[Any], Outbound]:
    def project(event: Any) -> Outbound:
        data = {name: value for name, value in _fields(event, (subject, *names)).items() if value is not None}
        return Outbound(getattr(event, subject), data)

    return project


def _order_picked(event: ev.OrderPicked) -> Outbound:
    lines = [{"line_no": line_no, "picked_qty": qty} for line_no, qty in event.lines]
    return Outbound(
        event.order_no, {"order_no": event.order_no, "task": event.task, "short": event.short, "lines": lines}
    )


def _checkpoint(event: ev.AuditCheckpoint) -> Outbound:
    return Outbound(str(event.row), {"row": event.row, "hash": event.hash})


_LABEL = ("waybill", "carrier", "job", "copy_no", "printer")
_STOP = ("task", "stop", "line_no", "sku", "location", "qty", "pda")
_PARCEL = ("waybill", "carrier", "scanner", "scanned_at")

PROJECTIONS: dict[type[ev.Event], Callable[[Any], Outbound]] = {
    ev.OrderAccepted: _about_order("revision"),
    ev.OrderRefused: _about_order("revision", "reason"),
    ev.OrderHeld: _about_order("reason"),
    ev.OrderUnheld: _about_order("reason"),
    ev.LabelQueued: _about_order(*_LABEL),
    ev.LabelPrinted: _about_order(*_LABEL, "first_byte_at", "evidence"),
    ev.LabelSuspect: _about_order(*_LABEL, "reason"),
    ev.LabelFailed: _about_order(*_LABEL, "reason"),
    ev.PicklistAssigned: _about_order("task", "revision", "wave", "pda", "picker"),
    ev.StopPicked: _about_order(*_STOP),
    ev.StopShort: _about_order(*_STOP, "reason"),
    ev.OrderPicked: _order_picked,
    ev.ParcelPacked: _about_order(*_PARCEL),
    ev.ParcelShipped: _about_order(*_PARCEL),
    ev.OrderCancelled: _about_order("state_before", "undone"),
    ev.WaveReleased: _about("wave", "order_nos"),
    ev.ExceptionOpened: _about("exception", "kind", "order_no"),
    ev.ExceptionClosed: _about("exception", "kind", "order_no", "note"),
    ev.DeviceFault: _about("device", "fault"),
    ev.DeviceRecovered: _about("device"),
    ev.ChannelSwitched: _about("after", "before", "reason"),
    ev.AuditCheckpoint: _checkpoint,
}


def is_public(event: ev.Event) -> bool:
    """Does the hub get this event?"""
    return type(event) in PROJECTIONS


def project(event: ev.Event) -> Outbound:
    """Subject and data for the hub. KeyError where the event stays here."""
    return PROJECTIONS[type(event)](event)
