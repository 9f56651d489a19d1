"""Orders and their changes: each is answered, each state allows what it can still do."""

from __future__ import annotations

from typing import Any

import pytest

from agent.core import commands as c
from agent.core import events as ev
from agent.core.model import OrderState, Parcel, ParcelState
from tests.agent.floors import (
    CONSIGNEE,
    accept,
    document,
    fact,
    floor_with,
    job_of,
    kinds,
    known,
    lease,
    lines,
    open_exceptions,
    order,
    order_of,
    paid,
    pick,
    reason,
    run,
    sku,
    stock_of,
    stocked,
    stop,
    task_of,
    wave,
    word,
)

MOVED = CONSIGNEE | {"address": "another street 1"}


def refusal(events: list[ev.Event]) -> str:
    """The one answer is a refusal of that revision; where hands could do something, people are told what."""
    event, *told = events
    assert kinds(told) in ([], ["exception.opened"])
    assert isinstance(event, ev.OrderRefused)
    assert event.revision == 2
    return word(event.reason)


@pytest.mark.parametrize("revision", [1, 0])
def test_a_lower_or_equal_revision_is_a_repeat(revision: int) -> None:
    floor = stocked()
    run(floor, order(revision=2), order(revision=2), order(revision=max(1, revision), priority=9))
    assert order_of(floor).priority == 0


def test_changed_for_an_unknown_order_creates_it_and_a_higher_created_is_a_change() -> None:
    floor = stocked()
    assert kinds(run(floor, order(revision=5))) == ["order.accepted"]
    assert kinds(run(floor, order(revision=6, priority=3))) == ["order.accepted"]
    assert (order_of(floor).revision, order_of(floor).priority) == (6, 3)


def test_unknown_fields_are_kept() -> None:
    floor = stocked()
    run(floor, order(gift_wrap="red"))
    assert order_of(floor).rest == {"channel": "tmall", "facts": {"coupon_count": 1}, "gift_wrap": "red"}


def test_optional_fields_may_be_null() -> None:
    floor = stocked()
    run(floor, order(service=None, priority=None, cutoff_at=None, ship_complete=None, routing_code=None))
    known_order = order_of(floor)
    assert (known_order.service, known_order.priority, known_order.ship_complete) == ("standard", 0, True)


@pytest.mark.parametrize(
    "changes",
    [
        {"owner": None},
        {"carrier": 5},
        {"revision": 0},
        {"revision": 10**30},
        {"placed_at": "2026-06-18"},
        {"placed_at": "0001-01-01T00:00:00+14:00"},
        {"consignee": {"name": "only"}},
        {"lines": []},
        {"lines": lines((1, "A", 0))},
        {"lines": lines((1, "A", 1), (1, "B", 1))},
        {"lines": lines((1, "", 1))},
        {"lines": lines(*((number, "A", 1) for number in range(501)))},
    ],
)
def test_a_malformed_order_is_refused_to_the_hub_and_shown_to_people(changes: dict[str, Any]) -> None:
    floor = stocked()
    opened = run(floor, c.TakeOrder(data=document() | changes))
    assert kinds(opened) == ["order.refused", "exception.opened"]
    assert open_exceptions(floor) == {"order-refused"}


@pytest.mark.parametrize("order_no", [None, 7, "", "a\nb", "x" * 65])
def test_an_order_without_a_readable_number_is_refused_at_the_door(order_no: object) -> None:
    assert word(reason(stocked(), c.TakeOrder(data=document() | {"order_no": order_no}))) == "malformed"


def test_an_unknown_sku_does_not_refuse_an_order_and_its_coming_closes_the_exception() -> None:
    floor = stocked()
    run(floor, order(lines=lines((1, "X", 1))))
    assert open_exceptions(floor) == {"unknown-sku"}
    run(floor, sku("X"))
    assert open_exceptions(floor) == set()


# --- changes by state ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [OrderState.RECEIVED, OrderState.READY, OrderState.RELEASED])
def test_before_picking_anything_may_change(state: OrderState) -> None:
    floor = floor_with(state)
    changed = order(
        revision=2, lines=lines((1, "A", 1), (7, "B", 3)), consignee=MOVED, carrier="YT", priority=4
    )
    assert "order.accepted" in kinds(run(floor, changed))
    now = order_of(floor)
    assert (now.carrier, now.priority, [line.qty for line in now.lines]) == ("YT", 4, [1, 3])


@pytest.mark.parametrize("state", [OrderState.SHIPPED, OrderState.CANCELLED])
def test_an_ended_order_stays_as_it_is(state: OrderState) -> None:
    floor = floor_with(state)
    before = order_of(floor)
    assert refusal(run(floor, order(revision=2, priority=1))) == "too-late"
    assert order_of(floor) == before


def test_a_released_list_shrinks_with_its_order() -> None:
    floor = floor_with(OrderState.RELEASED)
    run(floor, order(revision=2, lines=lines((1, "A", 1))))
    assert (task_of(floor).stops[0].qty, stock_of(floor)) == (1, (10, 1))


