"""Orders: documents, facts, and how they move on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from msgspec.structs import replace

from agent.core import events as ev
from agent.core import model as m
from agent.core.fields import is_personal, judged
from agent.core.floor import Entry, Floor
from agent.core.folds.values import Changes, change_line, known, moved, with_lines


def _order_accepted(floor: Floor, entry: Entry, event: ev.OrderAccepted) -> Changes:
    facts = {name: getattr(event.facts, name) for name in ev.OrderFacts.__struct_fields__ if name != "lines"}
    before = floor.get(m.Order, event.order_no)
    if before is None:
        order = m.Order(
            order_no=event.order_no, revision=event.revision, state=m.OrderState.RECEIVED, lines=(),
            state_at=entry.at, sources={"*": event.source} if event.source else {}, **facts,
        )  # fmt: skip
        return [with_lines(order, event.facts.lines)]
    sources = _sources(before, event)
    changed = replace(before, revision=event.revision, sources=sources, **facts)
    order = with_lines(changed, (_kept_progress(before, line) for line in event.facts.lines))
    return [order, *_hurried(floor, order)]


def _sources(order: m.Order, event: ev.OrderAccepted) -> dict[str, str]:
    """What this revision changes, its source has set."""
    if not order.sources and not event.source:
        return order.sources
    was, now = judged(order), judged(event.facts)
    differ = [field for field in was.keys() | now.keys() if was.get(field) != now.get(field)]
    return _set_by(order, event.source, differ)


def _set_by(order: m.Order, source: str, fields: Iterable[str]) -> dict[str, str]:
    """Only what differs from the rest is kept by name."""
    rest = order.sources.get("*", "")
    kept = order.sources | dict.fromkeys(fields, source)
    return {field: each for field, each in sorted(kept.items()) if field == "*" or each != rest}


def _hurried(floor: Floor, order: m.Order) -> Changes:
    """Its label waits by the new cut-off; what an older copy waited by is history."""
    parcel = floor.get(m.Parcel, order.waybill) if order.waybill is not None else None
    job = floor.get(m.PrintJob, parcel.job) if parcel is not None else None
    if job is None or job.cutoff_at == order.cutoff_at:
        return []
    return [replace(job, cutoff_at=order.cutoff_at)]


def _kept_progress(order: m.Order, line: m.Line) -> m.Line:
    before = order.line(line.line_no)
    if before is None or before.sku != line.sku:
        return line
    return replace(before, qty=line.qty)


def _fact_kept(floor: Floor, entry: Entry, event: ev.FactKept) -> Changes:
    early = floor.get(m.Early, event.order_no) or m.Early(event.order_no, since=entry.at)
    said = (event.source,) if event.source else ()
    return [replace(early, facts=(*early.facts, (event.fact, event.data, *said)))]


def _facts_used(floor: Floor, _: Entry, event: ev.FactsUsed) -> Changes:
    return [replace(known(floor, m.Early, event.order_no), facts=())]


def _order_paid(floor: Floor, entry: Entry, event: ev.OrderPaid) -> Changes:
    order = known(floor, m.Order, event.order_no)
    paid = replace(order, paid_at=event.paid_at, payment_ref=event.payment_ref, ready_at=entry.at)
    return [moved(paid, m.OrderState.READY, entry)]


def _order_held(floor: Floor, _: Entry, event: ev.OrderHeld) -> Changes:
    order = known(floor, m.Order, event.order_no)
    return [replace(order, held=event.reason, sources=_set_by(order, event.source, ["held"]))]


def _order_unheld(floor: Floor, _: Entry, event: ev.OrderUnheld) -> Changes:
    order = known(floor, m.Order, event.order_no)
    return [replace(order, held=None, sources=_set_by(order, "", ["held"]))]


def _personal_erased(floor: Floor, _: Entry, event: ev.PersonalErased) -> Changes:
    """Who set what is gone as well: a fold of the journal by now cannot tell any more."""
    order = known(floor, m.Order, event.order_no)
    sources = {field: each for field, each in order.sources.items() if not is_personal(field)}
    return [replace(order, consignee=m.ERASED, erased=True, sources=sources)]


def _order_cancelled(floor: Floor, entry: Entry, event: ev.OrderCancelled) -> Changes:
    return [moved(known(floor, m.Order, event.order_no), m.OrderState.CANCELLED, entry)]


def _line_short(floor: Floor, _: Entry, event: ev.LineShort) -> Changes:
    return [change_line(known(floor, m.Order, event.order_no), event.line_no, short=event.qty)]


def _order_picked(floor: Floor, entry: Entry, event: ev.OrderPicked) -> Changes:
    return [moved(known(floor, m.Order, event.order_no), m.OrderState.PICKED, entry)]


FOLDS: dict[type[ev.Event], Callable[[Floor, Entry, Any], Changes]] = {
    ev.OrderAccepted: _order_accepted,
    ev.FactKept: _fact_kept,
    ev.FactsUsed: _facts_used,
    ev.OrderPaid: _order_paid,
    ev.OrderHeld: _order_held,
    ev.OrderUnheld: _order_unheld,
    ev.OrderCancelled: _order_cancelled,
    ev.LineShort: _line_short,
    ev.OrderPicked: _order_picked,
    ev.PersonalErased: _personal_erased,
}
