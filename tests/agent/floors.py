"""Small floors to try things on: goods, waybills and orders, and what a day makes of one order, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from agent.core import commands as c
from agent.core import events as ev
from agent.core.apply import apply
from agent.core.decide import decide
from agent.core.floor import MemoryFloor
from agent.core.model import Entity, FloorException, Order, OrderState, PrintJob, Stock, Task
from agent.core.story import Refused, after, place

E = TypeVar("E", bound=Entity)

NOON = 1_781_740_800_000  # 2026-06-18T00:00:00Z
YEAR_MS = 365 * 86_400_000
GTIN = "4006381333931"
SSCC = "006141411234567890"
CONSIGNEE = {
    "name": "李雷", "phone": "13800000000", "province": "浙江省", "city": "杭州市", "district": "余杭区",
    "address": "文一西路 969 号",
}  # fmt: skip


# --- asking -------------------------------------------------------------------------------------------------


def record(floor: MemoryFloor, events: Sequence[ev.Event], at: int = NOON) -> None:
    """Append and apply, as the store's transaction does."""
    for event in events:
        entry = place(floor.head, event, at)
        floor.put(apply(floor, entry))
        floor.head = after(floor.head, entry)


def ask(floor: MemoryFloor, command: c.Command, at: int = NOON) -> Sequence[ev.Event] | Refused:
    """Decide, and let what was decided happen."""
    decided = decide(floor, command, at)
    record(floor, decided.events if isinstance(decided, Refused) else decided, at)
    return decided


def run(floor: MemoryFloor, *commands: c.Command, at: int = NOON) -> list[ev.Event]:
    """Commands that must be taken, one after the other; every event that they caused."""
    events: list[ev.Event] = []
    for command in commands:
        decided = ask(floor, command, at)
        assert not isinstance(decided, Refused), f"{command} was refused: {decided}"
        events += decided
    return events


def reason(floor: MemoryFloor, command: c.Command, at: int = NOON) -> str:
    """The reason of a command that must be refused; what a refusal leaves behind is recorded."""
    decided = ask(floor, command, at)
    assert isinstance(decided, Refused), f"{command} was taken: {decided}"
    return decided.reason


def word(text: str) -> str:
    """The word before the colon of a reason."""
    return text.partition(":")[0]


def kinds(events: Sequence[ev.Event]) -> list[str]:
    """The types of events as the journal writes them."""
    return [str(event.__struct_config__.tag) for event in events]


# --- looking ------------------------------------------------------------------------------------------------


def order_of(floor: MemoryFloor, order_no: str = "SO-1") -> Order:
    """The order, which must be there."""
    return known(floor, Order, order_no)


def known(floor: MemoryFloor, kind: type[E], *key: Any) -> E:
    """The entity with that key, which must be there."""
    found = floor.get(kind, *key)
    assert found is not None, f"there is no {kind.__name__} {key}"
    return found


def task_of(floor: MemoryFloor) -> Task:
    """The latest pick list."""
    return max(floor.all(Task), key=lambda task: int(task.task.rpartition("-")[2]))


def job_of(floor: MemoryFloor, order_no: str = "SO-1") -> PrintJob:
    """The latest print job of an order."""
    jobs = (job for job in floor.all(PrintJob) if job.order_no == order_no)
    return max(jobs, key=lambda job: int(job.job.rpartition("-")[2]))


def stock_of(floor: MemoryFloor, location: str = "A-01", sku: str = "A") -> tuple[int, int]:
    """(on hand, reserved)"""
    stock = known(floor, Stock, location, sku)
    return stock.on_hand_qty, stock.reserved_qty


def open_exceptions(floor: MemoryFloor) -> set[str]:
    """The kinds of the exceptions that wait for a person."""
    return {each.kind for each in floor.all(FloorException) if each.closed_at is None}


# --- commands -----------------------------------------------------------------------------------------------


def document(order_no: str = "SO-1", revision: int = 1, **changes: Any) -> dict[str, Any]:
    """An order as the hub writes it: two of A."""
    return {
        "order_no": order_no, "revision": revision, "owner": "ACME", "channel": "tmall",
        "placed_at": "2026-06-18T00:00:03.120Z", "carrier": "SF", "service": "standard", "priority": 0,
        "cutoff_at": "2026-06-18T08:00:00.000Z", "ship_complete": True, "consignee": CONSIGNEE,
        "routing_code": "342-081", "lines": lines((1, "A", 2)), "facts": {"coupon_count": 1},
    } | changes  # fmt: skip


def lines(*wanted: tuple[int, str, int]) -> list[dict[str, Any]]:
    """Order lines: (line_no, sku, qty)."""
    return [{"line_no": line_no, "sku": sku, "qty": qty} for line_no, sku, qty in wanted]


def order(order_no: str = "SO-1", revision: int = 1, **changes: Any) -> c.TakeOrder:
    return c.TakeOrder(data=document(order_no, revision, **changes))


def paid(order_no: str = "SO-1", payment_ref: str = "pay-1") -> c.TakeFact:
    data = {"order_no": order_no, "paid_at": "2026-06-18T00:00:05.000Z", "payment_ref": payment_ref}
    return c.TakeFact(fact="order.paid", data=data)


def fact(kind: str, order_no: str = "SO-1", why: str = "the hub says so") -> c.TakeFact:
    """`held`, `unheld` or `cancelled`."""
    return c.TakeFact(fact=f"order.{kind}", data={"order_no": order_no, "reason": why})


def sku(name: str, *barcodes: str, **changes: Any) -> c.SetSku:
    data = {"sku": name, "name": f"goods {name}", "barcodes": list(barcodes), "weight_g": 500, "zone": "Z1"}
    return c.SetSku(data=data | changes)


