"""Scans: good, wrong or stop, by the parcel in hand; good promises that the hub will hear of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from agent.core import commands as c
from agent.core import events as ev
from agent.core.decide import decide
from agent.core.floor import MemoryFloor
from agent.core.model import JobState, OrderState, Parcel, ParcelState, PrintJob
from agent.core.story import Refused
from tests.agent.floors import (
    CONSIGNEE,
    GTIN,
    NOON,
    accept,
    ask,
    code,
    fact,
    floor_with,
    job_of,
    kinds,
    known,
    lines,
    open_exceptions,
    order,
    order_of,
    paid,
    pick,
    print_label,
    reason,
    run,
    scan,
    stocked,
    stop,
    task_of,
    wave,
    word,
)


def waybill(floor: MemoryFloor) -> str:
    """The number on SO-1's parcel."""
    return order_of(floor).waybill or ""


def said(events: list[ev.Event]) -> str:
    """What the scanner showed."""
    (taken,) = [event for event in events if isinstance(event, ev.ScanTaken)]
    return f"{taken.tone}: {taken.reason}"


# --- shipping -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [waybill, lambda floor: code(job_of(floor))])
def test_a_picked_parcel_is_packed_and_shipped_where_nobody_packs_apart(
    text: Callable[[MemoryFloor], str],
) -> None:
    floor = floor_with(OrderState.PICKED)
    assert kinds(run(floor, scan(text(floor)))) == ["parcel.packed", "parcel.shipped", "scan.taken"]
    assert order_of(floor).state is OrderState.SHIPPED


def test_where_a_pack_station_is_a_picked_parcel_is_stopped_at_the_dock() -> None:
    floor = floor_with(OrderState.PICKED)
    assert word(reason(floor, scan(waybill(floor), packed_apart=True))) == "stop"
    assert order_of(floor).state is OrderState.PICKED


def test_a_packed_parcel_is_shipped() -> None:
    floor = floor_with(OrderState.PACKED)
    assert kinds(run(floor, scan(waybill(floor), packed_apart=True))) == ["parcel.shipped", "scan.taken"]


def test_shipped_again_is_good_and_no_second_event() -> None:
    floor = floor_with(OrderState.SHIPPED)
    again = run(floor, scan(waybill(floor)))
    assert (kinds(again), said(again)) == (["scan.taken"], "good: already shipped")


@pytest.mark.parametrize(
    "text", ["4711", "FH1:::", "FH1:SF001:no-job:1", "FH1:SF001:x:²", "FH1:" + "9" * 9999]
)
def test_an_unknown_code_is_wrong_and_stands_in_the_audit(text: str) -> None:
    floor = floor_with(OrderState.PICKED)
    before = dict(floor.entities)
    assert word(reason(floor, scan(text))) == "wrong"
    assert floor.entities == before


def test_a_code_that_joins_two_labels_is_unknown() -> None:
    floor = floor_with(OrderState.PICKED)
    run(floor, order("SO-2"), paid("SO-2"))
    other = job_of(floor, "SO-2")
    assert word(reason(floor, scan(f"FH1:{waybill(floor)}:{other.job}:1"))) == "wrong"
    assert known(floor, PrintJob, other.job).state is JobState.QUEUED


@pytest.mark.parametrize("state", [OrderState.READY, OrderState.RELEASED, OrderState.PICKING])
@pytest.mark.parametrize("role", ["pack", "ship"])
def test_what_is_not_picked_is_stopped_with_an_exception_and_nothing_changes(
    state: OrderState, role: str
) -> None:
    floor = floor_with(state)
    before = order_of(floor)
    assert word(reason(floor, scan(waybill(floor), role))) == "stop"
    assert (order_of(floor), open_exceptions(floor)) == (before, {"stopped-parcel"})


@pytest.mark.parametrize("role", ["pack", "ship"])
def test_a_held_parcel_is_stopped(role: str) -> None:
    floor = stocked()
    run(floor, order(lines=lines((1, "A", 14))), paid(), wave(stop(qty=10)))
    accept(floor)
    run(floor, pick(task_of(floor), 10), wave(stop(place="A-02", qty=3), pda="P2"))
    accept(floor)
    run(floor, order(revision=2, lines=lines((1, "A", 13))))
    task = task_of(floor)
    run(floor, c.ShortStop(pda="P2", task=task.task, stop=task.stops[0].stop, qty=3, reason="empty"))
    assert order_of(floor).shown_state == "held"
    assert "held" in reason(floor, scan(waybill(floor), role))


@pytest.mark.parametrize("role", ["pack", "ship"])
def test_a_parcel_of_a_cancelled_order_is_stopped(role: str) -> None:
    floor = floor_with(OrderState.PACKED)
    number = waybill(floor)
    run(floor, fact("cancelled"))
    assert word(reason(floor, scan(number, role))) == "stop"


