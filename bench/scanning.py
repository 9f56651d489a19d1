"""From a scan's last byte to the tone: parcels scanned out at an agent's serial scanners, against a raw loop.

`python -m bench.scanning [--seconds S] [--rates 10 100 1000] [--guns N] [--json] [--dir FOLDER]`

The agent is the real one in a process of its own, on a database whose orders are picked; hub and broker are away, as
they may be. Every scan ships a parcel: three journal rows, and the tone comes after their commit. The baseline reads
the same pseudo-terminals in one thread and commits one row for each line.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from agent.api.messages import Percentiles
from agent.core import commands as c
from agent.sandbox.processes import Child
from agent.sandbox.scanners import table
from agent.store.store import DATABASE, Store, read_only
from bench.figures import folder_in, machine, show
from bench.orders import ask_all, lease, open_store, pay, stock_up
from bench.scan_agent import cpu_s, start, write_config
from bench.scan_guns import Gun, scan_all

RATES = (10, 100, 1000)
_LIST = 250  # orders on one list
_FILLED_UP_QTY = 1_000_000


class Latency(msgspec.Struct, frozen=True):
    """At one rate: last byte → tone, milliseconds, of the agent and of the raw loop; the agent's share of a core."""

    per_s: float
    scans: int
    agent: Percentiles
    raw: Percentiles
    agent_cpu: float


class Figures(msgspec.Struct, frozen=True):
    """Everything that one run measured."""

    machine: str
    guns: int
    shipped: int
    latencies: list[Latency]


# --- orders that are picked ---------------------------------------------------------------------------------


async def picked(folder: Path, orders: int) -> list[str]:
    """A database with so many picked orders; their waybills."""
    store = open_store(folder)
    await stock_up(store)
    depot = {
        "location": "D1",
        "kind": "depot",
        "zone": "A",
        "aisle": "",
        "bay": 0,
        "level": 1,
        "x_mm": 0,
        "y_mm": 0,
    }
    bin_ = depot | {"location": "B1", "kind": "bin", "aisle": "1"}
    stock = {"location": "B1", "sku": "SKU-0000", "qty": _FILLED_UP_QTY}
    await ask_all(
        store,
        [*(c.SetLocation(data=each) for each in (depot, bin_)), c.SetStock(data=stock, acked_sequence=0)],
    )
    await lease(store, range(orders))
    for first in range(0, orders, _LIST):
        await _pick(store, range(first, min(first + _LIST, orders)))
    await store.close()
    reader = read_only(folder / DATABASE)
    waybills = [row[0] for row in reader.execute("SELECT waybill FROM orders WHERE state = 'picked'")]
    reader.close()
    return waybills


async def _pick(store: Store, numbers: Sequence[int]) -> None:
    """One list with all of them, and every stop of it picked."""
    order_nos = tuple(f"SO-{number:07}" for number in numbers)
    await ask_all(store, [command for number in numbers for command in (_take(number), pay(number))])
    stops = tuple(
        c.PlannedStop(order_no, 1, "SKU-0000", "B1", 1, slot)
        for slot, order_no in enumerate(order_nos, start=1)
    )
    planned = c.PlannedList(order_nos, stops, 1000, 1000, 1000, pda="P1")
    await ask_all(store, [c.ReleaseWave(lists=(planned,))])
    reader = store.reader()
    task, rows = reader.execute("SELECT task, stops FROM tasks WHERE state = 'assigned'").fetchone()
    reader.close()
    who = {"pda": "P1", "task": task}
    picks = [c.PickStop(stop=each["stop"], qty=1, **who) for each in msgspec.json.decode(rows)]
    await ask_all(store, [c.AcceptTask(**who), *picks, c.FinishTask(**who)])


