"""Which fields of an order an event sets: the lineage is read from the journal, and stored nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from agent.core import events as ev
from agent.core.times import to_text

#: The state that each event leads to, where it is always the same one.
_STATES: dict[type[ev.Event], str] = {
    ev.OrderPaid: "ready",
    ev.PicklistAssigned: "released",
    ev.OrderPicked: "picked",
    ev.ParcelPacked: "packed",
    ev.ParcelShipped: "shipped",
    ev.OrderCancelled: "cancelled",
}
_TIMES = frozenset({"placed_at", "cutoff_at"})


def values_of(event: ev.Event) -> Iterator[tuple[str, Any]]:
    """(field, value) of everything that this event sets on its order."""
    match event:
        case ev.OrderAccepted():
            yield "revision", event.revision
            yield from _facts(event.facts)
        case ev.OrderPaid():
            yield "paid_at", to_text(event.paid_at)
            yield "payment_ref", event.payment_ref
        case ev.OrderHeld():
            yield "held", event.reason
        case ev.OrderUnheld():
            yield "held", None
        case ev.LabelQueued():
            yield "waybill", event.waybill
        case ev.WaybillVoided():
            yield "waybill", None
        case ev.StopPicked():
            yield f"lines.{event.line_no}.picked", event.qty
    if type(event) in _STATES:
        yield "state", _STATES[type(event)]


def _facts(facts: ev.OrderFacts) -> Iterator[tuple[str, Any]]:
    for name in ev.OrderFacts.__struct_fields__:
        value = getattr(facts, name)
        if name == "consignee":
            for part in value.__struct_fields__:
                yield f"consignee.{part}", getattr(value, part)
        elif name == "lines":
            for line in value:
                yield f"lines.{line.line_no}.sku", line.sku
                yield f"lines.{line.line_no}.qty", line.qty
        elif name == "rest":
            yield from value.items()
        else:
            yield name, to_text(value) if name in _TIMES and value is not None else msgspec.to_builtins(value)
