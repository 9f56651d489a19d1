"""What all parts of the planning benchmark have: what was asked for, how it is measured, how it is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import TypeVar

from rich.console import Console
from rich.progress import track

from bench.planning.report import Row, Table
from routing import Plan, Problem, check, plan

CORES = 2
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """`seconds` to plan in (empty: those of the part), how many instances (None: all), drawn by which seed."""

    seconds: tuple[float, ...] = ()
    sample: int | None = None
    seed: int = 1

    def seconds_or(self, *own: float) -> tuple[float, ...]:
        """What was asked for, else the part's own."""
        return self.seconds or own


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its rows are measured one after the other, and make its tables."""

    name: str
    title: str
    rows: Callable[[Asked], Iterator[Row]]
    tables: Callable[[Sequence[Row]], list[Table]]


class WrongPlanError(Exception):
    """A plan that `check` refuses, or that leaves an order behind: it has no figures."""


def planned(problem: Problem, seconds: float, seed: int) -> tuple[Plan, float]:
    """Our plan, and the seconds it took. Raises WrongPlanError where it is not one for all orders."""
    begun = perf_counter()
    found = plan(problem, seconds, seed, cores=CORES)
    took_s = perf_counter() - begun
    accept(problem, found)
    return found, took_s


def accept(problem: Problem, found: Plan) -> None:
    """Raises WrongPlanError where a plan is wrong or does not have all orders."""
    faults = check(problem, found)
    if faults:
        raise WrongPlanError(f"the plan by {found.method} is wrong: {faults[0]}")
    if found.left:
        raise WrongPlanError(
            f"the plan by {found.method} leaves {found.left[0].order}: {found.left[0].reason}"
        )


def one_by_one(what: str, each: Iterable[T], total: int) -> Iterable[T]:
    """Pass on, with a bar on a terminal's stderr that shows how far it is."""
    console = Console(stderr=True)
    return track(each, what, total, console=console, transient=True, disable=not console.is_terminal)
