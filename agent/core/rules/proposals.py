"""What a person is proposed where hub and floor disagree: which goods, where they lie, which parcel, whom to ask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from agent.core.events import OrderFacts
from agent.core.model import Line, Order, OrderState, Stop, Task
from agent.core.rules.documents import label_differs
from agent.core.story import Story

_MOST_NAMED = 12  # of a list that is read on a screen


def named(names: Iterable[str]) -> str:
    """The first of them, and how many more there are."""
    all_names = list(names)
    more = len(all_names) - _MOST_NAMED
    return ", ".join(all_names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def put_back(story: Story, order: Order) -> str:
    """All that was picked of it, to where it came from; a closed parcel is pulled first."""
    taken = picked_goods(story, order)
    goods = named(f"{qty} of {sku} to {location}" for (sku, location), qty in sorted(taken.items()))
    parcel = f"pull {_parcel(order)}, then " if order.state is OrderState.PACKED else ""
    return f"{parcel}put back {goods}"


def put_back_stop(stop: Stop, qty: int) -> str:
    """What a picker took for nobody."""
    return f"put back {qty} of {stop.sku} to {stop.location}, or let it be counted"


def picked_goods(story: Story, order: Order) -> Counter[tuple[str, str]]:
    """Units by (SKU, location), over every list that the order was ever on."""
    taken: Counter[tuple[str, str]] = Counter()
    for name in order.tasks:
        task = story.get(Task, name)
        for stop in task.stops if task is not None else ():
            if stop.order_no == order.order_no and stop.picked_qty:
                taken[stop.sku, stop.location] += stop.picked_qty
    return taken


def intercept(order: Order) -> str:
    """The parcel is with its carrier."""
    return f"ask carrier {order.carrier} to intercept {_parcel(order)}, or take it back as a return"


def keep_back(order: Order) -> str:
    """A hold came when hands had it already."""
    if order.state is OrderState.SHIPPED:
        return intercept(order)
    return f"keep {_parcel(order)} back before it leaves, then ship or cancel it as the hub decides"


def late_change(order: Order, facts: OrderFacts) -> str:
    """What hands can still do of a change that the order's state does not allow."""
    if order.state is OrderState.CANCELLED:
        return "if it is still wanted, let the hub send it as a new order"
    more, less = _difference(order.lines, facts.lines)
    steps = []
    if less:
        steps.append(_take_out(order, _goods(less)))
    if more:
        steps.append(f"let the hub send {_goods(more)} as a new order")
    if label_differs(order, facts):
        steps.append(_other_label(order))
    return "; ".join(steps)


def _take_out(order: Order, goods: str) -> str:
    if order.state is OrderState.SHIPPED:
        return f"expect {goods} back as a return"
    if order.state is OrderState.PACKED:
        return f"pull {_parcel(order)} and take out {goods}"
    return f"take {goods} out of the tote when it is packed"


def _other_label(order: Order) -> str:
    if order.state is OrderState.SHIPPED:
        return f"ask carrier {order.carrier} to redirect {_parcel(order)}"
    if order.state is OrderState.PICKING:
        return "let the hub send the change of its label again once it is picked"
    return "let the hub send the change of its label alone: that is still possible"


def _parcel(order: Order) -> str:
    return f"parcel {order.waybill}" if order.waybill else f"the goods of order {order.order_no}"


def _difference(before: Iterable[Line], after: Iterable[Line]) -> tuple[Counter[str], Counter[str]]:
    """Units by SKU that a change wants more, and less."""
    had, wants = _units(before), _units(after)
    return wants - had, had - wants


def _units(lines: Iterable[Line]) -> Counter[str]:
    units: Counter[str] = Counter()
    for line in lines:
        units[line.sku] += line.qty
    return units


def _goods(units: Mapping[str, int]) -> str:
    return named(f"{qty} of {sku}" for sku, qty in sorted(units.items()))