def test_a_released_list_grows_with_its_order_where_stock_lies() -> None:
    floor = floor_with(OrderState.RELEASED)
    before = task_of(floor).revision
    run(floor, order(revision=2, lines=lines((1, "A", 2), (2, "B", 3))))
    added = task_of(floor).stops[-1]
    assert (added.location, added.qty, added.slot) == ("B-01", 3, 1)
    assert task_of(floor).revision > before


def test_more_than_one_location_has_takes_several_stops() -> None:
    floor = floor_with(OrderState.RELEASED)
    run(floor, order(revision=2, lines=lines((1, "A", 13))))
    assert sorted((each.location, each.qty) for each in task_of(floor).stops) == [
        ("A-01", 2),
        ("A-01", 8),
        ("A-02", 3),
    ]


def test_a_line_that_changes_its_sku_is_begun_anew() -> None:
    floor = floor_with(OrderState.RELEASED)
    run(floor, order(revision=2, lines=lines((1, "B", 2))))
    assert order_of(floor).state is OrderState.READY, "it has left its list"
    assert (stock_of(floor), order_of(floor).untasked_qty) == ((10, 0), 2)


def test_while_picking_open_quantities_lines_priority_and_cutoff_may_change() -> None:
    floor = floor_with(OrderState.PICKING)
    changed = order(
        revision=2, priority=5, cutoff_at="2026-06-18T06:00:00Z", lines=lines((1, "A", 3), (2, "B", 1))
    )
    assert "order.accepted" in kinds(run(floor, changed))
    assert sum(each.open_qty for each in task_of(floor).stops) == 4


@pytest.mark.parametrize("changes", [{"consignee": MOVED}, {"carrier": "YT"}, {"service": "express"}])
def test_while_picking_the_label_may_not_change(changes: dict[str, Any]) -> None:
    assert refusal(run(floor_with(OrderState.PICKING), order(revision=2, **changes))) == "too-late"


@pytest.mark.parametrize("wanted", [lines((2, "B", 1)), lines((1, "A", 1)), lines((1, "B", 9))])
def test_while_picking_nothing_falls_below_what_is_picked(wanted: list[dict[str, Any]]) -> None:
    floor = stocked()
    run(floor, order(lines=lines((1, "A", 5))), paid(), wave(stop(qty=5)))
    accept(floor)
    run(floor, pick(task_of(floor), 2))
    assert refusal(run(floor, order(revision=2, lines=wanted))) == "too-late"


def test_an_order_cut_down_to_what_is_picked_is_picked() -> None:
    floor = stocked()
    run(floor, order(lines=lines((1, "A", 5))), paid(), wave(stop(qty=5)))
    accept(floor)
    run(floor, pick(task_of(floor), 2))
    assert kinds(run(floor, order(revision=2, lines=lines((1, "A", 2)))))[-1] == "order.picked"
    assert stock_of(floor) == (8, 0)


@pytest.mark.parametrize("state", [OrderState.PICKED, OrderState.PACKED])
def test_from_picked_on_another_consignee_voids_the_waybill_and_prints_a_new_label(state: OrderState) -> None:
    floor = floor_with(state)
    old = order_of(floor).waybill
    happened = kinds(run(floor, order(revision=2, consignee=MOVED)))
    assert happened == ["order.accepted", "waybill.voided", "label.queued"]
    assert known(floor, Parcel, old).state is ParcelState.VOIDED
    assert (order_of(floor).state, job_of(floor).copy_no) == (state, 1)
    assert order_of(floor).waybill not in {old, None}


@pytest.mark.parametrize("state", [OrderState.PICKED, OrderState.PACKED])
def test_from_picked_on_lines_may_not_change(state: OrderState) -> None:
    assert refusal(run(floor_with(state), order(revision=2, lines=lines((1, "A", 3))))) == "too-late"


def test_a_label_still_in_the_queue_is_not_printed_for_the_old_consignee() -> None:
    floor = stocked()
    run(floor, order(), paid())
    old = job_of(floor).job
    assert "label.failed" in kinds(run(floor, order(revision=2, consignee=MOVED)))
    assert word(reason(floor, c.StartPrint(job=old, printer="lp1"))) == "not-queued"


def test_an_order_that_lacked_a_number_gets_one_of_its_new_carrier_at_once() -> None:
    floor = stocked(waybills=0)
    run(floor, c.SetCarrier(data={"carrier": "YT"}), *lease("YT1", carrier="YT"), order(), paid())
    assert open_exceptions(floor) == {"waybills-exhausted"}
    run(floor, order(revision=2, carrier="YT"))
    assert (order_of(floor).waybill, open_exceptions(floor)) == ("YT1", set())


def test_a_change_of_a_held_order_waits_for_its_release_with_the_label() -> None:
    floor = floor_with(OrderState.READY)
    run(floor, fact("held"), order(revision=2, consignee=MOVED))
    assert order_of(floor).waybill is None
    assert kinds(run(floor, fact("unheld")))[-1] == "label.queued"
