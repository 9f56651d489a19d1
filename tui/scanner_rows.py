"""The tables of the scanner screens: what is around, and who may be the one that is paired.

Pure: views in, rows out, as in `rows.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

from agent.api.messages import CandidateView, FoundScannerView, FoundView, PortView, signal_bars
from tui.rows import Cell, Column, Row, Table, text_cell
from tui.words import plural, signal_text

NAMELESS = "without a name"
Candidates = Mapping[str, CandidateView]  # by address


def found_text(view: FoundView) -> str:
    """What was found in one line; what of it has no station yet."""
    if view.fault is not None:
        return f"{plural(len(view.ports), 'serial port')}; Bluetooth: {view.fault}"
    stations = [*(each.station for each in view.scanners), *(port.station for port in view.ports)]
    free = stations.count(None)
    found = f"{plural(len(view.scanners), 'scanner')} by Bluetooth, {plural(len(view.ports), 'serial port')}"
    return f"{found}; {free or 'none'} without a station"


def _signal(signal_dbm: int | None) -> tuple[Cell, Cell]:
    """As bars and in numbers; a scanner that is in use is as near as can be."""
    sort = 0 if signal_dbm is None else signal_dbm
    return Cell(signal_bars(signal_dbm), sort), Cell(signal_text(signal_dbm), sort)


def _found_row(found: FoundScannerView) -> Row:
    cells = (
        *_signal(found.signal_dbm),
        text_cell(found.name or NAMELESS),
        text_cell(found.station or "-"),
        text_cell(found.profile or "unknown"),
        text_cell(found.adapter),
        text_cell(found.url),
    )
    return Row(found.url, cells)


def _port_row(port: PortView) -> Row:
    nowhere = Cell("-", -1000)
    cells = (
        nowhere,
        nowhere,
        text_cell(port.name),
        text_cell(port.station or "-"),
        text_cell("serial"),
        text_cell(port.node),
        text_cell(port.url),
    )
    return Row(port.url, cells)


def _candidate_row(candidate: CandidateView) -> Row:
    cells = (
        *_signal(candidate.signal_dbm),
        text_cell(candidate.name or NAMELESS),
        text_cell(candidate.fault or "listening"),
    )
    return Row(candidate.address, cells)


FOUND: Table[FoundView] = Table(
    "found",
    "Around",
    (
        Column("bars", "Signal"),
        Column("signal", "dBm", right=True),
        Column("name", "Name"),
        Column("station", "Station"),
        Column("profile", "Profile"),
        Column("path", "Path"),
        Column("url", "URL"),
    ),
    lambda view: (*map(_found_row, view.scanners), *map(_port_row, view.ports)),
    "f finds what is around: Bluetooth scanners and serial ports",
)
CANDIDATES: Table[Candidates] = Table(
    "candidates",
    "Who may be it",
    (
        Column("bars", "Signal"),
        Column("signal", "dBm", right=True),
        Column("name", "Name"),
        Column("state", "State"),
    ),
    lambda candidates: tuple(map(_candidate_row, candidates.values())),
    "nobody is heard yet",
)
