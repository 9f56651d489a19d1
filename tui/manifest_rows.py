"""The tables of the manifest screens: departures, and what is on one and what is missing there.

Pure: views in, rows out, as in `rows.py`.
"""

from __future__ import annotations

from agent.api.messages import (
    DeparturesView,
    DepartureView,
    ManifestParcelView,
    ManifestView,
    MissingOrderView,
)
from tui.risks import Level, departure_level
from tui.rows import Cell, Column, Row, Table, count_cell, text_cell
from tui.words import age_s, clock_text, count_text, departure_text, duration_text, weight_text


def departure_key(departure: DepartureView) -> str:
    """Names one departure among all."""
    return f"{departure.carrier} {departure.departure_at}"


def figures(view: ManifestView, limit: int) -> str:
    """A manifest's in one line; where its lists are cut, after how many rows."""
    of = view.departure
    unweighed = f", {count_text(view.unweighed)} unweighed" if view.unweighed else ""
    told = [
        of.state,
        f"{count_text(of.missing)} missing, {count_text(of.late)} of them late",
        f"{count_text(of.parcels)} on it, {weight_text(view.weight_g)}{unweighed}",
    ]
    if max(of.parcels, of.missing) > limit:
        told.append(f"{count_text(limit)} of each shown")
    return " · ".join(told)


def _departure_row(departure: DepartureView, now: str) -> Row:
    level = departure_level(departure, now)
    cells = (
        text_cell(departure.carrier),
        Cell(departure_text(departure.departure_at), departure.departure_at or "~", level),
        Cell(f"{departure.state} {level.mark}".rstrip(), departure.state, level),
        _leaves(departure, now),
        count_cell(departure.parcels),
        count_cell(departure.missing, level),
        count_cell(departure.late),
        count_cell(departure.missing - departure.late, level),
    )
    return Row(departure_key(departure), cells)


def _leaves(departure: DepartureView, now: str) -> Cell:
    """How long until it leaves, or since it left; what has no time yet comes last."""
    if departure.departure_at is None:
        return Cell("-", float("inf"))
    if departure.state == "left":
        since_s = age_s(departure.departure_at, now)
        return Cell(f"{duration_text(since_s)} ago", -since_s)
    until_s = age_s(now, departure.departure_at)
    return Cell(f"in {duration_text(until_s)}", until_s)


def _missing_row(order: MissingOrderView, left: bool) -> Row:
    on_the_floor = order.shipped_at is None
    level = Level.RED if left and on_the_floor else Level.AMBER if order.state == "held" else Level.CALM
    waits_for = (
        order.waits_for if order.shipped_at is None else f"{order.waits_for}, {clock_text(order.shipped_at)}"
    )
    cells = (
        text_cell(order.order_no),
        text_cell(order.waybill or "-"),
        Cell(departure_text(order.cutoff_at), order.cutoff_at),
        Cell(f"{order.state} {level.mark}".rstrip(), order.state, level),
        text_cell(waits_for),
    )
    return Row(order.order_no, cells)


def _parcel_row(parcel: ManifestParcelView) -> Row:
    cells = (
        text_cell(parcel.waybill),
        text_cell(parcel.order_no),
        Cell(clock_text(parcel.shipped_at), parcel.shipped_at),
        text_cell(parcel.scanner),
        Cell("-", -1) if parcel.weight_g is None else Cell(weight_text(parcel.weight_g), parcel.weight_g),
    )
    return Row(parcel.waybill, cells)


DEPARTURES: Table[DeparturesView] = Table(
    "departures",
    "Departures",
    (
        Column("carrier", "Carrier"),
        Column("departure", "Departure"),
        Column("state", "State"),
        Column("leaves", "Leaves", right=True),
        Column("parcels", "On it", right=True),
        Column("missing", "Missing", right=True),
        Column("late", "Late", right=True),
        Column("here", "Here", right=True),
    ),
    lambda view: tuple(_departure_row(departure, view.at) for departure in view.departures),
    "no order names a departure",
)
MISSING: Table[ManifestView] = Table(
    "missing",
    "Missing",
    (
        Column("order", "Order"),
        Column("waybill", "Waybill"),
        Column("cutoff", "Cut-off"),
        Column("state", "State"),
        Column("waits", "Waits for"),
    ),
    lambda view: tuple(_missing_row(order, view.departure.state == "left") for order in view.missing),
    "nothing is missing",
)
PARCELS: Table[ManifestView] = Table(
    "parcels",
    "On it",
    (
        Column("waybill", "Waybill"),
        Column("order", "Order"),
        Column("shipped", "Scanned out", right=True),
        Column("scanner", "Scanner"),
        Column("weight", "Weight", right=True),
    ),
    lambda view: tuple(map(_parcel_row, reversed(view.parcels))),
    "no parcel was scanned out for it",
)
