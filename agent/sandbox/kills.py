"""A day in which the agent is killed again and again, and what is left of it: the proof that nothing gets lost."""

from __future__ import annotations

import asyncio
import csv
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from agent.core.model import Order
from agent.core.outbound import project
from agent.sandbox.floor import FloorOptions, SandboxFloor
from agent.sandbox.report import Summary, summarise
from agent.store.journal import rows, type_of
from agent.store.store import DATABASE, read_only
from agent.store.tables import table
from agent.store.verify import Verdict, verify
from devices.sim.picker import Habits

_SPEED = 100.0
_PRINT_SPEED = 4.0  # printers are busy for most of the day, so that kills meet labels on their way
_RESTART_S = 0.6  # about
_DAY_S = 3600
_EMPTY_WITHIN_S = 240.0


class KillReport(msgspec.Struct, frozen=True):
    """`differences` between the hub's ledger and the agent's, in words; empty: they are equal."""

    seed: int
    kills: int
    hub_kills: int
    restart_s: tuple[float, ...]
    emptied: bool
    summary: Summary
    differences: tuple[str, ...]
    verdict: Verdict

    @property
    def good(self) -> bool:
        """Everything shipped once, every ledger the same."""
        shipped = self.summary.shipped == self.summary.orders
        return self.emptied and shipped and self.summary.good and not self.differences and self.verdict.ok


def write_day(path: Path, orders: int, seed: int) -> None:
    """An hour of a small shop, as the CSV that `demo --orders` reads."""
    rng = random.Random(f"day:{seed}")
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(
            [
                "InvoiceNo",
                "StockCode",
                "Description",
                "Quantity",
                "InvoiceDate",
                "UnitPrice",
                "CustomerID",
                "Country",
            ]
        )
        for number in range(orders):
            second = number * _DAY_S // orders
            at = f"2011-10-06 12:{second // 60:02d}:{second % 60:02d}"
            for code in rng.sample(range(20001, 20061), rng.choice((1, 1, 2, 3))):
                out.writerow(
                    [600000 + number, code, f"ARTICLE {code}", rng.randint(1, 4), at, "1.25", 17850, "France"]
                )


async def day_with_kills(
    folder: Path,
    *,
    orders: int,
    kills: int,
    seed: int,
    hub_kills: int = 0,
    show: Callable[[str], None] = lambda _: None,
) -> KillReport:
    """Play a day of `orders`, SIGKILL the agent `kills` times at seeded moments, start it again each time.

    The hub is killed `hub_kills` times in between, and stays away for a while.
    """
    day = folder / "day.csv"
    write_day(day, orders, seed)
    options = FloorOptions(
        orders_csv=day, start="12:00", speed=_SPEED, print_speed=_PRINT_SPEED, seed=seed,
        printers=2, pickers=5, docks=2, habits=Habits(wrong_barcode_p=0.01, offline_p=0.005),
    )  # fmt: skip
    rng = random.Random(f"kills:{seed}")
    async with SandboxFloor(folder, options) as floor:
        await floor.start_agent()
        await floor.whole_floor_up()
        await floor.start_day()
        victims = ["agent"] * kills + ["hub"] * hub_kills
        rng.shuffle(victims)
        mean_s = max(0.2, _DAY_S / _SPEED / max(len(victims), 1) - _RESTART_S)
        restarts = []
        for victim in victims:
            await asyncio.sleep(rng.uniform(0.0, 2 * mean_s))
            floor.check_people()
            if victim == "hub":
                await floor.kill_hub(away_s=rng.uniform(0.0, 4.0))
                show("the hub was killed and is back")
            else:
                restarts.append(await _kill_agent(floor, show))
        emptied = await floor.until_empty(_EMPTY_WITHIN_S)
        summary = await summarise(floor)
        received = (await floor.hub.get("/sandbox/received")).json()
        hub_orders = (await floor.hub.get("/sandbox/orders")).json()
        await floor.agent.stop()
    differences = tuple(_event_differences(floor.data_dir, received)) + tuple(
        _state_differences(floor.data_dir, hub_orders)
    )
    verdict = verify(floor.data_dir)
    return KillReport(seed, kills, hub_kills, tuple(restarts), emptied, summary, differences, verdict)


async def _kill_agent(floor: SandboxFloor, show: Callable[[str], None]) -> float:
    """The time until it is ready again, in seconds."""
    floor.agent.kill()
    restart_s = await floor.start_agent()
    figures = await floor.progress()
    show(f"the agent was killed and is ready again after {restart_s:.2f} s, {figures['shipped']} shipped")
    return restart_s


def _event_differences(data_dir: Path, received: list[dict[str, Any]]) -> list[str]:
    """Every public event of the journal must be at the hub once, with the same content, and nothing else."""
    at_hub = {int(event["sequence"]): event for event in received}
    times = Counter(int(event["sequence"]) for event in received)
    found = [
        f"the hub has sequence {sequence} {count} times" for sequence, count in times.items() if count > 1
    ]
    reader = read_only(data_dir / DATABASE)
    sequences = set()
    for row in rows(reader, "WHERE sequence IS NOT NULL ORDER BY sequence"):
        sequences.add(row.sequence)
        event = at_hub.get(row.sequence or 0)
        here = msgspec.json.decode(msgspec.json.encode(project(row.entry.event).data))
        if event is None:
            found.append(f"sequence {row.sequence} ({row.type}) is not at the hub")
        elif (event["type"], event["data"]) != (type_of(row.entry.event), here):
            found.append(f"sequence {row.sequence} is {row.type} here and {event['type']} at the hub")
    reader.close()
    return found + [f"the hub has sequence {s}, which is not ours" for s in at_hub.keys() - sequences]


def _state_differences(data_dir: Path, hub_orders: list[dict[str, Any]]) -> list[str]:
    """Every order must stand at the hub as it stands here."""
    at_hub = {order["order_no"]: order["state"] for order in hub_orders}
    reader = read_only(data_dir / DATABASE)
    here = {order.order_no: str(order.state) for order in table(Order).find(reader, "")}
    reader.close()
    return [
        f"order {order_no} is {here.get(order_no)} here and {at_hub.get(order_no)} at the hub"
        for order_no in sorted(here.keys() | at_hub.keys())
        if here.get(order_no) != at_hub.get(order_no)
    ]
