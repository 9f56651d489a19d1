"""What durability costs: orders a second against plain SQLite, a command's latency, and how both grow with the store.

`python -m bench.store [--orders N] [--full] [--json] [--dir FOLDER]`
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from time import perf_counter

import msgspec

from agent.api.messages import percentile
from agent.core.commands import Command
from agent.store.store import DATABASE, Store
from bench.figures import folder_in, machine, show
from bench.orders import applied, fill, lease, open_store, pay, stock_up, take
from bench.raw_sqlite import recorded, replay_s
from bench.verify_cost import VerifyCost, measure

IN_FLIGHT = 256
ASKERS = (1, 10, 100)
KEPT = (0, 10_000)
KEPT_FULL = (0, 10_000, 100_000)

Life = Callable[[int], Sequence[Command]]
LIVES: dict[str, Life] = {
    "TakeOrder": lambda number: (take(number),),
    "TakeOrder + paid": lambda number: (take(number), pay(number)),
}


class Rate(msgspec.Struct, frozen=True):
    """Orders a second: the store's, and plain SQLite's with a commit per command and per group of the same size."""

    life: str
    orders: int
    orders_a_s: float
    commits: int
    mean_group: float
    raw_single_a_s: float
    raw_grouped_a_s: float


class Latency(msgspec.Struct, frozen=True):
    """A command from asked to answered, milliseconds, with so many askers of whom each waits for its answer."""

    askers: int
    commands: int
    commands_a_s: float
    p50_ms: float
    p99_ms: float
    max_ms: float


class Growth(msgspec.Struct, frozen=True):
    """The same work with `kept` orders already there."""

    kept: int
    orders_a_s: float
    ms_per_command: float
    lone_p50_ms: float
    database_mb: float
    verify: VerifyCost


class Figures(msgspec.Struct, frozen=True):
    """Everything that one run measured."""

    machine: str
    rates: list[Rate]
    latencies: list[Latency]
    growth: list[Growth]


# --- asking ---------------------------------------------------------------------------------------------------


async def ask_through(store: Store, numbers: Iterable[int], life: Life, askers: int) -> list[float]:
    """Every command of these orders, so many orders in flight; the latency of each command in seconds, sorted."""
    waiting, took_s = iter(numbers), []

    async def asker() -> None:
        for number in waiting:
            for command in life(number):
                begun = perf_counter()
                outcome = await store.ask(command)
                took_s.append(perf_counter() - begun)
                applied(command, outcome.status)

    async with asyncio.TaskGroup() as group:
        for _ in range(askers):
            group.create_task(asker())
    return sorted(took_s)


async def prepared(folder: Path, waybills: int) -> None:
    """A closed store with goods and waybill numbers in `folder`."""
    store = open_store(folder)
    await stock_up(store)
    await lease(store, range(waybills))
    await store.close()


# --- measuring ------------------------------------------------------------------------------------------------


async def rate(folder: Path, life_name: str, orders: int) -> Rate:
    """The store and its baselines in one run."""
    life, ran, before = LIVES[life_name], folder / DATABASE, folder / "before.db"
    await prepared(folder, waybills=orders)
    shutil.copy(ran, before)
    store = open_store(folder)
    await store.submit(lambda transaction: transaction.position(""))  # the writer is there
    commits, begun = store.commits, perf_counter()
    took = await ask_through(store, range(orders), life, IN_FLIGHT)
    orders_a_s, commits = orders / (perf_counter() - begun), store.commits - commits
    await store.close()
    group = len(took) / commits
    writes = recorded(before, ran)
    single_s, grouped_s = (replay_s(before, writes, size) for size in (1, round(group)))
    return Rate(life_name, orders, orders_a_s, commits, group, orders / single_s, orders / grouped_s)


async def latencies(folder: Path, commands: int) -> list[Latency]:
    """TakeOrder by more and more askers, all on one store."""
    await prepared(folder, waybills=0)
    store, first, found = open_store(folder), 0, []
    for askers in ASKERS:
        numbers = range(first, first + commands * (1 if askers == 1 else 2))
        begun = perf_counter()
        took = [s * 1000 for s in await ask_through(store, numbers, LIVES["TakeOrder"], askers)]
        a_s, first = len(took) / (perf_counter() - begun), numbers.stop
        found.append(Latency(askers, len(took), a_s, percentile(took, 0.5), percentile(took, 0.99), took[-1]))
    await store.close()
    return found


async def growth(folder: Path, kept: int, orders: int) -> Growth:
    """Fill, then measure on top; verify all of it."""
    await prepared(folder, waybills=0)
    store = open_store(folder)
    await fill(store, range(kept))
    await lease(store, range(kept, kept + orders))
    begun = perf_counter()
    took = await ask_through(store, range(kept, kept + orders), LIVES["TakeOrder + paid"], IN_FLIGHT)
    took_s = perf_counter() - begun
    alone = range(kept + orders, kept + orders + max(20, orders // 10))
    lone = await ask_through(store, alone, LIVES["TakeOrder"], 1)
    await store.close()
    size_mb = (folder / DATABASE).stat().st_size / 2**20
    cost = await asyncio.to_thread(measure, folder)
    return Growth(
        kept, orders / took_s, took_s / len(took) * 1000, percentile(lone, 0.5) * 1000, size_mb, cost
    )


async def all_figures(parent: Path, orders: int, kept: Sequence[int]) -> Figures:
    """One after the other, each on a fresh store."""
    with folder_in(parent) as name:
        folder = Path(name)
        rates = [await rate(folder / f"rate-{n}", life, orders) for n, life in enumerate(LIVES)]
        found = await latencies(folder / "latency", max(50, orders // 4))
        grown = [await growth(folder / f"kept-{n}", n, orders) for n in kept]
    return Figures(machine(), rates, found, grown)


# --- showing --------------------------------------------------------------------------------------------------


def show_rates(rates: Sequence[Rate]) -> None:
    """The store beside its two baselines."""
    show(
        f"Durable orders of 3 lines, {IN_FLIGHT} in flight, beside plain SQLite",
        ("order's part", "orders", "orders/s", "commits", "group", "raw single", "ratio", "raw grouped", "ratio"),
        [
            (r.life, r.orders, r.orders_a_s, r.commits, r.mean_group, r.raw_single_a_s,
             r.orders_a_s / r.raw_single_a_s, r.raw_grouped_a_s, r.orders_a_s / r.raw_grouped_a_s)
            for r in rates
        ],
        "group: commands in a commit, on average; raw: orders/s of a sqlite3 loop that writes the same rows with the "
        "same PRAGMAs, a command or a group in each commit; ratio: the store's rate over that of the loop",
    )  # fmt: skip


def show_latencies(found: Sequence[Latency]) -> None:
    """From alone to crowded."""
    show(
        "A TakeOrder from asked to on disk",
        ("in flight", "commands", "commands/s", "p50 ms", "p99 ms", "max ms"),
        [
            (each.askers, each.commands, each.commands_a_s, each.p50_ms, each.p99_ms, each.max_ms)
            for each in found
        ],
    )


def show_growth(grown: Sequence[Growth]) -> None:
    """The same work on a store that has more and more in it."""
    show(
        f"TakeOrder + paid, {IN_FLIGHT} in flight, on top of what is kept; alone: one TakeOrder at a time",
        ("orders kept", "orders/s", "ms/command", "alone p50 ms", "database MB"),
        [(g.kept, g.orders_a_s, g.ms_per_command, g.lone_p50_ms, g.database_mb) for g in grown],
    )
    show(
        "floorhand verify of these stores",
        ("journal rows", "seconds", "s per 10,000 rows", "MB before", "MB peak"),
        [
            (g.verify.rows, g.verify.seconds, g.verify.seconds / g.verify.rows * 10_000, g.verify.idle_mb,
             g.verify.peak_mb)
            for g in grown
        ],
    )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, then print tables or one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m bench.store", description=__doc__)
    parser.add_argument("--orders", type=int, default=5000, help="orders in each measurement (5000)")
    parser.add_argument("--full", action="store_true", help="also with 100,000 orders in the store (minutes)")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    parser.add_argument("--dir", type=Path, default=Path(), help="a folder on the disk to measure (this one)")
    asked = parser.parse_args(arguments)
    kept = KEPT_FULL if asked.full else tuple(min(n, asked.orders * 2) for n in KEPT)
    figures = asyncio.run(all_figures(asked.dir, asked.orders, kept))
    if asked.json:
        print(msgspec.json.encode(figures).decode())
        return
    show_rates(figures.rates)
    show_latencies(figures.latencies)
    show_growth(figures.growth)


if __name__ == "__main__":
    main()
