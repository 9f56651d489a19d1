"""What several rules do with live pick lists: find an order's stops, take units off, put units on."""

from __future__ import annotations

from agent.core import events as ev
from agent.core.model import LIVE_TASK, Location, Order, OrderState, Shown, Sku, Stop, Task
from agent.core.story import Story


def live_tasks(story: Story, order: Order) -> list[Task]:
    """The live lists that the order is on."""
    found = (story.get(Task, task) for task in order.tasks)
    return [task for task in found if task is not None and task.state in LIVE_TASK]


def open_stops(story: Story, order: Order) -> list[tuple[str, Stop]]:
    """(task, stop) of every stop that still has something of this order to pick."""
    return [
        (task.task, stop)
        for task in live_tasks(story, order)
        for stop in task.stops
        if stop.order_no == order.order_no and stop.open_qty
    ]


def shrink_line(story: Story, order: Order, line_no: int, units: int) -> None:
    """Take so many open units of a line off its lists, from the last stop backwards."""
    for task, stop in reversed(open_stops(story, order)):
        if stop.line_no == line_no and units:
            cut = min(units, stop.open_qty)
            story.emit(ev.StopResized(task, stop.stop, stop.qty - cut))
            units -= cut


def take_off_lists(story: Story, order: Order) -> bool:
    """Cancel every open stop of the order; was there any?"""
    stops = open_stops(story, order)
    for task, stop in stops:
        story.emit(ev.StopResized(task, stop.stop, stop.picked_qty))
    return bool(stops)


def add_stops(story: Story, task: str, order_no: str, line_no: int, units: int, avoid: str = "") -> int:
    """Put units of a line onto a live list wherever free stock lies, the fullest location first.

    Answers how many units found no stock. `avoid` is a location that has just turned out to be empty.
    """
    order, found = story.get(Order, order_no), story.get(Task, task)
    line = order.line(line_no) if order is not None else None
    if line is None or found is None:
        return units
    slot = next((tote.slot for tote in found.totes if tote.order_no == order_no), None)
    if slot is None:
        return units
    stocks = [stock for stock in story.floor.stock_of(line.sku) if stock.location != avoid and stock.free_qty]
    for stock in sorted(stocks, key=lambda each: (-each.free_qty, each.location)):
        qty = min(units, stock.free_qty)
        if qty:
            stop = Stop(
                story.new_id("S"), order_no, line_no, line.sku, stock.location, qty, slot,
                shown=shown_at(story, line.sku, stock.location),
            )  # fmt: skip
            story.emit(ev.StopAdded(task, stop, after=_neighbour(found, stock.location)))
            units -= qty
    return units


def shown_at(story: Story, sku: str, location: str) -> Shown:
    """What a picker will see of these goods at this place."""
    goods, place = story.get(Sku, sku) or Sku(sku, sku), story.get(Location, location)
    return Shown(
        name=goods.name,
        barcodes=goods.barcodes,
        weight_g=goods.weight_g,
        zone=place.zone if place is not None else None,
        aisle=place.aisle if place is not None else None,
    )


def _neighbour(task: Task, location: str) -> str | None:
    """An open stop at the same location, else the end of the walk."""
    return next((stop.stop for stop in task.stops if stop.location == location and stop.open_qty), None)


def finish_order(story: Story, order_no: str, task: str) -> None:
    """order.picked, once nothing of it is open in any list; what cannot be shipped as wanted is held."""
    order = story.get(Order, order_no)
    if order is None or order.state is not OrderState.PICKING or order.open_qty:
        return
    short = any(line.short_qty for line in order.lines)
    picked = tuple((line.line_no, line.picked_qty) for line in order.lines)
    story.emit(ev.OrderPicked(order_no, task, short, picked))
    nothing = not any(line.picked_qty for line in order.lines)
    if short and (order.ship_complete or nothing) and order.held is None:
        reason = (
            "short: the order ships complete or not at all"
            if not nothing
            else "short: nothing of it was found"
        )
        story.emit(ev.OrderHeld(order_no, reason))
        proposal = "cancel it" if nothing else "release it to ship what was found, or cancel it"
        story.open_exception("short", order_no, f"order {order_no} is held: {reason}", order_no, proposal)
