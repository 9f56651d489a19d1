"""Hub and floor have gone on without each other: docs/conflicts.md, cell by cell, and the claim over all of it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.core import commands as c
from agent.core import events as ev
from agent.core.floor import MemoryFloor
from agent.core.model import FloorException, Order, OrderState, Task
from agent.core.story import Refused
from tests.agent.conflicts import STATES, WORDS, outcome, waiting
from tests.agent.floors import (
    CONSIGNEE,
    ask,
    fact,
    floor_with,
    known,
    lines,
    order,
    order_of,
    pick,
    reason,
    run,
    short,
    stock_of,
    task_of,
    word,
)
from tests.agent.universe import any_command

DOCUMENT = Path(__file__).parents[2] / "docs" / "conflicts.md"


def cells() -> list[tuple[str, str, str]]:
    """(word, state, outcome) of the document's first table."""
    text = DOCUMENT.read_text("utf-8")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    (_, *states), *rest = rows
    return [
        (name, state, said)
        for name, *outcomes in rest[: len(WORDS)]
        for state, said in zip(states, outcomes, strict=True)
    ]


def test_the_table_has_every_state_and_every_word() -> None:
    assert {(name, state) for name, state, _ in cells()} == {
        (name, state) for name in WORDS for state in STATES
    }


@pytest.mark.parametrize(("name", "state", "said"), cells())
def test_a_late_word_of_the_hub_ends_as_the_table_says(name: str, state: str, said: str) -> None:
    floor = STATES[state]()
    before = waiting(floor)
    decided = ask(floor, WORDS[name])
    assert not isinstance(decided, Refused)
    assert outcome(before, floor, decided) == said


@pytest.mark.parametrize(("name", "state", "said"), [cell for cell in cells() if "+" in cell[2]])
def test_what_it_opens_proposes_something(name: str, state: str, said: str) -> None:
    floor = STATES[state]()
    run(floor, WORDS[name])
    assert proposal(floor, said.rpartition("+ ")[2])


def proposal(floor: MemoryFloor, kind: str) -> str:
    """Of the one open exception of this kind."""
    (found,) = (each for each in floor.all(FloorException) if each.kind == kind and each.closed_at is None)
    return found.proposal


# --- what is proposed ---------------------------------------------------------------------------------------


def test_a_put_back_names_quantities_and_locations() -> None:
    floor = floor_with(OrderState.PACKED)
    waybill = order_of(floor).waybill
    run(floor, fact("cancelled"))
    assert proposal(floor, "put-back") == f"pull parcel {waybill}, then put back 2 of A to A-01"


def test_goods_of_two_locations_go_back_to_both() -> None:
    floor = floor_with(OrderState.PICKING)
    run(floor, pick(task_of(floor), 1), short(task_of(floor), 1))
    run(floor, pick(task_of(floor), 1, 1), fact("cancelled"))
    assert proposal(floor, "put-back") == "put back 1 of A to A-01, 1 of A to A-02"


@pytest.mark.parametrize(
    ("state", "changes", "proposed"),
    [
        (OrderState.PICKED, {"lines": lines((1, "A", 2), (2, "B", 3))}, "let the hub send 3 of B as a new order"),
        (OrderState.PICKED, {"lines": lines((1, "A", 1))}, "take 1 of A out of the tote when it is packed"),
        (OrderState.PACKED, {"lines": lines((1, "A", 1))}, "pull parcel SF001 and take out 1 of A"),
        (OrderState.SHIPPED, {"lines": lines((1, "A", 1))}, "expect 1 of A back as a return"),
        (OrderState.SHIPPED, {"consignee": CONSIGNEE | {"name": "韩梅梅"}}, "ask carrier SF to redirect parcel SF001"),
        (
            OrderState.PICKING, {"service": "express"},
            "let the hub send the change of its label again once it is picked",
        ),
        (
            OrderState.PACKED, {"lines": lines((1, "B", 2)), "service": "express"},
            "pull parcel SF001 and take out 2 of A; let the hub send 2 of B as a new order; "
            "let the hub send the change of its label alone: that is still possible",
        ),
        (OrderState.CANCELLED, {"service": "express"}, "if it is still wanted, let the hub send it as a new order"),
    ],
)  # fmt: skip
def test_a_late_change_proposes_what_hands_can_still_do(
    state: OrderState, changes: dict[str, Any], proposed: str
) -> None:
    floor = floor_with(state)
    run(floor, order(revision=2, **changes))
    assert proposal(floor, "late-change") == proposed


