"""The hub's order document: read, checked, and what of it differs from the one in force."""

from __future__ import annotations

from typing import Any

import msgspec

from agent.core.events import OrderFacts
from agent.core.model import Line, Order, Party
from agent.core.story import Refused
from agent.core.times import from_text
from agent.core.words import Units, Whole, is_name


class _Line(msgspec.Struct, frozen=True):
    line_no: Whole
    sku: str
    qty: Units


class _Document(msgspec.Struct, frozen=True):
    """The contract's required fields have no default; the rest may be absent or null."""

    order_no: str
    revision: Units
    owner: str
    placed_at: str
    carrier: str
    consignee: Party
    lines: tuple[_Line, ...]
    service: str | None = None
    priority: Whole | None = None
    cutoff_at: str | None = None
    ship_complete: bool | None = None
    routing_code: str | None = None
    bag_code: str | None = None


#: What is printed on a label: a change of these voids the waybill.
LABEL_FACTS = ("consignee", "carrier", "service", "routing_code", "bag_code", "sscc")


class Document(msgspec.Struct, frozen=True):
    """One revision of an order, checked."""

    order_no: str
    revision: int
    facts: OrderFacts


def read_order(data: dict[str, Any]) -> Document | Refused:
    """The document, or why it is none: `malformed: …` names the field."""
    try:
        raw = msgspec.convert(data, _Document)
        placed_at = from_text(raw.placed_at)
        cutoff_at = from_text(raw.cutoff_at) if raw.cutoff_at else None
    except (msgspec.ValidationError, ValueError) as error:
        return Refused(f"malformed: {error}")
    wrong = _wrong_values(raw)
    if wrong:
        return Refused(f"malformed: {wrong}")
    facts = OrderFacts(
        owner=raw.owner, carrier=raw.carrier, service=raw.service or "standard", priority=raw.priority or 0,
        placed_at=placed_at, cutoff_at=cutoff_at,
        ship_complete=True if raw.ship_complete is None else raw.ship_complete, consignee=raw.consignee,
        lines=tuple(Line(line.line_no, line.sku, line.qty) for line in raw.lines),
        routing_code=raw.routing_code, bag_code=raw.bag_code,
        rest={name: value for name, value in data.items() if name not in _Document.__struct_fields__},
    )  # fmt: skip
    return Document(raw.order_no, raw.revision, facts)


def _wrong_values(raw: _Document) -> str | None:
    if not is_name(raw.order_no):
        return "order_no: 1 to 64 printable characters are expected"
    if not 1 <= len(raw.lines) <= 500:
        return f"lines: 1 to 500 are expected, {len(raw.lines)} came"
    if len({line.line_no for line in raw.lines}) < len(raw.lines):
        return "lines: a line_no stands twice"
    if not all(is_name(line.sku) for line in raw.lines):
        return "lines: a sku of 1 to 64 printable characters is expected"
    return None


def label_differs(order: Order, facts: OrderFacts) -> bool:
    """Would the label in force be wrong?"""
    return any(getattr(order, name) != getattr(facts, name) for name in LABEL_FACTS)


def lines_differ(order: Order, facts: OrderFacts) -> bool:
    """Is anything else to be picked?"""
    before = [(line.line_no, line.sku, line.qty) for line in order.lines]
    return before != [(line.line_no, line.sku, line.qty) for line in facts.lines]
