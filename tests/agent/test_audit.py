"""The audit: a checkpoint of the chain for the hub, a row for all that a person did, the end of personal data."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from agent.api import commands as api
from agent.api.commands import read_command
from agent.core import commands as c
from agent.core import events as ev
from agent.core.model import ENDED, ERASED, OrderState
from agent.core.outbound import Outbound, project
from tests.agent.books import Books
from tests.agent.floors import (
    document,
    floor_with,
    job_of,
    kinds,
    order_of,
    reason,
    run,
    stocked,
    task_of,
    word,
)

# --- checkpoints --------------------------------------------------------------------------------------------


def test_a_checkpoint_is_of_the_row_before_it_and_goes_to_the_hub() -> None:
    floor = stocked()
    head = floor.head.row
    (event,) = run(floor, c.TakeCheckpoint(row=head, hash="ab" * 32))
    assert project(event) == Outbound(str(head), {"row": head, "hash": "ab" * 32})
    assert floor.head.row == head + 1


def test_a_checkpoint_of_any_other_row_is_refused() -> None:
    floor = stocked()
    for row in (floor.head.row - 1, floor.head.row + 1):
        assert word(reason(floor, c.TakeCheckpoint(row=row, hash="ab"))) == "not-the-head"


# --- people -------------------------------------------------------------------------------------------------


def asked(kind: str, **fields: Any) -> c.Command:
    """As it comes over the local API."""
    return read_command(
        msgspec.json.encode({"id": "k1", "by": "Wei", "device": "desk-2", "type": kind} | fields)
    )


#: Every type of the API: what it needs, in which state of SO-1 it changes something, and what the audit must say.
ACTS: dict[str, tuple[OrderState, dict[str, Any], str, tuple[str, str, object, object]]] = {
    "order.hold": (OrderState.READY, {"reason": "fraud?"}, "fraud?", ("Order SO-1", "held", None, "fraud?")),
    "order.unhold": (
        OrderState.READY, {"reason": "asked"}, "asked", ("Order SO-1", "held", "first", None)),
    "order.cancel": (
        OrderState.READY, {"reason": "called"}, "called", ("Order SO-1", "state", "ready", "cancelled")),
    "label.reprint": (OrderState.READY, {"reason": "torn"}, "torn", ("Parcel SF001", "copy_no", 1, 2)),
    "label.settle": (
        OrderState.READY, {"printed": True, "reason": "seen"}, "seen", ("", "state", "suspect", "confirmed")),
    "task.recall": (OrderState.RELEASED, {"reason": "late"}, "late", ("", "state", "assigned", "recalled")),
    "printer.pause": (OrderState.READY, {"reason": "dirty"}, "dirty", ("Device lp1", "paused", None, True)),
    "printer.resume": (OrderState.READY, {"reason": "clean"}, "clean", ("Device lp1", "paused", True, False)),
    "exception.close": (OrderState.READY, {"note": "seen"}, "seen", ("FloorException x:y", "note", "", "seen")),
    "parked.release": (
        OrderState.READY, {"parked": "p1", "note": "mended"}, "mended", ("Parked p1", "state", "parked", "released")),
    "parked.drop": (
        OrderState.READY, {"parked": "p1", "note": "a test"}, "a test", ("Parked p1", "state", "parked", "dropped")),
    "personal.erase": (OrderState.CANCELLED, {"reason": "asked"}, "asked", ("Order SO-1", "erased", False, True)),
}  # fmt: skip
_PARKED = c.ParkEvent(
    parked="p1",
    direction="feed",
    source="/erp",
    event="e1",
    kind="sku.changed",
    reason="malformed: x",
    body="{}",
)
PREPARED: dict[str, c.Command] = {
    "order.unhold": c.HoldOrder(order_no="SO-1", reason="first"),
    "printer.resume": c.PausePrinter(printer="lp1", paused=True),
    "exception.close": c.OpenException(kind="x", subject="y", text="z"),
    "parked.release": _PARKED,
    "parked.drop": _PARKED,
}


def test_the_list_of_acts_has_every_type_of_the_api() -> None:
    types = {str(kind.__struct_config__.tag) for kind in api._MAKE}
    assert types == set(ACTS)


@pytest.mark.parametrize("kind", ACTS)
def test_what_a_person_does_has_a_row_with_before_and_after_and_why(kind: str) -> None:
    state, fields, why, expected = ACTS[kind]
    floor = floor_with(state)
    if kind in PREPARED:
        run(floor, PREPARED[kind])
    job = job_of(floor)
    if kind == "label.settle":
        run(floor, c.ReprintLabel(order_no="SO-1", reason="torn"))
        job = job_of(floor)
        run(floor, c.StartPrint(job=job.job, printer="lp1"), c.SuspectPrint(job=job.job, reason="cut"))
    target = {"order_no": "SO-1", "printer": "lp1", "exception": "x:y", "job": job.job}
    if kind == "task.recall":
        target["task"] = task_of(floor).task
    known = {name: value for name, value in target.items() if name in _fields(kind) and name not in fields}
    if kind == "label.reprint":
        known.pop("printer")
    act = run(floor, asked(kind, **known, **fields))[-1]
    assert isinstance(act, ev.PersonActed)
    assert act.reason == why
    entity, *change = expected
    named = [found for found in act.changes if found.entity.startswith(entity)]
    assert tuple(change) in [(found.field, found.before, found.after) for found in named]


def _fields(kind: str) -> tuple[str, ...]:
    return next(k.__struct_fields__ for k in api._MAKE if k.__struct_config__.tag == kind)


def test_the_row_says_who_and_with_which_device() -> None:
    books = Books.in_memory()
    books.stock_up()
    books.ask(c.TakeOrder(data=document()), asked("order.hold", order_no="SO-1", reason="fraud?"))
    (row,) = books.rows("person.acted")
    assert (row.by, row.device, row.cause, row.order_no) == ("person:Wei", "desk-2", "k1", "SO-1")
    event = row.entry.event
    assert isinstance(event, ev.PersonActed)
    assert event.action == "hold-order"


def test_what_changes_nothing_or_is_refused_is_no_act() -> None:
    floor = floor_with(OrderState.READY)
    hold = asked("order.hold", order_no="SO-1", reason="fraud?")
    run(floor, hold)
    assert run(floor, hold) == []
    assert word(reason(floor, asked("order.hold", order_no="SO-9", reason="x"))) == "unknown-order"


def test_what_systems_and_devices_do_needs_no_such_row() -> None:
    floor = floor_with(OrderState.READY)
    assert kinds(run(floor, c.HoldOrder(by="hub:/crm", order_no="SO-1", reason="x"))) == ["order.held"]


# --- personal data ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", OrderState)
def test_personal_data_end_when_nobody_needs_them_and_not_before(state: OrderState) -> None:
    floor = floor_with(state)
    erase = c.ErasePersonal(order_no="SO-1", reason="the customer asked")
    if state not in ENDED:
        assert word(reason(floor, erase)) == "not-ended"
        assert order_of(floor).consignee != ERASED
        return
    assert kinds(run(floor, erase)) == ["personal.erased"]
    assert (order_of(floor).consignee, order_of(floor).erased) == (ERASED, True)
    assert run(floor, erase) == []


def test_of_an_order_that_is_not_here_nothing_can_be_erased() -> None:
    assert word(reason(stocked(), c.ErasePersonal(order_no="SO-9", reason="x"))) == "unknown-order"
