"""Reads a day's orders from the CSV that shops export (InvoiceNo, StockCode, Description, Quantity, …).

Nothing in a file stops the reading: a row that cannot be used is named with its line and the reason.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, time
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

COLUMNS = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)
_PRODUCT = re.compile(r"[0-9]{5}[A-Za-z]*")
_DATE_FORMATS = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M",
    "%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%m/%d/%y %H:%M",
    "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%d-%m-%Y %H:%M", "%d-%m-%Y %H:%M:%S", "%m/%d/%Y %I:%M %p",
)  # fmt: skip
_PROGRESS_ROWS = 5_000
_CELL_LINES = 10
MAX_LINES = 500


class BadRow(NamedTuple):
    """A row that was not used, and why."""

    line: int
    reason: str


class CsvLine(NamedTuple):
    """One line of an invoice, a SKU may stand on several."""

    sku: str
    name: str
    qty: int
    unit_price: str


class CsvOrder(NamedTuple):
    """One invoice at its time of day."""

    invoice: str
    at_s: float
    customer: str
    country: str
    lines: tuple[CsvLine, ...]


class CsvCancellation(NamedTuple):
    """A C-invoice that was matched to an order of earlier that day."""

    invoice: str
    order_invoice: str
    at_s: float


class CsvDay(NamedTuple):
    """What a file holds, all dates laid over one day; orders and cancellations sorted by time."""

    orders: tuple[CsvOrder, ...]
    cancellations: tuple[CsvCancellation, ...]
    bad_rows: tuple[BadRow, ...]


class _Row(NamedTuple):
    line: int
    invoice: str
    at_s: float
    customer: str
    country: str
    item: CsvLine


def read_orders_csv(path: Path, on_progress: Callable[[int], None] | None = None) -> CsvDay:
    """Read a file; `on_progress` hears the number of rows read so far. Raises OSError alone."""
    return parse_orders_csv(path.read_bytes(), on_progress)


def parse_orders_csv(raw: bytes, on_progress: Callable[[int], None] | None = None) -> CsvDay:
    """Read the bytes of a file; never raises."""
    bad: list[BadRow] = []
    sold: dict[str, list[_Row]] = defaultdict(list)
    returned: dict[str, list[_Row]] = defaultdict(list)
    for count, (line, cells) in enumerate(_cells(raw, bad), start=1):
        row = _row(line, cells)
        if isinstance(row, BadRow):
            bad.append(row)
        else:
            (returned if row.invoice[:1] in "Cc" else sold)[row.invoice].append(row)
        if on_progress is not None and count % _PROGRESS_ROWS == 0:
            on_progress(count)
    orders = sorted(
        (_order(rows, bad) for rows in sold.values()), key=lambda order: (order.at_s, order.invoice)
    )
    cancellations = _match(returned, orders, bad)
    return CsvDay(tuple(orders), tuple(cancellations), tuple(sorted(bad)))


def decode_text(raw: bytes) -> str:
    """UTF-8 with or without a byte order mark, else GB18030, else Latin-1 (which any bytes are).

    Chinese in GB18030 comes as even runs of high bytes, accents in Latin-1 mostly as single ones.
    """
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        runs = re.findall(rb"[\x80-\xff]+", raw)
    if sum(len(run) % 2 for run in runs) * 2 < len(runs):
        try:
            return raw.decode("gb18030")
        except UnicodeDecodeError:
            return raw.decode("latin-1")
    return raw.decode("latin-1")


@lru_cache(maxsize=4096)
def time_of_day_s(text: str) -> float | None:
    """Seconds since midnight of a date and time in one of the usual spellings; None for anything else."""
    for date_format in _DATE_FORMATS:
        try:
            moment = datetime.strptime(text, date_format).time()  # noqa: DTZ007 (the date is dropped)
        except ValueError:
            continue
        return _seconds(moment)
    return None


def _seconds(moment: time) -> float:
    return moment.hour * 3600.0 + moment.minute * 60 + moment.second


def _cells(raw: bytes, bad: list[BadRow]) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The rows by column name with their line numbers."""
    lines = decode_text(raw).splitlines()
    header = [cell.strip() for cell in _split(lines[0])] if lines else []
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        bad.append(BadRow(1, f"the header lacks {', '.join(missing)}"))
        return
    at = 1
    while at < len(lines):
        cells, span = _record(lines, at, len(header))
        if len(cells) == len(header):
            yield at + 1, dict(zip(header, cells, strict=True))
        elif lines[at]:
            bad.append(BadRow(at + 1, f"{len(cells)} columns, expected {len(header)}"))
        at += span


