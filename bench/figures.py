"""How figures are shown: the machine in words, aligned tables, a folder on a real disk."""

from __future__ import annotations

import os
import platform
import sqlite3
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

WIDTH = 110
Cell = str | int | float


def machine() -> str:
    """What the figures were made on, as far as it matters."""
    return (
        f"{len(os.sched_getaffinity(0))} cores ({platform.machine()}), Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}"
    )


def folder_in(parent: Path) -> tempfile.TemporaryDirectory[str]:
    """A folder for databases on the disk of `parent`: a system's own temporary folder is often memory, which syncs
    for nothing."""
    return tempfile.TemporaryDirectory(prefix=".bench-", dir=parent.resolve())


def show(title: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]], note: str = "") -> None:
    """One table on stdout; numbers to the right."""
    table = Table(
        title=title, caption=note or None, box=box.SIMPLE, title_justify="left", caption_justify="left"
    )
    for index, column in enumerate(columns):
        words = any(isinstance(row[index], str) for row in rows)
        table.add_column(column, justify="left" if words else "right")
    for row in rows:
        table.add_row(*(_text(cell) for cell in row))
    Console(width=WIDTH, highlight=False).print(table)


def _text(cell: Cell) -> str:
    if isinstance(cell, float):
        return f"{cell:,.0f}" if cell >= 1000 else f"{cell:.1f}" if cell >= 10 else f"{cell:.2f}"
    return f"{cell:,}" if isinstance(cell, int) else cell
