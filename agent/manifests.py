"""Manifests: what leaves with each departure of a carrier, and what should have left with it and did not.

The **departures** of a carrier are the distinct cut-offs of its orders. By them alone it is decided:

- **On** a departure's manifest is every parcel that was scanned out after the departure before it and up to it,
  whatever its order's own cut-off. What is scanned out after the last departure is on the manifest `later`, until an
  order names a departure to come. So every shipped parcel is on exactly one manifest.
- **Missing** at a departure is every order of this carrier, paid and not cancelled, that has this cut-off and was not
  scanned out by then. An order that missed its departure is missing at each one after it as well, until it is scanned
  out; nobody has missed the next departure yet, so those beyond it await their own orders alone.
- **Late** is what was missing and has been scanned out since.

So a departure that has left keeps its figures, but for orders that are cancelled, paid or given another cut-off later.
Nothing here writes: it reads one snapshot of the store, beside a running agent or without one.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Literal, NamedTuple

import msgspec

from agent.api.messages import (
    DeparturesView,
    DepartureView,
    ManifestParcelView,
    ManifestView,
    MissingOrderView,
)
from agent.core.model import JobState, Line, Order, OrderState
from agent.core.times import to_text
from agent.store.tables import table

LAST = 4  # departures that have left, of each carrier, in a list
_NEVER, _NOT_YET = -(2**62), 2**62

#: Where an order that is on the floor still has to go.
_STEPS = {
    OrderState.READY: "on no pick list",
    OrderState.RELEASED: "its pick list is not accepted",
    OrderState.PICKING: "being picked",
    OrderState.PICKED: "picked, not scanned out",
    OrderState.PACKED: "packed, not scanned out",
}
#: Paid, and neither shipped nor cancelled; most orders of a day are told by the first word.
_ON_THE_FLOOR = "state <> 'shipped' AND state <> 'cancelled' AND state <> 'received'"
#: With the values of `Departure.awaited`.
_AWAITED = "(cutoff_at = ? OR cutoff_at <= ?)"

_lines = msgspec.json.Decoder(tuple[Line, ...])


class Departure(NamedTuple):
    """A departure, and the one before it. The last of a carrier's is `later`: when it will be is not known yet."""

    carrier: str
    before: int
    at: int

    @property
    def known_at(self) -> int | None:
        """When it is, milliseconds since the epoch; None for `later`."""
        return self.at if self.at != _NOT_YET else None

    def state(self, now: int) -> Literal["left", "next", "to come"]:
        """Is it over, the next one, or one of those behind the next?"""
        if self.at <= now:
            return "left"
        return "next" if self.before <= now else "to come"

    def awaited(self, now: int) -> tuple[int, int]:
        """Which orders must be on it, unless they have left before: those of the first cut-off, and of any up to the
        second, who have missed a departure."""
        return self.at, self.before if self.before <= now else _NEVER

    def awaits(self, cutoff_at: int | None, now: int) -> bool:
        """Are orders of this cut-off among them?"""
        own, missed = self.awaited(now)
        return cutoff_at is not None and (cutoff_at == own or cutoff_at <= missed)


def departures(
    reader: sqlite3.Connection, now: int, carrier: str | None = None, last: int = LAST
) -> DeparturesView:
    """Of every carrier, or of this one: all that are to come, and the `last` ones that have left."""
    with _snapshot(reader):
        waiting = _waiting(reader, carrier)
        listed = (
            _listed(reader, now, _schedule(name, orders), last, orders) for name, orders in waiting.items()
        )
        return DeparturesView(to_text(now), tuple(view for views in listed for view in views))


def manifest(
    reader: sqlite3.Connection, now: int, carrier: str, departure_at: int | None, most: int | None = None
) -> ManifestView | None:
    """The manifest of a departure (None: `later`), None where the carrier has no such departure.

    `most`: only so many of the latest parcels, and so many of the missing orders; the figures are of all.
    """
    with _snapshot(reader):
        for orders in _waiting(reader, carrier).values():
            for departure in _schedule(carrier, orders):
                if departure.known_at == departure_at:
                    return _manifest(reader, now, departure, orders, most)
    return None


@contextmanager
def _snapshot(reader: sqlite3.Connection) -> Iterator[None]:
    """One moment of the store for several questions."""
    reader.execute("BEGIN")
    try:
        yield
    finally:
        reader.execute("COMMIT")


Cutoffs = dict[int | None, int]  # how many orders of each cut-off


def _waiting(reader: sqlite3.Connection, carrier: str | None) -> dict[str, Cutoffs]:
    """What is on the floor, by carrier; cut-offs that nobody waits for any more are there too."""
    of = "carrier = :carrier" if carrier is not None else "true"
    sql = f"SELECT carrier, cutoff_at, sum({_ON_THE_FLOOR}) FROM orders WHERE {of} GROUP BY 1, 2"
    found: dict[str, Cutoffs] = defaultdict(dict)
    for name, cutoff_at, count in reader.execute(sql, {"carrier": carrier}):
        found[name][cutoff_at] = count
    return found


def _schedule(carrier: str, orders: Cutoffs) -> Sequence[Departure]:
    """A carrier's departures, the first one first, `later` at the end."""
    times = sorted(at for at in orders if at is not None)
    return [Departure(carrier, before, at) for before, at in pairwise((_NEVER, *times, _NOT_YET))]


def _gone_with(reader: sqlite3.Connection, departure: Departure) -> Cutoffs:
    """What is on it."""
    sql = """SELECT cutoff_at, count(*) FROM parcels
             WHERE carrier = ? AND shipped_at > ? AND shipped_at <= ? GROUP BY 1"""
    return dict(reader.execute(sql, departure).fetchall())


