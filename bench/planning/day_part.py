"""The simulated day, as a part of the one command."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench import picking_day
from bench.planning.part import Asked, Part
from bench.planning.report import Row, Table, figure


def _rows(asked: Asked) -> Iterator[Row]:
    """A row for each way to release orders. `--sample` is how many orders the day has."""
    yield from picking_day.rows(asked.sample or picking_day.ORDERS, seed=asked.seed)


def _tables(rows: Sequence[Row]) -> list[Table]:
    """The rows as they are."""
    return [Table(tuple(rows[0]), tuple(tuple(_text(f"{cell}") for cell in row.values()) for row in rows))]


def _text(cell: str) -> str:
    if cell.isdecimal():
        return f"{int(cell):,}"
    try:
        return figure(float(cell))
    except ValueError:
        return cell


DAY = Part("day", "A simulated day", _rows, _tables)
