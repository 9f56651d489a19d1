"""`floorhand plan`: a problem of pick planning from a file, its plan as a table, and as a picture."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from agent.cli_words import FAILED, FINE, USAGE, Commands, count, positive, refuse
from agent.plan_example import example_problem
from agent.plan_files import (
    PlanFile,
    PlanFileError,
    read_plan_file,
    without_place,
    without_start,
    write_plan_file,
)
from agent.plan_picture import plan_picture, png, svg
from agent.plan_picture.legend import gap_of, gap_told
from agent.plan_picture.tours import places_of
from routing import Batch, Plan, Problem, RoutingError, check, plan, quick_plan
from routing.compiled import warm

_MOST_WARNINGS = 5
_COLUMNS = (
    "cart",
    "orders",
    "lines",
    "stops",
    "metres",
    "at least",
    "gap",
    "minutes",
    "rules cost",
    "breaks",
)


def add_plan(commands: Commands) -> None:
    """The parser."""
    parser = commands.add_parser("plan", help="plan the picks of a file, show and draw the tours")
    parser.add_argument("file", type=Path, metavar="FILE", help="floor, orders and carts as JSON")
    parser.add_argument("--seconds", type=positive, metavar="S", help="to plan (deadline_s of the file)")
    parser.add_argument("--seed", type=int, metavar="N", help="of the search (seed of the file)")
    parser.add_argument("--cores", type=count, default=1, metavar="N", help="to plan with (1)")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--quick", action="store_true", help="the plan that is there when all else fails")
    kind.add_argument("--given", action="store_true", help="the plan that is in FILE, not a new one")
    kind.add_argument("--example", action="store_true", help="write FILE: a small floor to try this on")
    parser.add_argument("--svg", type=Path, metavar="OUT", help="draw the tours")
    parser.add_argument("--png", type=Path, metavar="OUT", help="the same as pixels")
    parser.add_argument("--only", metavar="CART", help="draw the tour of this cart alone, with its picks")
    parser.add_argument("--json", action="store_true", help="the plan as one JSON object")
    parser.set_defaults(run=_plan)


def _plan(options: argparse.Namespace) -> int:
    try:
        if options.example:
            return _example(options.file)
        file, problem = read_plan_file(options.file)
        lost = without_start(problem)
        if lost:
            return refuse(f"{options.file}: {'; '.join(lost)}", USAGE)
        _warn(options.file, [*problem.layout.faults(), *without_place(file, problem)])
        found = _found(options, file, problem)
    except (PlanFileError, RoutingError) as error:
        return refuse(str(error), USAGE)
    faults = check(problem, found)
    if options.json:
        print(msgspec.json.encode(found).decode())
    else:
        _print(found)
    drawn = _draw(options, problem, found)
    for fault in faults:
        refuse(f"the plan is not kept to: {fault}", FAILED)
    return FAILED if faults else drawn


def _example(path: Path) -> int:
    try:
        write_plan_file(path, PlanFile.of(example_problem()))
    except OSError as error:
        return refuse(f"{path} cannot be written: {error.strerror}", USAGE)
    print(f"wrote {path}: floorhand plan {path} --svg {path.with_suffix('.svg')}")
    return FINE


def _warn(path: Path, faults: Sequence[str]) -> None:
    """What is wrong with the floor and with what lies on it, before anything is planned."""
    console = Console(stderr=True)
    for fault in faults[:_MOST_WARNINGS]:
        console.print(Text(f"{path}: {fault}", "yellow"), soft_wrap=True)
    if len(faults) > _MOST_WARNINGS:
        console.print(Text(f"{path}: and {len(faults) - _MOST_WARNINGS} more like these", "yellow"))


def _found(options: argparse.Namespace, file: PlanFile, problem: Problem) -> Plan:
    """The plan of the file, the quick one, or a new one. Raises PlanFileError where there is none."""
    if options.given:
        if file.plan is None:
            raise PlanFileError(f"{options.file}: there is no plan in it")
        return file.plan
    if options.quick:
        return quick_plan(problem)
    seconds = options.seconds or file.problem.deadline_s
    seed = file.problem.seed if options.seed is None else options.seed
    with _bar(seconds):
        warm()  # what is compiled is read before the clock starts
        return plan(problem, seconds, seed, cores=options.cores)


def _bar(seconds: float) -> Live:
    """How much of the time has passed; for a second or less there is none."""
    console = Console(stderr=True)
    bar = Progress(TextColumn("planning"), BarColumn(), TimeRemainingColumn(), console=console)
    task = bar.add_task("planning", total=seconds, visible=console.is_terminal and seconds > 1)
    began = time.monotonic()

    def picture() -> Progress:
        bar.update(task, completed=min(seconds, time.monotonic() - began))
        return bar

    return Live(get_renderable=picture, console=console, transient=True)


def _draw(options: argparse.Namespace, problem: Problem, found: Plan) -> int:
    """The pictures that are asked for."""
    carts = [batch.cart for batch in found.batches]
    if options.only is not None and options.only not in carts:
        return refuse(f"cart {options.only} has no tour: {', '.join(carts) or 'no cart'} has", USAGE)
    if options.svg is None and options.png is None:
        return FINE
    try:
        picture = plan_picture(problem, found, options.only or "")
        if options.svg is not None:
            options.svg.parent.mkdir(parents=True, exist_ok=True)
            options.svg.write_text(svg(picture), encoding="utf-8")
        if options.png is not None:
            options.png.parent.mkdir(parents=True, exist_ok=True)
            png(picture).save(options.png, "PNG")
    except RoutingError as error:
        return refuse(f"the plan cannot be drawn: {error}", FAILED)
    except OSError as error:
        return refuse(f"{error.filename or options.png} cannot be written: {error.strerror or error}", USAGE)
    return FINE


# --- as text ------------------------------------------------------------------------------------------------


def _print(found: Plan) -> None:
    console = Console()
    if not console.is_terminal:
        console.width = 160
    if found.batches:
        console.print(_table(found))
    for line in _words(found):
        console.print(line, soft_wrap=True)


def _table(found: Plan) -> Table:
    shown = _shown_columns(found)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number in shown:
        table.add_column(
            _COLUMNS[number], justify="left" if _COLUMNS[number] in ("cart", "breaks") else "right"
        )
    for batch in found.batches:
        row = tuple(_row(batch))
        table.add_row(*(row[number] for number in shown))
    return table


def _shown_columns(found: Plan) -> list[int]:
    """All but those on rules that have nothing to say."""
    silent = set() if any(batch.rules_cost_mm for batch in found.batches) else {"rules cost"}
    silent |= set() if any(batch.broken for batch in found.batches) else {"breaks"}
    return [number for number, name in enumerate(_COLUMNS) if name not in silent]


def _row(batch: Batch) -> Iterator[Text]:
    gap = gap_of(batch)
    yield Text(batch.cart)
    yield from (Text(str(len(each))) for each in (batch.slots, batch.stops, places_of(batch)))
    yield Text(_metres(batch.distance_mm))
    yield Text(_metres(batch.bound_mm))
    yield Text(gap_told(gap), "green" if gap <= 0 else "")
    yield Text(f"{batch.time_ms / 60_000:,.1f}")
    yield Text(f"{_metres(batch.rules_cost_mm)} m" if batch.rules_cost_mm else "")
    yield Text(", ".join(batch.broken), "red")


def _metres(distance_mm: int) -> str:
    return f"{distance_mm / 1000:,.1f}"


def _words(found: Plan) -> Iterator[Text]:
    """The whole in a sentence, orders in parts, what waits and why, and what people should mend."""
    orders, lines = found.served, sum(len(batch.stops) for batch in found.batches)
    each = f", {found.distance_mm / 1000 / lines:.1f} m a line" if lines else ""
    bound = f"; no plan walks less than {_metres(found.bound_mm)} m" if found.bound_mm else ""
    yield Text(
        f"{orders} orders on {len(found.batches)} carts: {_metres(found.distance_mm)} m{each}{bound} ({found.method})"
    )
    for link in found.links:
        yield Text(f"{link.order} is in parts ({link.why}), which belong together: {', '.join(link.carts)}")
    for left in found.left:
        lines_told = f" line {', '.join(map(str, left.line_nos))}" if left.line_nos else ""
        yield Text(f"{left.order}{lines_told} waits: {left.reason}", "yellow")
    yield from (Text(note, "dim") for note in found.notes)
