"""A small universe of commands to draw from: three orders, three SKUs, three locations, two PDAs, two printers.

A third of what it draws takes the floor one sensible step further, so that random sequences reach the end of an
order's day; the rest is anything at any time: late, repeated, malformed, or about things that do not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

from msgspec.structs import replace

from agent.core import commands as c
from agent.core import model as m
from agent.core.floor import MemoryFloor
from tests.agent import floors as f

T = TypeVar("T")


class Choose(Protocol):
    """Take one of several."""

    def __call__(self, among: Sequence[T], /) -> T: ...


Maker = Callable[[MemoryFloor, Choose], c.Command]

NOS = ("SO-1", "SO-2", "SO-3")
SKUS = ("A", "B", "X")
PLACES = ("A-01", "A-02", "B-01")
PDAS = ("P1", "P2")
GRADES = ("GRADE-A", "GRADE-B")
SSCCS = (None, None, f.SSCC, "106141411234567897")
NONSENSE = "no-such-thing"
SYSTEMS = ("hub:/erp", "hub:/erp", "hub:/crm", "hub:/wms", "hub:snapshot", "hub:/else")
OTHER_CONSIGNEE = f.CONSIGNEE | {"name": "韩梅梅", "address": "解放路 1 号"}


def any_command(floor: MemoryFloor, choose: Choose) -> c.Command:
    """The next command of a random day."""
    sensible = list(_sensible(floor))
    if sensible and choose(range(3)) == 0:
        return choose(sensible)
    return choose(MAKERS)(floor, choose)


# --- one step further ---------------------------------------------------------------------------------------


def _sensible(floor: MemoryFloor) -> Iterator[c.Command]:
    for order in floor.all(m.Order):
        if order.state is m.OrderState.RECEIVED:
            yield f.paid(order.order_no)
        if order.state is m.OrderState.PICKED and order.waybill:
            yield f.scan(order.waybill)
    for job in floor.all(m.PrintJob):
        yield from _printing(job)
    for task in floor.all(m.Task):
        yield from _picking(floor, task)
    listed = _wave(floor)
    if listed is not None:
        yield listed


def _printing(job: m.PrintJob) -> Iterator[c.Command]:
    if job.state is m.JobState.QUEUED:
        yield c.StartPrint(job=job.job, printer=job.printer)
    if job.state in m.ON_THE_WIRE:
        yield c.FinishPrint(job=job.job, evidence="status", first_byte_at=f.NOON)


def _picking(floor: MemoryFloor, task: m.Task) -> Iterator[c.Command]:
    pda = task.pda or "P1"
    if task.state is m.TaskState.PLANNED:
        yield c.AssignTask(task=task.task, pda="P2", picker="Mei", cart=None)
    if task.state is m.TaskState.ASSIGNED:
        yield c.AcceptTask(pda=pda, task=task.task)
    if task.state is m.TaskState.ACCEPTED:
        open_stops = [number for number, each in enumerate(task.stops) if each.open_qty]
        yield from (f.pick(task, task.stops[number].open_qty, number) for number in open_stops)
        if not open_stops:
            yield c.FinishTask(pda=pda, task=task.task)
    if task.state is m.TaskState.RECALLED and task.pda:
        yield c.AnswerRecall(pda=pda, task=task.task)


def _wave(floor: MemoryFloor) -> c.Command | None:
    stops = []
    free = {stock.key(): stock.free_qty for stock in floor.all(m.Stock)}
    for slot, order in enumerate(floor.all(m.Order), start=1):
        for line in order.lines if order.state in m.BEFORE_PICKING and order.paid_at else ():
            place = next((key[0] for key, qty in free.items() if key[1] == line.sku and qty > 0), None)
            if place is not None and line.untasked_qty > 0:
                qty = min(line.untasked_qty, free[place, line.sku])
                free[place, line.sku] -= qty
                stops.append(f.stop(order.order_no, line.line_no, line.sku, place, qty, slot))
    return f.wave(*stops) if stops else None


# --- anything at any time -----------------------------------------------------------------------------------


def _order(floor: MemoryFloor, choose: Choose) -> c.Command:
    order_no = choose(NOS)
    known = floor.get(m.Order, order_no)
    revision = (known.revision if known else 0) + choose((1, 1, 1, 0, -1))
    wanted = [(1, choose(SKUS), choose((1, 2, 5))), (2, choose(("B", "A")), choose((1, 3)))]
    changes: dict[str, Any] = {
        "lines": f.lines(*wanted[: choose((1, 2))]),
        "carrier": choose(("SF", "SF", "SF", "YT")),
        "cutoff_at": choose((None, "2026-06-18T08:00:00.000Z", "2026-06-18T06:00:00.000Z")),
        "ship_complete": choose((True, False)),
        "sscc": choose((*SSCCS, "", 18)),
        "consignee": choose((f.CONSIGNEE, f.CONSIGNEE, OTHER_CONSIGNEE)),
    }
    return replace(f.order(order_no, revision, **changes), by=choose(SYSTEMS))


def _broken_order(_: MemoryFloor, choose: Choose) -> c.Command:
    broken: list[dict[str, Any]] = [
        {}, {"order_no": 5}, f.document("SO-1", 9, lines=[]), f.document("SO-2", -1), f.document("\n", 1),
        f.document("SO-1", 9, carrier=None), f.document("SO-3", 9, lines=f.lines((1, "A", 0))),
        f.document("SO-3", 9, lines=f.lines((1, "A", 1), (1, "B", 1))), f.document("SO-1", 10**30),
        f.document("SO-1", 9, placed_at="yesterday"),
    ]  # fmt: skip
    return c.TakeOrder(data=choose(broken))


def _fact(_: MemoryFloor, choose: Choose) -> c.Command:
    order_no = choose((*NOS, "SO-9"))
    kind = choose(("paid", "held", "unheld", "cancelled", "lost"))
    if kind == "paid":
        return replace(f.paid(order_no, choose(("pay-1", "pay-2"))), by=choose(SYSTEMS))
    said = replace(f.fact(kind, order_no), by=choose(SYSTEMS))
    return choose((said, said, c.TakeFact(fact=f"order.{kind}", data={})))


def _snapshot(floor: MemoryFloor, choose: Choose) -> c.Command:
    order_no = choose((*NOS, NONSENSE))
    row = f.document(order_no, choose((1, 2, 3))) | {
        "paid_at": choose(("2026-06-18T00:00:05Z", None)), "held": choose(("ask", None)),
        "cancelled": choose((None, None, "gone")),
    }  # fmt: skip
    return choose((c.CompareOrder(data=row), c.CompareOrder(data={}), c.MissOrder(order_no=order_no)))


def _person(floor: MemoryFloor, choose: Choose) -> c.Command:
    order_no = choose((*NOS, NONSENSE))
    exceptions = [each.exception for each in floor.all(m.FloorException)] or [NONSENSE]
    made: list[c.Command] = [
        c.HoldOrder(order_no=order_no, reason="address: ask the customer"),
        c.UnholdOrder(order_no=order_no),
        c.CancelOrder(order_no=order_no, reason="the customer called"),
        c.ReprintLabel(order_no=order_no, reason="torn", printer=choose((None, "lp2"))),
        c.CloseException(exception=choose(exceptions), note="seen"),
        c.OpenException(kind="missing-glyph", subject="x", text="y"),
        c.ReportFault(device="lp1", fault=choose(("paper", None))),
        c.PausePrinter(printer="lp1", paused=choose((True, False))),
        c.ReportSwitch(before="http", after="mqtt", reason="nobody is there"),
        c.ErasePersonal(order_no=order_no, reason="the customer asked"),
    ]
    return replace(choose(made), by=choose(("person:Wei", "agent")))


def _checkpoint(floor: MemoryFloor, choose: Choose) -> c.Command:
    return c.TakeCheckpoint(row=choose((floor.head.row, floor.head.row, 1, 10**9)), hash="ab" * 32)


def _master(floor: MemoryFloor, choose: Choose) -> c.Command:
    as_of = choose((None, 0, floor.head.sequence, floor.head.sequence // 2, 10**9))
    made: list[c.Command] = [
        f.count(choose(PLACES), choose(SKUS), choose((0, 1, 4, 10, -1)), as_of),
        f.count(choose(PLACES), choose(SKUS), choose((0, 1, 4, 10)), as_of),
        f.sku(choose(SKUS), *choose(((), (f.GTIN,)))),
        f.location(choose(PLACES), choose(("Z1", "Z2")), choose(("bin", "bin", "depot"))),
        c.SetCarrier(data={"carrier": choose(("SF", "YT", 7)), "active": choose((True, True, False))}),
        c.SetSku(data={"sku": choose(("A", None)), "weight_g": -1}),
        c.SetLocation(data={"location": "A-01"}),
        c.SetRules(data={"ruleset": "r", "version": "2", "rules": [1]}),
        c.SetRules(data={}),
    ]
    return choose(made)


def _lease(floor: MemoryFloor, choose: Choose) -> c.Command:
    key, carrier = choose(("k1", "k2", "k3")), choose(("SF", "YT"))
    known = [each.waybill for each in floor.all(m.Waybill)] or ["SF000"]
    numbers = (f"{carrier}-{key}-1", f"{carrier}-{key}-2", choose(known))
    until = choose((f.NOON + f.YEAR_MS, f.NOON + f.YEAR_MS, f.NOON - 1))
    made: list[c.Command] = [
        c.RequestLease(carrier=carrier, count=3, request_key=key),
        c.TakeLease(request_key=key, lease=f"L{key}", carrier=carrier, numbers=numbers, expires_at=until),
        c.RefuseLease(request_key=key, reason="none left"),
        c.LabelWaiting(carrier=carrier),
    ]
    return choose(made)


def _print(floor: MemoryFloor, choose: Choose) -> c.Command:
    job = choose([*(each.job for each in floor.all(m.PrintJob)), NONSENSE])
    made: list[c.Command] = [
        c.StartPrint(job=job, printer=choose(("lp1", "lp2")), mark=choose(("", "odometer 7"))),
        c.PrintSentAll(job=job),
        c.FinishPrint(job=job, evidence="odometer", first_byte_at=None),
        c.SuspectPrint(job=job, reason="hung up"),
        c.FailOverPrint(job=job, reason="paper out"),
        c.RequeuePrint(job=job, reason="no paper"),
        c.FailPrint(job=job, reason="too wide"),
        c.SettlePrint(job=job, printed=choose((True, False)), by="person:Wei"),
    ]
    return choose(made)


def _plan(_: MemoryFloor, choose: Choose) -> c.Command:
    stops = [
        f.stop(choose((*NOS, NONSENSE)), choose((1, 2, 7)), choose(SKUS), choose(PLACES), choose((1, 2, 9, 0, -2)))
        for _ in range(choose((0, 1, 2)))
    ]  # fmt: skip
    return f.wave(*stops, pda=choose((*PDAS, None)))


def _list(floor: MemoryFloor, choose: Choose) -> c.Command:
    task = choose([*(each.task for each in floor.all(m.Task)), NONSENSE])
    pda = choose(PDAS)
    made: list[c.Command] = [
        c.AssignTask(task=task, pda=pda, picker="Han", cart="c"),
        c.RecallTask(task=task, reason="supervisor"),
        c.AnswerRecall(task=task, pda=pda),
        c.AcceptTask(task=task, pda=pda),
        c.FinishTask(task=task, pda=pda),
        c.BindTote(task=task, pda=pda, slot=choose((1, 2, 99)), tote=choose(("T1", "T2"))),
    ]
    return choose(made)


def _stop(floor: MemoryFloor, choose: Choose) -> c.Command:
    tasks = floor.all(m.Task)
    if not tasks:
        return c.PickStop(pda="P1", task=NONSENSE, stop=NONSENSE, qty=1)
    task = choose(tasks)
    stop = choose(task.stops)
    pda = task.pda or choose(PDAS)
    open_qty = stop.open_qty
    made: list[c.Command] = [
        c.ShortStop(pda=pda, task=task.task, stop=stop.stop, qty=open_qty, reason="empty"),
        c.ShortStop(pda=pda, task=task.task, stop=stop.stop, qty=choose((-1, 0, 1)), reason="empty"),
        c.PickStop(
            pda=choose((pda, "P2")), task=task.task, stop=choose((stop.stop, NONSENSE)), qty=choose((-1, 0, 1, 2, 99)),
            barcode=choose((f.GTIN, None, "B")), tote=choose((None, "T1", "T2")),
        ),
    ]  # fmt: skip
    return choose(made)


def _scan(floor: MemoryFloor, choose: Choose) -> c.Command:
    texts = [each.waybill for each in floor.all(m.Parcel)] + [f.code(job) for job in floor.all(m.PrintJob)]
    lists = [*(each.task for each in floor.all(m.Task)), "cart-1", "c", "T1", "T2", *PLACES]
    items = ["A", "B", f.GTIN, NONSENSE, "FH1:::", f"FH1:SF001:{NONSENSE}:1", "FH1:SF001:j:²", *GRADES]
    text = choose([*texts, *texts, *lists, *items, *items])
    role = choose(("ship", "pack", "pick", "pick", "return"))
    return f.scan(text, role, choose((True, False)), **_sent(choose))


def _sent(choose: Choose) -> dict[str, Any]:
    """How the scan came: first, again, late, from a memory, with a clock set back."""
    flag = (False, False, True)
    return {
        "device": choose(("", "ble:1", "ble:1", "ble:2")), "path": choose(("gw1", "gw1", "gw2")),
        "link": choose(("", "l1", "l2")), "sequence": choose((None, None, *range(6), 41)),
        "scanned_at": f.NOON + choose((0, 0, 20, 300, 700, 3_000, 70_000, 10**8, -5_000)),
        "replayed": choose(flag), "resent": choose(flag), "resends": choose(flag), "bounce_ms": choose((600, 0)),
        "gtin": choose((None, f"0{f.GTIN}")), "sscc": choose(SSCCS), "serial": choose((None, None, "1", "2")),
        "pda": choose((None, *PDAS)), "grades": choose(((), GRADES)),
    }  # fmt: skip


def _poison(floor: MemoryFloor, choose: Choose) -> c.Command:
    parked = choose([*(each.parked for each in floor.all(m.Parked)), NONSENSE])
    directions: tuple[m.Direction, ...] = ("feed", "snapshot", "outbox")
    direction = choose(directions)
    body = choose((None, "{}", "x" * 70_000))
    made: list[c.Command] = [
        c.ParkEvent(
            parked=f"Q{choose(range(3))}{direction}", direction=direction, source="/erp", event=choose(("", "e1")),
            kind=choose(("sku.changed", "exception.opened")), reason="malformed: no", body=choose(("{}", "y" * 70_000)),
            order_no=choose((None, *NOS)), subject=choose((None, "A")),
        ),
        c.ReleaseParked(
            parked=parked, note="try again", by="person:Wei", body=body, refused=choose((None, "malformed: still")),
        ),
        c.DropParked(parked=parked, note="of no use", by="person:Wei"),
    ]  # fmt: skip
    return choose(made)


MAKERS: tuple[Maker, ...] = (
    _order, _order, _order, _broken_order, _fact, _fact, _snapshot, _person, _master, _lease, _print, _print, _plan,
    _list, _list, _stop, _stop, _scan, _scan, _checkpoint, _poison,
)  # fmt: skip
