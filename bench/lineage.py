"""What a lineage costs: the chains of every field of an order that was changed again and again, and how that grows.

`python -m bench.lineage [--orders N] [--json] [--dir FOLDER]`
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from time import perf_counter

import msgspec

from agent.api.messages import percentile
from agent.core import commands as c
from agent.core.lineage import lineage
from agent.store import archiving
from agent.store.history import lineage_rows
from agent.store.store import DATABASE, RELAY_ACKED, Store, Transaction, now_ms, read_only
from bench.figures import folder_in, machine, show
from bench.orders import ask_all, fill, open_store, stock_up, take

CHANGES = (50, 200, 800)
PROMISED_MS = 50.0
_RUNS = 60
_DAY_MS = 86_400_000


class Figure(msgspec.Struct, frozen=True):
    """One order. `raw_ms`: its rows read from SQLite and their JSON decoded, and nothing else."""

    changes: int
    rows: int
    links: int
    p50_ms: float
    p99_ms: float
    raw_ms: float
    archived_ms: float


class Figures(msgspec.Struct, frozen=True):
    """Everything that one run measured; `orders`: so many others are in the store."""

    machine: str
    orders: int
    figures: list[Figure]


def changed(number: int, changes: int) -> list[c.Command]:
    """An order, and its changes by two systems: priority, a phone number, a quantity, a field that we do not know."""
    first = take(number)
    commands: list[c.Command] = [first]
    for revision in range(2, changes + 2):
        data = first.data | {"revision": revision, "priority": revision % 9, "note": f"note {revision}"}
        data["consignee"] = first.data["consignee"] | {"phone": f"138{revision:08}"}
        data["lines"] = [first.data["lines"][0] | {"qty": 1 + revision % 5}, *first.data["lines"][1:]]
        by = "hub:/crm" if revision % 3 == 0 else "hub:/erp"
        commands.append(c.TakeOrder(by=by, id=f"change-{number}-{revision}", changed_at=now_ms(), data=data))
    return commands


def times_ms(work: Callable[[], object], runs: int = _RUNS) -> list[float]:
    """Sorted."""
    took = []
    for _ in range(runs):
        begun = perf_counter()
        work()
        took.append((perf_counter() - begun) * 1000)
    return sorted(took)


def answer(folder: Path, order_no: str) -> tuple[int, int]:
    """As the command line and the local API make it, to the last byte; (rows, links)."""
    with closing(read_only(folder / DATABASE)) as reader:
        rows = lineage_rows(reader, order_no)
        chains = lineage(order_no, (row.told for row in rows))
        msgspec.json.encode(chains)
    return len(rows), sum(map(len, chains.values()))


def raw(folder: Path, order_no: str) -> None:
    """The least that anybody would have to do."""
    with closing(read_only(folder / DATABASE)) as reader:
        for (data,) in reader.execute(
            "SELECT data FROM journal WHERE order_no = ? ORDER BY row", (order_no,)
        ):
            msgspec.json.decode(data)


async def measure(folder: Path, orders: int) -> list[Figure]:
    """In the table first, then all of it once more from the archive."""
    store = open_store(folder)
    await stock_up(store)
    await fill(store, range(orders))
    numbers = {changes: orders + 1 + at for at, changes in enumerate(CHANGES)}
    for changes, number in numbers.items():
        await ask_all(store, changed(number, changes))
    live = {}
    for changes, number in numbers.items():
        order_no = f"SO-{number:07}"
        took = times_ms(lambda order_no=order_no: answer(folder, order_no))  # type: ignore[misc]
        least = times_ms(lambda order_no=order_no: raw(folder, order_no))  # type: ignore[misc]
        live[changes] = (*answer(folder, order_no), took, percentile(least, 0.5))
    await archive(store, folder)
    await store.close()
    figures = []
    for changes, number in numbers.items():
        rows, links, took, raw_ms = live[changes]
        old = times_ms(lambda number=number: answer(folder, f"SO-{number:07}"), _RUNS // 6)  # type: ignore[misc]
        figures.append(
            Figure(changes, rows, links, percentile(took, 0.5), percentile(took, 0.99), raw_ms, percentile(old, 0.5))
        )  # fmt: skip
    return figures


async def archive(store: Store, folder: Path) -> None:
    """Everything, as if the hub had it and it were old."""

    def acknowledge(transaction: Transaction) -> None:
        transaction.set_position(RELAY_ACKED, str(transaction.floor.head.sequence))

    await store.submit(acknowledge)
    with closing(read_only(folder / DATABASE)) as reader:
        later = now_ms() + 3 * _DAY_MS
        while written := archiving.write_next(reader, later, later):
            await store.submit(lambda transaction, written=written: archiving.record(transaction, *written))  # type: ignore[misc]
    while await store.submit(lambda transaction: archiving.drop(transaction, 250)):
        pass


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, then print a table or one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m bench.lineage", description=__doc__)
    parser.add_argument("--orders", type=int, default=3000, help="other orders in the store (3000)")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--dir", type=Path, default=Path(), help="a folder on the disk to measure (this one)")
    asked = parser.parse_args(arguments)
    with folder_in(asked.dir) as name:
        found = asyncio.run(measure(Path(name), asked.orders))
    if asked.json:
        print(msgspec.json.encode(Figures(machine(), asked.orders, found)).decode())
        return
    show(
        f"The lineage of every field of an order ({PROMISED_MS:.0f} ms are promised at 200 changes)",
        ("changes", "rows", "links", "p50 ms", "p99 ms", "raw ms", "ratio", "archived ms"),
        [
            (f.changes, f.rows, f.links, f.p50_ms, f.p99_ms, f.raw_ms, f.p50_ms / f.raw_ms, f.archived_ms)
            for f in found
        ],
        "links: values in all chains; raw: the order's rows read by SQLite and decoded, no more; archived: all "
        "of its rows are in compressed files",
    )


if __name__ == "__main__":
    main()