def test_the_carrier_is_asked_to_intercept_what_was_cancelled_too_late() -> None:
    floor = floor_with(OrderState.SHIPPED)
    run(floor, fact("cancelled"))
    assert (
        proposal(floor, "late-cancel")
        == "ask carrier SF to intercept parcel SF001, or take it back as a return"
    )


def test_lost_stock_names_the_lists_that_want_it_until_a_count_suffices() -> None:
    floor = floor_with(OrderState.RELEASED)
    run(floor, WORDS["stock lost"])
    listed = task_of(floor).task
    assert proposal(floor, "over-promised") == (
        f"count A at A-01 again, or recall {listed} to plan from other locations"
    )
    run(floor, c.SetStock(data={"location": "A-01", "sku": "A", "qty": 2}, acked_sequence=10**6))
    assert waiting(floor) == set()


# --- once, and over -----------------------------------------------------------------------------------------


def test_the_same_refused_revision_opens_nothing_again_after_a_person_closed_it() -> None:
    floor, late = floor_with(OrderState.PICKED), WORDS["more units"]
    run(floor, late, c.CloseException(exception="late-change:SO-1", note="told the customer"), late)
    assert waiting(floor) == set()


def test_a_later_refused_revision_replaces_what_was_proposed_before() -> None:
    floor = floor_with(OrderState.PICKED)
    run(floor, WORDS["more units"], order(revision=3, lines=lines((1, "A", 7))))
    assert proposal(floor, "late-change") == "let the hub send 5 of A as a new order"


def test_a_later_revision_that_fits_ends_it() -> None:
    floor = floor_with(OrderState.PICKED)
    run(floor, WORDS["more units"], order(revision=3, priority=1))
    assert waiting(floor) == set()


def test_a_late_hold_ends_with_its_release() -> None:
    floor = floor_with(OrderState.PICKED)
    run(floor, fact("held"), fact("unheld"))
    assert waiting(floor) == set()


def test_a_carrier_that_is_active_again_is_no_exception() -> None:
    floor = floor_with(OrderState.READY)
    run(floor, WORDS["carrier inactive"], c.SetCarrier(data={"carrier": "SF"}))
    assert waiting(floor) == set()


# --- picked without network ---------------------------------------------------------------------------------


def test_a_pick_of_a_cancelled_order_that_comes_late_is_put_back() -> None:
    floor = floor_with(OrderState.PICKING)
    late = pick(task_of(floor), 2, id="p-1")
    run(floor, fact("cancelled"))
    assert word(reason(floor, late)) == "stop-closed"
    assert proposal(floor, "picked-after-recall") == "put back 2 of A to A-01, or let it be counted"


def test_the_rest_of_a_half_picked_stop_that_comes_late_is_put_back_as_well() -> None:
    floor = floor_with(OrderState.PICKING)
    late = pick(task_of(floor), 1, id="p-2")
    run(floor, pick(task_of(floor), 1), fact("cancelled"))
    reason(floor, late)
    assert waiting(floor) == {"put-back", "picked-after-recall"}


def test_every_late_pick_of_a_stop_is_shown() -> None:
    floor = floor_with(OrderState.PICKING)
    late = [pick(task_of(floor), 1, id=f"p-{number}") for number in range(2)]
    run(floor, fact("cancelled"))
    for each in late:
        reason(floor, each)
    assert [each.kind for each in floor.all(FloorException)] == ["picked-after-recall"] * 2


