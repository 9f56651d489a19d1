"""One large pool planned in a process of its own, so that its peak memory is nobody else's.

`python -m bench.planning.growth_child LINES SEED SECONDS` prints one JSON object.
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter

import msgspec

from bench.planning.floors import pool_of_lines
from bench.planning.part import CORES, accept
from routing.compiled import warm
from routing.planner import plan

MARKS_S = (0.25, 0.5, 1, 2, 5, 10, 30)
"""When it is looked how good the batches are."""


class Growth(msgspec.Struct, frozen=True):
    """`first_s`: until the first complete set of batches; `marks_mm`: the best set's length at MARKS_S, 0: none yet."""

    first_s: float
    took_s: float
    found_mm: int
    carts: int
    before_mb: float
    peak_mb: float
    marks_mm: tuple[int, ...]


def measure(lines: int, seed: int, seconds: float) -> Growth:
    """In this process. Raises WrongPlanError where the plan is not one for all orders."""
    warm()  # as the planner's process does before it is asked
    problem = pool_of_lines(lines, seed)
    before_mb = _peak_mb()
    told: list[tuple[float, int]] = []
    begun = perf_counter()
    found = plan(
        problem,
        seconds,
        seed,
        cores=CORES,
        progress=lambda cost: told.append((perf_counter() - begun, cost)),
    )
    took_s = perf_counter() - begun
    peak_mb = _peak_mb()
    accept(problem, found)
    per_mm = problem.effort.per_mm("")
    marks = (
        min((cost for at_s, cost in told if at_s <= mark), default=0) // per_mm
        for mark in MARKS_S
        if mark <= seconds
    )
    marks_mm = (*marks, *(0 for mark in MARKS_S if mark > seconds))
    first_s = told[0][0] if told else took_s
    return Growth(first_s, took_s, found.distance_mm, len(found.batches), before_mb, peak_mb, marks_mm)


def _peak_mb() -> float:
    """VmHWM counts from this program's start; getrusage would include the parent that forked us."""
    status = Path("/proc/self/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def main() -> None:
    """Plan, and say what it took."""
    lines, seed, seconds = sys.argv[1:]
    print(msgspec.json.encode(measure(int(lines), int(seed), float(seconds))).decode())


if __name__ == "__main__":
    main()
