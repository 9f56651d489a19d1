"""The small steps that folds share: look an entity up, move an order, change a line, promise stock."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from msgspec.structs import replace

from agent.core import model as m
from agent.core.floor import Entry, Floor

E = TypeVar("E", bound=m.Entity)
Changes = list[m.Entity]


def known(floor: Floor, kind: type[E], *key: Any) -> E:
    """An entity that the journal has made before. LookupError where it has not."""
    entity = floor.get(kind, *key)
    if entity is None:
        raise LookupError(f"the journal speaks of {kind.__name__} {key} before it was made")
    return entity


def with_lines(order: m.Order, lines: Iterable[m.Line]) -> m.Order:
    """The order with these lines and the sum that its pool index needs."""
    kept = tuple(lines)
    return replace(order, lines=kept, untasked_qty=sum(line.untasked_qty for line in kept))


def change_line(order: m.Order, line_no: int, *, picked: int = 0, short: int = 0, tasked: int = 0) -> m.Order:
    def changed(line: m.Line) -> m.Line:
        return replace(
            line,
            picked_qty=line.picked_qty + picked,
            short_qty=line.short_qty + short,
            tasked_qty=line.tasked_qty + tasked,
        )

    return with_lines(order, (changed(line) if line.line_no == line_no else line for line in order.lines))


def moved(order: m.Order, state: m.OrderState, entry: Entry) -> m.Order:
    """The order in its next state."""
    return replace(order, state=state, state_at=entry.at)


def stock_at(floor: Floor, location: str, sku: str) -> m.Stock:
    """What is known of it; nothing, where nothing is."""
    return floor.get(m.Stock, location, sku) or m.Stock(location, sku)


def reserve(floor: Floor, wanted: Iterable[tuple[str, str, int]]) -> Changes:
    """Add to (or, with a negative quantity, give back) what is promised at each (location, sku)."""
    stocks: dict[tuple[str, str], m.Stock] = {}
    for location, sku, qty in wanted:
        stock = stocks.get((location, sku)) or stock_at(floor, location, sku)
        stocks[location, sku] = replace(stock, reserved_qty=stock.reserved_qty + qty)
    return list(stocks.values())