def _awaited(departure: Departure, now: int, orders: Cutoffs) -> int:
    return sum(count for cutoff_at, count in orders.items() if departure.awaits(cutoff_at, now))


def _view(departure: Departure, now: int, parcels: int, missing: int, late: int) -> DepartureView:
    at, state = _text(departure.known_at), departure.state(now)
    return DepartureView(departure.carrier, at, state, parcels, missing, late)


def _text(at: int | None) -> str | None:
    return None if at is None else to_text(at)


# --- the list -----------------------------------------------------------------------------------------------


def _listed(
    reader: sqlite3.Connection, now: int, schedule: Sequence[Departure], last: int, waiting: Cutoffs
) -> Iterator[DepartureView]:
    left = sum(departure.state(now) == "left" for departure in schedule)
    shown = schedule[max(0, left - last) :]
    gone = [_gone_with(reader, departure) for departure in shown]
    for number, departure in enumerate(shown):
        parcels = sum(gone[number].values())
        late = sum(_awaited(departure, now, later) for later in gone[number + 1 :])
        missing = late + _awaited(departure, now, waiting)
        if departure.known_at is not None or parcels or missing:
            yield _view(departure, now, parcels, missing, late)


# --- one manifest -------------------------------------------------------------------------------------------


def _manifest(
    reader: sqlite3.Connection, now: int, departure: Departure, waiting: Cutoffs, most: int | None
) -> ManifestView:
    limit = -1 if most is None else most  # SQLite's word for all
    parcels, weights = _parcels(reader, departure, limit)
    since = _gone_with(reader, Departure(departure.carrier, departure.at, _NOT_YET))
    late = _awaited(departure, now, since)
    missing = (*_missing(reader, departure, now, limit), *_late(reader, departure, now, limit))
    return ManifestView(
        _view(departure, now, len(weights), _awaited(departure, now, waiting) + late, late),
        weight_g=sum(weight_g for weight_g in weights if weight_g is not None),
        unweighed=weights.count(None),
        parcels=tuple(parcels),
        missing=missing[:most],
    )


def _parcels(
    reader: sqlite3.Connection, departure: Departure, limit: int
) -> tuple[list[ManifestParcelView], list[int | None]]:
    """The latest ones, and the weights of all."""
    sql = """SELECT lines, parcels.waybill, order_no, shipped_at, scanner, parcels.cutoff_at
             FROM parcels JOIN orders USING (order_no)
             WHERE parcels.carrier = ? AND shipped_at > ? AND shipped_at <= ? ORDER BY shipped_at, parcels.waybill"""
    rows = reader.execute(sql, departure).fetchall()
    known = dict(reader.execute("SELECT sku, weight_g FROM skus WHERE weight_g > 0").fetchall())
    weights = [_weight_g(_lines.decode(lines), known) for lines, *_ in rows]
    first = max(0, len(rows) - limit) if limit >= 0 else 0
    shown = zip(rows[first:], weights[first:], strict=True)
    return [_parcel(weight_g, *row[1:]) for row, weight_g in shown], weights


def _parcel(
    weight_g: int | None, waybill: str, order_no: str, shipped_at: int, scanner: str, cutoff_at: int | None
) -> ManifestParcelView:
    return ManifestParcelView(waybill, order_no, to_text(shipped_at), scanner, _text(cutoff_at), weight_g)


def _weight_g(lines: Iterable[Line], weights: dict[str, int]) -> int | None:
    """Of what was picked; None where a weight is not known."""
    inside = [line for line in lines if line.picked_qty]
    if any(line.sku not in weights for line in inside):
        return None
    return sum(line.picked_qty * weights[line.sku] for line in inside)


def _missing(
    reader: sqlite3.Connection, departure: Departure, now: int, limit: int
) -> list[MissingOrderView]:
    """Those that are on the floor still."""
    where = f"WHERE carrier = ? AND ({_ON_THE_FLOOR}) AND {_AWAITED} ORDER BY cutoff_at, order_no LIMIT ?"
    orders = table(Order).find(reader, where, (departure.carrier, *departure.awaited(now), limit))
    return [
        MissingOrderView(
            order.order_no,
            order.waybill,
            to_text(order.cutoff_at),
            order.shown_state,
            _waits_for(reader, order),
        )
        for order in orders
        if order.cutoff_at is not None
    ]


def _late(reader: sqlite3.Connection, departure: Departure, now: int, limit: int) -> list[MissingOrderView]:
    """Those that went with a later one."""
    sql = f"""SELECT order_no, waybill, cutoff_at, shipped_at FROM parcels
              WHERE carrier = ? AND shipped_at > ? AND {_AWAITED} ORDER BY cutoff_at, order_no LIMIT ?"""
    rows = reader.execute(sql, (departure.carrier, departure.at, *departure.awaited(now), limit))
    return [
        MissingOrderView(order_no, waybill, to_text(cutoff_at), "shipped", "came late", to_text(shipped_at))
        for order_no, waybill, cutoff_at, shipped_at in rows
    ]


def _waits_for(reader: sqlite3.Connection, order: Order) -> str:
    """What must happen before it can be scanned out."""
    step = f"held: {order.held}" if order.held is not None else _STEPS[order.state]
    return ", ".join(filter(None, (step, _label_lacks(reader, order.waybill))))


def _label_lacks(reader: sqlite3.Connection, waybill: str | None) -> str:
    if waybill is None:
        return "no label"
    sql = "SELECT state FROM print_jobs WHERE job = (SELECT job FROM parcels WHERE waybill = ?)"
    (state,) = reader.execute(sql, (waybill,)).fetchone()
    return "" if state == JobState.CONFIRMED else f"label {state}"