@pytest.mark.parametrize("state", [OrderState.PICKED, OrderState.PACKED])
@pytest.mark.parametrize("role", ["pack", "ship"])
def test_a_voided_waybill_is_stopped_and_the_new_one_is_good(state: OrderState, role: str) -> None:
    floor = floor_with(state)
    old = waybill(floor)
    run(floor, order(revision=2, consignee=CONSIGNEE | {"phone": "1"}))
    assert reason(floor, scan(old, role)) == "stop: the waybill is void: stick the new label on"
    run(floor, scan(waybill(floor), role))


def test_a_packed_parcels_new_label_goes_the_whole_way() -> None:
    floor = floor_with(OrderState.PACKED)
    run(floor, order(revision=2, consignee=CONSIGNEE | {"phone": "1"}))
    print_label(floor)
    assert kinds(run(floor, scan(waybill(floor), packed_apart=True)))[:2] == [
        "parcel.packed",
        "parcel.shipped",
    ]
    assert known(floor, Parcel, waybill(floor)).state is ParcelState.SHIPPED


def test_an_older_copy_is_stopped_once_the_newer_one_is_printed() -> None:
    floor = floor_with(OrderState.PICKED)
    first = code(job_of(floor))
    run(floor, c.ReprintLabel(order_no="SO-1", reason="torn"))
    print_label(floor)
    assert "copy 2 is the one in force" in reason(floor, scan(first))
    run(floor, scan(code(job_of(floor))))


def test_scanned_in_order_after_all_a_stopped_parcel_is_no_exception_any_more() -> None:
    floor = floor_with(OrderState.PICKING)
    reason(floor, scan(waybill(floor)))
    run(floor, pick(task_of(floor), 2), scan(waybill(floor)))
    assert open_exceptions(floor) == set()


@pytest.mark.parametrize("role", ["pack", "ship"])
def test_a_scan_of_a_suspect_label_settles_it_as_printed(role: str) -> None:
    floor = stocked()
    run(floor, order(), paid(), wave(stop()))
    accept(floor)
    job = job_of(floor).job
    run(
        floor,
        pick(task_of(floor), 2),
        c.StartPrint(job=job, printer="lp1"),
        c.SuspectPrint(job=job, reason="?"),
    )
    printed = [
        event for event in run(floor, scan(code(job_of(floor)), role)) if isinstance(event, ev.LabelPrinted)
    ]
    assert [(event.evidence, event.copy_no) for event in printed] == [("scan", 1)]
    assert open_exceptions(floor) == set()


@pytest.mark.parametrize(
    ("role", "copy_shipped"), [("pack", False), ("ship", False), ("pack", True), ("ship", True)]
)
def test_a_suspect_copy_for_a_parcel_that_is_packed_or_gone_is_settled_by_its_scan_too(
    role: str, copy_shipped: bool
) -> None:
    floor = floor_with(OrderState.PACKED)
    first = code(job_of(floor))
    run(floor, c.ReprintLabel(order_no="SO-1", reason="torn"))
    job = job_of(floor).job
    run(floor, c.StartPrint(job=job, printer="lp1"), c.SuspectPrint(job=job, reason="hung up"))
    if copy_shipped:
        run(floor, scan(first, packed_apart=True))
    again = [run(floor, scan(code(job_of(floor)), role, packed_apart=True)) for _ in range(2)]
    assert [kinds(events).count("label.printed") for events in again] == [1, 0]
    assert open_exceptions(floor) == set()


# --- packing ------------------------------------------------------------------------------------------------


def packing() -> MemoryFloor:
    """Two of A and one of B on the table of a pack station."""
    floor = stocked()
    both = lines((1, "A", 2), (2, "B", 1))
    run(floor, order(lines=both), paid(), wave(stop(), stop(line_no=2, goods="B", place="B-01", qty=1)))
    accept(floor)
    run(floor, pick(task_of(floor), 2), pick(task_of(floor), 1, 1))
    assert said(run(floor, scan(waybill(floor), "pack"))) == "good: 3 items to scan"
    return floor


def test_at_a_pack_station_the_last_item_packs_the_parcel() -> None:
    floor = packing()
    shown = [said(run(floor, scan(item, "pack"))) for item in (GTIN, "B", f"0{GTIN}")]
    assert shown == ["good: 2 items left", "good: 1 item left", "good: packed"]
    assert order_of(floor).state is OrderState.PACKED


def test_an_item_too_many_is_stopped_and_a_foreign_one_is_wrong() -> None:
    floor = packing()
    run(floor, scan("B", "pack"))
    assert word(reason(floor, scan("B", "pack"))) == "stop"
    assert word(reason(floor, scan("C", "pack"))) == "wrong"


def test_an_item_without_a_parcel_on_the_table_is_wrong() -> None:
    assert word(reason(floor_with(OrderState.PICKED), scan("A", "pack"))) == "wrong"


def test_a_parcel_voided_on_the_table_takes_no_more_items() -> None:
    floor = packing()
    run(floor, order(revision=2, lines=lines((1, "A", 2), (2, "B", 1)), consignee=CONSIGNEE | {"phone": "1"}))
    assert reason(floor, scan("A", "pack")) == "stop: the waybill is void: scan the new label"


