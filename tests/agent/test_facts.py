"""Payment, holds and cancellations: what each does in each state, and what it leaves to undo."""

from __future__ import annotations

import pytest

from agent.core import commands as c
from agent.core import events as ev
from agent.core.model import Early, OrderState, PrintJob
from tests.agent.floors import (
    accept,
    fact,
    floor_with,
    job_of,
    kinds,
    known,
    open_exceptions,
    order,
    order_of,
    paid,
    pick,
    print_label,
    reason,
    run,
    stock_of,
    stocked,
    stop,
    task_of,
    wave,
    word,
)

BEFORE = (OrderState.RECEIVED, OrderState.READY, OrderState.RELEASED)
FROM_PICKING = (OrderState.PICKING, OrderState.PICKED, OrderState.PACKED, OrderState.SHIPPED)


def test_until_it_is_paid_an_order_is_only_accepted() -> None:
    floor = stocked()
    assert kinds(run(floor, order())) == ["order.accepted"]
    assert order_of(floor).waybill is None
    assert reason(floor, wave(stop())).startswith("nothing-left")


def test_payment_takes_a_waybill_and_queues_copy_one() -> None:
    floor = stocked()
    run(floor, order())
    assert kinds(run(floor, paid())) == ["order.paid", "label.queued"]
    assert order_of(floor).state is OrderState.READY
    assert (job_of(floor).copy_no, job_of(floor).waybill) == (1, "SF001")


def test_paid_before_created_is_kept_and_applied_when_the_order_comes() -> None:
    floor = stocked()
    assert kinds(run(floor, paid())) == ["fact.kept"]
    assert kinds(run(floor, order())) == ["order.accepted", "fact.used", "order.paid", "label.queued"]
    assert known(floor, Early, "SO-1").facts == ()


def test_early_facts_apply_in_the_order_of_their_coming() -> None:
    floor = stocked()
    run(floor, fact("held"), paid(), fact("cancelled"))
    run(floor, order())
    assert order_of(floor).state is OrderState.CANCELLED


def test_an_early_fact_told_twice_is_kept_once() -> None:
    floor = stocked()
    run(floor, paid())
    assert run(floor, paid()) == []


def test_the_same_payment_again_is_a_repeat() -> None:
    assert run(floor_with(OrderState.READY), paid()) == []


@pytest.mark.parametrize("state", [state for state in OrderState if state is not OrderState.RECEIVED])
def test_another_payment_reference_opens_an_exception_and_changes_nothing(state: OrderState) -> None:
    floor = floor_with(state)
    before = order_of(floor)
    assert kinds(run(floor, paid(payment_ref="pay-2"))) == ["exception.opened", "order.overruled"]
    assert order_of(floor) == before
    assert open_exceptions(floor) == {"payment"}


@pytest.mark.parametrize(
    "data", [{}, {"order_no": "SO-1"}, {"order_no": "\n", "reason": "x"}, {"order_no": 7}]
)
def test_a_malformed_fact_is_refused(data: dict[str, object]) -> None:
    for kind in ("order.paid", "order.held"):
        command = c.TakeFact(fact=kind, data=data)
        if kind == "order.paid" or data != {"order_no": "SO-1"}:
            assert word(reason(stocked(), command)) == "malformed"


def test_an_unknown_kind_of_fact_is_refused() -> None:
    assert word(reason(stocked(), fact("lost"))) == "unknown-type"


# --- holds --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", BEFORE)
def test_a_hold_before_picking_takes_the_order_off_its_lists(state: OrderState) -> None:
    floor = floor_with(state)
    assert kinds(run(floor, fact("held")))[-1] == "order.held"
    assert order_of(floor).shown_state == "held"
    assert stock_of(floor) == (10, 0)


@pytest.mark.parametrize("state", FROM_PICKING)
def test_a_hold_by_the_hub_from_picking_on_is_answered_by_a_refusal(state: OrderState) -> None:
    floor = floor_with(state)
    event, _ = run(floor, fact("held"))
    assert isinstance(event, ev.OrderRefused)
    assert word(event.reason) == "too-late"
    assert (order_of(floor).held, open_exceptions(floor)) == (None, {"late-hold"})


def test_a_person_who_holds_too_late_is_told_so() -> None:
    floor = floor_with(OrderState.PICKED)
    assert word(reason(floor, c.HoldOrder(order_no="SO-1", reason="wait"))) == "too-late"


def test_a_held_order_is_not_listed_and_gets_no_label() -> None:
    floor = stocked()
    run(floor, order(), fact("held"), paid())
    assert order_of(floor).waybill is None
    assert word(reason(floor, wave(stop()))) == "nothing-left"
    assert run(floor, c.LabelWaiting(carrier="SF")) == []


