"""Pick lists: released, given to a PDA, accepted, taken back, done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from agent.core import commands as c
from agent.core import events as ev
from agent.core.model import HELD_TASK, LIVE_TASK, Desk, Order, OrderState, Stock, Stop, Task, TaskState, Tote
from agent.core.rules.lists import shown_at
from agent.core.story import Refused, Story

_MAY_BE_LISTED = frozenset({OrderState.READY, OrderState.RELEASED, OrderState.PICKING})


class _Ledger:
    """What earlier stops of the same wave have already claimed of lines and stock."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.claimed: Counter[tuple[str, ...]] = Counter()

    def claim(self, stops: list[c.PlannedStop]) -> bool:
        """All of an order's stops, or none: the plan was made on a slightly older floor."""
        wanted: Counter[tuple[str, ...]] = Counter()
        for stop in stops:
            wanted[stop.order_no, str(stop.line_no)] += stop.qty
            wanted[stop.location, stop.sku, "stock"] += stop.qty
        if any(stop.qty < 1 for stop in stops):
            return False
        if any(self.claimed[key] + qty > self._free(key, stops) for key, qty in wanted.items()):
            return False
        self.claimed += wanted
        return True

    def _free(self, key: tuple[str, ...], stops: list[c.PlannedStop]) -> int:
        if len(key) == 3:
            stock = self.story.get(Stock, key[0], key[1])
            return stock.free_qty if stock is not None else 0
        order = self.story.get(Order, key[0])
        if order is None or order.held is not None or order.state not in _MAY_BE_LISTED:
            return 0
        line = order.line(int(key[1]))
        same = line is not None and all(
            stop.sku == line.sku for stop in stops if stop.line_no == line.line_no
        )
        return line.untasked_qty if line is not None and same else 0


def release_wave(story: Story, command: c.ReleaseWave) -> Refused | None:
    """A plan becomes pick lists, as far as orders and stock are still what the plan saw."""
    ledger = _Ledger(story)
    kept = [(planned, _still_right(ledger, planned)) for planned in command.lists]
    kept = [(planned, stops) for planned, stops in kept if stops]
    if not kept:
        return Refused("nothing-left: orders or stock have changed since the plan was made")
    wave = story.new_id("W")
    story.emit(
        ev.WaveReleased(wave, tuple(dict.fromkeys(stop.order_no for _, stops in kept for stop in stops)))
    )
    for planned, stops in kept:
        _plan_task(story, wave, planned, stops)
    return None


def _still_right(ledger: _Ledger, planned: c.PlannedList) -> list[c.PlannedStop]:
    by_order: dict[str, list[c.PlannedStop]] = {}
    for stop in planned.stops:
        by_order.setdefault(stop.order_no, []).append(stop)
    right = {order_no for order_no, stops in by_order.items() if ledger.claim(stops)}
    return [stop for stop in planned.stops if stop.order_no in right]


def _plan_task(story: Story, wave: str, planned: c.PlannedList, stops: list[c.PlannedStop]) -> None:
    task = story.new_id("T")
    slots = dict.fromkeys((stop.slot, stop.order_no) for stop in stops)
    totes = tuple(Tote(slot, order_no) for slot, order_no in sorted(slots))
    numbered = tuple(_stop(story, f"{task}-{number}", stop) for number, stop in enumerate(stops, start=1))
    for tote in totes:
        story.close_exception("no-stock", tote.order_no, "it is on a pick list")
    due_at = _earliest_cutoff(story, (tote.order_no for tote in totes))
    story.emit(
        ev.TaskPlanned(
            task,
            wave,
            totes,
            numbered,
            planned.distance_mm,
            planned.bound_mm,
            planned.naive_mm,
            due_at,
        )
    )
    if planned.pda is not None:
        _assign(story, task, planned.pda, planned.picker, planned.cart)


