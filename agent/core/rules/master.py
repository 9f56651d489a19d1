"""Master data: SKUs, locations, carriers, rules and counted stock, as the hub sets them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from agent.core import commands as c
from agent.core import events as ev
from agent.core.model import Carrier, Entity, FloorException, Location, MissingSku, Ruleset, Sku, Stock
from agent.core.rules.labels import release_carrier
from agent.core.rules.proposals import named
from agent.core.story import Refused, Story
from agent.core.words import Count, is_name

E = TypeVar("E", bound=Entity)

OVER_PROMISED, CARRIER_INACTIVE = "over-promised", "carrier-inactive"


class _Count(msgspec.Struct, frozen=True):
    location: str
    sku: str
    qty: Count
    as_of_sequence: int | str | None = None  # a number, or its 20 digits


def _read(data: dict[str, Any], kind: type[E]) -> E | Refused:
    known = {name: data[name] for name in kind.__struct_fields__ if name in data}
    try:
        entity = msgspec.convert(known, kind)
    except msgspec.ValidationError as error:
        return Refused(f"malformed: {error}")
    if not all(is_name(part) for part in entity.key()):
        return Refused(f"malformed: {', '.join(kind.KEY)}: 1 to 64 printable characters are expected")
    return entity


def set_sku(story: Story, command: c.SetSku) -> Refused | None:
    """Orders that waited for it wait no more."""
    sku = _read(command.data, Sku)
    if isinstance(sku, Refused):
        return sku
    if story.get(Sku, sku.sku) == sku:
        return None
    missing = story.get(MissingSku, sku.sku)
    story.emit(ev.SkuSet(sku.sku, msgspec.to_builtins(sku)))
    for order_no in missing.order_nos if missing is not None else ():
        story.close_exception("unknown-sku", f"{order_no}/{sku.sku}", "its master data has come")
    return None


def set_location(story: Story, command: c.SetLocation) -> Refused | None:
    return _set(
        story, command.data, Location, lambda each: ev.LocationSet(each.location, msgspec.to_builtins(each))
    )


def set_carrier(story: Story, command: c.SetCarrier) -> Refused | None:
    """Orders that were held for it go on once it is known and active."""
    carrier = _read(command.data, Carrier)
    if isinstance(carrier, Refused):
        return carrier
    before = story.get(Carrier, carrier.carrier)
    if before == carrier:
        return None
    story.emit(ev.CarrierSet(carrier.carrier, msgspec.to_builtins(carrier)))
    was_active = before is not None and before.active
    if carrier.active and not was_active:
        story.close_exception(CARRIER_INACTIVE, carrier.carrier, "it is active again")
        release_carrier(story, carrier.carrier)
    elif was_active and not carrier.active:
        _tell_of_labels(story, carrier.carrier)
    return None


def _tell_of_labels(story: Story, carrier: str) -> None:
    """Its labels are on parcels and in queues. New orders of it are held when they ask for a label."""
    order_nos = story.floor.with_label(carrier)
    if order_nos:
        text = f"carrier {carrier} is not active any more, and {len(order_nos)} orders have its labels: "
        proposal = f"let the hub give them another carrier, or ship them if {carrier} still collects"
        story.open_exception(CARRIER_INACTIVE, carrier, text + named(order_nos), proposal=proposal)


def set_rules(story: Story, command: c.SetRules) -> Refused | None:
    return _set(
        story, command.data, Ruleset, lambda each: ev.RulesSet(each.ruleset, each.version, each.rules)
    )


def _set(story: Story, data: dict[str, Any], kind: type[E], event: Callable[[E], ev.Event]) -> Refused | None:
    """What is new or different replaces what has its key."""
    entity = _read(data, kind)
    if isinstance(entity, Refused):
        return entity
    if story.get(kind, *entity.key()) != entity:
        story.emit(event(entity))
    return None


def set_stock(story: Story, command: c.SetStock) -> Refused | None:
    """A count replaces what we thought; picks after it are taken off, and promises it cannot keep are shown."""
    try:
        count = msgspec.convert(command.data, _Count)
        as_of = command.acked_sequence if count.as_of_sequence is None else int(count.as_of_sequence)
        as_of = msgspec.convert(as_of, Count)
    except ValueError as error:
        return Refused(f"malformed: {error}")
    if not (is_name(count.location) and is_name(count.sku)):
        return Refused("malformed: location, sku: 1 to 64 printable characters are expected")
    _take_count(
        story, ev.StockSet(count.location, count.sku, count.qty, as_of), told=count.as_of_sequence is not None
    )
    return None


def _take_count(story: Story, count: ev.StockSet, *, told: bool) -> None:
    """A count wins over what we thought, not over what was seen since. `told`: the hub itself named the sequence.

    One that it says is older than a picker's word that nothing is there does not fill the location again; where it
    names none it may know of that word what we do.
    """
    where = f"{count.location}/{count.sku}"
    before = story.get(Stock, count.location, count.sku)
    is_old = before is not None and count.qty > 0 and count.as_of_sequence < before.emptied_sequence
    if not (is_old and told):
        story.emit(count)
    picked = story.floor.picked_since(count.location, count.sku, count.as_of_sequence)
    if is_old:
        outcome = "not taken" if told else "taken"
        _doubt(story, where, f"a count of {count.qty} there is older than a picker's word: it was {outcome}")
    elif picked > count.qty:
        _doubt(story, where, f"{count.qty} were counted there, and {picked} were picked since")
    else:
        story.close_exception("count", where, f"counted: {count.qty}")
    stock = story.get(Stock, count.location, count.sku)
    if stock is not None:
        _compare_promises(story, stock, where)


def _doubt(story: Story, where: str, why: str) -> None:
    """Stays, or is, to be counted."""
    text = f"{where}: {why}"
    known = story.get(FloorException, f"count:{where}")
    if known is not None and known.text != text:
        story.close_exception("count", where, "a count came that does not settle it")
    story.open_exception("count", where, text, proposal="count it now, and send that count")


def _compare_promises(story: Story, stock: Stock, where: str) -> None:
    """The lists stay as they are: who finds too little is led on to another location. But people know before."""
    if stock.on_hand_qty >= stock.reserved_qty:
        story.close_exception(OVER_PROMISED, where, f"{stock.on_hand_qty} are there")
        return
    lists = named(story.floor.tasks_at(stock.location, stock.sku))
    text = (
        f"{stock.reserved_qty} of {stock.sku} are promised from {stock.location}, "
        f"{stock.on_hand_qty} are there: lists {lists}"
    )
    proposal = f"count {stock.sku} at {stock.location} again, or recall {lists} to plan from other locations"
    known = story.get(FloorException, f"{OVER_PROMISED}:{where}")
    if known is not None and known.text != text:
        story.close_exception(OVER_PROMISED, where, "counted again")
    story.open_exception(OVER_PROMISED, where, text, proposal=proposal)
