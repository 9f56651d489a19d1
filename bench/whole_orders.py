"""Orders from paid to shipped, as the floor journals them: what a hub link has to tell after an outage.

Each order of three lines is taken, paid, labelled, printed, put on a list of eight, picked and shipped by the store's
own door: 10 or 11 events for the hub. Nothing is written behind the door's back.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from agent.core import commands as c
from agent.core.events import TaskPlanned
from agent.core.model import Order, Task
from agent.store.store import Store, Transaction
from bench.orders import SKUS, applied, ask_all, lease, pay, stock_up, take

CART = 8
_CHUNK = 400  # orders in one transaction
_PLENTY = 100_000_000


async def furnish(store: Store) -> None:
    """Goods, a carrier, and a location full of each SKU."""
    await stock_up(store)
    places = [
        c.SetLocation(
            data={"location": place(n), "kind": "bin", "zone": "A", "aisle": "A", "bay": n, "level": 1, "x_mm": 0,
                  "y_mm": n * 1000}
        )
        for n in range(SKUS)
    ]  # fmt: skip
    stock = [
        c.SetStock(data={"location": place(n), "sku": f"SKU-{n:04}", "qty": _PLENTY}, acked_sequence=0)
        for n in range(SKUS)
    ]
    await ask_all(store, [*places, *stock])


def place(number: int) -> str:
    """Where SKU `number` lies."""
    return f"A-{number:04}"


async def ship(store: Store, numbers: range, progress: Callable[[int], None] = lambda _: None) -> None:
    """All of these orders, from order.created to parcel.shipped."""
    for first in range(numbers.start, numbers.stop, _CHUNK):
        chunk = range(first, min(first + _CHUNK, numbers.stop))
        await lease(store, chunk)
        await store.submit(partial(_ship, numbers=chunk))
        progress(chunk.stop)


def _ship(transaction: Transaction, numbers: range) -> None:
    for number in numbers:
        for command in (take(number), pay(number)):
            applied(command, transaction.ask(command).status)
        _print(transaction, number)
    for first in range(numbers.start, numbers.stop, CART):
        _pick(transaction, range(first, min(first + CART, numbers.stop)))
    for number in numbers:
        _scan_out(transaction, number)


def _order(transaction: Transaction, number: int) -> Order:
    order = transaction.floor.get(Order, f"SO-{number:07}")
    assert order is not None
    return order


def _ask(transaction: Transaction, command: c.Command) -> None:
    applied(command, transaction.ask(command).status)


def _print(transaction: Transaction, number: int) -> None:
    waybill = _order(transaction, number).waybill
    job = transaction.floor.connection.execute(
        "SELECT job FROM print_jobs WHERE waybill = ?", (waybill,)
    ).fetchone()[0]
    _ask(transaction, c.StartPrint(job=job, printer="lp1"))
    _ask(transaction, c.PrintSentAll(job=job))
    _ask(transaction, c.FinishPrint(job=job, evidence="odometer", first_byte_at=None))


def _pick(transaction: Transaction, numbers: range) -> None:
    orders = [_order(transaction, number) for number in numbers]
    stops = tuple(
        c.PlannedStop(order.order_no, line.line_no, line.sku, f"A-{line.sku[4:]}", line.qty, slot)
        for slot, order in enumerate(orders, 1)
        for line in order.lines
    )
    batch = c.PlannedList(
        tuple(order.order_no for order in orders), stops, 90_000, 80_000, 150_000, "P1", "ann", "C1"
    )
    outcome = transaction.ask(c.ReleaseWave(lists=(batch,)))
    task_id = next(entry.event.task for entry in outcome.entries if isinstance(entry.event, TaskPlanned))
    task = transaction.floor.get(Task, task_id)
    assert task is not None
    _ask(transaction, c.AcceptTask(pda="P1", task=task_id))
    for stop in task.stops:
        _ask(transaction, c.PickStop(pda="P1", task=task_id, stop=stop.stop, qty=stop.qty))
    _ask(transaction, c.FinishTask(pda="P1", task=task_id))


def _scan_out(transaction: Transaction, number: int) -> None:
    waybill = _order(transaction, number).waybill
    assert waybill is not None
    _ask(
        transaction,
        c.TakeScan(
            scanner="dock1", role="ship", text=waybill, scanned_at=number, packed_apart=False, device="dock1"
        ),
    )
