"""A simulated day of orders that stream to pickers, for several ways to release them.

`python -m bench.picking_day` prints the table, `--csv FILE` writes it as well. `bench.planning.day_orders` tells of the
day; its clock is its own. The planner has some ms for each order that it is shown; with `--moves` so many moves of its
search instead, and the day can be repeated.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from agent.release_policy import Policy
from bench.figures import Cell, machine, show
from bench.planning.day import Dispatcher, run_day
from bench.planning.day_dispatch import FirstCome, Planner, Released
from bench.planning.day_figures import DayFigures, figures_of
from bench.planning.day_orders import Day, a_day
from routing import Plan, Problem, plan, quick_plan

ORDERS, PICKERS = 5_000, 30
MS_PER_ORDER = 3.0
"""The planner's time for each order that it is shown: about 0.1 s for a list, one or two for a wave."""
LONG_WAIT_S = 120.0
"""Beside the promised 20 s: long enough for carts to fill in a quiet hour."""
_GUARD_S = 30.0
_CONTINUOUS = Policy()
_PATIENT = Policy(max_wait_s=LONG_WAIT_S)
_WAVE = Policy(release="wave")


def ways(planner: Planner) -> dict[str, Callable[[Day], Dispatcher]]:
    """Each way to release orders, by its name in the table."""
    return {
        "first come 20 s": lambda day: FirstCome(day.layout, _CONTINUOUS.max_wait_s),
        "first come 120 s": lambda day: FirstCome(day.layout, LONG_WAIT_S),
        "continuous 20 s, quick": lambda day: Released(day.layout, _CONTINUOUS, _quick),
        "continuous 20 s": lambda day: Released(day.layout, _CONTINUOUS, planner),
        "continuous 120 s, quick": lambda day: Released(day.layout, _PATIENT, _quick),
        "continuous 120 s": lambda day: Released(day.layout, _PATIENT, planner),
        "wave 15 min, quick": lambda day: Released(day.layout, _WAVE, _quick),
        "wave 15 min": lambda day: Released(day.layout, _WAVE, planner),
    }


def planner_of(ms_per_order: float = MS_PER_ORDER, moves: int | None = None, cores: int = 1) -> Planner:
    """The planner with so much time for each order of a problem; or with so many `moves`, however long they take."""

    def solve(problem: Problem, seed: int) -> Plan:
        if moves is None:
            return plan(problem, ms_per_order * len(problem.orders) / 1000, seed, cores=cores)
        from routing import planner  # noqa: PLC0415  # its weight is for those who plan with it

        iterations = moves * len(problem.orders)
        return planner.plan(problem, _GUARD_S, seed, cores=cores, iterations=iterations)

    return solve


def _quick(problem: Problem, seed: int) -> Plan:
    del seed
    return quick_plan(problem)


def figures(day: Day, planner: Planner, only: str = "") -> Iterator[DayFigures]:
    """One after the other, of the ways whose names contain `only`."""
    for name, dispatcher_of in ways(planner).items():
        if only in name:
            dispatcher = dispatcher_of(day)
            run = run_day(day, dispatcher)
            planned_s = dispatcher.planned_s if isinstance(dispatcher, Released) else ()
            yield figures_of(name, day, run, planned_s)


def rows(
    orders: int = ORDERS,
    pickers: int = PICKERS,
    seed: int = 1,
    *,
    ms_per_order: float = MS_PER_ORDER,
    moves: int | None = None,
    cores: int = 1,
    only: str = "",
) -> Iterator[dict[str, Cell]]:
    """A row of the table for each way, by column, as it is made; some minutes in all."""
    planner = planner_of(ms_per_order, moves, cores)
    return (each.row for each in figures(a_day(orders, pickers, seed), planner, only))


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    asked = _parser().parse_args(arguments)
    table = []
    for row in rows(
        asked.orders,
        asked.pickers,
        asked.seed,
        ms_per_order=asked.ms_per_order,
        moves=asked.moves,
        cores=asked.cores,
        only=asked.only,
    ):
        table.append(row)
        print(f"{row['policy']}: {row['m/line']:.2f} m/line", file=sys.stderr, flush=True)
    if not table:
        raise SystemExit(f"no way to release orders has {asked.only!r} in its name")
    if asked.csv:
        with asked.csv.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(table[0]))
            writer.writeheader()
            writer.writerows(table)
    print(machine())
    title = f"A day of {asked.orders} orders, {asked.pickers} pickers; p50 to max: from ready to back"
    show(title, list(table[0]), [list(row.values()) for row in table])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench.picking_day", description=__doc__)
    parser.add_argument("--orders", type=int, default=ORDERS)
    parser.add_argument("--pickers", type=int, default=PICKERS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ms-per-order", type=float, default=MS_PER_ORDER, help="of the planner's time")
    parser.add_argument("--moves", type=int, help="of the planner's search for each order, instead of time")
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--only", default="", help="ways whose names contain this")
    parser.add_argument("--csv", type=Path, help="write the table to this file as well")
    return parser


if __name__ == "__main__":
    main()
