"""The tables of the floor screen: which columns they have, and what a view puts into them.

Pure: views in, rows out. A cell knows what it shows, what it sorts by and how urgent it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from agent.api.messages import ExceptionView, FloorView, PdaView, PrinterView, ScannerView
from tui.bars import bar
from tui.risks import (
    OLD_EXCEPTION_S,
    Level,
    Risk,
    battery_level,
    pda_risk,
    printer_risk,
    scanner_risk,
    signal_level,
)
from tui.words import age_s, count_text, distance_text, duration_text, signal_text

V = TypeVar("V")
PROGRESS_CELLS = 8


@dataclass(frozen=True)
class Column:
    """A column by its key; numbers stand at the right."""

    key: str
    label: str
    right: bool = False


@dataclass(frozen=True)
class Cell:
    """What one place in a table shows; `sort` is of one type down the column."""

    text: str
    sort: str | float
    level: Level = Level.CALM


@dataclass(frozen=True)
class Row:
    """One thing, by its own id."""

    key: str
    cells: tuple[Cell, ...]

    @property
    def level(self) -> Level:
        """The most urgent of its cells."""
        return max(cell.level for cell in self.cells)


@dataclass(frozen=True)
class Table(Generic[V]):
    """One table of a screen that shows a `V`; `nothing` is what it says when it is empty."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Callable[[V], tuple[Row, ...]]
    nothing: str


def text_cell(text: str, level: Level = Level.CALM) -> Cell:
    """Words, sorted without regard to case."""
    return Cell(text, text.casefold(), level)


def count_cell(count: int, level: Level = Level.CALM) -> Cell:
    """How many."""
    return Cell(count_text(count), count, level)


def _state(word: str, risk: Risk | None) -> Cell:
    level = risk.level if risk else Level.CALM
    return Cell(f"{word} {level.mark}".rstrip(), word, level)


def _printer_row(printer: PrinterView) -> Row:
    risk = printer_risk(printer)
    cells = (
        text_cell(printer.printer),
        _state(printer.state, risk),
        count_cell(printer.queued),
        count_cell(printer.printed),
        count_cell(printer.suspect, Level.AMBER if printer.suspect else Level.CALM),
        text_cell(risk.why if risk else printer.reason, risk.level if risk else Level.CALM),
    )
    return Row(printer.printer, cells)


def _pda_row(pda: PdaView) -> Row:
    risk = pda_risk(pda)
    cells = (
        text_cell(pda.pda),
        _state("online" if pda.online else "offline", risk),
        text_cell(pda.picker or "-"),
        _battery(pda.battery_percent),
        _progress(pda),
        Cell(distance_text(pda.distance_mm) if pda.task else "-", pda.distance_mm),
        text_cell(f"{pda.task} {pda.task_state or ''}".rstrip() if pda.task else "-"),
    )
    return Row(pda.pda, cells)


def _battery(percent: int | None, level: Level = Level.CALM) -> Cell:
    return Cell("-", -1) if percent is None else Cell(f"{percent} %", percent, level)


def _progress(pda: PdaView) -> Cell:
    if not pda.task or not pda.stops_total:
        return Cell("-", -1.0)
    share = pda.stops_done / pda.stops_total
    drawn = bar(share, PROGRESS_CELLS, track="·")
    return Cell(f"{drawn} {pda.stops_done:>3}/{pda.stops_total}", share)


def _scanner_row(scanner: ScannerView, now: str) -> Row:
    risk = scanner_risk(scanner)
    silent_s = age_s(scanner.last_scan_at, now) if scanner.last_scan_at else None
    cells = (
        text_cell(scanner.scanner),
        text_cell(scanner.role),
        _state(scanner.state, risk),
        Cell("never", float("inf")) if silent_s is None else Cell(f"{duration_text(silent_s)} ago", silent_s),
        count_cell(scanner.scans),
        _battery(scanner.battery_percent, battery_level(scanner)),
        Cell(signal_text(scanner.signal_dbm), scanner.signal_dbm or 0, signal_level(scanner)),
        text_cell(scanner.path or "-"),
        count_cell(scanner.ignored),
        count_cell(scanner.garbled),
        text_cell(risk.why if risk else scanner.reason, risk.level if risk else Level.CALM),
    )
    return Row(scanner.scanner, cells)


def _exception_row(waiting: ExceptionView, now: str) -> Row:
    open_s = age_s(waiting.opened_at, now)
    level = Level.RED if open_s > OLD_EXCEPTION_S else Level.AMBER
    cells = (
        Cell(f"{duration_text(open_s)} {level.mark}", open_s, level),
        text_cell(waiting.kind),
        text_cell(waiting.order_no or "-"),
        text_cell(f"{waiting.text} → {waiting.proposal}" if waiting.proposal else waiting.text),
    )
    return Row(waiting.exception, cells)


def _oldest_first(view: FloorView) -> list[ExceptionView]:
    return sorted(view.exceptions, key=lambda waiting: -age_s(waiting.opened_at, view.at))


PRINTERS: Table[FloorView] = Table(
    "printers",
    "Printers",
    (
        Column("printer", "Printer"),
        Column("state", "State"),
        Column("queue", "Queue", right=True),
        Column("printed", "Printed", right=True),
        Column("suspect", "Suspect", right=True),
        Column("reason", "Reason"),
    ),
    lambda view: tuple(map(_printer_row, view.printers)),
    "no printer configured",
)
PDAS: Table[FloorView] = Table(
    "pdas",
    "PDAs",
    (
        Column("pda", "PDA"),
        Column("online", "Presence"),
        Column("picker", "Picker"),
        Column("battery", "Battery", right=True),
        Column("progress", "Stops", right=True),
        Column("distance", "Way", right=True),
        Column("task", "Task"),
    ),
    lambda view: tuple(map(_pda_row, view.pdas)),
    "no PDA has signed on",
)
SCANNERS: Table[FloorView] = Table(
    "scanners",
    "Scanners",
    (
        Column("scanner", "Scanner"),
        Column("role", "Role"),
        Column("state", "State"),
        Column("last", "Last scan", right=True),
        Column("scans", "Scans", right=True),
        Column("battery", "Battery", right=True),
        Column("signal", "Signal", right=True),
        Column("path", "Path"),
        Column("ignored", "Ignored", right=True),
        Column("garbled", "Garbled", right=True),
        Column("reason", "Reason"),
    ),
    lambda view: tuple(_scanner_row(scanner, view.at) for scanner in view.scanners),
    "no scanner configured",
)
EXCEPTIONS: Table[FloorView] = Table(
    "exceptions",
    "Exceptions",
    (
        Column("age", "Open for", right=True),
        Column("kind", "Kind"),
        Column("order", "Order"),
        Column("text", "What"),
    ),
    lambda view: tuple(_exception_row(waiting, view.at) for waiting in _oldest_first(view)),
    "nothing waits for a person",
)
TABLES = (PRINTERS, PDAS, SCANNERS, EXCEPTIONS)
