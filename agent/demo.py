"""`floorhand demo`: the whole floor on one machine, the screens on top or a progress bar and a summary."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from agent.api.messages import Percentiles
from agent.config import ConfigError
from agent.sandbox.floor import FloorOptions, SandboxFloor
from agent.sandbox.load import Load, load_of_csv, load_of_model
from agent.sandbox.report import Summary, summarise
from sync.sandbox.orders_csv import BadRow

_NAMED_ROWS = 8
_SAY_EVERY_S = 10.0  # where no bar can be drawn
_EMPTY_WITHIN_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """What the command line says."""

    orders: Path | None
    start: str | None
    speed: float
    seconds: float | None
    seed: int
    printers: int | None
    pickers: int | None
    orders_day: int
    headless: bool
    json: bool


def run_demo(options: DemoOptions) -> int:
    """Exit code: 0, or 1 if an order was lost, a label doubled or a promise of stock broken."""
    console = Console(stderr=options.json or not options.headless)
    load, bad_rows = _load(options, console)
    floor_options = FloorOptions(
        orders_csv=options.orders,
        orders_day=options.orders_day,
        start=options.start,
        speed=options.speed,
        seconds=options.seconds,
        seed=options.seed,
        printers=options.printers or load.printers(options.speed),
        pickers=options.pickers or load.pickers(),
        docks=load.docks(options.speed),
    )
    with tempfile.TemporaryDirectory(prefix="floorhand-") as folder:
        _tell_bad_rows(bad_rows, Path(folder), console)
        summary = asyncio.run(_Demo(floor_options, Path(folder), console, options).run())
    if options.json:
        sys.stdout.buffer.write(msgspec.json.encode(summary) + b"\n")
    else:
        console.print(summary_table(summary, options.speed))
    return 0 if summary.good else 1


def _load(options: DemoOptions, console: Console) -> tuple[Load, tuple[BadRow, ...]]:
    if options.orders is None:
        return load_of_model("diurnal", options.orders_day, options.seed), ()
    hour = int(options.start.partition(":")[0]) if options.start else None
    with console.status(f"reading {options.orders.name}"):
        load, bad_rows = load_of_csv(options.orders, hour)
    if not load.orders_an_hour:
        first = f" (line {bad_rows[0].line}: {bad_rows[0].reason})" if bad_rows else ""
        raise ConfigError(f"{options.orders}: no order to play, from {options.start or '00:00'} on{first}")
    return load, bad_rows


def _tell_bad_rows(rows: tuple[BadRow, ...], folder: Path, console: Console) -> None:
    """Each with its line and reason: the first few here, all of them in a file."""
    if not rows:
        return
    file = folder / "skipped-rows.txt"
    file.write_text("".join(f"line {row.line}: {row.reason}\n" for row in rows), "utf-8")
    for row in rows[:_NAMED_ROWS]:
        console.print(f"[yellow]skipped[/] line {row.line}: {row.reason}", highlight=False)
    if len(rows) > _NAMED_ROWS:
        console.print(
            f"[yellow]skipped[/] {len(rows)} rows in all, see {file} while this runs", highlight=False
        )


class _Demo:
    """One run, with whatever shows it."""

    def __init__(self, floor: FloorOptions, folder: Path, console: Console, options: DemoOptions) -> None:
        self._floor_options = floor
        self._folder = folder
        self._console = console
        self._options = options

    async def run(self) -> Summary:
        sizes = self._floor_options
        self._console.print(
            f"floor: {sizes.printers} printers, {sizes.pickers} pickers, {sizes.docks} dock scanners, "
            f"speed {sizes.speed:g}, seed {sizes.seed}",
            highlight=False,
        )
        with self._console.status("starting hub, broker, devices and agent"):
            floor = await SandboxFloor(self._folder, sizes).__aenter__()
        try:
            ready_s = await floor.start_agent()
            await floor.whole_floor_up()
            self._console.print(
                f"agent ready after {ready_s:.2f} s, broker {floor.broker.name}", highlight=False
            )
            await floor.start_day()
            if self._options.headless:
                await self._show_progress(floor, self._options.seconds)
            else:
                await self._show_screens(floor)
            return await self._finish(floor)
        finally:
            await floor.__aexit__(None, None, None)

    async def _finish(self, floor: SandboxFloor) -> Summary:
        summary = await summarise(floor)
        await floor.agent.stop()
        return summary

    async def _show_progress(self, floor: SandboxFloor, seconds: float | None) -> None:
        """Orders out of orders in; after the arrivals the floor is emptied."""
        began = time.monotonic()
        said_at = began
        with _progress(self._console) as progress:
            bar = progress.add_task("orders", total=None, paid=0, events=0, doing="")

            def show(figures: dict[str, Any]) -> None:
                nonlocal said_at
                closed = figures["orders_created"] - figures["open"]
                doing = (
                    "emptying the floor"
                    if figures["arrivals_done"]
                    else f"floor time {figures['floor_time']}"
                )
                progress.update(
                    bar, completed=closed, total=max(figures["orders_created"], 1),
                    doing=doing, paid=figures["paid"], events=figures["received"],
                )  # fmt: skip

                if not self._console.is_terminal and time.monotonic() - said_at >= _SAY_EVERY_S:
                    said_at = time.monotonic()
                    self._console.print(f"{closed} of {figures['orders_created']} orders closed, {doing}")

            limit = (seconds or 0.0) + _EMPTY_WITHIN_S if seconds else 86_400.0
            if not await floor.until_empty(limit, show):
                self._console.print(f"[red]the floor was not empty after {time.monotonic() - began:.0f} s")

    async def _show_screens(self, floor: SandboxFloor) -> None:
        """The supervisor's screens until `q`; then the floor is emptied."""
        screens = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tui", "--socket", str(floor.socket)
        )
        await screens.wait()
        await floor.stop_day()
        await self._show_progress(floor, 1.0)