def test_unheld_an_order_gets_the_label_that_it_missed() -> None:
    floor = stocked()
    run(floor, order(), fact("held"), paid())
    assert kinds(run(floor, fact("unheld"))) == ["order.unheld", "label.queued"]
    assert order_of(floor).shown_state == "ready"


def test_the_same_hold_again_is_a_repeat_and_another_reason_is_news() -> None:
    floor = floor_with(OrderState.READY)
    run(floor, fact("held"))
    assert run(floor, fact("held")) == []
    assert kinds(run(floor, fact("held", why="the address is wrong"))) == ["order.held"]


def test_unholding_what_is_not_held_is_a_repeat() -> None:
    assert run(floor_with(OrderState.READY), fact("unheld")) == []


# --- cancellations ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "undone"),
    [
        (OrderState.RECEIVED, ()),
        (OrderState.READY, ("waybill-voided",)),
        (OrderState.RELEASED, ("pick-recalled", "waybill-voided")),
        (OrderState.PICKING, ("pick-recalled", "waybill-voided")),
        (OrderState.PICKED, ("put-back", "waybill-voided")),
        (OrderState.PACKED, ("put-back", "waybill-voided", "parcel-pulled")),
    ],
)
def test_a_cancellation_says_what_must_be_undone(state: OrderState, undone: tuple[str, ...]) -> None:
    floor = floor_with(state)
    cancelled = run(floor, fact("cancelled"))
    (said,) = [event for event in cancelled if isinstance(event, ev.OrderCancelled)]
    assert (said.state_before, said.undone) == (state, undone)
    assert stock_of(floor)[1] == 0, "nothing is reserved for it any more"
    assert ("put-back" in open_exceptions(floor)) == ("put-back" in undone)


def test_a_half_picked_order_is_put_back_and_recalled() -> None:
    floor = floor_with(OrderState.PICKING)
    run(floor, pick(task_of(floor), 1))
    (said,) = [e for e in run(floor, fact("cancelled")) if isinstance(e, ev.OrderCancelled)]
    assert said.undone == ("pick-recalled", "put-back", "waybill-voided")
    assert stock_of(floor) == (9, 0)


def test_a_shipped_order_cannot_be_cancelled() -> None:
    floor = floor_with(OrderState.SHIPPED)
    event, _ = run(floor, fact("cancelled"))
    assert isinstance(event, ev.OrderRefused)
    assert (word(event.reason), open_exceptions(floor)) == ("shipped", {"late-cancel"})


def test_a_cancelled_order_is_cancelled_once() -> None:
    assert run(floor_with(OrderState.CANCELLED), fact("cancelled")) == []


def test_a_copy_that_still_waits_is_not_printed_after_the_cancellation() -> None:
    floor = stocked()
    run(floor, order(), paid())
    print_label(floor)
    run(floor, c.ReprintLabel(order_no="SO-1", reason="torn"), fact("cancelled"))
    for job in floor.all(PrintJob):
        assert word(reason(floor, c.StartPrint(job=job.job, printer="lp1"))) == "not-queued"
    assert [job.state for job in floor.all(PrintJob)] == ["confirmed", "failed"]


def test_the_rest_of_a_list_goes_on_after_one_order_is_cancelled() -> None:
    floor = stocked()
    for order_no in ("SO-1", "SO-2"):
        run(floor, order(order_no), paid(order_no))
        print_label(floor, order_no)
    run(floor, wave(stop("SO-1", slot=1), stop("SO-2", slot=2)))
    accept(floor)
    run(floor, fact("cancelled", "SO-1"))
    run(floor, pick(task_of(floor), 2, 1), c.FinishTask(pda="P1", task=task_of(floor).task))
    assert order_of(floor, "SO-2").state is OrderState.PICKED


def test_a_cancelled_order_waits_for_numbers_no_more() -> None:
    floor = stocked(waybills=0)
    run(floor, order(), paid())
    assert open_exceptions(floor) == {"waybills-exhausted"}
    run(floor, c.CancelOrder(order_no="SO-1", reason="the customer called"))
    assert open_exceptions(floor) == set()


@pytest.mark.parametrize(
    "command",
    [
        c.HoldOrder(order_no="?", reason="x"),
        c.UnholdOrder(order_no="?"),
        c.CancelOrder(order_no="?", reason="x"),
    ],
)
def test_a_person_is_told_that_an_order_is_unknown(command: c.Command) -> None:
    assert word(reason(stocked(), command)) == "unknown-order"
