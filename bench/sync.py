"""The hub link at the peak, over a line that is far away: from the hub to the PDA, and from the dock to the hub.

`python -m bench.sync [--orders-s 60] [--seconds 40] [--round-trip-ms 200] [--loss 0.01] [--json]`: a whole sandbox
floor with the real agent, whose hub is behind such a line, beside the same floor with its hub next to it. A round trip
belongs to each figure of the far hub (a change comes on an open stream: half of one). `python -m bench.hub_outage`
measures the drain.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from agent.api.messages import Percentiles
from agent.sandbox.floor import FloorOptions, SandboxFloor
from agent.sandbox.load import load_of_model
from agent.sandbox.report import Summary, summarise
from bench.figures import Cell, folder_in, machine, show
from bench.lagging import LaggingLine
from sync.times import epoch_ms

_SPEED = 60.0
_EMPTY_S = 240.0


class FarFloor(SandboxFloor):
    """A floor whose agent reaches the hub over a lagging line."""

    def __init__(self, folder: Path, options: FloorOptions, one_way_s: float, loss: float) -> None:
        super().__init__(folder, options)
        self._one_way_s = one_way_s
        self._loss = loss

    async def _set_up(self) -> None:
        await super()._set_up()
        self.line = LaggingLine(self._hub_port, self._one_way_s, self._loss)
        await self._stack.enter_async_context(self.line)
        self._write_config(self.line.url)


class Figures(msgspec.Struct, frozen=True):
    """One floor."""

    line: str
    summary: Summary
    journal_ms: Percentiles
    connections: int
    lost: int


async def measure(floor: SandboxFloor, name: str) -> Figures:
    """A day of some seconds, emptied."""
    async with floor:
        await floor.start_agent()
        await floor.whole_floor_up()
        await floor.start_day()
        await asyncio.sleep(floor.options.seconds or 0)
        if not await floor.until_empty(_EMPTY_S):
            print(f"{name}: the floor was not emptied in {_EMPTY_S:g} s", file=sys.stderr)
        journal_ms = await _hub_to_journal(floor)
        await floor.agent.stop()
        summary = await summarise(floor)
        line = floor.line if isinstance(floor, FarFloor) else None
        return Figures(name, summary, journal_ms, line.connections if line else 0, line.lost if line else 0)


async def _hub_to_journal(floor: SandboxFloor) -> Percentiles:
    """From the put on the feed to the journal row of its order.accepted, by one clock."""
    answers = (
        await floor.hub.get("/sandbox/received", params={"type": "order.accepted"}, timeout=120)
    ).json()
    puts = (
        await floor.hub.get("/sandbox/puts", params={"type": "order.created,order.changed"}, timeout=120)
    ).json()
    put_ms = {(each["order_no"], each["revision"]): each["put_ms"] for each in puts}
    waits = []
    for event in answers:
        put = put_ms.get((event["data"]["order_no"], event["data"]["revision"]))
        if put is not None:
            waits.append(epoch_ms(event["time"]) - put)
    return Percentiles.of(waits)


def row(figures: Figures) -> list[Cell]:
    """Of the table."""
    cells: list[Cell] = [figures.line, figures.summary.orders]
    for spread in (figures.journal_ms, figures.summary.change_to_task_ms, figures.summary.outscan_to_hub_ms):
        cells += [spread.p50, spread.p99]
    summary = figures.summary
    return [*cells, summary.lost + summary.labels_doubled, figures.lost]


def options_of(orders_s: float, seconds: float, seed: int) -> FloorOptions:
    """A floor that is large enough for so many orders a second."""
    per_day = load_of_model("diurnal", 10_000, seed).orders_an_hour / 10_000
    orders_day = round(orders_s * 3600 / _SPEED / per_day)
    load = load_of_model("diurnal", orders_day, seed)
    return FloorOptions(
        orders_day=orders_day, speed=_SPEED, seconds=seconds, seed=seed, printers=load.printers(_SPEED),
        pickers=load.pickers(), docks=load.docks(_SPEED),
    )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Both floors, one after the other."""
    parser = argparse.ArgumentParser(prog="bench.sync", description=__doc__)
    parser.add_argument("--orders-s", type=float, default=60.0)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--round-trip-ms", type=float, default=200.0)
    parser.add_argument("--loss", type=float, default=0.01)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--dir", type=Path, default=Path())
    asked = parser.parse_args(arguments)
    options = options_of(asked.orders_s, asked.seconds, asked.seed)
    found = []
    with folder_in(asked.dir) as near, folder_in(asked.dir) as far:
        found.append(asyncio.run(measure(SandboxFloor(Path(near), options), "next to it")))
        floor = FarFloor(Path(far), options, asked.round_trip_ms / 2000, asked.loss)
        words = f"{asked.round_trip_ms:g} ms, {asked.loss:.0%} lost"
        found.append(asyncio.run(measure(floor, words)))
    if asked.json:
        print(json.dumps([msgspec.to_builtins(each) for each in found]))
        return
    print(machine())
    columns = [
        "hub", "orders", "hub → journal p50 ms", "p99", "change → PDA p50", "p99", "out-scan → hub p50", "p99",
        "lost or doubled", "connections lost",
    ]  # fmt: skip
    show(f"{asked.orders_s:g} orders/s", columns, [row(each) for each in found])


if __name__ == "__main__":
    main()
