"""The simulated day, where it is there: its own rows, shown as they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec

from bench.planning.part import Asked, Part
from bench.planning.report import Row, Table, figure

_MODULE = "bench.picking_day"


def is_there() -> bool:
    """Whether there is a day to simulate."""
    return find_spec(_MODULE) is not None


def _rows(asked: Asked) -> Iterator[Row]:
    del asked  # a day has a seed of its own
    yield from import_module(_MODULE).rows()


def _tables(rows: Sequence[Row]) -> list[Table]:
    lines = [tuple(_text(cell) for cell in row.values()) for row in rows]
    return [Table(tuple(rows[0]), tuple(lines))]


def _text(cell: object) -> str:
    try:
        return figure(float(f"{cell}"))
    except ValueError:
        return f"{cell}"


DAY = Part("day", "A simulated day", _rows, _tables)