def _record(lines: list[str], at: int, columns: int) -> tuple[list[str], int]:
    """The row that begins at a line, and how many lines it takes.

    A quoted cell may run over a few lines; a quote that nobody closed must not swallow the rows behind it.
    """
    quotes = lines[at].count('"')
    for span in range(2, _CELL_LINES + 1) if quotes % 2 else ():
        quotes += lines[at + span - 1].count('"') if at + span <= len(lines) else 0
        if quotes % 2 == 0:
            cells = _split("\n".join(lines[at : at + span]))
            if len(cells) == columns:
                return cells, span
    return _split(lines[at]), 1


def _split(record: str) -> list[str]:
    """The cells of a row; none where it is no CSV (a quote that is not closed, or not a cell's first)."""
    try:
        return next(csv.reader(io.StringIO(record, newline=""), strict=True), [])
    except csv.Error:
        return []


def _row(line: int, cells: Mapping[str, str]) -> _Row | BadRow:
    """The row checked, or the first thing that is wrong with it."""
    invoice, code = cells["InvoiceNo"].strip(), cells["StockCode"].strip()
    is_return = invoice[:1] in {"C", "c"}
    if not 0 < len(invoice) <= 60 or not invoice.isprintable():
        return BadRow(line, f"InvoiceNo {invoice[:20]!r} is no order number")
    if not _PRODUCT.fullmatch(code):
        return BadRow(line, f"StockCode {code[:20]!r} is no product")
    qty = _quantity(cells["Quantity"])
    if qty is None:
        return BadRow(line, f"Quantity {cells['Quantity'][:20]!r} is no whole number")
    if qty <= 0 and not is_return:
        return BadRow(line, f"Quantity {qty} is not positive")
    at_s = time_of_day_s(cells["InvoiceDate"].strip())
    if at_s is None:
        return BadRow(line, f"InvoiceDate {cells['InvoiceDate'][:30]!r} is in no known format")
    item = CsvLine(code.upper(), cells["Description"].strip() or code, qty, cells["UnitPrice"].strip())
    return _Row(line, invoice, at_s, cells["CustomerID"].strip(), cells["Country"].strip(), item)


def _quantity(text: str) -> int | None:
    """A whole number up to a million in size, also as `12.0`."""
    match = re.fullmatch(r"\s*([+-]?[0-9]{1,6})(?:\.0+)?\s*", text, re.ASCII)
    return int(match[1]) if match else None


def _order(rows: list[_Row], bad: list[BadRow]) -> CsvOrder:
    bad += [
        BadRow(row.line, f"order {row.invoice} has {MAX_LINES} lines already") for row in rows[MAX_LINES:]
    ]
    first = min(rows, key=lambda row: row.at_s)
    lines = tuple(row.item for row in rows[:MAX_LINES])
    return CsvOrder(first.invoice, first.at_s, first.customer, first.country, lines)


def _match(
    returned: Mapping[str, list[_Row]], orders: list[CsvOrder], bad: list[BadRow]
) -> list[CsvCancellation]:
    """Each C-invoice to one order of earlier that day: by its number, else by customer and SKU."""
    by_number = {order.invoice: order for order in orders}
    by_sale: dict[tuple[str, str], list[CsvOrder]] = defaultdict(list)
    for order in orders:
        for sku in {line.sku for line in order.lines} if order.customer else ():
            by_sale[order.customer, sku].append(order)
    cancelled: set[str] = set()
    found: list[CsvCancellation] = []
    for rows in sorted(returned.values(), key=lambda rows: (rows[0].at_s, rows[0].invoice)):
        row = rows[0]
        same_number = by_number.get(row.invoice[1:])
        candidates = [same_number] if same_number else by_sale.get((row.customer, row.item.sku), [])
        fitting = [c for c in candidates if c.at_s < row.at_s and c.invoice not in cancelled]
        if fitting:
            order = fitting[-1]
            cancelled.add(order.invoice)
            found.append(CsvCancellation(row.invoice, order.invoice, row.at_s))
        else:
            bad.append(BadRow(row.line, f"cancellation {row.invoice} fits no earlier order of the day"))
    return found
