"""Picking with a scanner that has no screen: by the PDA's rules, answered by tones."""

from __future__ import annotations

from typing import Any

import pytest

from agent.core import commands as c
from agent.core import events as ev
from agent.core.floor import MemoryFloor
from agent.core.model import Desk, OrderState, TaskState
from agent.core.story import Refused
from tests.agent.floors import (
    GTIN,
    ask,
    kinds,
    known,
    lines,
    location,
    open_exceptions,
    order,
    order_of,
    paid,
    reason,
    run,
    scan,
    sku,
    stocked,
    stop,
    task_of,
    wave,
)


@pytest.fixture
def floor() -> MemoryFloor:
    """P1 was given two of A at A-01 for SO-1 (slot 1), one of B at B-01 for SO-2 (slot 2); D1 is the depot."""
    floor = stocked()
    run(floor, location("D1", kind="depot"), sku("C", "6901234567892"))
    run(floor, order(), paid(), order("SO-2", lines=lines((1, "B", 1))), paid("SO-2"))
    run(floor, wave(stop(), stop("SO-2", goods="B", place="B-01", qty=1, slot=2)))
    return floor


def said(floor: MemoryFloor, text: str, pda: str | None = "P1", **changes: Any) -> str:
    """What the scanner is told."""
    decided = ask(floor, scan(text, "pick", pda=pda, **changes))
    events = decided.events if isinstance(decided, Refused) else decided
    (taken,) = [event for event in events if isinstance(event, ev.ScanTaken)]
    return f"{taken.tone}: {taken.reason}"


def test_a_list_is_accepted_by_its_first_scan_picked_unit_by_unit_and_ended_at_the_depot(
    floor: MemoryFloor,
) -> None:
    told = [said(floor, text) for text in ("A-01", GTIN, f"0{GTIN}", "B-01", "B", "D1")]
    assert told == [
        "good: pick 2 of goods A into slot 1",
        "good: 1 of 2, slot 1",
        "good: 2 of 2, slot 1: go to B-01",
        "good: pick 1 of goods B into slot 2",
        "good: 1 of 1, slot 2: all picked: bring the cart to the pack station or the depot and scan its code",
        "good: the list is done",
    ]
    assert task_of(floor).state is TaskState.DONE
    assert known(floor, Desk, "P1").task is None
    assert {order_of(floor).state, order_of(floor, "SO-2").state} == {OrderState.PICKED}


def test_the_events_are_those_of_a_pda(floor: MemoryFloor) -> None:
    picked = run(floor, scan(GTIN, "pick", pda="P1"))
    assert kinds(picked) == ["task.accepted", "stop.picked", "picking.set", "scan.taken"]
    (event,) = [event for event in picked if isinstance(event, ev.StopPicked)]
    assert (event.qty, event.pda, event.location) == (1, "P1", "A-01")


def test_an_unknown_code_accepts_no_list(floor: MemoryFloor) -> None:
    assert said(floor, "4711") == "wrong: 4711 is not on the list"
    assert task_of(floor).state is TaskState.ASSIGNED


@pytest.mark.parametrize("named", ["cart", "list", "tote"])
def test_a_scanner_of_no_pda_takes_the_list_whose_code_it_reads(floor: MemoryFloor, named: str) -> None:
    task = task_of(floor)
    run(
        floor, c.AcceptTask(pda="P1", task=task.task), c.BindTote(pda="P1", task=task.task, slot=1, tote="T1")
    )
    text = {"cart": "cart-1", "list": task.task, "tote": "T1"}[named]
    assert said(floor, GTIN, pda=None).startswith("wrong: no list in hand")
    assert said(floor, text, pda=None) == "good: go to A-01"
    assert said(floor, GTIN, pda=None) == "good: 1 of 2, slot 1"


def test_a_location_with_nothing_to_pick_says_where_to_go(floor: MemoryFloor) -> None:
    assert said(floor, "A-02") == "wrong: nothing to pick at A-02: go to A-01"


