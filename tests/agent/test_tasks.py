"""Pick lists: released as far as the floor still is what the plan saw, held by one PDA, taken back, done."""

from __future__ import annotations

import pytest

from agent.core import commands as c
from agent.core.floor import MemoryFloor
from agent.core.model import Desk, OrderState, StopState, TaskState
from tests.agent.floors import (
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
    stock_of,
    stocked,
    stop,
    task_of,
    wave,
    word,
)


def pool(*order_nos: str) -> MemoryFloor:
    """Paid orders of two A each."""
    floor = stocked()
    for order_no in order_nos:
        run(floor, order(order_no), paid(order_no))
    return floor


def on_a_list(pda: str | None = "P1") -> MemoryFloor:
    """SO-1 on a list that nobody has accepted yet."""
    floor = pool("SO-1")
    run(floor, wave(stop(), pda=pda))
    return floor


def test_a_wave_reserves_what_its_stops_take() -> None:
    floor = pool("SO-1", "SO-2")
    happened = run(floor, wave(stop("SO-1"), stop("SO-2", slot=2)))
    assert kinds(happened)[:3] == ["wave.released", "task.planned", "task.assigned"]
    assert kinds(happened).count("picklist.assigned") == 2
    assert stock_of(floor) == (10, 4)
    assert {order_of(floor, no).state for no in ("SO-1", "SO-2")} == {OrderState.RELEASED}


def test_no_unit_is_promised_twice_within_a_wave() -> None:
    floor = stocked()
    for order_no in ("SO-1", "SO-2"):
        run(floor, order(order_no, lines=lines((1, "A", 6))), paid(order_no))
    run(floor, wave(stop("SO-1", qty=6), stop("SO-2", qty=6, slot=2)))
    assert task_of(floor).order_nos == ("SO-1",)
    assert stock_of(floor) == (10, 6)


def test_all_of_an_orders_stops_are_released_or_none() -> None:
    floor = stocked()
    run(floor, order(lines=lines((1, "A", 2), (2, "B", 99))), paid())
    assert (
        word(reason(floor, wave(stop(), stop(line_no=2, goods="B", place="B-01", qty=99)))) == "nothing-left"
    )


@pytest.mark.parametrize(
    "planned",
    [
        stop("SO-9"), stop(line_no=7), stop(goods="B", place="B-01"), stop(place="nowhere"), stop(qty=3),
        stop(qty=0), stop(qty=-1),
    ],
)  # fmt: skip
def test_a_stop_that_does_not_fit_the_floor_is_not_released(planned: c.PlannedStop) -> None:
    floor = pool("SO-1")
    assert word(reason(floor, wave(planned))) == "nothing-left"


def test_a_released_order_is_not_released_again() -> None:
    assert word(reason(on_a_list(), wave(stop(), pda="P2"))) == "nothing-left"


def test_a_list_is_due_at_its_earliest_cutoff() -> None:
    floor = pool("SO-2")
    run(floor, order(cutoff_at="2026-06-18T02:00:00Z"), paid(), wave(stop("SO-2"), stop("SO-1", slot=2)))
    assert task_of(floor).due_at == order_of(floor, "SO-1").cutoff_at


# --- who holds it -------------------------------------------------------------------------------------------


def test_a_planned_list_waits_for_a_pda() -> None:
    floor = on_a_list(pda=None)
    run(floor, c.AssignTask(task=task_of(floor).task, pda="P2", picker="Mei", cart=None))
    assert known(floor, Desk, "P2").task == task_of(floor).task
    again = c.AssignTask(task=task_of(floor).task, pda="P3", picker="Han", cart=None)
    assert word(reason(floor, again)) == "not-planned"


def test_a_pda_holds_one_list() -> None:
    floor = pool("SO-1", "SO-2")
    run(floor, wave(stop("SO-1")), wave(stop("SO-2"), pda=None))
    assert task_of(floor).state is TaskState.PLANNED
    busy = c.AssignTask(task=task_of(floor).task, pda="P1", picker="Han", cart=None)
    assert word(reason(floor, busy)) == "busy"


def test_a_second_list_of_a_wave_for_the_same_pda_stays_planned() -> None:
    floor = pool("SO-1", "SO-2")
    both = (wave(stop("SO-1")).lists[0], wave(stop("SO-2")).lists[0])
    run(floor, c.ReleaseWave(lists=both))
    assert task_of(floor).state is TaskState.PLANNED


def test_accepting_makes_its_orders_picking_once() -> None:
    floor = on_a_list()
    assert kinds(accept(floor)) == ["task.accepted"]
    assert order_of(floor).state is OrderState.PICKING
    assert accept(floor) == []


