"""The fold: what an event makes of the floor.

`apply` is pure and total over the events that `decide` emits: it reads the floor and answers with the new values
of what changed. The state tables are nothing but the fold of the journal through this function; `verify` folds
again and compares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from agent.core import events as ev
from agent.core import model as m
from agent.core.floor import Entry, Floor

E = TypeVar("E", bound=m.Entity)
Changes = list[m.Entity]


def apply(floor: Floor, entry: Entry) -> Changes:
    """The new values of all that `entry` changes. An event that only tells (a refusal, a scan) changes nothing."""
    fold = FOLDS.get(type(entry.event))
    return fold(floor, entry, entry.event) if fold is not None else []


def _known(floor: Floor, kind: type[E], *key: Any) -> E:
    entity = floor.get(kind, *key)
    if entity is None:
        raise LookupError(f"the journal speaks of {kind.__name__} {key} before it was made")
    return entity


# --- master data --------------------------------------------------------------------------------------------


def _sku_set(_: Floor, __: Entry, event: ev.SkuSet) -> Changes:
    return [msgspec.convert(event.data, m.Sku), m.MissingSku(event.sku)]


def _sku_missed(floor: Floor, _: Entry, event: ev.SkuMissed) -> Changes:
    missing = floor.get(m.MissingSku, event.sku) or m.MissingSku(event.sku)
    return [replace(missing, order_nos=tuple(dict.fromkeys((*missing.order_nos, event.order_no))))]


def _location_set(_: Floor, __: Entry, event: ev.LocationSet) -> Changes:
    return [msgspec.convert(event.data, m.Location)]


def _carrier_set(_: Floor, __: Entry, event: ev.CarrierSet) -> Changes:
    return [msgspec.convert(event.data, m.Carrier)]


def _rules_set(_: Floor, __: Entry, event: ev.RulesSet) -> Changes:
    return [m.Ruleset(event.ruleset, event.version, event.rules)]


def _stock_set(floor: Floor, _: Entry, event: ev.StockSet) -> Changes:
    """Stock = the count - picks after it."""
    picked = floor.picked_since(event.location, event.sku, event.as_of_sequence)
    stock = _stock(floor, event.location, event.sku)
    return [replace(stock, on_hand_qty=max(0, event.qty - picked))]


def _stock(floor: Floor, location: str, sku: str) -> m.Stock:
    return floor.get(m.Stock, location, sku) or m.Stock(location, sku)


def _reserve(floor: Floor, wanted: Iterable[tuple[str, str, int]]) -> Changes:
    """Add to (or, with a negative quantity, give back) what is promised at each (location, sku)."""
    stocks: dict[tuple[str, str], m.Stock] = {}
    for location, sku, qty in wanted:
        stock = stocks.get((location, sku)) or _stock(floor, location, sku)
        stocks[location, sku] = replace(stock, reserved_qty=stock.reserved_qty + qty)
    return list(stocks.values())


# --- orders -------------------------------------------------------------------------------------------------


def with_lines(order: m.Order, lines: Iterable[m.Line]) -> m.Order:
    """The order with these lines and the sum that its pool index needs."""
    kept = tuple(lines)
    return replace(order, lines=kept, untasked_qty=sum(line.untasked_qty for line in kept))


def _change_line(
    order: m.Order, line_no: int, *, picked: int = 0, short: int = 0, tasked: int = 0
) -> m.Order:
    def changed(line: m.Line) -> m.Line:
        return replace(
            line,
            picked_qty=line.picked_qty + picked,
            short_qty=line.short_qty + short,
            tasked_qty=line.tasked_qty + tasked,
        )

    return with_lines(order, (changed(line) if line.line_no == line_no else line for line in order.lines))


def _order_accepted(floor: Floor, entry: Entry, event: ev.OrderAccepted) -> Changes:
    facts = {name: getattr(event.facts, name) for name in ev.OrderFacts.__struct_fields__ if name != "lines"}
    known = floor.get(m.Order, event.order_no)
    if known is None:
        order = m.Order(
            order_no=event.order_no, revision=event.revision, state=m.OrderState.RECEIVED, lines=(),
            state_at=entry.at, **facts,
        )  # fmt: skip
        return [with_lines(order, event.facts.lines)]
    changed = replace(known, revision=event.revision, **facts)
    return [with_lines(changed, (_kept_progress(known, line) for line in event.facts.lines))]


def _kept_progress(order: m.Order, line: m.Line) -> m.Line:
    before = order.line(line.line_no)
    if before is None or before.sku != line.sku:
        return line
    return replace(before, qty=line.qty)


def _fact_kept(floor: Floor, entry: Entry, event: ev.FactKept) -> Changes:
    early = floor.get(m.Early, event.order_no) or m.Early(event.order_no, since=entry.at)
    return [replace(early, facts=(*early.facts, (event.fact, event.data)))]


def _facts_used(floor: Floor, _: Entry, event: ev.FactsUsed) -> Changes:
    return [replace(_known(floor, m.Early, event.order_no), facts=())]


def _order_paid(floor: Floor, entry: Entry, event: ev.OrderPaid) -> Changes:
    order = _known(floor, m.Order, event.order_no)
    paid = replace(order, paid_at=event.paid_at, payment_ref=event.payment_ref, ready_at=entry.at)
    return [_moved(paid, m.OrderState.READY, entry)]


def _moved(order: m.Order, state: m.OrderState, entry: Entry) -> m.Order:
    return replace(order, state=state, state_at=entry.at)


def _order_held(floor: Floor, _: Entry, event: ev.OrderHeld) -> Changes:
    return [replace(_known(floor, m.Order, event.order_no), held=event.reason)]


def _order_unheld(floor: Floor, _: Entry, event: ev.OrderUnheld) -> Changes:
    return [replace(_known(floor, m.Order, event.order_no), held=None)]


def _order_cancelled(floor: Floor, entry: Entry, event: ev.OrderCancelled) -> Changes:
    return [_moved(_known(floor, m.Order, event.order_no), m.OrderState.CANCELLED, entry)]


def _line_short(floor: Floor, _: Entry, event: ev.LineShort) -> Changes:
    return [_change_line(_known(floor, m.Order, event.order_no), event.line_no, short=event.qty)]


def _order_picked(floor: Floor, entry: Entry, event: ev.OrderPicked) -> Changes:
    return [_moved(_known(floor, m.Order, event.order_no), m.OrderState.PICKED, entry)]


# --- waybills and labels ------------------------------------------------------------------------------------


def _lease_requested(_: Floor, __: Entry, event: ev.LeaseRequested) -> Changes:
    return [m.LeaseRequest(event.request_key, event.carrier, event.count)]


def _lease_refused(floor: Floor, _: Entry, event: ev.LeaseRefused) -> Changes:
    return [replace(_known(floor, m.LeaseRequest, event.request_key), state="refused")]


def _waybills_leased(floor: Floor, _: Entry, event: ev.WaybillsLeased) -> Changes:
    request = _known(floor, m.LeaseRequest, event.request_key)
    fresh = (m.Waybill(number, event.carrier, event.lease, event.expires_at) for number in event.numbers)
    return [replace(request, state="granted"), *fresh]


def _waybill_voided(floor: Floor, _: Entry, event: ev.WaybillVoided) -> Changes:
    order = _known(floor, m.Order, event.order_no)
    return [
        replace(_known(floor, m.Waybill, event.waybill), state="voided"),
        replace(_known(floor, m.Parcel, event.waybill), state=m.ParcelState.VOIDED),
        replace(order, waybill=None),
    ]


def _label_queued(floor: Floor, entry: Entry, event: ev.LabelQueued) -> Changes:
    order = _known(floor, m.Order, event.order_no)
    parcel = floor.get(m.Parcel, event.waybill) or m.Parcel(
        event.waybill, event.order_no, event.carrier, m.ParcelState.LABELLED, event.copy_no, event.job
    )
    job = m.PrintJob(
        event.job, event.waybill, event.order_no, event.carrier, event.copy_no, event.printer,
        m.JobState.QUEUED, entry.at,
    )  # fmt: skip
    return [
        replace(_known(floor, m.Waybill, event.waybill), state="used"),
        replace(parcel, copy_no=event.copy_no, job=event.job),
        job,
        replace(order, waybill=event.waybill),
    ]


def _print_started(floor: Floor, _: Entry, event: ev.PrintStarted) -> Changes:
    job = _known(floor, m.PrintJob, event.job)
    return [
        replace(job, state=m.JobState.SENDING, printer=event.printer, attempts=job.attempts + 1, reason="")
    ]


def _print_sent(floor: Floor, _: Entry, event: ev.PrintSent) -> Changes:
    return [replace(_known(floor, m.PrintJob, event.job), state=m.JobState.SENT)]


def _print_requeued(floor: Floor, _: Entry, event: ev.PrintRequeued) -> Changes:
    job = _known(floor, m.PrintJob, event.job)
    return [replace(job, state=m.JobState.QUEUED, printer=event.printer, reason=event.reason)]


def _label_printed(floor: Floor, _: Entry, event: ev.LabelPrinted) -> Changes:
    job = _known(floor, m.PrintJob, event.job)
    first_byte_at = event.first_byte_at or job.first_byte_at
    return [replace(job, state=m.JobState.CONFIRMED, evidence=event.evidence, first_byte_at=first_byte_at)]


def _label_suspect(floor: Floor, _: Entry, event: ev.LabelSuspect) -> Changes:
    return [replace(_known(floor, m.PrintJob, event.job), state=m.JobState.SUSPECT, reason=event.reason)]


def _label_failed(floor: Floor, _: Entry, event: ev.LabelFailed) -> Changes:
    return [replace(_known(floor, m.PrintJob, event.job), state=m.JobState.FAILED, reason=event.reason)]


# --- picking ------------------------------------------------------------------------------------------------


def _task_planned(floor: Floor, entry: Entry, event: ev.TaskPlanned) -> Changes:
    task = m.Task(
        event.task, 1, event.wave, m.TaskState.PLANNED, event.totes, event.stops, event.distance_mm,
        event.bound_mm, event.naive_mm, event.due_at, entry.at,
    )  # fmt: skip
    orders: dict[str, m.Order] = {}
    for stop in event.stops:
        order = orders.get(stop.order_no) or _known(floor, m.Order, stop.order_no)
        if order.state is m.OrderState.READY:
            order = _moved(order, m.OrderState.RELEASED, entry)
        orders[stop.order_no] = _change_line(order, stop.line_no, tasked=stop.qty)
    listed = [replace(order, tasks=(*order.tasks, event.task)) for order in orders.values()]
    stocks = _reserve(floor, ((stop.location, stop.sku, stop.qty) for stop in event.stops))
    return [task, *listed, *stocks]


def _task_assigned(floor: Floor, entry: Entry, event: ev.TaskAssigned) -> Changes:
    task = _known(floor, m.Task, event.task)
    assigned = replace(
        task,
        state=m.TaskState.ASSIGNED,
        pda=event.pda,
        picker=event.picker,
        cart=event.cart,
        assigned_at=entry.at,
    )
    return [assigned, m.Desk(event.pda, event.task)]


def _task_accepted(floor: Floor, entry: Entry, event: ev.TaskAccepted) -> Changes:
    task = _known(floor, m.Task, event.task)
    walked = dict.fromkeys(stop.order_no for stop in task.stops if stop.open_qty)
    orders = [_known(floor, m.Order, order_no) for order_no in walked]
    begun = [
        _moved(order, m.OrderState.PICKING, entry) for order in orders if order.state is m.OrderState.RELEASED
    ]
    return [_revised(task, entry, state=m.TaskState.ACCEPTED), *begun]


def _revised(task: m.Task, entry: Entry, **changes: Any) -> m.Task:
    return replace(task, revision=task.revision + 1, changed_at=entry.at, **changes)


def _with_stop(task: m.Task, changed: m.Stop) -> tuple[m.Stop, ...]:
    return tuple(changed if stop.stop == changed.stop else stop for stop in task.stops)


def _stop_added(floor: Floor, entry: Entry, event: ev.StopAdded) -> Changes:
    task = _known(floor, m.Task, event.task)
    order = _change_line(
        _known(floor, m.Order, event.stop.order_no), event.stop.line_no, tasked=event.stop.qty
    )
    if order.state is m.OrderState.READY:
        order = _moved(order, m.OrderState.RELEASED, entry)
    at = next((i + 1 for i, stop in enumerate(task.stops) if stop.stop == event.after), len(task.stops))
    stops = (*task.stops[:at], event.stop, *task.stops[at:])
    stock = _reserve(floor, [(event.stop.location, event.stop.sku, event.stop.qty)])
    return [_revised(task, entry, stops=stops), order, *stock]


def _stop_resized(floor: Floor, entry: Entry, event: ev.StopResized) -> Changes:
    task = _known(floor, m.Task, event.task)
    stop = next(each for each in task.stops if each.stop == event.stop)
    delta = event.qty - stop.qty
    state = stop.state
    if event.qty == stop.picked_qty:
        state = m.StopState.PICKED if stop.picked_qty else m.StopState.CANCELLED
    changed = replace(stop, qty=event.qty, state=state)
    order = _change_line(_known(floor, m.Order, stop.order_no), stop.line_no, tasked=delta)
    stock = _reserve(floor, [(stop.location, stop.sku, delta)])
    return [_revised(task, entry, stops=_with_stop(task, changed)), _back_in_pool(order, entry), *stock]


def _tote_bound(floor: Floor, entry: Entry, event: ev.ToteBound) -> Changes:
    task = _known(floor, m.Task, event.task)
    totes = tuple(replace(t, tote=event.tote) if t.slot == event.slot else t for t in task.totes)
    return [_revised(task, entry, totes=totes), m.ToteUse(event.tote, event.order_no)]


def _stop_picked(floor: Floor, entry: Entry, event: ev.StopPicked) -> Changes:
    task = _known(floor, m.Task, event.task)
    stop = next(each for each in task.stops if each.stop == event.stop)
    picked = stop.picked_qty + event.qty
    state = m.StopState.PICKED if picked == stop.qty else stop.state
    changed = replace(stop, picked_qty=picked, state=state)
    order = _change_line(
        _known(floor, m.Order, event.order_no), event.line_no, picked=event.qty, tasked=-event.qty
    )
    stock = _stock(floor, event.location, event.sku)
    taken = replace(
        stock,
        on_hand_qty=max(
            0, stock.on_hand_qty - event.qty
        ),  # less was counted than lay there: never below zero
        reserved_qty=stock.reserved_qty - event.qty,
    )
    pick = m.Pick(entry.sequence or 0, event.location, event.sku, event.qty)
    return [_revised(task, entry, stops=_with_stop(task, changed)), order, taken, pick]


def _stop_short(floor: Floor, entry: Entry, event: ev.StopShort) -> Changes:
    task = _known(floor, m.Task, event.task)
    stop = next(each for each in task.stops if each.stop == event.stop)
    order = _change_line(_known(floor, m.Order, event.order_no), event.line_no, tasked=-event.qty)
    stock = _stock(floor, event.location, event.sku)
    empty = replace(stock, on_hand_qty=0, reserved_qty=stock.reserved_qty - event.qty)
    changed = replace(stop, state=m.StopState.SHORT)
    return [_revised(task, entry, stops=_with_stop(task, changed)), order, empty]


def _task_done(floor: Floor, entry: Entry, event: ev.TaskDone) -> Changes:
    task = _known(floor, m.Task, event.task)
    return [_revised(task, entry, state=m.TaskState.DONE), *_freed_desk(task)]


def _freed_desk(task: m.Task) -> Changes:
    return [m.Desk(task.pda, None)] if task.pda is not None else []


def _task_recalled(floor: Floor, entry: Entry, event: ev.TaskRecalled) -> Changes:
    task = _known(floor, m.Task, event.task)
    open_stops = [stop for stop in task.stops if stop.open_qty]
    stocks = _reserve(floor, ((stop.location, stop.sku, -stop.open_qty) for stop in open_stops))
    orders: dict[str, m.Order] = {}
    for stop in open_stops:
        order = orders.get(stop.order_no) or _known(floor, m.Order, stop.order_no)
        orders[stop.order_no] = _change_line(order, stop.line_no, tasked=-stop.open_qty)
    stops = tuple(replace(s, state=m.StopState.CANCELLED) if s.open_qty else s for s in task.stops)
    recalled = _revised(task, entry, state=m.TaskState.RECALLED, stops=stops, reason=event.reason)
    return [recalled, *stocks, *(_back_in_pool(order, entry) for order in orders.values())]


def _back_in_pool(order: m.Order, entry: Entry) -> m.Order:
    """An order that nobody has begun, and that is on no list any more, is ready again."""
    off_lists = not any(line.tasked_qty for line in order.lines)
    return (
        _moved(order, m.OrderState.READY, entry)
        if order.state is m.OrderState.RELEASED and off_lists
        else order
    )


def _desk_cleared(_: Floor, __: Entry, event: ev.DeskCleared) -> Changes:
    return [m.Desk(event.pda, None)]


# --- packing and shipping -----------------------------------------------------------------------------------


def _packing_set(_: Floor, __: Entry, event: ev.PackingSet) -> Changes:
    return [m.Packing(event.station, event.waybill, event.scanned)]


def _parcel_packed(floor: Floor, entry: Entry, event: ev.ParcelPacked) -> Changes:
    return [
        replace(_known(floor, m.Parcel, event.waybill), state=m.ParcelState.PACKED),
        _moved(_known(floor, m.Order, event.order_no), m.OrderState.PACKED, entry),
    ]


def _parcel_shipped(floor: Floor, entry: Entry, event: ev.ParcelShipped) -> Changes:
    return [
        replace(_known(floor, m.Parcel, event.waybill), state=m.ParcelState.SHIPPED),
        _moved(_known(floor, m.Order, event.order_no), m.OrderState.SHIPPED, entry),
    ]


# --- people and devices -------------------------------------------------------------------------------------


def _exception_opened(_: Floor, entry: Entry, event: ev.ExceptionOpened) -> Changes:
    return [m.FloorException(event.exception, event.kind, event.order_no, event.text, entry.at)]


def _exception_closed(floor: Floor, entry: Entry, event: ev.ExceptionClosed) -> Changes:
    return [replace(_known(floor, m.FloorException, event.exception), closed_at=entry.at, note=event.note)]


def _device(floor: Floor, entry: Entry, device: str, **changes: Any) -> Changes:
    known = floor.get(m.Device, device) or m.Device(device, None, entry.at)
    return [replace(known, **changes)]


def _device_fault(floor: Floor, entry: Entry, event: ev.DeviceFault) -> Changes:
    return _device(floor, entry, event.device, fault=event.fault, since=entry.at)


def _device_recovered(floor: Floor, entry: Entry, event: ev.DeviceRecovered) -> Changes:
    return _device(floor, entry, event.device, fault=None, since=entry.at)


def _printer_paused(floor: Floor, entry: Entry, event: ev.PrinterPaused) -> Changes:
    return _device(floor, entry, event.device, paused=True)


def _printer_resumed(floor: Floor, entry: Entry, event: ev.PrinterResumed) -> Changes:
    return _device(floor, entry, event.device, paused=False)


FOLDS: dict[type[ev.Event], Callable[[Floor, Entry, Any], Changes]] = {
    ev.SkuSet: _sku_set,
    ev.SkuMissed: _sku_missed,
    ev.LocationSet: _location_set,
    ev.StockSet: _stock_set,
    ev.CarrierSet: _carrier_set,
    ev.RulesSet: _rules_set,
    ev.OrderAccepted: _order_accepted,
    ev.FactKept: _fact_kept,
    ev.FactsUsed: _facts_used,
    ev.OrderPaid: _order_paid,
    ev.OrderHeld: _order_held,
    ev.OrderUnheld: _order_unheld,
    ev.OrderCancelled: _order_cancelled,
    ev.LineShort: _line_short,
    ev.OrderPicked: _order_picked,
    ev.LeaseRequested: _lease_requested,
    ev.LeaseRefused: _lease_refused,
    ev.WaybillsLeased: _waybills_leased,
    ev.WaybillVoided: _waybill_voided,
    ev.LabelQueued: _label_queued,
    ev.PrintStarted: _print_started,
    ev.PrintSent: _print_sent,
    ev.PrintRequeued: _print_requeued,
    ev.LabelPrinted: _label_printed,
    ev.LabelSuspect: _label_suspect,
    ev.LabelFailed: _label_failed,
    ev.TaskPlanned: _task_planned,
    ev.TaskAssigned: _task_assigned,
    ev.TaskAccepted: _task_accepted,
    ev.StopAdded: _stop_added,
    ev.StopResized: _stop_resized,
    ev.ToteBound: _tote_bound,
    ev.StopPicked: _stop_picked,
    ev.StopShort: _stop_short,
    ev.TaskDone: _task_done,
    ev.TaskRecalled: _task_recalled,
    ev.DeskCleared: _desk_cleared,
    ev.PackingSet: _packing_set,
    ev.ParcelPacked: _parcel_packed,
    ev.ParcelShipped: _parcel_shipped,
    ev.ExceptionOpened: _exception_opened,
    ev.ExceptionClosed: _exception_closed,
    ev.DeviceFault: _device_fault,
    ev.DeviceRecovered: _device_recovered,
    ev.PrinterPaused: _printer_paused,
    ev.PrinterResumed: _printer_resumed,
}
