"""Rows of figures as CSV, tables of them in Markdown, and such tables kept up to date in a document."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Cell = str | int | float
Row = Mapping[str, Cell]
"""A measurement, by column; read back from a CSV all of it is text."""


@dataclass(frozen=True, slots=True)
class Table:
    """What people read: cells are formatted already; columns of figures are set to the right."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def markdown(self) -> str:
        """The table in Markdown, its note below."""
        sides = ["--:" if self._is_figures(n) else "---" for n in range(len(self.columns))]
        lines = [self.columns, sides, *self.rows]
        text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        return f"{text}\n\n{self.note}\n" if self.note else f"{text}\n"

    def _is_figures(self, column: int) -> bool:
        return all(re.fullmatch(r"–|-?[\d.,]+( %)?", row[column]) for row in self.rows)


@dataclass(frozen=True, slots=True)
class Gaps:
    """How far from the best known values, in percent: `worst` is the maximum, `late` the 95th percentile."""

    count: int
    mean: float
    late: float
    worst: float
    reached: int

    @classmethod
    def of(cls, percents: Iterable[float]) -> Gaps:
        """Of at least one gap. The percentile is one of the values (nearest rank); `reached`: how many are no worse."""
        gaps = sorted(percents)
        rank = -(-95 * len(gaps) // 100)
        return cls(len(gaps), sum(gaps) / len(gaps), gaps[rank - 1], gaps[-1], sum(gap <= 0 for gap in gaps))

    @property
    def cells(self) -> tuple[str, str, str]:
        """Mean, 95th percentile and maximum."""
        return percent(self.mean), percent(self.late), percent(self.worst)


def percent(value: float) -> str:
    """With two decimals, without the sign of a negative zero."""
    return f"{round(value, 2) + 0:.2f} %"


def figure(value: float) -> str:
    """As long as it has to be: 12,345, 12.3 or 1.23."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def gap_percent(found_mm: float, best_mm: float) -> float:
    """How much longer than the best it is."""
    return 100 * (found_mm - best_mm) / best_mm


def group(rows: Iterable[Row], *columns: str) -> dict[tuple[str, ...], list[Row]]:
    """Rows by what they have in these columns, in the order in which they come."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(f"{row[column]}" for column in columns), []).append(row)
    return groups


def saved_as_they_come(path: Path, rows: Iterable[Row]) -> Iterator[Row]:
    """Pass rows on, each written to a CSV as soon as it is there: a long run that is broken off leaves what it had.

    All rows have the columns of the first.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = None
        for row in rows:
            if writer is None:
                writer = csv.DictWriter(file, list(row))
                writer.writeheader()
            writer.writerow(row)
            file.flush()
            yield row


def put_into(document: str, tables: Mapping[str, Sequence[Table]]) -> str:
    """The document with these tables between `<!-- table: NAME -->` and `<!-- end -->`, in place of what was there.

    Raises ValueError where it has no such place for one of them.
    """
    for name, found in tables.items():
        begin, end = f"<!-- table: {name} -->", "<!-- end -->"
        before, there, after = document.partition(begin)
        _, ended, after = after.partition(end)
        if not (there and ended):
            raise ValueError(f"the document has no place {begin}")
        document = "\n".join([before + begin, *(table.markdown() for table in found), end + after])
    return document