def test_scanning_the_waybill_again_begins_the_count_again() -> None:
    floor = packing()
    run(floor, scan("A", "pack"), scan(waybill(floor), "pack"))
    assert said(run(floor, scan("A", "pack"))) == "good: 2 items left"


def test_a_gtin_inside_a_longer_code_names_its_item() -> None:
    floor = packing()
    long = scan(f"01{GTIN:0>14}10LOT7", "pack", gtin=f"{GTIN:0>14}")
    assert said(run(floor, long)) == "good: 2 items left"


def unit(serial: str) -> c.TakeScan:
    """An A with its serial number, as GS1 has it."""
    return scan(f"01{GTIN:0>14}21{serial}", "pack", gtin=f"{GTIN:0>14}", serial=serial)


def test_a_unit_counts_once_by_its_serial_number_and_another_of_its_kind_is_one_more() -> None:
    floor = packing()
    assert said(run(floor, unit("7"))) == "good: 2 items left"
    again = reason(floor, unit("7"))
    assert again == "wrong: this very A (serial 7) is in the parcel already: scan another one"
    assert [said(run(floor, each)) for each in (unit("8"), scan("B", "pack"))] == [
        "good: 1 item left",
        "good: packed",
    ]


def test_a_serial_number_counts_again_when_the_parcel_is_begun_anew() -> None:
    floor = packing()
    run(floor, unit("7"), scan(waybill(floor), "pack"))
    assert said(run(floor, unit("7"))) == "good: 2 items left"


def test_the_bounce_of_a_unit_with_a_serial_number_is_a_bounce_however_many_are_wanted() -> None:
    floor = packing()
    first, later = (replace(unit("7"), device="serial:1", link="l", scanned_at=NOON + ms) for ms in (0, 400))
    assert said(run(floor, first)) == "good: 2 items left"
    (ignored,) = run(floor, later)
    assert (ignored.why, ignored.tone) == ("bounce", "good")  # type: ignore[attr-defined]


def test_another_parcel_waits_until_the_half_packed_one_is_finished_or_begun_anew() -> None:
    floor = packing()
    run(floor, order("SO-2"), paid("SO-2"), wave(stop("SO-2"), pda="P3"))
    accept(floor)
    run(floor, pick(task_of(floor), 2), scan("A", "pack"))
    other = scan(order_of(floor, "SO-2").waybill or "", "pack")
    assert reason(floor, other) == f"wrong: first finish {waybill(floor)}: 2 items left"
    run(floor, scan(waybill(floor), "pack"), other)
    assert said(run(floor, scan("A", "pack"))) == "good: 1 item left"


def test_a_half_packed_parcel_that_cannot_be_finished_holds_up_no_other() -> None:
    floor = packing()
    run(floor, order("SO-2"), paid("SO-2"), wave(stop("SO-2"), pda="P3"))
    accept(floor)
    run(floor, pick(task_of(floor), 2), scan("A", "pack"), fact("cancelled"))
    run(floor, scan(order_of(floor, "SO-2").waybill or "", "pack"))


def test_packed_again_is_good() -> None:
    floor = floor_with(OrderState.PACKED)
    assert said(run(floor, scan(waybill(floor), "pack"))) == "good: already packed"


# --- every station ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["pick", "pack", "ship", "return"])
def test_every_scan_stands_in_the_journal(role: str) -> None:
    decided = ask(floor_with(OrderState.READY), scan("4711", role))
    assert kinds(decided.events) == ["scan.taken"]  # type: ignore[union-attr]  # it is refused


#: contracts.md, section 4, "Scans": the state of the order, and what each role answers to its waybill.
CONTRACT = {
    OrderState.READY: ("stop", "stop", "stop"),
    OrderState.RELEASED: ("stop", "stop", "stop"),
    OrderState.PICKING: ("stop", "stop", "stop"),
    OrderState.PICKED: ("good", "stop", "good"),
    OrderState.PACKED: ("good", "good", "good"),
    OrderState.SHIPPED: ("good", "good", "good"),
    OrderState.CANCELLED: ("stop", "stop", "stop"),
}


@pytest.mark.parametrize("state", CONTRACT)
def test_every_state_is_answered_as_the_contract_says(state: OrderState) -> None:
    floor = floor_with(state)
    parcel = floor.all(Parcel)[0].waybill
    asked = (scan(parcel), scan(parcel, packed_apart=True), scan(parcel, "pack"))
    tones = []
    for each in asked:
        decided = decide(floor, each, NOON)
        events = decided.events if isinstance(decided, Refused) else decided
        tones.append(said(list(events)).partition(":")[0])
        told = {"exception.opened"} if tones[-1] == "stop" else set()
        assert {kind for kind in kinds(events) if kind.startswith("exception")} == told
    assert tuple(tones) == CONTRACT[state]
