"""500 orders on a floor of three blocks: metres of what floors do, of what others' solvers do, and ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from time import perf_counter

from bench.planning.baselines import (
    Baseline,
    cvrp_ortools,
    cvrp_pyvrp,
    fifo_exact,
    fifo_s_shape,
    savings_exact,
)
from bench.planning.floors import pool
from bench.planning.part import Asked, Part, accept, one_by_one, planned
from bench.planning.report import Row, Table, group, percent
from routing import Problem

ORDERS, SEEDS = 500, 3
_WITHOUT_PLANNING, _CLASSIC = "FIFO + S-shape", "savings + exact tours"
_SOLVERS_S = 10.0
"""So long the vehicle routing solvers have, or as long as ours at the most."""
_NOT_INSTALLED = "not installed"


def _rows(asked: Asked) -> Iterator[Row]:
    """A row for each seed and way to plan. `--sample` is how many seeds there are, from the asked one on."""
    seeds = range(asked.seed, asked.seed + (asked.sample or SEEDS))
    problems = ((seed, pool(ORDERS, seed)) for seed in seeds)
    for seed, problem in one_by_one("carts", problems, len(seeds)):
        lines = sum(len(order.lines) for order in problem.orders)
        for method, figures in _methods(problem, asked, seed):
            yield {"seed": seed, "orders": ORDERS, "lines": lines, "method": method, **figures}


def _methods(problem: Problem, asked: Asked, seed: int) -> Iterator[tuple[str, Row]]:
    seconds = asked.seconds_or(2, 10, 30)
    solvers_s = min(_SOLVERS_S, max(seconds))
    baselines: list[tuple[str, Callable[[Problem], Baseline]]] = [
        (_WITHOUT_PLANNING, fifo_s_shape),
        ("FIFO + exact tours", fifo_exact),
        (f"OR-Tools CVRP, {solvers_s:g} s", partial(cvrp_ortools, seconds=solvers_s)),
        (f"PyVRP, {solvers_s:g} s", partial(cvrp_pyvrp, seconds=solvers_s, seed=seed)),
        (_CLASSIC, savings_exact),
    ]
    for method, baseline in baselines:
        yield method, _measured(problem, baseline)
    for each in seconds:
        ours, took_s = planned(problem, each, seed)
        yield (
            f"ours, {each:g} s",
            _figures(ours.distance_mm, ours.distance_mm, ours.bound_mm, len(ours.batches), took_s),
        )


def _measured(problem: Problem, baseline: Callable[[Problem], Baseline]) -> Row:
    begun = perf_counter()
    try:
        found = baseline(problem)
    except ImportError:
        return dict.fromkeys(_figures(0, 0, 0, 0, 0.0), _NOT_INSTALLED)
    took_s = perf_counter() - begun
    accept(problem, found.plan)
    return _figures(found.walked_mm, found.plan.distance_mm, 0, found.carts, took_s)


def _figures(
    walked_mm: int, steps_mm: int, bound_mm: int, carts: int, took_s: float
) -> dict[str, str | int | float]:
    """`steps_m`: by the shortest walk from each stop to the next, which is less than the S-shape's rule has."""
    return {
        "walked_m": walked_mm / 1000,
        "steps_m": steps_mm / 1000,
        "bound_m": bound_mm / 1000,
        "carts": carts,
        "took_s": round(took_s, 2),
    }


def _tables(rows: Sequence[Row]) -> list[Table]:
    """Metres by seed, then on average how far below no planning and below savings, and the carts."""
    seeds = [seed for (seed,) in group(rows, "seed")]
    found = group(rows, "method")
    lines = []
    for (method,), mine in found.items():
        if mine[0]["walked_m"] == _NOT_INSTALLED:
            lines.append((method, *(_NOT_INSTALLED for _ in seeds), "–", "–", "–"))
            continue
        metres = [f"{float(row['walked_m']):,.0f}" for row in mine]
        below = [percent(_below(mine, found[(other,)])) for other in (_WITHOUT_PLANNING, _CLASSIC)]
        carts = ", ".join(f"{row['carts']}" for row in mine)
        lines.append((method, *metres, *below, carts))
    columns = (
        "",
        *(f"seed {seed}, m" for seed in seeds),
        f"below {_WITHOUT_PLANNING}",
        "below savings",
        "carts",
    )
    return [Table(columns, tuple(lines))]


def _below(rows: Sequence[Row], others: Sequence[Row]) -> float:
    """How much less is walked, in percent, the mean over the seeds."""
    shares = [
        1 - float(row["walked_m"]) / float(other["walked_m"]) for row, other in zip(rows, others, strict=True)
    ]
    return 100 * sum(shares) / len(shares)


CARTS = Part("carts", f"{ORDERS} orders on three blocks", _rows, _tables)
