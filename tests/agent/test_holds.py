"""Holds by the agent itself: a carrier that it does not know, a label that cannot be printed; others go on."""

from __future__ import annotations

from typing import Any

import pytest

from agent.core import commands as c
from agent.core import events as ev
from agent.core.floor import MemoryFloor
from agent.core.model import FloorException, JobState, OrderState
from tests.agent.floors import (
    CONSIGNEE,
    fact,
    floor_with,
    job_of,
    kinds,
    lease,
    open_exceptions,
    order,
    order_of,
    paid,
    reason,
    run,
    stock_of,
    stocked,
    stop,
    wave,
    word,
)


def carrier(name: str = "YT", **more: Any) -> c.SetCarrier:
    return c.SetCarrier(data={"carrier": name, **more})


def unserved() -> MemoryFloor:
    """SO-1 is paid, and its carrier is YT, of which nobody has told."""
    floor = stocked()
    run(floor, *lease("YT1", "YT2", carrier="YT", key="yt"), order(carrier="YT"), paid())
    return floor


def failed(state: OrderState = OrderState.READY) -> MemoryFloor:
    """SO-1's label cannot be composed; by then the order is `state`."""
    floor = stocked()
    run(floor, order(), paid())
    if state is OrderState.RELEASED:
        run(floor, wave(stop()))
    run(floor, c.FailPrint(job=job_of(floor).job, reason="no template"))
    return floor


# --- unknown carrier ----------------------------------------------------------------------------------------


def test_a_paid_order_of_an_unknown_carrier_is_held_and_others_go_on() -> None:
    floor = unserved()
    assert order_of(floor).held == "unknown-carrier: carrier YT is not known here, or not active"
    assert [each.exception for each in floor.all(FloorException)] == ["unknown-carrier:SO-1"]
    run(floor, order("SO-2"), paid("SO-2"))
    assert (order_of(floor, "SO-2").waybill, order_of(floor, "SO-2").held) == ("SF001", None)


def test_an_inactive_carrier_is_as_good_as_unknown() -> None:
    floor = stocked()
    run(floor, carrier("SF", active=False), order(), paid())
    assert word(order_of(floor).held or "") == "unknown-carrier"


def test_until_it_is_paid_an_order_may_name_any_carrier() -> None:
    floor = stocked()
    assert kinds(run(floor, order(carrier="YT"))) == ["order.accepted"]


def test_once_the_carrier_is_known_its_orders_go_on_by_themselves() -> None:
    floor = unserved()
    happened = kinds(run(floor, carrier()))
    assert happened == ["carrier.set", "exception.closed", "order.unheld", "label.queued"]
    assert (order_of(floor).waybill, open_exceptions(floor)) == ("YT1", set())


def test_a_carrier_that_is_told_but_not_active_releases_nobody() -> None:
    floor = unserved()
    assert kinds(run(floor, carrier(active=False))) == ["carrier.set"]
    assert kinds(run(floor, carrier(active=True)))[-1] == "label.queued"


def test_all_orders_are_released_at_once_and_the_first_labelled_with_them() -> None:
    floor = stocked(waybills=0)
    run(floor, *lease(*(f"YT{n:03}" for n in range(70)), carrier="YT"))
    for number in range(60):
        run(floor, order(f"SO-{number:02}", carrier="YT"), paid(f"SO-{number:02}"))
    happened = kinds(run(floor, carrier()))
    assert (happened.count("order.unheld"), happened.count("label.queued")) == (60, 50)
    assert kinds(run(floor, c.LabelWaiting(carrier="YT"))).count("label.queued") == 10


def test_nobody_can_release_it_while_its_carrier_is_unknown() -> None:
    floor = unserved()
    assert word(reason(floor, c.UnholdOrder(order_no="SO-1"))) == "unknown-carrier"
    (told,) = run(floor, fact("unheld"))
    assert isinstance(told, ev.OrderRefused)
    assert word(told.reason) == "unknown-carrier"


def test_a_persons_hold_over_it_stays_when_the_carrier_is_known() -> None:
    floor = unserved()
    run(floor, c.HoldOrder(order_no="SO-1", reason="fraud?"), carrier())
    assert (order_of(floor).held, open_exceptions(floor)) == ("fraud?", set())
    assert kinds(run(floor, c.UnholdOrder(order_no="SO-1"))) == ["order.unheld", "label.queued"]


