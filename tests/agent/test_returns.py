"""What comes back: received once, graded by a code, and never on a truck again by mistake."""

from __future__ import annotations

import pytest

from agent.core import commands as c
from agent.core import events as ev
from agent.core.floor import MemoryFloor
from agent.core.model import FloorException, OrderState, Parcel
from tests.agent.floors import (
    NOON,
    code,
    floor_with,
    job_of,
    kinds,
    known,
    open_exceptions,
    order_of,
    reason,
    run,
    scan,
)

GRADES = ("GRADE-A", "GRADE-B")


@pytest.fixture
def floor() -> MemoryFloor:
    """SO-1 was shipped."""
    return floor_with(OrderState.SHIPPED)


def parcel(floor: MemoryFloor) -> Parcel:
    return known(floor, Parcel, order_of(floor).waybill or "")


def back(text: str) -> c.TakeScan:
    return scan(text, "return", grades=GRADES)


def said(events: list[ev.Event]) -> str:
    return next(event.reason for event in events if isinstance(event, ev.ScanTaken))


@pytest.mark.parametrize("by_qr", [False, True])
def test_what_came_back_is_received_with_an_exception_and_its_order_stays_shipped(
    floor: MemoryFloor, by_qr: bool
) -> None:
    received = run(floor, back(code(job_of(floor)) if by_qr else parcel(floor).waybill))
    assert kinds(received) == ["packing.set", "parcel.returned", "exception.opened", "scan.taken"]
    assert said(received) == "received: scan its grade"
    assert (parcel(floor).returned_at, order_of(floor).state) == (NOON, OrderState.SHIPPED)


def test_its_grade_closes_the_exception_and_stands_in_its_note(floor: MemoryFloor) -> None:
    graded = run(floor, back(parcel(floor).waybill), back("GRADE-B"))
    assert "parcel.graded" in kinds(graded)
    assert parcel(floor).grade == "GRADE-B"
    closed = known(floor, FloorException, f"returned:{parcel(floor).waybill}")
    assert (closed.closed_at, closed.note) == (NOON, "graded GRADE-B")


def test_received_again_is_good_and_may_be_graded_anew(floor: MemoryFloor) -> None:
    run(floor, back(parcel(floor).waybill))
    assert said(run(floor, back(parcel(floor).waybill))) == "already received: scan its grade"
    run(floor, back("GRADE-A"))
    again = run(floor, back(parcel(floor).waybill))
    assert (said(again), kinds(again)) == ("already received, graded GRADE-A", ["packing.set", "scan.taken"])
    run(floor, back("GRADE-B"))
    assert parcel(floor).grade == "GRADE-B"


def test_a_grade_without_a_parcel_is_wrong_also_after_the_parcel_was_graded(floor: MemoryFloor) -> None:
    missing = "wrong: no parcel on the table: scan its waybill first"
    assert reason(floor, back("GRADE-A")) == missing
    run(floor, back(parcel(floor).waybill), back("GRADE-A"))
    assert reason(floor, back("GRADE-A")) == missing


def test_a_code_that_no_station_has_as_a_grade_is_unknown(floor: MemoryFloor) -> None:
    run(floor, back(parcel(floor).waybill))
    assert reason(floor, back("GRADE-Z")) == "wrong: unknown code: scan the waybill"


@pytest.mark.parametrize("state", [OrderState.READY, OrderState.PICKED, OrderState.PACKED])
def test_a_parcel_that_never_left_is_stopped(state: OrderState) -> None:
    floor = floor_with(state)
    assert reason(floor, back(parcel(floor).waybill)).startswith("stop: it never left")
    assert open_exceptions(floor) == {"stopped-parcel"}


@pytest.mark.parametrize("role", ["ship", "pack"])
def test_what_came_back_does_not_leave_again(floor: MemoryFloor, role: str) -> None:
    run(floor, back(parcel(floor).waybill))
    assert reason(floor, scan(parcel(floor).waybill, role)).startswith("stop: this parcel came back")