def _stop(story: Story, name: str, planned: c.PlannedStop) -> Stop:
    return Stop(
        name, planned.order_no, planned.line_no, planned.sku, planned.location, planned.qty, planned.slot,
        shown=shown_at(story, planned.sku, planned.location),
    )  # fmt: skip


def _earliest_cutoff(story: Story, order_nos: Iterable[str]) -> int | None:
    orders = (story.get(Order, order_no) for order_no in order_nos)
    return min((order.cutoff_at for order in orders if order is not None and order.cutoff_at), default=None)


def assign_task(story: Story, command: c.AssignTask) -> Refused | None:
    """A planned list goes to an idle PDA."""
    task = story.get(Task, command.task)
    if task is None or task.state is not TaskState.PLANNED:
        return Refused(f"not-planned: list {command.task} is {task.state if task else 'unknown'}")
    return _assign(story, command.task, command.pda, command.picker, command.cart)


def _assign(story: Story, task: str, pda: str, picker: str | None, cart: str | None) -> Refused | None:
    desk = story.get(Desk, pda)
    if desk is not None and desk.task is not None:
        return Refused(f"busy: PDA {pda} holds list {desk.task}")
    story.emit(ev.TaskAssigned(task, pda, picker, cart))
    held = story.get(Task, task)
    if held is not None:
        for order_no in held.order_nos:
            story.emit(ev.PicklistAssigned(order_no, task, held.revision, held.wave, pda, picker))
    return None


def recall_task(story: Story, command: c.RecallTask) -> Refused | None:
    """Take a list back: what nobody picked returns to the pool."""
    task = story.get(Task, command.task)
    if task is None:
        return Refused(f"unknown-task: there is no list {command.task}")
    if task.state in LIVE_TASK:
        story.emit(ev.TaskRecalled(task.task, command.reason))
    elif task.state is TaskState.DONE:
        return Refused(f"too-late: list {task.task} is done")
    return None


def answer_recall(story: Story, command: c.AnswerRecall) -> Refused | None:
    """The PDA has let the list go and may get the next."""
    task, desk = story.get(Task, command.task), story.get(Desk, command.pda)
    if task is None or task.pda != command.pda or task.state is not TaskState.RECALLED:
        return not_your_task(command)
    if desk is not None and desk.task == command.task:
        story.emit(ev.DeskCleared(command.pda, command.task))
    return None


def not_your_task(command: c.PdaCommand) -> Refused:
    """The fence: a late word of a former holder changes nothing."""
    return Refused(f"not-your-task: PDA {command.pda} does not hold list {command.task}")


def held_task(story: Story, command: c.PdaCommand) -> Task | Refused:
    """The list that this PDA holds, or the refusal that it does not."""
    task = story.get(Task, command.task)
    if task is None or task.pda != command.pda or task.state not in HELD_TASK:
        return not_your_task(command)
    return task


def accepted_task(story: Story, command: c.PdaCommand) -> Task | Refused:
    """Likewise, and its picker has begun."""
    task = held_task(story, command)
    if isinstance(task, Task) and task.state is not TaskState.ACCEPTED:
        return Refused(f"not-accepted: list {task.task} must be accepted first")
    return task


def accept_task(story: Story, command: c.AcceptTask) -> Refused | None:
    """Its orders become picking."""
    task = held_task(story, command)
    if isinstance(task, Refused):
        return task
    if task.state is TaskState.ASSIGNED:
        story.emit(ev.TaskAccepted(task.task))
    return None


def finish_task(story: Story, command: c.FinishTask) -> Refused | None:
    """Every stop is closed; said again by the PDA that closed them, it is a repeat."""
    done = story.get(Task, command.task)
    if done is not None and done.pda == command.pda and done.state is TaskState.DONE:
        return None
    task = accepted_task(story, command)
    if isinstance(task, Refused):
        return task
    still_open = sum(1 for stop in task.stops if stop.open_qty)
    if still_open:
        return Refused(f"stops-open: {still_open} stops are still open")
    story.emit(ev.TaskDone(task.task))
    return None
