"""What a picker does at a stop: bind a tote, pick, or find less than was promised."""

from __future__ import annotations

from agent.core import commands as c
from agent.core import events as ev
from agent.core.model import ENDED, Order, OrderState, Stop, StopState, Task, TaskState, Tote, ToteUse
from agent.core.rules.goods import codes_of, same_barcode
from agent.core.rules.lists import add_stops, finish_order
from agent.core.rules.proposals import put_back_stop
from agent.core.rules.tasks import accepted_task
from agent.core.story import Refused, Story


def bind_tote(story: Story, command: c.BindTote) -> Refused | None:
    """This slot's goods go into that tote."""
    task = accepted_task(story, command)
    if isinstance(task, Refused):
        return task
    tote = next((each for each in task.totes if each.slot == command.slot), None)
    if tote is None:
        return Refused(f"unknown-slot: list {task.task} has no slot {command.slot}")
    return _bind(story, task, tote, command.tote)


def _bind(story: Story, task: Task, slot: Tote, tote: str) -> Refused | None:
    if slot.tote is not None:
        return None if slot.tote == tote else Refused(f"wrong-tote: slot {slot.slot} has tote {slot.tote}")
    use = story.get(ToteUse, tote)
    other = story.get(Order, use.order_no) if use is not None and use.order_no else None
    if other is not None and other.order_no != slot.order_no and other.state not in ENDED:
        return Refused(f"tote-busy: tote {tote} holds order {other.order_no}")
    story.emit(ev.ToteBound(task.task, slot.slot, tote, slot.order_no))
    return None


def _open_stop(task: Task, name: str) -> Stop | Refused:
    stop = task.stop(name)
    if stop is None:
        return Refused(f"unknown-stop: list {task.task} has no stop {name}")
    if stop.state in {StopState.CANCELLED, StopState.SHORT}:
        return Refused(f"stop-closed: stop {name} is {stop.state}")
    return stop


def pick_stop(story: Story, command: c.PickStop) -> Refused | None:
    """So many units went into the tote."""
    refused = _pick(story, command)
    return _tell_of_goods(story, command, refused) if refused is not None else None


def _pick(story: Story, command: c.PickStop) -> Refused | None:
    task = accepted_task(story, command)
    if isinstance(task, Refused):
        return task
    stop = _open_stop(task, command.stop)
    if isinstance(stop, Refused):
        return stop
    wrong = _wrong_pick(story, stop, command) or _wrong_tote(story, task, stop, command.tote)
    if wrong is not None:
        return wrong
    story.emit(
        ev.StopPicked(
            stop.order_no,
            task.task,
            stop.stop,
            stop.line_no,
            stop.sku,
            stop.location,
            command.qty,
            command.pda,
        )
    )
    finish_order(story, stop.order_no, task.task)
    return None


def _tell_of_goods(story: Story, command: c.PickStop, refused: Refused) -> Refused:
    """Goods have moved and no list says so, where a PDA picked before it heard of the change: a person must see it."""
    task = story.get(Task, command.task)
    stop = task.stop(command.stop) if task is not None and task.pda == command.pda else None
    why = _why_for_nobody(story, task, stop) if task is not None and stop is not None else None
    if stop is None or why is None or command.qty < 1:
        return refused
    text = f"PDA {command.pda} picked {command.qty} of {stop.sku} at {stop.location} after {why}"
    subject = f"{stop.stop}/{command.id}" if command.id is not None else stop.stop
    proposal = put_back_stop(stop, command.qty)
    story.open_exception("picked-after-recall", subject, text, stop.order_no, proposal)
    return Refused(refused.reason, tuple(story.events))


def _why_for_nobody(story: Story, task: Task, stop: Stop) -> str | None:
    order = story.get(Order, stop.order_no)
    if task.state is TaskState.RECALLED:
        return "its list was recalled"
    if order is not None and order.state is OrderState.CANCELLED:
        return f"order {stop.order_no} was cancelled"
    return "the stop was taken off its list" if stop.state is StopState.CANCELLED else None


def _wrong_pick(story: Story, stop: Stop, command: c.PickStop) -> Refused | None:
    if command.qty < 1:
        return Refused(f"malformed: a pick of {command.qty}")
    if command.qty > stop.open_qty:
        return Refused(f"too-many: {command.qty} wanted, {stop.open_qty} open")
    barcodes = barcodes_of(story, stop)
    if not barcodes:
        return None
    if command.barcode is None:
        return Refused(f"wrong-barcode: scan {stop.sku}, it has a barcode")
    if not any(same_barcode(command.barcode, known) for known in barcodes):
        return Refused(f"wrong-barcode: {command.barcode} is not {stop.sku}")
    return None


def barcodes_of(story: Story, stop: Stop) -> tuple[str, ...]:
    """As the list shows them, and as they are by now."""
    return (*stop.shown.barcodes, *codes_of(story, stop.sku))


def _wrong_tote(story: Story, task: Task, stop: Stop, tote: str | None) -> Refused | None:
    slot = next(each for each in task.totes if each.slot == stop.slot)
    return _bind(story, task, slot, tote) if tote is not None else None


def short_stop(story: Story, command: c.ShortStop) -> Refused | None:
    """The rest is not there: another location first, else the line is short and people are told."""
    task = accepted_task(story, command)
    if isinstance(task, Refused):
        return task
    stop = _open_stop(task, command.stop)
    if isinstance(stop, Refused):
        return None if stop.reason.endswith(StopState.SHORT) else stop
    if command.qty < 1 or command.qty != stop.open_qty:
        return Refused(f"wrong-quantity: {command.qty} reported missing, {stop.open_qty} open")
    story.emit(
        ev.StopShort(
            stop.order_no, task.task, stop.stop, stop.line_no, stop.sku, stop.location, command.qty,
            command.pda, command.reason,
        )
    )  # fmt: skip
    text = f"{command.qty} of {stop.sku} were not at {stop.location}: count it"
    proposal = f"count {stop.sku} at {stop.location} and let the hub set its stock"
    story.open_exception("count", f"{stop.location}/{stop.sku}", text, proposal=proposal)
    lost = add_stops(story, task.task, stop.order_no, stop.line_no, command.qty, avoid=stop.location)
    if lost:
        story.emit(ev.LineShort(stop.order_no, stop.line_no, lost))
    finish_order(story, stop.order_no, task.task)
    return None
