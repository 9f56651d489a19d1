"""A parcel that is a logistic unit of GS1 is named by its SSCC too, as long as that is on one label alone."""

from __future__ import annotations

import sqlite3

import pytest
from msgspec.structs import replace

from agent.core import commands as c
from agent.core.floor import Floor, MemoryFloor, Overlay
from agent.core.model import JobState, OrderState, Parcel, ParcelState, PrintJob
from agent.store.migrate import create_schema
from agent.store.sql_floor import SqlFloor
from tests.agent.floors import (
    CONSIGNEE,
    SSCC,
    code,
    floor_with,
    job_of,
    kinds,
    known,
    order,
    order_of,
    paid,
    reason,
    run,
    scan,
)

OTHER = "106141411234567897"
MOVED = CONSIGNEE | {"phone": "1"}


def unit(role: str = "ship", sscc: str = SSCC, text: str | None = None) -> c.TakeScan:
    """The scan of a code that says this SSCC."""
    return scan(text or f"00{sscc}", role, sscc=sscc)


def parcel_of(floor: MemoryFloor, order_no: str = "SO-1") -> Parcel:
    """The one in force."""
    return known(floor, Parcel, order_of(floor, order_no).waybill)


@pytest.mark.parametrize(
    ("state", "role", "happens"),
    [
        (OrderState.PICKED, "ship", "parcel.shipped"),
        (OrderState.PACKED, "ship", "parcel.shipped"),
        (OrderState.PICKED, "pack", "packing.set"),
        (OrderState.SHIPPED, "return", "parcel.returned"),
    ],
)
def test_the_sscc_stands_for_the_waybill_at_every_station(state: OrderState, role: str, happens: str) -> None:
    floor = floor_with(state, sscc=SSCC)
    assert happens in kinds(run(floor, unit(role)))


def test_an_sscc_that_no_label_carries_is_unknown() -> None:
    floor = floor_with(OrderState.PICKED, sscc=SSCC)
    assert reason(floor, unit(sscc=OTHER)) == "wrong: unknown code: scan the waybill"


@pytest.mark.parametrize("by_qr", [False, True])
def test_a_label_and_a_waybill_come_before_an_sscc(by_qr: bool) -> None:
    floor = floor_with(OrderState.SHIPPED, sscc=SSCC)
    run(floor, order("SO-2"), paid("SO-2"))
    text = code(job_of(floor, "SO-2")) if by_qr else parcel_of(floor, "SO-2").waybill
    assert "not picked" in reason(floor, unit(text=text))


def test_an_sscc_on_two_labels_cannot_tell_which_of_them_is_on_the_parcel() -> None:
    floor = floor_with(OrderState.PICKED, sscc=SSCC)
    run(floor, order(revision=2, sscc=SSCC, consignee=MOVED))
    assert reason(floor, unit()) == "wrong: unknown code: scan the waybill"
    run(floor, scan(parcel_of(floor).waybill))
    assert parcel_of(floor).state is ParcelState.SHIPPED


def test_another_sscc_is_another_label_and_the_old_one_is_stopped() -> None:
    floor = floor_with(OrderState.PICKED, sscc=SSCC)
    changed = run(floor, order(revision=2, sscc=OTHER))
    assert kinds(changed) == ["order.accepted", "waybill.voided", "label.queued"]
    assert reason(floor, unit()) == "stop: the waybill is void: stick the new label on"
    assert "parcel.shipped" in kinds(run(floor, unit(sscc=OTHER)))


def test_while_it_is_picked_another_sscc_is_too_late() -> None:
    floor = floor_with(OrderState.PICKING, sscc=SSCC)
    assert kinds(run(floor, order(revision=2, sscc=OTHER))) == ["order.refused", "exception.opened"]
    assert parcel_of(floor).sscc == SSCC


def test_a_further_copy_carries_it_too() -> None:
    floor = floor_with(OrderState.PICKED, sscc=SSCC)
    run(floor, c.ReprintLabel(order_no="SO-1", reason="torn"))
    assert (parcel_of(floor).copy_no, parcel_of(floor).sscc) == (2, SSCC)


@pytest.mark.parametrize("sscc", [None, "", 18, [SSCC]])
def test_what_is_no_text_is_no_sscc(sscc: object) -> None:
    floor = floor_with(OrderState.READY, sscc=sscc)
    assert parcel_of(floor).sscc is None
    assert kinds(run(floor, order(revision=2))) == ["order.accepted"]


def test_every_floor_finds_the_same_parcels() -> None:
    memory = floor_with(OrderState.PICKED, sscc=SSCC)
    run(memory, order("SO-2", sscc=OTHER), paid("SO-2"))
    connection = sqlite3.connect(":memory:", isolation_level=None)
    create_schema(connection)
    sql = SqlFloor(connection, memory, memory.head)
    sql.put(memory.entities.values())
    ahead = Overlay(sql)
    moved = replace(parcel_of(memory, "SO-2"), sscc=SSCC)
    ahead.put([moved, replace(moved, waybill="SF000", sscc=OTHER)])

    def found(floor: Floor) -> tuple[list[str], list[str]]:
        return list(floor.parcels_of_sscc(SSCC)), list(floor.parcels_of_sscc(OTHER))

    assert found(memory) == found(sql) == found(Overlay(memory)) == (["SF001"], ["SF002"])
    assert found(ahead) == (["SF001", "SF002"], ["SF000"])
    connection.close()


def test_an_sscc_ships_the_parcel_and_proves_no_print_for_a_carton_may_have_had_it_before() -> None:
    floor = floor_with(OrderState.PICKED, sscc=SSCC)
    job = job_of(floor)
    floor.put([replace(job, state=JobState.SUSPECT)])
    assert "parcel.shipped" in kinds(run(floor, unit()))
    assert known(floor, PrintJob, job.job).state is JobState.SUSPECT
