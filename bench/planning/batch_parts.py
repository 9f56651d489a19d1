"""Order batching on the public instances: the gap to the best known values, by the number of orders."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from bench.planning.baselines import fifo_exact, savings_exact
from bench.planning.data import sampled
from bench.planning.foodmart import foodmart, foodmart_files
from bench.planning.instances import Case, henn, henn_files, muter, muter_files
from bench.planning.part import Asked, Part, accept, one_by_one, planned
from bench.planning.report import Gaps, Row, Table, gap_percent, group, percent

_BASELINES = {"FIFO + exact tours": fifo_exact, "savings + exact tours": savings_exact}
_NOTE = "Gaps to the best known values; baselines: means. *95 %*: the 95th percentile."


def _rows(
    name: str,
    files: Callable[[], list[Path]],
    load: Callable[[Path], Case],
    asked: Asked,
    *,
    baselines: bool = True,
) -> Iterator[Row]:
    """A row for each instance and way to plan it."""
    paths = sampled(files(), asked.sample, asked.seed)
    for path in one_by_one(name, paths, len(paths)):
        case = load(path)
        if not case.problem.orders:
            print(f"{name}: {path.name} has no orders, its file is damaged: left out", file=sys.stderr)
            continue
        if baselines:
            for method, baseline in _BASELINES.items():
                found = baseline(case.problem).plan
                accept(case.problem, found)
                yield _row(case, method, found.distance_mm, 0, len(found.batches), 0.0)
        for seconds in asked.seconds_or(2, 10):
            ours, took_s = planned(case.problem, seconds, asked.seed)
            yield _row(case, f"{seconds:g} s", ours.distance_mm, ours.bound_mm, len(ours.batches), took_s)


def _row(case: Case, method: str, found_mm: int, bound_mm: int, carts: int, took_s: float) -> Row:
    return {
        "instance": case.name,
        "orders": case.orders,
        "method": method,
        "best_m": case.best_mm / 1000,
        "found_m": found_mm / 1000,
        "gap_percent": round(gap_percent(found_mm, case.best_mm), 4),
        "bound_m": bound_mm / 1000,
        "carts": carts,
        "took_s": round(took_s, 2),
    }


def _tables(rows: Sequence[Row]) -> list[Table]:
    """Gaps by the number of orders, and of all."""
    methods = [method for (method,) in group(rows, "method")]
    lines = [_line(size, found, methods) for (size,), found in group(rows, "orders").items()]
    columns = ["orders", "instances"]
    for method in methods:
        columns += [method] if method in _BASELINES else [f"{method}: mean", "95 %", "max", "best reached"]
    return [Table(tuple(columns), (*lines, _line("all", rows, methods)), _NOTE)]


def _line(size: str, rows: Sequence[Row], methods: Sequence[str]) -> tuple[str, ...]:
    found = {
        method: Gaps.of(float(row["gap_percent"]) for row in rows if row["method"] == method)
        for method in methods
    }
    cells = [size, f"{next(iter(found.values())).count}"]
    for method, gaps in found.items():
        cells += [percent(gaps.mean)] if method in _BASELINES else [*gaps.cells, f"{gaps.reached}"]
    return tuple(cells)


def _foodmart_tables(rows: Sequence[Row]) -> list[Table]:
    """Each instance on a line."""
    methods = [method for (method,) in group(rows, "method")]
    lines = []
    for (orders, best), found in group(rows, "orders", "best_m").items():
        gaps = {f"{row['method']}": float(row["gap_percent"]) for row in found}
        lines.append((orders, best, *(percent(gaps[method]) for method in methods)))
    return [Table(("orders", "proven optimum", *(f"gap at {method}" for method in methods)), tuple(lines))]


HENN = Part("henn", "Order batching: Henn & Wäscher", partial(_rows, "henn", henn_files, henn), _tables)
MUTER = Part("muter", "Order batching: Muter & Öncan", partial(_rows, "muter", muter_files, muter), _tables)
FOODMART = Part(
    "foodmart",
    "Joint batching and routing: Foodmart",
    partial(_rows, "foodmart", foodmart_files, foodmart, baselines=False),
    _foodmart_tables,
)
