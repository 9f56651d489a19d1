"""What the hub may say late, and how far the floor may be by then: the axes of the table in docs/conflicts.md."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agent.core import commands as c
from agent.core import events as ev
from agent.core.floor import MemoryFloor
from agent.core.model import FloorException, OrderState
from agent.core.outbound import is_public
from tests.agent.floors import (
    CONSIGNEE,
    count,
    fact,
    floor_with,
    kinds,
    lines,
    order,
    paid,
    pick,
    run,
    short,
    task_of,
)


def _half_picked() -> MemoryFloor:
    floor = floor_with(OrderState.PICKING)
    run(floor, pick(task_of(floor), 1))
    return floor


def _held() -> MemoryFloor:
    floor = floor_with(OrderState.READY)
    run(floor, fact("held"))
    return floor


def _short() -> MemoryFloor:
    """One of two was found, and no other location has any: it ships complete or not at all."""
    floor = _half_picked()
    run(floor, count("A-02", "A", 0), short(task_of(floor), 1))
    return floor


#: SO-1, two of A, when the hub's word comes.
STATES: dict[str, Callable[[], MemoryFloor]] = {
    **{state.value: lambda state=state: floor_with(state) for state in OrderState},  # type: ignore[misc]
    "half picked": _half_picked,
    "held": _held,
    "short": _short,
}

#: What the hub says.
WORDS: dict[str, c.Command] = {
    "more units": order(revision=2, lines=lines((1, "A", 3))),
    "fewer units": order(revision=2, lines=lines((1, "A", 1))),
    "other goods": order(revision=2, lines=lines((1, "B", 2))),
    "another consignee": order(revision=2, consignee=CONSIGNEE | {"address": "another street 1"}),
    "another priority": order(revision=2, priority=9),
    "cancelled": fact("cancelled"),
    "held": fact("held", why="fraud?"),
    "unheld": fact("unheld"),
    "the same payment": paid(),
    "another payment": paid(payment_ref="pay-2"),
    "carrier inactive": c.SetCarrier(data={"carrier": "SF", "active": False}),
    "stock lost": count("A-01", "A", 0, as_of=10**6),
}


def outcome(before: set[str], floor: MemoryFloor, events: Sequence[ev.Event]) -> str:
    """What the hub is answered about the order, and after a + what waits for people that did not before."""
    public = (event for event in events if is_public(event) and not isinstance(event, ev.ExceptionOpened))
    told = [kind for kind in kinds(list(public)) if kind != "exception.closed"]
    answers = dict.fromkeys(kind.removeprefix("order.") for kind in told)
    opened = sorted(waiting(floor) - before)
    return " ".join((", ".join(answers) or "-", *(f"+ {kind}" for kind in opened)))


def waiting(floor: MemoryFloor) -> set[str]:
    """The kinds of the open exceptions."""
    return {each.kind for each in floor.all(FloorException) if each.closed_at is None}
