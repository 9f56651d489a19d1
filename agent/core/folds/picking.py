"""Pick lists, their stops, and the stock they promise and take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from agent.core import events as ev
from agent.core import model as m
from agent.core.floor import Entry, Floor
from agent.core.folds.values import Changes, change_line, known, moved, reserve, stock_at


def _task_planned(floor: Floor, entry: Entry, event: ev.TaskPlanned) -> Changes:
    task = m.Task(
        event.task, 1, event.wave, m.TaskState.PLANNED, event.totes, event.stops, event.distance_mm,
        event.bound_mm, event.naive_mm, event.due_at, entry.at,
    )  # fmt: skip
    orders: dict[str, m.Order] = {}
    for stop in event.stops:
        order = orders.get(stop.order_no) or known(floor, m.Order, stop.order_no)
        if order.state is m.OrderState.READY:
            order = moved(order, m.OrderState.RELEASED, entry)
        orders[stop.order_no] = change_line(order, stop.line_no, tasked=stop.qty)
    listed = [replace(order, tasks=(*order.tasks, event.task)) for order in orders.values()]
    stocks = reserve(floor, ((stop.location, stop.sku, stop.qty) for stop in event.stops))
    return [task, *listed, *stocks]


def _task_assigned(floor: Floor, entry: Entry, event: ev.TaskAssigned) -> Changes:
    task = known(floor, m.Task, event.task)
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
    task = known(floor, m.Task, event.task)
    walked = dict.fromkeys(stop.order_no for stop in task.stops if stop.open_qty)
    orders = [known(floor, m.Order, order_no) for order_no in walked]
    begun = [
        moved(order, m.OrderState.PICKING, entry) for order in orders if order.state is m.OrderState.RELEASED
    ]
    return [_revised(task, entry, state=m.TaskState.ACCEPTED), *begun]


def _revised(task: m.Task, entry: Entry, **changes: Any) -> m.Task:
    return replace(task, revision=task.revision + 1, changed_at=entry.at, **changes)


def _with_stop(task: m.Task, changed: m.Stop) -> tuple[m.Stop, ...]:
    return tuple(changed if stop.stop == changed.stop else stop for stop in task.stops)


def _stop_added(floor: Floor, entry: Entry, event: ev.StopAdded) -> Changes:
    task = known(floor, m.Task, event.task)
    order = change_line(known(floor, m.Order, event.stop.order_no), event.stop.line_no, tasked=event.stop.qty)
    if order.state is m.OrderState.READY:
        order = moved(order, m.OrderState.RELEASED, entry)
    at = next((i + 1 for i, stop in enumerate(task.stops) if stop.stop == event.after), len(task.stops))
    stops = (*task.stops[:at], event.stop, *task.stops[at:])
    stock = reserve(floor, [(event.stop.location, event.stop.sku, event.stop.qty)])
    return [_revised(task, entry, stops=stops), order, *stock]


def _stop_resized(floor: Floor, entry: Entry, event: ev.StopResized) -> Changes:
    task = known(floor, m.Task, event.task)
    stop = next(each for each in task.stops if each.stop == event.stop)
    delta = event.qty - stop.qty
    state = stop.state
    if event.qty == stop.picked_qty:
        state = m.StopState.PICKED if stop.picked_qty else m.StopState.CANCELLED
    changed = replace(stop, qty=event.qty, state=state)
    order = change_line(known(floor, m.Order, stop.order_no), stop.line_no, tasked=delta)
    stock = reserve(floor, [(stop.location, stop.sku, delta)])
    return [_revised(task, entry, stops=_with_stop(task, changed)), _back_in_pool(order, entry), *stock]


def _tote_bound(floor: Floor, entry: Entry, event: ev.ToteBound) -> Changes:
    task = known(floor, m.Task, event.task)
    totes = tuple(replace(t, tote=event.tote) if t.slot == event.slot else t for t in task.totes)
    return [_revised(task, entry, totes=totes), m.ToteUse(event.tote, event.order_no)]


def _stop_picked(floor: Floor, entry: Entry, event: ev.StopPicked) -> Changes:
    task = known(floor, m.Task, event.task)
    stop = next(each for each in task.stops if each.stop == event.stop)
    picked = stop.picked_qty + event.qty
    state = m.StopState.PICKED if picked == stop.qty else stop.state
    changed = replace(stop, picked_qty=picked, state=state)
    order = change_line(
        known(floor, m.Order, event.order_no), event.line_no, picked=event.qty, tasked=-event.qty
    )
    stock = stock_at(floor, event.location, event.sku)
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
    task = known(floor, m.Task, event.task)
    stop = next(each for each in task.stops if each.stop == event.stop)
    order = change_line(known(floor, m.Order, event.order_no), event.line_no, tasked=-event.qty)
    stock = stock_at(floor, event.location, event.sku)
    empty = replace(
        stock, on_hand_qty=0, reserved_qty=stock.reserved_qty - event.qty,
        emptied_sequence=entry.sequence or 0,
    )  # fmt: skip
    changed = replace(stop, state=m.StopState.SHORT)
    return [_revised(task, entry, stops=_with_stop(task, changed)), order, empty]


def _task_done(floor: Floor, entry: Entry, event: ev.TaskDone) -> Changes:
    task = known(floor, m.Task, event.task)
    return [_revised(task, entry, state=m.TaskState.DONE), *_freed_desk(task)]


def _freed_desk(task: m.Task) -> Changes:
    return [m.Desk(task.pda, None)] if task.pda is not None else []


def _task_recalled(floor: Floor, entry: Entry, event: ev.TaskRecalled) -> Changes:
    task = known(floor, m.Task, event.task)
    open_stops = [stop for stop in task.stops if stop.open_qty]
    stocks = reserve(floor, ((stop.location, stop.sku, -stop.open_qty) for stop in open_stops))
    orders: dict[str, m.Order] = {}
    for stop in open_stops:
        order = orders.get(stop.order_no) or known(floor, m.Order, stop.order_no)
        orders[stop.order_no] = change_line(order, stop.line_no, tasked=-stop.open_qty)
    stops = tuple(replace(s, state=m.StopState.CANCELLED) if s.open_qty else s for s in task.stops)
    recalled = _revised(task, entry, state=m.TaskState.RECALLED, stops=stops, reason=event.reason)
    return [recalled, *stocks, *(_back_in_pool(order, entry) for order in orders.values())]


def _back_in_pool(order: m.Order, entry: Entry) -> m.Order:
    """An order that nobody has begun, and that is on no list any more, is ready again."""
    off_lists = not any(line.tasked_qty for line in order.lines)
    return (
        moved(order, m.OrderState.READY, entry)
        if order.state is m.OrderState.RELEASED and off_lists
        else order
    )


def _desk_cleared(_: Floor, __: Entry, event: ev.DeskCleared) -> Changes:
    return [m.Desk(event.pda, None)]


FOLDS: dict[type[ev.Event], Callable[[Floor, Entry, Any], Changes]] = {
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
}
