"""Master data and counted stock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec.structs import replace

from agent.core import events as ev
from agent.core import model as m
from agent.core.floor import Entry, Floor
from agent.core.folds.values import Changes, stock_at


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
    stock = stock_at(floor, event.location, event.sku)
    return [replace(stock, on_hand_qty=max(0, event.qty - picked))]


FOLDS: dict[type[ev.Event], Callable[[Floor, Entry, Any], Changes]] = {
    ev.SkuSet: _sku_set,
    ev.SkuMissed: _sku_missed,
    ev.LocationSet: _location_set,
    ev.StockSet: _stock_set,
    ev.CarrierSet: _carrier_set,
    ev.RulesSet: _rules_set,
}