def location(
    name: str, zone: str = "Z1", kind: str = "bin", x_mm: int = 0, y_mm: int = 1000
) -> c.SetLocation:
    return c.SetLocation(
        data={"location": name, "kind": kind, "zone": zone, "aisle": "A", "bay": 1, "level": 1, "x_mm": x_mm,
              "y_mm": y_mm}
    )  # fmt: skip


def count(place: str, goods: str, qty: int, as_of: int | None = None) -> c.SetStock:
    """stock.set; without `as_of` the hub had accepted nothing yet."""
    data = {"location": place, "sku": goods, "qty": qty, "as_of_sequence": as_of}
    return c.SetStock(data=data, acked_sequence=0)


def lease(
    *numbers: str, carrier: str = "SF", key: str = "key-1", until: int = NOON + YEAR_MS
) -> list[c.Command]:
    """Ask for numbers, and get them."""
    return [
        c.RequestLease(carrier=carrier, count=len(numbers), request_key=key),
        c.TakeLease(
            request_key=key, lease=f"lease-{key}", carrier=carrier, numbers=numbers, expires_at=until
        ),
    ]


def stop(order_no: str = "SO-1", line_no: int = 1, goods: str = "A", place: str = "A-01", qty: int = 2,
         slot: int = 1) -> c.PlannedStop:  # fmt: skip
    return c.PlannedStop(order_no, line_no, goods, place, qty, slot)


def wave(*stops: c.PlannedStop, pda: str | None = "P1") -> c.ReleaseWave:
    """One pick list with these stops."""
    slots = tuple(dict.fromkeys(each.order_no for each in stops))
    picker = None if pda is None else "Han"
    return c.ReleaseWave(lists=(c.PlannedList(slots, stops, 12_000, 10_000, 20_000, pda, picker, "cart-1"),))


def pick(task: Task, qty: int, stop_at: int = 0, **changes: Any) -> c.PickStop:
    """So many units at the list's stop number `stop_at`, with the right barcode."""
    values = {"pda": task.pda or "P1", "barcode": GTIN} | changes
    return c.PickStop(task=task.task, stop=task.stops[stop_at].stop, qty=qty, **values)


def short(task: Task, qty: int, stop_at: int = 0) -> c.ShortStop:
    """So many units are not there."""
    return c.ShortStop(
        pda=task.pda or "P1", task=task.task, stop=task.stops[stop_at].stop, qty=qty, reason="bin is empty"
    )


def scan(text: str, role: str = "ship", packed_apart: bool = False, **changes: Any) -> c.TakeScan:
    """By nobody's device, so that nothing is a repeat, unless `changes` name one."""
    values: dict[str, Any] = {
        "scanner": f"{role}1", "role": role, "text": text, "scanned_at": NOON, "packed_apart": packed_apart,
    }  # fmt: skip
    return c.TakeScan(**values | changes)


def code(job: PrintJob) -> str:
    """The QR code on a label."""
    return f"FH1:{job.waybill}:{job.job}:{job.copy_no}"


class OnePrinter:
    """A roster with one printer that takes every label."""

    def choose_printer(self, carrier: str, owner: str, instead_of: str | None = None) -> str | None:
        return "lp1"

    def stand_in(self, carrier: str, owner: str, printer: str) -> str | None:
        return "lp1" if printer != "lp1" else None


# --- floors -------------------------------------------------------------------------------------------------


def stocked(*, waybills: int = 9, printers: Sequence[str] = ("lp1",)) -> MemoryFloor:
    """Ten of A at A-01, three more at A-02, ten of B at B-01; A has a barcode, B has none; leased numbers of SF."""
    floor = MemoryFloor(printers)
    record(floor, [ev.JournalOpened("WH1", "e1")])
    goods = (sku("A", GTIN), sku("B", zone="Z2"))
    places = (location("A-01"), location("A-02"), location("B-01", "Z2"))
    run(floor, *goods, *places, c.SetCarrier(data={"carrier": "SF"}))
    run(floor, count("A-01", "A", 10), count("A-02", "A", 3), count("B-01", "B", 10))
    if waybills:
        run(floor, *lease(*(f"SF{number:03d}" for number in range(1, waybills + 1))))
    return floor


def print_label(floor: MemoryFloor, order_no: str = "SO-1") -> None:
    """The printer prints it, and proves it."""
    job = job_of(floor, order_no).job
    run(floor, c.StartPrint(job=job, printer="lp1"), c.PrintSentAll(job=job))
    run(floor, c.FinishPrint(job=job, evidence="process-id", first_byte_at=NOON))


def accept(floor: MemoryFloor) -> list[ev.Event]:
    task = task_of(floor)
    return run(floor, c.AcceptTask(pda=task.pda or "P1", task=task.task))


def _one_step(floor: MemoryFloor) -> None:
    """SO-1's next stage, by the shortest way."""
    waybill = order_of(floor).waybill or ""
    match order_of(floor).state:
        case OrderState.RECEIVED:
            run(floor, paid())
            print_label(floor)
        case OrderState.READY:
            run(floor, wave(stop()))
        case OrderState.RELEASED:
            accept(floor)
        case OrderState.PICKING:
            run(floor, pick(task_of(floor), 2))
        case OrderState.PICKED:
            run(floor, scan(waybill, "pack"), scan("A", "pack"), scan("A", "pack"))
        case OrderState.PACKED:
            run(floor, scan(waybill, packed_apart=True))


def floor_with(state: OrderState, **changes: Any) -> MemoryFloor:
    """SO-1, two of A from A-01, brought to `state`; cancelled: right after it was paid."""
    floor = stocked()
    run(floor, order(**changes))
    if state is OrderState.CANCELLED:
        run(floor, paid(), fact("cancelled"))
    while order_of(floor).state is not state:
        _one_step(floor)
    return floor
