"""How planning grows with the pool: the first plan, quality against time, memory; each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from bench.planning.baselines import fifo_s_shape
from bench.planning.floors import pool_of_lines
from bench.planning.growth_child import MARKS_S, Growth
from bench.planning.part import Asked, Part, one_by_one
from bench.planning.report import Row, Table, figure, gap_percent, percent

LINES = (1_000, 3_000, 10_000)


def _rows(asked: Asked) -> Iterator[Row]:
    """A row for each pool and deadline. `--sample` takes the smallest pools only."""
    sizes = LINES[: asked.sample]
    both = [(lines, seconds) for lines in sizes for seconds in asked.seconds_or(1, 10)]
    for lines, seconds in one_by_one("growth", both, len(both)):
        problem = pool_of_lines(lines, asked.seed)
        without_mm = fifo_s_shape(problem).walked_mm
        grown = _in_child(lines, asked.seed, seconds)
        marks = {
            f"at_{mark:g}_s_m": round(mm / 1000) if mm else ""
            for mark, mm in zip(MARKS_S, grown.marks_mm, strict=True)
        }
        yield {
            "lines": sum(len(order.lines) for order in problem.orders),
            "orders": len(problem.orders),
            "seconds": seconds,
            "first_s": round(grown.first_s, 3),
            "took_s": round(grown.took_s, 2),
            "fifo_s_shape_m": without_mm / 1000,
            "found_m": grown.found_mm / 1000,
            "below_percent": round(-gap_percent(grown.found_mm, without_mm), 2),
            "carts": grown.carts,
            "before_mb": round(grown.before_mb),
            "peak_mb": round(grown.peak_mb),
            **marks,
        }


def _in_child(lines: int, seed: int, seconds: float) -> Growth:
    """Raises CalledProcessError where the plan is wrong; the child has said why."""
    command = [sys.executable, "-m", "bench.planning.growth_child", f"{lines}", f"{seed}", f"{seconds}"]
    root = Path(__file__).parents[2]  # `bench` is not installed
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=root)
    return msgspec.json.decode(done.stdout, type=Growth)


def _tables(rows: Sequence[Row]) -> list[Table]:
    """What each deadline gave, then how the longest one's plan came about."""
    lines = [
        (
            f"{int(row['lines']):,}",
            f"{int(row['orders']):,}",
            f"{float(row['seconds']):g} s",
            figure(float(row["first_s"])),
            figure(float(row["took_s"])),
            f"{float(row['found_m']):,.0f}",
            percent(float(row["below_percent"])),
            f"{int(row['carts']):,}",
            f"{row['peak_mb']}",
        )
        for row in rows
    ]
    columns = (
        "lines", "orders", "deadline", "first batches, s", "plan, s", "m", "below FIFO + S-shape", "carts", "peak MB",
    )  # fmt: skip
    return [Table(columns, tuple(lines), _NOTE), _over_time(rows)]


_NOTE = (
    "*first batches*: when the first complete set of batches stood; *plan*: when the checked plan was back."
)


def _over_time(rows: Sequence[Row]) -> Table:
    """Metres of the best batches after so many seconds of the longest deadline."""
    longest = max(float(row["seconds"]) for row in rows)
    names = [name for name in rows[0] if name.startswith("at_")]
    lines = [
        (f"{int(row['lines']):,}", *(f"{int(row[name]):,}" if row[name] else "–" for name in names))
        for row in rows
        if float(row["seconds"]) == longest
    ]
    marks = (f"{name.removeprefix('at_').removesuffix('_s_m')} s" for name in names)
    return Table(("lines", *(f"m at {mark}" for mark in marks)), tuple(lines))


GROWTH = Part("growth", "Pools of 1,000 to 10,000 lines", _rows, _tables)