def test_a_persons_release_of_his_own_hold_meets_the_unknown_carrier_again() -> None:
    floor = unserved()
    run(floor, c.HoldOrder(order_no="SO-1", reason="fraud?"), c.UnholdOrder(order_no="SO-1"))
    assert word(order_of(floor).held or "") == "unknown-carrier"


@pytest.mark.parametrize(("name", "held"), [("SF", None), ("ZT", "unknown-carrier: carrier ZT is not")])
def test_another_carrier_is_looked_at_anew(name: str, held: str | None) -> None:
    floor = unserved()
    run(floor, order(revision=2, carrier=name))
    assert (order_of(floor).held or "").startswith(held or "")
    assert open_exceptions(floor) == ({"unknown-carrier"} if held else set())
    assert (order_of(floor).waybill is None) == (held is not None)


def test_a_picked_order_that_changes_to_an_unknown_carrier_is_an_exception_alone() -> None:
    floor = floor_with(OrderState.PICKED)
    run(floor, *lease("YT1", carrier="YT", key="yt"), order(revision=2, carrier="YT"))
    assert (order_of(floor).held, open_exceptions(floor)) == (None, {"unknown-carrier"})
    run(floor, carrier())
    assert (order_of(floor).waybill, open_exceptions(floor)) == ("YT1", set())


def test_a_cancelled_order_waits_for_no_carrier() -> None:
    floor = unserved()
    run(floor, fact("cancelled"))
    assert open_exceptions(floor) == set()
    assert kinds(run(floor, carrier())) == ["carrier.set"]


# --- a label that cannot be printed -------------------------------------------------------------------------


@pytest.mark.parametrize("state", [OrderState.READY, OrderState.RELEASED])
def test_an_order_whose_label_cannot_be_printed_is_held_off_its_lists(state: OrderState) -> None:
    floor = failed(state)
    assert order_of(floor).held == "label-failed: the label cannot be printed at lp1: no template"
    assert (job_of(floor).state, open_exceptions(floor)) == (JobState.FAILED, {"label-failed"})
    assert (stock_of(floor), order_of(floor).state) == ((10, 0), OrderState.READY)


@pytest.mark.parametrize("state", [OrderState.PICKED, OrderState.PACKED])
def test_from_picking_on_the_exception_is_all(state: OrderState) -> None:
    floor = floor_with(state)
    run(floor, c.ReprintLabel(order_no="SO-1", reason="torn"))
    happened = run(floor, c.FailPrint(job=job_of(floor).job, reason="no template"))
    assert kinds(happened) == ["label.failed", "exception.opened"]
    assert run(floor, c.FailPrint(job=job_of(floor).job, reason="no template")) == []


@pytest.mark.parametrize("release", [c.UnholdOrder(order_no="SO-1"), fact("unheld")])
def test_its_release_prints_the_same_copy_and_closes_the_exception(release: c.Command) -> None:
    floor = failed()
    job = job_of(floor).job
    assert kinds(run(floor, release)) == ["order.unheld", "print.requeued", "exception.closed"]
    again = job_of(floor)
    assert (again.job, again.copy_no, again.state) == (job, 1, JobState.QUEUED)
    assert open_exceptions(floor) == set()


def test_it_may_fail_again() -> None:
    floor = failed()
    run(floor, c.UnholdOrder(order_no="SO-1"), c.FailPrint(job=job_of(floor).job, reason="no template"))
    assert (word(order_of(floor).held or ""), open_exceptions(floor)) == ("label-failed", {"label-failed"})


def test_a_hold_that_was_there_before_stays_and_its_release_prints() -> None:
    floor = stocked()
    run(floor, order(), paid(), c.HoldOrder(order_no="SO-1", reason="fraud?"))
    run(floor, c.FailPrint(job=job_of(floor).job, reason="no template"))
    assert order_of(floor).held == "fraud?"
    run(floor, c.UnholdOrder(order_no="SO-1"))
    assert job_of(floor).state is JobState.QUEUED


def test_another_consignee_is_another_label_and_goes_on_by_itself() -> None:
    floor = failed()
    run(floor, order(revision=2, consignee=CONSIGNEE | {"address": "short"}))
    assert (order_of(floor).held, order_of(floor).waybill) == (None, "SF002")
    assert open_exceptions(floor) == set()


def test_a_void_label_that_cannot_be_printed_holds_nobody() -> None:
    floor = stocked()
    run(floor, order(), paid())
    queued = job_of(floor)
    run(floor, fact("cancelled"))
    floor.put([queued])
    assert kinds(run(floor, c.FailPrint(job=queued.job, reason="no template"))) == ["label.failed"]