def test_a_unit_too_many_is_stopped_and_goods_of_no_stop_are_wrong(floor: MemoryFloor) -> None:
    for _ in range(2):
        said(floor, GTIN)
    assert said(floor, GTIN) == "stop: one A too many: put it back"
    assert said(floor, "6901234567892", gtin="06901234567892") == "wrong: 6901234567892 is not on the list"


def test_a_gtin_inside_a_longer_code_picks_its_goods(floor: MemoryFloor) -> None:
    assert said(floor, f"010{GTIN}10LOT7", gtin=f"0{GTIN}") == "good: 1 of 2, slot 1"


def test_where_the_picker_stands_goes_before_the_order_of_the_list(floor: MemoryFloor) -> None:
    run(floor, order("SO-3"), paid("SO-3"))
    two_places = (stop("SO-3", qty=1, slot=1), stop("SO-3", qty=1, place="A-02", slot=1))
    run(floor, wave(*two_places, pda="P2"))
    said(floor, "A-02", pda="P2")
    said(floor, GTIN, pda="P2")
    assert [each.picked_qty for each in task_of(floor).stops] == [0, 1]


def test_a_tote_is_bound_to_the_slot_at_hand_and_checked_from_then_on(floor: MemoryFloor) -> None:
    assert said(floor, "T1") == "wrong: T1 is not on the list"
    said(floor, "A-01")
    assert said(floor, "T1") == "good: tote T1 is slot 1"
    assert task_of(floor).totes[0].tote == "T1"
    assert said(floor, "T1") == "good: tote T1 is slot 1"
    said(floor, "B-01")
    assert said(floor, "T1") == "stop: tote T1 holds order SO-1"
    assert said(floor, "T2") == "good: tote T2 is slot 2"
    assert said(floor, "T1") == "stop: slot 2 has tote T2"


@pytest.mark.parametrize("text", ["C", "SF001"])
def test_goods_and_parcels_do_not_become_totes(floor: MemoryFloor, text: str) -> None:
    said(floor, "A-01")
    assert said(floor, text) == f"wrong: {text} is not on the list"
    assert task_of(floor).totes[0].tote is None


def test_a_list_with_open_stops_is_not_ended(floor: MemoryFloor) -> None:
    assert said(floor, "D1") == "wrong: 2 stops are still open"


def test_a_recalled_list_is_given_back_at_the_depot_and_a_pick_of_it_is_seen(floor: MemoryFloor) -> None:
    said(floor, "A-01")
    run(floor, c.RecallTask(task=task_of(floor).task, reason="supervisor"))
    taken_back = "stop: the list was taken back: bring the cart to the depot and scan its code"
    assert said(floor, "B-01") == taken_back
    assert open_exceptions(floor) == set()
    assert said(floor, GTIN) == taken_back
    assert open_exceptions(floor) == {"picked-after-recall"}
    assert said(floor, "D1") == "good: the list is given back"
    assert said(floor, GTIN) == "wrong: P1 has no list"


def test_a_second_unit_within_the_bounce_time_counts_while_one_is_wanted(floor: MemoryFloor) -> None:
    def read(at_ms: int) -> c.TakeScan:
        return scan(GTIN, "pick", pda="P1", device="ble:1", scanned_at=at_ms)

    run(floor, read(0), read(300))
    assert task_of(floor).stops[0].picked_qty == 2
    ignored = run(floor, read(600))
    assert kinds(ignored) == ["scan.ignored"]
    assert reason(floor, read(2000)) == "stop: one A too many: put it back"


def test_a_bounce_at_the_last_unit_of_a_place_is_no_unit_of_another_place(floor: MemoryFloor) -> None:
    run(floor, order("SO-3"), paid("SO-3"))
    two_places = (stop("SO-3", qty=1, slot=1), stop("SO-3", qty=1, place="A-02", slot=1))
    run(floor, wave(*two_places, pda="P2"))
    reads = [scan(GTIN, "pick", pda="P2", device="ble:1", scanned_at=at_ms) for at_ms in (0, 400, 800, 5_000)]
    assert [kinds(run(floor, each))[-1] for each in reads] == [
        "scan.taken", "scan.ignored", "scan.ignored", "scan.taken",
    ]  # fmt: skip
    assert [each.picked_qty for each in task_of(floor).stops] == [1, 1]
