"""`floorhand manifest`: what leaves with each departure of a carrier, and what is missing there.

A table for people on a terminal, a line each with tabs where the output is piped, one JSON object with `--json`. Exit
code 1 where something is missing at a departure that has left.
"""

from __future__ import annotations

import argparse
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.api.messages import LATER, DeparturesView, DepartureView, ManifestView
from agent.cli_words import FAILED, FINE, USAGE, Commands, count, refuse
from agent.config import load
from agent.core.times import from_text
from agent.manifests import LAST, departures, manifest
from agent.store.offline import opened
from agent.store.store import now_ms

TIMEZONE = "Asia/Shanghai"  # as in a configuration that names none
_LEFT, _NEXT = "left", "next"
_STYLES = {_NEXT: "bold", "to come": "dim"}


def add_manifest(commands: Commands) -> None:
    """The parser."""
    parser = commands.add_parser(
        "manifest", help="what leaves with each departure, and what is missing there"
    )
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--data", type=Path, metavar="DIR", help="an agent's data_dir")
    where.add_argument("--config", type=Path, metavar="FILE", help="its configuration: data_dir and timezone")
    parser.add_argument("--carrier", metavar="C", help="its departures alone")
    parser.add_argument(
        "--departure",
        metavar="T",
        help="the manifest itself: 2026-06-18T16:00, left (the last), next or later",
    )
    parser.add_argument(
        "--timezone", metavar="TZ", help=f"of the times (the configuration's, else {TIMEZONE})"
    )
    parser.add_argument(
        "--last", type=count, default=LAST, metavar="N", help=f"departures that have left ({LAST})"
    )
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=_manifest)


def _manifest(options: argparse.Namespace) -> int:
    config = load(options.config) if options.config else None
    name = options.timezone or (config.site.timezone if config else TIMEZONE)
    try:
        zone = ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return refuse(f"{name!r} is no time zone", USAGE)
    try:
        with opened(config.site.data_dir if config else options.data) as reader:
            found = _found(reader, options, zone)
    except ValueError as error:
        return refuse(str(error), USAGE)
    if options.json:
        print(msgspec.json.encode(found).decode())
    else:
        _show(found, zone, Console())
    listed = found.departures if isinstance(found, DeparturesView) else (found.departure,)
    return FAILED if any(each.state == _LEFT and each.missing for each in listed) else FINE


def _found(
    reader: sqlite3.Connection, options: argparse.Namespace, zone: ZoneInfo
) -> DeparturesView | ManifestView:
    """The list, or the manifest that was asked for. ValueError where there is none."""
    if options.departure is None:
        return departures(reader, now_ms(), options.carrier, options.last)
    if options.carrier is None:
        raise ValueError("--departure is one of a --carrier: name it")
    known = departures(reader, now_ms(), options.carrier, last=1).departures
    found = manifest(reader, now_ms(), options.carrier, _moment(options.departure, known, zone))
    if found is None:
        raise ValueError(f"no order of {options.carrier} names the departure {options.departure}")
    return found


def _moment(text: str, known: tuple[DepartureView, ...], zone: ZoneInfo) -> int | None:
    """The departure that is meant; None: the one that no order names yet. ValueError where there is no such one."""
    if text == LATER:
        return None
    if text in {_LEFT, _NEXT}:
        meant = next((each for each in known if each.state == text), None)
        if meant is None:
            raise ValueError(f"no departure is {text!r}")
        return from_text(meant.departure_at) if meant.departure_at is not None else None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{text!r} is no departure: 2026-06-18T16:00, left, next or later is expected"
        ) from None
    return from_text((moment if moment.tzinfo else moment.replace(tzinfo=zone)).isoformat())


# --- showing ------------------------------------------------------------------------------------------------


def _show(found: DeparturesView | ManifestView, zone: ZoneInfo, console: Console) -> None:
    if not console.is_terminal:
        for line in _lines(found, zone):
            print("\t".join(" ".join(str(field).split()) for field in line))
    elif isinstance(found, DeparturesView):
        console.print(_departures_table(found, zone))
    else:
        _show_manifest(found, zone, console)


