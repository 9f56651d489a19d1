"""What looking costs while the floor works: manifests, searches and the floor's picture at a whole day's orders.

`python -m bench.manifests [--orders N] [--json] [--dir FOLDER]`

The agent is the real one in a process of its own; its orders, parcels, print jobs and lists are written straight into
its tables, most of them shipped, as the afternoon of a full day has them. While each question is asked over and over,
`/healthz` is asked beside it: it needs nothing but the event loop, as labels and tones do.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path
from time import perf_counter

import httpx
import msgspec

from agent.api.messages import DeparturesView, Percentiles
from agent.core import events as ev
from agent.core import model as m
from agent.core.floor import Entry, Head
from agent.core.rules.documents import Document, read_order
from agent.store.journal import Journal
from agent.store.migrate import ensure_schema
from agent.store.sql_floor import NoPrinters, SqlFloor
from agent.store.store import DATABASE, connect, now_ms
from bench.figures import folder_in, machine, show
from bench.orders import SKUS, take
from bench.scan_agent import start, write_config

ORDERS = 127_000  # a day of the most that is promised
CARRIERS = ("SF", "YTO", "ZTO")
_DEPARTURES = range(-5, 3)  # by two hours, from now
_EVERY_MS = 2 * 3_600_000
_LIST = 8  # orders on one list
_TIMES = 20  # each question
_LEFT_BEHIND = 100  # one in so many is still here when its carrier leaves
_ON_THE_FLOOR = (
    m.OrderState.READY, m.OrderState.RELEASED, m.OrderState.PICKING, m.OrderState.PICKED, m.OrderState.SHIPPED,
)  # fmt: skip


class Question(msgspec.Struct, frozen=True):
    """From asked to answered, milliseconds; `beside`: what `/healthz` took meanwhile."""

    what: str
    kilobytes: float
    took: Percentiles
    beside: Percentiles


class Figures(msgspec.Struct, frozen=True):
    """Everything that one run measured."""

    machine: str
    orders: int
    questions: list[Question]


# --- a day's tables -----------------------------------------------------------------------------------------


def fill(folder: Path, orders: int) -> None:
    """So many orders of one day, its last two departures to come."""
    ensure_schema(folder / DATABASE)
    with closing(connect(folder / DATABASE)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        floor, journal = SqlFloor(connection, NoPrinters(), Head()), Journal(connection)
        journal.append(Entry(1, now_ms(), None, ev.JournalOpened("WH1", "e1")), "agent", None)
        floor.put(m.Sku(f"SKU-{number:04}", "goods", weight_g=500) for number in range(SKUS))
        rows = count(2)
        for number in range(orders):
            for shipped in _put(floor, number, number * len(_DEPARTURES) // orders):
                row = next(rows)
                journal.append(Entry(row, now_ms(), row - 1, shipped), "scanner:dock1", None)
            floor.forget()
        connection.execute("COMMIT")


def _put(floor: SqlFloor, number: int, departure: int) -> Iterator[ev.ParcelShipped]:
    """An order with its parcel, its print job, and now and then a list; how it left, where it has."""
    cutoff_at = now_ms() // _EVERY_MS * _EVERY_MS + _DEPARTURES[departure] * _EVERY_MS
    order = _order(number, cutoff_at)
    waybill, job, shipped_at = order.waybill or "", f"J{number}", None
    if order.state is m.OrderState.SHIPPED:
        shipped_at = min(cutoff_at, now_ms()) - number * 7919 % _EVERY_MS
        yield ev.ParcelShipped(order.order_no, waybill, order.carrier, "dock1", shipped_at)
    gone = m.ParcelState.SHIPPED if shipped_at is not None else m.ParcelState.LABELLED
    parcel = m.Parcel(waybill, order.order_no, order.carrier, gone, 1, job, shipped_at)
    if shipped_at is not None:
        parcel = msgspec.structs.replace(parcel, cutoff_at=cutoff_at, scanner="dock1")
    printed = m.PrintJob(
        job, waybill, order.order_no, order.carrier, 1, f"lp{number % 8}", m.JobState.CONFIRMED, 0, 1, "", "status",
        0, "", cutoff_at,
    )  # fmt: skip
    floor.put([order, parcel, printed])
    if number % _LIST == 0:
        floor.put(
            [m.Task(f"T{number}", 9, "W1", m.TaskState.DONE, (), (), 9000, 8000, 20_000, None, 0, "P1")]
        )


def _order(number: int, cutoff_at: int) -> m.Order:
    document = read_order(take(number).data)
    assert isinstance(document, Document)
    facts = {name: getattr(document.facts, name) for name in ev.OrderFacts.__struct_fields__}
    picked = tuple(msgspec.structs.replace(line, picked_qty=line.qty) for line in document.facts.lines)
    left = cutoff_at <= now_ms() and number % _LEFT_BEHIND
    state = m.OrderState.SHIPPED if left else _ON_THE_FLOOR[number % len(_ON_THE_FLOOR)]
    own = {"carrier": CARRIERS[number % len(CARRIERS)], "cutoff_at": cutoff_at, "lines": picked}
    return m.Order(
        order_no=document.order_no, revision=1, state=state, paid_at=0, ready_at=0, payment_ref="p",
        waybill=f"W{number:012}", **facts | own,
    )  # fmt: skip


# --- asking -------------------------------------------------------------------------------------------------


async def asked(api: httpx.AsyncClient, what: str, path: str) -> Question:
    """The question again and again, and `/healthz` beside it."""
    over = asyncio.Event()
    watching = asyncio.create_task(_watch(api, over))
    took, size = [], 0
    for _ in range(_TIMES):
        begun = perf_counter()
        size = len((await api.get(path)).raise_for_status().content)
        took.append((perf_counter() - begun) * 1000)
    over.set()
    return Question(what, size / 1024, Percentiles.of(took), Percentiles.of(await watching))


async def _watch(api: httpx.AsyncClient, over: asyncio.Event) -> list[float]:
    took_ms = []
    while not over.is_set():
        begun = perf_counter()
        (await api.get("/healthz")).raise_for_status()
        took_ms.append((perf_counter() - begun) * 1000)
        await asyncio.sleep(0.002)
    return took_ms


async def _paths(api: httpx.AsyncClient) -> dict[str, str]:
    """What is asked, by the name in the table."""
    answer = await api.get("/v1/manifests", params={"carrier": CARRIERS[0]})
    listed = msgspec.convert(answer.json(), DeparturesView).departures
    at = {each.state: f"{CARRIERS[0]}/{each.departure_at}" for each in listed}
    return {
        "nothing": "/healthz",
        "the floor": "/v1/floor",
        "all departures": "/v1/manifests",
        "the next manifest, 500 rows": f"/v1/manifests/{at['next']}?limit=500",
        "a manifest that has left, 500 rows": f"/v1/manifests/{at['left']}?limit=500",
        "the whole of it": f"/v1/manifests/{at['left']}",
        "orders by a part of a waybill": "/v1/orders?q=000126",
        "an order that is not there": "/v1/orders?q=nowhere",
        "a page of orders": "/v1/orders?limit=100",
    }


async def measure(folder: Path, orders: int) -> Figures:
    """Everything."""
    fill(folder, orders)
    agent = await start(write_config(folder, ()))
    transport = httpx.AsyncHTTPTransport(uds=str(folder / "api.sock"))
    async with httpx.AsyncClient(transport=transport, base_url="http://agent", timeout=60) as api:
        paths = await _paths(api)
        questions = [await asked(api, what, path) for what, path in paths.items()]
    await agent.stop()
    return Figures(machine(), orders, questions)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, then print a table or one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m bench.manifests", description=__doc__)
    parser.add_argument("--orders", type=int, default=ORDERS, help=f"in the tables ({ORDERS:,})")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--dir", type=Path, default=Path(), help="a folder on the disk to measure (this one)")
    options = parser.parse_args(arguments)
    with folder_in(options.dir) as folder:
        figures = asyncio.run(measure(Path(folder), options.orders))
    if options.json:
        print(msgspec.json.encode(figures).decode())
        return
    show(
        f"Questions of people at {options.orders:,} orders, and an idle request beside them",
        ("question", "KB", "p50 ms", "max ms", "beside p50 ms", "beside p99 ms", "beside max ms"),
        [
            (q.what, q.kilobytes, q.took.p50, q.took.max, q.beside.p50, q.beside.p99, q.beside.max)
            for q in figures.questions
        ],
        "beside: GET /healthz while the question is asked over and over",
    )


if __name__ == "__main__":
    main()