def _progress(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(
            "shipped · {task.fields[paid]} paid · {task.fields[events]} events at the hub · {task.fields[doing]}"
        ),
        TimeElapsedColumn(),
        console=console,
        transient=not console.is_terminal,
    )


def summary_table(summary: Summary, speed: float) -> Table:
    """The order's day, step by step."""
    table = Table(title="The order's day", title_justify="left", show_header=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    for name, value in _rows(summary, speed):
        table.add_row(name, value)
    return table


def _rows(summary: Summary, speed: float) -> list[tuple[str, str]]:
    def flagged(count: int) -> str:
        return f"[green]{count}[/]" if count == 0 else f"[red]{count}[/]"

    return [
        ("orders in", f"{summary.orders:,}"),
        ("paid", f"{summary.paid:,}"),
        ("labels printed", f"{summary.labels_printed:,}"),
        ("pick lists planned", f"{summary.planned_lists:,}"),
        ("orders picked", f"{summary.picked:,} ({summary.lines_picked:,} picks)"),
        ("shipped", f"{summary.shipped:,}"),
        ("cancelled on the way", f"{summary.cancelled:,}"),
        ("changes refused, with reason", f"{summary.refused:,}"),
        ("events acknowledged by the hub", f"{summary.acknowledged:,}"),
        ("orders lost", flagged(summary.lost)),
        ("labels doubled", flagged(summary.labels_doubled)),
        ("reservations broken", flagged(summary.reservations_broken)),
        ("gaps in the sequence", flagged(summary.sequence_gaps)),
        ("payment → first byte at the printer", _spread(summary.paid_to_first_byte_ms)),
        ("order change → task at the PDA", _spread(summary.change_to_task_ms)),
        ("out-scan → hub", _spread(summary.outscan_to_hub_ms)),
        ("walked", f"{summary.walked_m:,} m, naive {summary.naive_m:,} m: {summary.saved_share:.0%} less"),
        ("speed of the floor's time", f"{speed:g}×; the times above are real"),
    ]


def _spread(times: Percentiles) -> str:
    if not times.count:
        return "none happened"
    return (
        f"p50 {times.p50:.0f} ms · p99 {times.p99:.0f} ms · max {times.max:.0f} ms · {times.count:,} of them"
    )