def _lines(found: DeparturesView | ManifestView, zone: ZoneInfo) -> Iterator[tuple[object, ...]]:
    """What a program of columns reads; the first word says what a line is."""
    if isinstance(found, DeparturesView):
        yield from (("departure", *_departure_cells(each, zone)) for each in found.departures)
        return
    yield ("departure", *_departure_cells(found.departure, zone), found.weight_g, found.unweighed)
    for parcel in found.parcels:
        weight = "" if parcel.weight_g is None else parcel.weight_g
        shipped = _to_the_second(parcel.shipped_at, zone)
        yield ("parcel", parcel.waybill, parcel.order_no, shipped, parcel.scanner, weight)
    for order in found.missing:
        cutoff, shipped = _local(order.cutoff_at, zone), _to_the_second(order.shipped_at, zone)
        waybill = order.waybill or ""
        yield ("missing", waybill, order.order_no, cutoff, order.state, order.waits_for, shipped)


def _departure_cells(each: DepartureView, zone: ZoneInfo) -> tuple[object, ...]:
    when = _local(each.departure_at, zone) or LATER
    return (each.carrier, when, each.state, each.parcels, each.missing, each.late)


def _local(at: str | None, zone: ZoneInfo) -> str:
    """As --departure reads it: to the minute where it is a whole one."""
    if at is None:
        return ""
    return datetime.fromisoformat(at).astimezone(zone).replace(tzinfo=None).isoformat().removesuffix(":00")


def _to_the_second(at: str | None, zone: ZoneInfo) -> str:
    return _local(at, zone).partition(".")[0]


def _departures_table(found: DeparturesView, zone: ZoneInfo) -> Table:
    table = _table("Carrier", "Departure", "", "On it", "Missing", "Late", right=(3, 4, 5))
    for each in found.departures:
        cells = [Text(str(cell)) for cell in _departure_cells(each, zone)]
        cells[4].style = _missing_style(each)
        table.add_row(*cells, style=_STYLES.get(each.state, ""))
    return table


def _missing_style(each: DepartureView) -> str:
    if each.state == _LEFT and each.missing > each.late:
        return "bold red"
    return "yellow" if each.missing else ""


def _show_manifest(found: ManifestView, zone: ZoneInfo, console: Console) -> None:
    each = found.departure
    weight = f"{found.weight_g / 1000:,.1f} kg" + (
        f", {found.unweighed} not weighed" if found.unweighed else ""
    )
    title = f"{each.carrier} {_local(each.departure_at, zone) or LATER} ({each.state})"
    console.print(Text(f"{title}: {each.parcels:,} on it, {weight}", "bold"))
    if found.parcels:
        console.print(_parcels_table(found, zone))
    if found.missing:
        console.print(Text(f"{each.missing:,} missing, {each.late:,} of them late", _missing_style(each)))
        console.print(_missing_table(found, zone))


def _parcels_table(found: ManifestView, zone: ZoneInfo) -> Table:
    table = _table("Waybill", "Order", "Scanned out", "Scanner", "Weight g", right=(4,))
    for each in found.parcels:
        weight = "?" if each.weight_g is None else f"{each.weight_g:,}"
        cells = (each.waybill, each.order_no, _to_the_second(each.shipped_at, zone), each.scanner, weight)
        table.add_row(*map(Text, cells))
    return table


def _missing_table(found: ManifestView, zone: ZoneInfo) -> Table:
    table = _table("Order", "Waybill", "Cut-off", "State", "Waits for")
    for each in found.missing:
        waits_for = f"{each.waits_for} {_to_the_second(each.shipped_at, zone)}".rstrip()
        cells = (each.order_no, each.waybill or "-", _local(each.cutoff_at, zone), each.state, waits_for)
        table.add_row(*map(Text, cells), style="dim" if each.shipped_at else "")
    return table


def _table(*columns: str, right: tuple[int, ...] = ()) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number in right else "left")
    return table
