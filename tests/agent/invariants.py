"""What must hold on every floor after every event, whatever was asked before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from agent.core import events as ev
from agent.core import model as m
from agent.core.floor import Entry, MemoryFloor
from agent.core.rules.quarantine import PARKED_EVENT
from agent.core.story import Refused
from agent.core.trails import RING

_O, _J, _P, _T, _S = m.OrderState, m.JobState, m.ParcelState, m.TaskState, m.StopState

#: From each state, the states that one event may lead to, besides itself.
MOVES: dict[str, dict[str, set[str]]] = {
    "Order": {
        _O.RECEIVED: {_O.READY, _O.CANCELLED},
        _O.READY: {_O.RELEASED, _O.CANCELLED},
        _O.RELEASED: {_O.READY, _O.PICKING, _O.CANCELLED},
        _O.PICKING: {_O.PICKED, _O.CANCELLED},
        _O.PICKED: {_O.PACKED, _O.CANCELLED},
        _O.PACKED: {_O.SHIPPED, _O.CANCELLED},
    },
    "PrintJob": {
        _J.QUEUED: {_J.SENDING, _J.FAILED},
        _J.SENDING: {_J.SENT, _J.QUEUED, _J.CONFIRMED, _J.SUSPECT, _J.FAILED},
        _J.SENT: {_J.QUEUED, _J.CONFIRMED, _J.SUSPECT, _J.FAILED},
        _J.SUSPECT: {_J.QUEUED, _J.CONFIRMED, _J.FAILED},
        _J.FAILED: {_J.QUEUED},
    },
    "Parcel": {_P.LABELLED: {_P.PACKED, _P.VOIDED}, _P.PACKED: {_P.SHIPPED, _P.VOIDED}},
    "Task": {
        _T.PLANNED: {_T.ASSIGNED, _T.RECALLED},
        _T.ASSIGNED: {_T.ACCEPTED, _T.RECALLED},
        _T.ACCEPTED: {_T.DONE, _T.RECALLED},
    },
    "Waybill": {"free": {"used"}, "used": {"voided"}},
    "LeaseRequest": {"open": {"granted", "refused"}},
    "Parked": {"parked": {"released", "dropped"}},
}
_STOP_MOVES: dict[str, set[str]] = {_S.OPEN: {_S.PICKED, _S.SHORT, _S.CANCELLED}}


def check_move(before: m.Entity | None, now: m.Entity) -> None:
    """No event takes anything where the design has no arrow."""
    moves = MOVES.get(type(now).__name__)
    if moves is None or before is None:
        return
    old, new = before.state, now.state  # type: ignore[attr-defined]  # every class in MOVES has a state
    assert new == old or new in moves.get(old, set()), f"{type(now).__name__} {now.key()}: {old} -> {new}"
    if isinstance(before, m.Parcel) and isinstance(now, m.Parcel):
        assert before.order_no == now.order_no, "a waybill on two orders"
    if isinstance(before, m.Task) and isinstance(now, m.Task):
        assert now.revision >= before.revision, "a list's revision went back"
        _check_stops(before, now)


def _check_stops(before: m.Task, now: m.Task) -> None:
    after = {stop.stop: stop.state for stop in now.stops}
    for stop in before.stops:
        new = after[stop.stop]
        assert new == stop.state or new in _STOP_MOVES.get(stop.state, set()), f"{stop} -> {new}"


def check_floor(floor: MemoryFloor) -> None:
    """What every floor is like."""
    _check_promises(floor)
    _check_hands(floor)
    _check_labels(floor)
    _check_parcels(floor)
    _check_trails(floor)
    _check_quarantine(floor)
    for order in floor.all(m.Order):
        assert order.untasked_qty == sum(line.untasked_qty for line in order.lines)
        assert order.paid_at is not None or order.state in {_O.RECEIVED, _O.CANCELLED}, "nothing moves unpaid"
        if order.state is _O.PICKED:
            assert order.open_qty == 0


def _check_promises(floor: MemoryFloor) -> None:
    reserved: Counter[tuple[str, str]] = Counter()
    tasked: Counter[tuple[str, int]] = Counter()
    for task in floor.all(m.Task):
        for stop in task.stops if task.state in m.LIVE_TASK else ():
            assert 0 <= stop.picked_qty <= stop.qty, stop
            reserved[stop.location, stop.sku] += stop.open_qty
            tasked[stop.order_no, stop.line_no] += stop.open_qty
    for stock in floor.all(m.Stock):
        assert stock.on_hand_qty >= 0
        assert stock.reserved_qty == reserved.pop((stock.location, stock.sku), 0), stock
    for order in floor.all(m.Order):
        for line in order.lines:
            quantities = (line.picked_qty, line.short_qty, line.tasked_qty)
            assert min(quantities) >= 0, line
            assert sum(quantities) <= line.qty, line
            assert line.tasked_qty == tasked.pop((order.order_no, line.line_no), 0), line
    assert not +reserved, "promised where there is no stock"
    assert not +tasked, "a stop for no line"


def _check_hands(floor: MemoryFloor) -> None:
    held = [task for task in floor.all(m.Task) if task.state in {_T.ASSIGNED, _T.ACCEPTED}]
    assert len({task.pda for task in held}) == len(held), "a PDA holds two live lists"
    for task in held:
        desk = floor.get(m.Desk, task.pda)
        assert desk is not None
        assert desk.task == task.task


def _check_labels(floor: MemoryFloor) -> None:
    in_force = [order.waybill for order in floor.all(m.Order) if order.waybill]
    assert len(set(in_force)) == len(in_force), "a waybill on two orders"
    for order in floor.all(m.Order):
        if order.waybill:
            parcel, waybill = floor.get(m.Parcel, order.waybill), floor.get(m.Waybill, order.waybill)
            assert parcel is not None
            assert waybill is not None
            assert (parcel.order_no, waybill.state) == (order.order_no, "used")
            assert parcel.state is not _P.VOIDED
            assert parcel.sscc == order.sscc, "the label carries another one"
    _check_pools(floor)
    _check_copies(floor)
    _check_holds(floor)


def _check_pools(floor: MemoryFloor) -> None:
    """What is counted is what is there."""
    free = Counter((each.carrier, each.expires_at) for each in floor.all(m.Waybill) if each.state == "free")
    assert Counter({each.key(): each.free_qty for each in floor.all(m.WaybillPool)}) == free
    used = sum(each.used_qty for each in floor.all(m.WaybillUse))
    assert used == sum(1 for each in floor.all(m.Waybill) if each.state != "free")


def _check_copies(floor: MemoryFloor) -> None:
    jobs = floor.all(m.PrintJob)
    for parcel in floor.all(m.Parcel):
        copies = sorted(job.copy_no for job in jobs if job.waybill == parcel.waybill)
        assert copies == list(range(1, parcel.copy_no + 1)), "a copy that is there twice, or not at all"
    for job in jobs:
        latest = floor.get(m.Parcel, job.waybill)
        assert latest is not None
        waits = job.state is _J.QUEUED or job.state in m.ON_THE_WIRE
        assert not waits or latest.job == job.job, "an older copy is still to come out"
        order = floor.get(m.Order, job.order_no)
        if order is not None and (order.waybill, latest.job) == (job.waybill, job.job):
            assert job.cutoff_at == order.cutoff_at, "it waits by another cut-off than its order's"


def _check_holds(floor: MemoryFloor) -> None:
    for order in floor.all(m.Order):
        if (order.held or "").startswith("unknown-carrier:") and order.state not in m.ENDED:
            carrier = floor.get(m.Carrier, order.carrier)
            assert carrier is None or not carrier.active, "held for a carrier that is served"


def _check_parcels(floor: MemoryFloor) -> None:
    for parcel in floor.all(m.Parcel):
        assert (parcel.shipped_at is not None) == (parcel.state is _P.SHIPPED)
        order = floor.get(m.Order, parcel.order_no)
        assert order is not None
        assert parcel.cutoff_at == (order.cutoff_at if parcel.shipped_at is not None else None)
        assert parcel.returned_at is None or parcel.shipped_at is not None, "came back before it left"
        assert parcel.grade is None or parcel.returned_at is not None, "graded before it came back"


def _check_trails(floor: MemoryFloor) -> None:
    for seen in floor.all(m.SeenScan):
        trail = floor.get(m.Trail, seen.device)
        assert trail is not None
        assert trail.count - RING <= seen.number < trail.count
        assert seen.slot == seen.number % RING
    for trail in floor.all(m.Trail):
        assert trail.device, "nobody's device"
        for counting in trail.paths.values():
            edges = [edge for gap in counting.gaps for edge in gap]
            assert edges == sorted(edges), "gaps that overlap"
            assert not edges or edges[-1] < counting.last


def _check_quarantine(floor: MemoryFloor) -> None:
    for parked in floor.all(m.Parked):
        exception = floor.get(m.FloorException, f"{PARKED_EVENT}:{parked.parked}")
        told = parked.direction != "outbox" or not parked.kind.startswith("exception.")
        assert (exception is not None) == told
        if exception is not None:
            assert (exception.closed_at is None) == parked.waits, (
                "an exception is open while its event is parked"
            )
        assert parked.waits or (parked.body, parked.settled_by) == ("", "person:Wei")
        assert parked.direction != "outbox" or parked.state != "released", "the hub has rejected it for good"
        assert not parked.waits or bool(parked.sha256) == (parked.size_bytes > len(parked.body.encode()))


def check_journal(entries: Sequence[Entry]) -> None:
    """Both counts are gapless, and no copy is reported as printed twice."""
    assert [entry.row for entry in entries] == list(range(1, len(entries) + 1))
    sequences = [entry.sequence for entry in entries if entry.sequence is not None]
    assert sequences == list(range(1, len(sequences) + 1))
    printed = Counter(
        (entry.event.waybill, entry.event.copy_no)
        for entry in entries
        if isinstance(entry.event, ev.LabelPrinted)
    )
    assert max(printed.values(), default=1) == 1, printed


def check_print(floor: MemoryFloor, event: ev.Event) -> None:
    """Before the event: nothing is sent or queued again that is void or has a later copy."""
    if isinstance(event, ev.PrintStarted | ev.PrintRequeued):
        job = floor.get(m.PrintJob, event.job)
        assert job is not None
        parcel = floor.get(m.Parcel, job.waybill)
        assert parcel is not None
        assert parcel.state is not _P.VOIDED, f"{event} of a void waybill"
        assert parcel.copy_no == job.copy_no, f"{event} of a replaced copy"


def check_scan(decided: Sequence[ev.Event] | Refused) -> None:
    """A scan ends as taken or as ignored, refused unless it is good; ignored it does nothing but tell of a gap."""
    events = decided.events if isinstance(decided, Refused) else decided
    (scan,) = (event for event in events if isinstance(event, ev.ScanTaken | ev.ScanIgnored))
    assert isinstance(decided, Refused) == (scan.tone != "good"), scan
    if isinstance(scan, ev.ScanIgnored):
        others = {type(event) for event in events} - {ev.ScanIgnored}
        assert others <= {ev.ExceptionOpened, ev.ExceptionClosed}, f"{scan} and {others}"


def check_promise(floor: MemoryFloor, event: ev.Event) -> None:
    """New stops are promised only what is free."""
    stops = event.stops if isinstance(event, ev.TaskPlanned) else ()
    for stop in (event.stop,) if isinstance(event, ev.StopAdded) else stops:
        stock = floor.get(m.Stock, stop.location, stop.sku)
        assert stock is not None
        assert stock.reserved_qty <= stock.on_hand_qty, f"{stop} was promised twice"