def test_the_hub_cannot_release_an_order_of_which_nothing_was_found() -> None:
    floor = floor_with(OrderState.PICKING)
    run(floor, c.SetStock(data={"location": "A-02", "sku": "A", "qty": 0}, acked_sequence=0))
    run(floor, short(task_of(floor), 2))
    assert isinstance(run(floor, fact("unheld"))[0], ev.OrderRefused)
    assert waiting(floor) >= {"short"}


# --- any interleaving ---------------------------------------------------------------------------------------

_ANSWERS = (
    ev.OrderAccepted, ev.OrderRefused, ev.OrderHeld, ev.OrderUnheld, ev.OrderCancelled, ev.LabelQueued, ev.FactKept,
)  # fmt: skip


@settings(max_examples=200)
@given(
    st.sampled_from(sorted(STATES)),
    st.lists(st.integers(1, 2**32), max_size=40),
    st.lists(st.sampled_from(sorted(WORDS)), min_size=1, max_size=8),
    st.lists(st.integers(1, 2**32), max_size=20),
)
def test_after_any_offline_work_and_any_late_words_nothing_has_silently_won(
    state: str, offline: list[int], late: list[str], after: list[int]
) -> None:
    floor = STATES[state]()
    _work(floor, offline)
    for number, name in enumerate(late, start=2):
        _check_word(floor, _newer(floor, WORDS[name], number))
    _work(floor, after)
    _check_put_back(floor)


def _work(floor: MemoryFloor, seeds: Sequence[int]) -> None:
    """What floor and people do; no exception is closed by hand, so that what was opened can still be seen."""
    for seed in seeds:
        command = any_command(floor, random.Random(seed).choice)
        if not isinstance(command, c.CloseException | c.TakeOrder | c.TakeFact | c.SetCarrier | c.SetStock):
            ask(floor, command)


def _newer(floor: MemoryFloor, command: c.Command, number: int) -> c.Command:
    """Each change is a revision of its own."""
    if not isinstance(command, c.TakeOrder):
        return command
    return c.TakeOrder(data=command.data | {"revision": order_of(floor).revision + number})


def _check_word(floor: MemoryFloor, command: c.Command) -> None:
    before = order_of(floor)
    decided = ask(floor, command)
    assert not isinstance(decided, Refused), decided
    if any(isinstance(event, _ANSWERS) for event in decided):
        return
    told = {each.kind for each in floor.all(FloorException) if each.closed_at is None}
    match command:
        case c.TakeOrder():
            raise AssertionError(f"no answer to revision {command.data['revision']}")
        case c.TakeFact(fact="order.cancelled"):
            assert before.state is OrderState.CANCELLED, "told before"
        case c.TakeFact(fact="order.held"):
            assert before.held == command.data["reason"], "told before"
        case c.TakeFact(fact="order.unheld"):
            assert before.held is None or before.state is OrderState.CANCELLED
        case c.TakeFact(data={"payment_ref": ref}):
            assert before.payment_ref == ref or before.payment_ref is None or "payment" in told
        case c.SetCarrier():
            assert not floor.with_label("SF") or "carrier-inactive" in told
        case c.SetStock():
            on_hand, reserved = stock_of(floor)
            assert on_hand >= reserved or "over-promised" in told


def _check_put_back(floor: MemoryFloor) -> None:
    """Every unit that was picked of a cancelled order is named by its put-back."""
    for each in floor.all(Order):
        taken = [
            (stop.picked_qty, stop.sku, stop.location)
            for stop in chain.from_iterable(known(floor, Task, task).stops for task in each.tasks)
            if stop.order_no == each.order_no and stop.picked_qty
        ]
        if each.state is OrderState.CANCELLED and taken:
            exception = known(floor, FloorException, f"put-back:{each.order_no}")
            assert exception.closed_at is None
            assert sum(qty for qty, _, _ in taken) == sum(map(_units, exception.proposal.split(", ")))


def _units(step: str) -> int:
    """`put back 2 of A to A-01`, `1 of B to B-01`; a step about the parcel has none."""
    before, found, _ = step.partition(" of ")
    return int(before.rpartition(" ")[2]) if found else 0
