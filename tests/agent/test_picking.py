"""At a stop: what goes into which tote, and what happens when less is there than was promised."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core import commands as c
from agent.core import events as ev
from agent.core.floor import MemoryFloor
from agent.core.model import OrderState, StopState, ToteUse
from agent.core.rules.goods import same_barcode
from tests.agent.floors import (
    GTIN,
    accept,
    fact,
    floor_with,
    kinds,
    known,
    lines,
    open_exceptions,
    order,
    order_of,
    paid,
    pick,
    reason,
    run,
    short,
    stock_of,
    stocked,
    stop,
    task_of,
    wave,
    word,
)


def picking(qty: int = 2, **changes: Any) -> MemoryFloor:
    """SO-1 (so many of A at A-01), being picked."""
    floor = stocked()
    run(floor, order(lines=lines((1, "A", qty)), **changes), paid(), wave(stop(qty=qty)))
    accept(floor)
    return floor


# --- picks --------------------------------------------------------------------------------------------------


def test_several_picks_add_up_and_the_last_one_closes_stop_and_order() -> None:
    floor = picking(3)
    assert kinds(run(floor, pick(task_of(floor), 1))) == ["stop.picked"]
    assert kinds(run(floor, pick(task_of(floor), 2))) == ["stop.picked", "order.picked"]
    assert (stock_of(floor), task_of(floor).stops[0].state) == ((7, 0), StopState.PICKED)


@pytest.mark.parametrize(
    ("qty", "changes", "why"),
    [
        (3, {}, "too-many"),
        (0, {}, "malformed"),
        (-1, {}, "malformed"),
        (1, {"barcode": None}, "wrong-barcode"),
        (1, {"barcode": "4006381333932"}, "wrong-barcode"),
        (1, {"pda": "P2"}, "not-your-task"),
    ],
)
def test_a_wrong_pick_is_refused_and_changes_nothing(qty: int, changes: dict[str, Any], why: str) -> None:
    floor = picking()
    before = dict(floor.entities)
    assert word(reason(floor, pick(task_of(floor), qty, **changes))) == why
    assert floor.entities == before


def test_a_closed_stop_takes_no_more() -> None:
    floor = picking()
    run(floor, pick(task_of(floor), 2))
    assert reason(floor, pick(task_of(floor), 1)) == "too-many: 1 wanted, 0 open"


def test_a_stop_that_is_not_on_the_list_is_unknown() -> None:
    floor = picking()
    command = c.PickStop(pda="P1", task=task_of(floor).task, stop="?", qty=1)
    assert word(reason(floor, command)) == "unknown-stop"


def test_goods_without_a_barcode_need_none() -> None:
    floor = stocked()
    run(floor, order(lines=lines((1, "B", 1))), paid(), wave(stop(goods="B", place="B-01", qty=1)))
    accept(floor)
    run(floor, pick(task_of(floor), 1, barcode=None))
    assert order_of(floor).state is OrderState.PICKED


@pytest.mark.parametrize("form", [GTIN, f"0{GTIN}"])
def test_gtins_are_compared_at_fourteen_digits(form: str) -> None:
    floor = picking()
    run(floor, pick(task_of(floor), 2, barcode=form))


@given(st.text(max_size=20), st.text(max_size=20))
def test_barcodes_are_the_same_both_ways_round(one: str, other: str) -> None:
    assert same_barcode(one, one)
    assert same_barcode(one, other) == same_barcode(other, one)


@given(st.integers(0, 10**14 - 1), st.integers(8, 14))
def test_leading_zeros_do_not_make_another_gtin(number: int, digits: int) -> None:
    assert same_barcode(str(number), f"{number:0{digits}d}")
    assert not same_barcode(f"{number:014d}", f"{(number + 1) % 10**14:014d}")


def test_an_order_on_two_lists_is_picked_with_its_last_stop() -> None:
    floor = stocked()
    run(floor, order(lines=lines((1, "A", 2), (2, "B", 1))), paid(), wave(stop()))
    accept(floor)
    first = task_of(floor)
    run(floor, wave(stop(line_no=2, goods="B", place="B-01", qty=1), pda="P2"))
    accept(floor)
    assert kinds(run(floor, pick(first, 2))) == ["stop.picked"]
    assert kinds(run(floor, pick(task_of(floor), 1, barcode=None)))[-1] == "order.picked"


# --- totes --------------------------------------------------------------------------------------------------


def bind(floor: MemoryFloor, tote: str, slot: int = 1) -> c.BindTote:
    return c.BindTote(pda="P1", task=task_of(floor).task, slot=slot, tote=tote)


def test_an_unbound_slot_is_bound_by_the_first_pick_that_names_a_tote() -> None:
    floor = picking()
    assert kinds(run(floor, pick(task_of(floor), 1, tote="T1"))) == ["tote.bound", "stop.picked"]
    assert word(reason(floor, pick(task_of(floor), 1, tote="T2"))) == "wrong-tote"
    run(floor, pick(task_of(floor), 1))


def test_binding_the_same_tote_again_is_a_repeat_and_another_is_wrong() -> None:
    floor = picking()
    run(floor, bind(floor, "T1"))
    assert run(floor, bind(floor, "T1")) == []
    assert word(reason(floor, bind(floor, "T2"))) == "wrong-tote"
    assert word(reason(floor, bind(floor, "T3", slot=9))) == "unknown-slot"


def test_a_tote_of_another_open_order_is_busy_until_that_order_ends() -> None:
    floor = stocked()
    for order_no in ("SO-1", "SO-2"):
        run(floor, order(order_no), paid(order_no))
    run(floor, wave(stop("SO-1"), stop("SO-2", slot=2)))
    accept(floor)
    run(floor, bind(floor, "T1"))
    assert word(reason(floor, bind(floor, "T1", slot=2))) == "tote-busy"
    assert word(reason(floor, pick(task_of(floor), 2, 1, tote="T1"))) == "tote-busy"
    run(floor, fact("cancelled", "SO-1"), bind(floor, "T1", slot=2))
    assert known(floor, ToteUse, "T1").order_no == "SO-2"


# --- short --------------------------------------------------------------------------------------------------


def test_what_is_short_is_looked_for_at_another_location_first() -> None:
    floor = picking()
    happened = kinds(run(floor, short(task_of(floor), 2)))
    assert happened == ["stop.short", "exception.opened", "stop.added"]
    added = task_of(floor).stops[-1]
    assert (added.location, added.qty, added.open_qty) == ("A-02", 2, 2)
    assert stock_of(floor, "A-02") == (3, 2)


def test_the_location_is_empty_until_it_is_counted() -> None:
    floor = picking()
    run(floor, short(task_of(floor), 2))
    assert (stock_of(floor), open_exceptions(floor)) == ((0, 0), {"count"})


def test_a_ship_complete_order_is_held_when_goods_are_nowhere() -> None:
    floor = picking(5)
    run(floor, pick(task_of(floor), 1), short(task_of(floor), 4))
    happened = run(floor, short(task_of(floor), 3, stop_at=1))
    assert kinds(happened)[-4:] == ["line.short", "order.picked", "order.held", "exception.opened"]
    assert (order_of(floor).shown_state, order_of(floor).lines[0].short_qty) == ("held", 4)
    assert open_exceptions(floor) == {"count", "short"}


def test_another_order_goes_on_short() -> None:
    floor = picking(5, ship_complete=False)
    run(floor, pick(task_of(floor), 1), short(task_of(floor), 4))
    (picked,) = [e for e in run(floor, short(task_of(floor), 3, stop_at=1)) if isinstance(e, ev.OrderPicked)]
    assert (picked.short, picked.lines) == (True, ((1, 1),))
    assert order_of(floor).held is None


def test_a_held_short_order_goes_on_when_a_person_says_so() -> None:
    floor = picking(5)
    run(floor, pick(task_of(floor), 1), short(task_of(floor), 4))
    run(floor, short(task_of(floor), 3, stop_at=1))
    run(floor, c.UnholdOrder(order_no="SO-1"))
    assert (order_of(floor).shown_state, open_exceptions(floor)) == ("picked", {"count"})


def test_an_order_of_which_nothing_was_found_can_only_be_cancelled() -> None:
    floor = picking(2, ship_complete=False)
    run(floor, short(task_of(floor), 2))
    run(floor, short(task_of(floor), 2, stop_at=1))
    assert order_of(floor).shown_state == "held"
    assert word(reason(floor, c.UnholdOrder(order_no="SO-1"))) == "nothing-to-ship"
    run(floor, c.CancelOrder(order_no="SO-1", reason="nothing was found"))
    assert order_of(floor).state is OrderState.CANCELLED


def test_part_of_what_is_short_may_be_elsewhere() -> None:
    floor = picking(5)
    run(floor, short(task_of(floor), 5))
    assert [each.qty for each in task_of(floor).stops] == [5, 3]
    assert order_of(floor).lines[0].short_qty == 2


@pytest.mark.parametrize("qty", [1, 3, 0, -2])
def test_short_must_say_all_that_is_missing(qty: int) -> None:
    floor = picking()
    assert word(reason(floor, short(task_of(floor), qty))) == "wrong-quantity"


def test_a_picked_stop_cannot_be_reported_short_afterwards() -> None:
    floor = picking()
    run(floor, pick(task_of(floor), 2))
    assert word(reason(floor, short(task_of(floor), 0))) == "wrong-quantity"
    assert stock_of(floor) == (8, 0), "and the location is not emptied by it"


def test_short_again_is_a_repeat() -> None:
    floor = picking()
    missing = short(task_of(floor), 2)
    run(floor, missing)
    assert run(floor, missing) == []


# --- after a recall -----------------------------------------------------------------------------------------


def test_a_real_pick_on_a_recalled_list_opens_an_exception() -> None:
    floor = picking()
    late = pick(task_of(floor), 1)
    run(floor, c.RecallTask(task=late.task, reason="supervisor"))
    assert word(reason(floor, late)) == "not-your-task"
    assert open_exceptions(floor) == {"picked-after-recall"}
    assert stock_of(floor) == (10, 0)


def test_a_stop_taken_off_a_list_is_closed() -> None:
    floor = floor_with(OrderState.PICKING)
    late = pick(task_of(floor), 1)
    run(floor, fact("cancelled"))
    assert word(reason(floor, late)) == "stop-closed"
    assert word(reason(floor, short(task_of(floor), 2))) == "stop-closed"