def _take(number: int) -> c.TakeOrder:
    place = dict.fromkeys(("name", "phone", "province", "city", "district", "address"), "…")
    data = {
        "order_no": f"SO-{number:07}", "revision": 1, "owner": "ACME", "placed_at": "2026-06-18T00:00:03.120Z",
        "carrier": "SF", "consignee": place, "lines": [{"line_no": 1, "sku": "SKU-0000", "qty": 1}],
    }  # fmt: skip
    return c.TakeOrder(by="hub:/erp", id=f"created-{number:07}", data=data)


# --- the two that answer ------------------------------------------------------------------------------------


async def _agent(folder: Path, guns: Sequence[Gun]) -> Child:
    tables = (table(f"dock{n}", f"serial://{gun.path}") for n, gun in enumerate(guns))
    agent = await start(write_config(folder, tables))
    await asyncio.sleep(1.0)  # what comes with the connection counts as read earlier
    return agent


@contextmanager
def _raw(folder: Path, guns: Sequence[Gun]) -> Iterator[None]:
    command = [
        sys.executable,
        "-m",
        "bench.raw_scans",
        str(folder / "raw.db"),
        *(str(gun.path) for gun in guns),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield
        process.communicate()


async def measure(folder: Path, rates: Sequence[float], seconds: float, guns: int) -> Figures:
    """Everything."""
    counts = [max(20, round(rate * seconds)) for rate in rates]
    waybills = await picked(folder, sum(counts))
    ranges = [waybills[sum(counts[:n]) : sum(counts[: n + 1])] for n in range(len(counts))]
    all_guns = [Gun(folder, number) for number in range(guns)]
    for gun in all_guns:
        gun.open()
    try:
        agent = await _agent(folder, all_guns)
        mine = [
            await _with_cpu(agent, all_guns, codes, rate) for rate, codes in zip(rates, ranges, strict=True)
        ]
        await agent.stop()
        with _raw(folder, all_guns):
            raw = [await scan_all(all_guns, codes, rate) for rate, codes in zip(rates, ranges, strict=True)]
    finally:
        for gun in all_guns:
            gun.close()
    shipped = (
        read_only(folder / DATABASE).execute("SELECT count(*) FROM orders WHERE state = 'shipped'").fetchone()
    )
    latencies = [
        Latency(rate, count, Percentiles.of(ours[0]), Percentiles.of(theirs), ours[1])
        for rate, count, ours, theirs in zip(rates, counts, mine, raw, strict=True)
    ]
    return Figures(machine(), guns, shipped[0], latencies)


async def _with_cpu(
    agent: Child, guns: Sequence[Gun], codes: Sequence[str], rate: float
) -> tuple[list[float], float]:
    pid = agent.pid
    assert pid is not None
    before, began = cpu_s(pid), asyncio.get_running_loop().time()
    latencies = await scan_all(guns, codes, rate)
    return latencies, (cpu_s(pid) - before) / (asyncio.get_running_loop().time() - began)


def main(arguments: Sequence[str] | None = None) -> None:
    """The table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rates", type=float, nargs="+", default=list(RATES))
    parser.add_argument("--guns", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--dir", type=Path, default=Path(__file__).parent)
    options = parser.parse_args(arguments)
    with folder_in(options.dir) as folder:
        figures = asyncio.run(measure(Path(folder), options.rates, options.seconds, options.guns))
    if options.json:
        print(msgspec.json.encode(figures).decode())
        return
    show(
        f"a parcel scanned out: last byte → tone, ms ({figures.guns} scanners, {figures.machine})",
        ["scans/s", "scans", "p50", "p99", "max", "raw p50", "raw p99", "p50 ×", "p99 ×", "cores"],
        [
            (
                each.per_s, each.scans, each.agent.p50, each.agent.p99, each.agent.max, each.raw.p50, each.raw.p99,
                each.agent.p50 / each.raw.p50, each.agent.p99 / each.raw.p99, each.agent_cpu,
            )
            for each in figures.latencies
        ],
        f"{figures.shipped:,} parcels shipped of {sum(each.scans for each in figures.latencies):,} scanned",
    )  # fmt: skip


if __name__ == "__main__":
    main()