def test_an_order_that_has_left_the_list_is_not_begun_with_it() -> None:
    floor = pool("SO-1", "SO-2")
    run(floor, wave(stop("SO-1"), stop("SO-2", slot=2)))
    first = task_of(floor).task
    run(floor, fact("held", "SO-1"), fact("unheld", "SO-1"), wave(stop("SO-1"), pda="P2"))
    run(floor, c.AcceptTask(pda="P1", task=first))
    assert order_of(floor, "SO-1").state is OrderState.RELEASED, "its own list is not accepted yet"
    assert order_of(floor, "SO-2").state is OrderState.PICKING


@pytest.mark.parametrize("pda", ["P2", "P9"])
def test_a_word_of_a_pda_that_does_not_hold_the_list_changes_nothing(pda: str) -> None:
    floor = on_a_list()
    task = task_of(floor).task
    for command in (c.AcceptTask, c.FinishTask, c.AnswerRecall):
        assert word(reason(floor, command(pda=pda, task=task))) == "not-your-task"
        assert word(reason(floor, command(pda=pda, task="?"))) == "not-your-task"


def test_a_list_must_be_accepted_before_it_is_walked() -> None:
    floor = on_a_list()
    task = task_of(floor)
    assert word(reason(floor, pick(task, 2))) == "not-accepted"
    assert word(reason(floor, c.FinishTask(pda="P1", task=task.task))) == "not-accepted"


# --- done and taken back ------------------------------------------------------------------------------------


def test_a_list_with_open_stops_is_not_done() -> None:
    floor = on_a_list()
    accept(floor)
    assert word(reason(floor, c.FinishTask(pda="P1", task=task_of(floor).task))) == "stops-open"


def test_a_done_list_frees_its_pda_and_done_again_is_a_repeat() -> None:
    floor = on_a_list()
    accept(floor)
    done = c.FinishTask(pda="P1", task=task_of(floor).task)
    run(floor, pick(task_of(floor), 2), done)
    assert (task_of(floor).state, known(floor, Desk, "P1").task) == (TaskState.DONE, None)
    assert run(floor, done) == []
    assert word(reason(floor, c.RecallTask(task=done.task, reason="late"))) == "too-late"


def test_a_recalled_list_gives_back_what_nobody_picked() -> None:
    floor = on_a_list()
    run(floor, c.RecallTask(task=task_of(floor).task, reason="not-accepted: nobody took it"))
    assert order_of(floor).state is OrderState.READY
    assert (stock_of(floor), order_of(floor).untasked_qty) == ((10, 0), 2)
    assert {each.state for each in task_of(floor).stops} == {StopState.CANCELLED}


def test_a_pda_gets_no_other_list_before_it_has_answered_the_recall() -> None:
    floor = on_a_list()
    recalled = task_of(floor).task
    run(floor, c.RecallTask(task=recalled, reason="supervisor"), wave(stop()))
    assert task_of(floor).state is TaskState.PLANNED
    run(floor, c.AnswerRecall(pda="P1", task=recalled))
    run(floor, c.AssignTask(task=task_of(floor).task, pda="P1", picker="Han", cart=None))
    assert task_of(floor).pda == "P1"
    assert run(floor, c.AnswerRecall(pda="P1", task=recalled)) == [], "said again, it frees no other list"
    assert known(floor, Desk, "P1").task == task_of(floor).task


def test_a_half_picked_order_goes_on_with_another_list() -> None:
    floor = floor_with(OrderState.PICKING)
    run(floor, pick(task_of(floor), 1), c.RecallTask(task=task_of(floor).task, reason="supervisor"))
    assert (order_of(floor).state, order_of(floor).untasked_qty) == (OrderState.PICKING, 1)
    run(floor, wave(stop(qty=1), pda="P2"))
    accept(floor)
    run(floor, pick(task_of(floor), 1))
    assert order_of(floor).state is OrderState.PICKED


def test_recalling_twice_is_a_repeat_and_an_unknown_list_is_refused() -> None:
    floor = on_a_list()
    recall = c.RecallTask(task=task_of(floor).task, reason="supervisor")
    run(floor, recall)
    assert run(floor, recall) == []
    assert word(reason(floor, c.RecallTask(task="?", reason="x"))) == "unknown-task"


def test_every_publication_of_a_list_has_a_higher_revision() -> None:
    floor = on_a_list()
    seen = [task_of(floor).revision]
    accept(floor)
    seen.append(task_of(floor).revision)
    for command in (
        c.BindTote(pda="P1", task=task_of(floor).task, slot=1, tote="T1"),
        pick(task_of(floor), 1),
    ):
        run(floor, command)
        seen.append(task_of(floor).revision)
    run(floor, fact("cancelled"))
    seen.append(task_of(floor).revision)
    assert seen == sorted(set(seen)), seen
    assert open_exceptions(floor) == {"put-back"}
