"""Payment, holds and cancellations: facts about an order, from the hub or from a person."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from agent.core import commands as c
from agent.core import events as ev
from agent.core.authority import Authority
from agent.core.model import BEFORE_PICKING, Early, Order, OrderState
from agent.core.rules.holds import (
    LABEL_FAILED,
    LATE_CANCEL,
    LATE_CHANGE,
    LATE_HOLD,
    MISSING,
    UNKNOWN_CARRIER,
    is_held_for,
)
from agent.core.rules.labels import drop_label, is_served, job_in_force, queue_label, retry_failed
from agent.core.rules.lists import take_off_lists
from agent.core.rules.proposals import intercept, keep_back, put_back
from agent.core.rules.sources import may_set_held, overrule
from agent.core.story import Refused, Story
from agent.core.times import from_text
from agent.core.words import is_name


class _Paid(msgspec.Struct, frozen=True):
    order_no: str
    paid_at: str
    payment_ref: str


class _Reasoned(msgspec.Struct, frozen=True):
    order_no: str
    reason: str = ""


_FIRST_PAYMENT = "payment: the first one stands, or an order that is called off is not paid"

_SHAPES: dict[str, type[_Paid] | type[_Reasoned]] = {
    "order.paid": _Paid,
    "order.held": _Reasoned,
    "order.unheld": _Reasoned,
    "order.cancelled": _Reasoned,
}


#: The exceptions of an order that nobody needs to see once it is cancelled.
_OVER_WITH_IT = (
    "short", "waybills-exhausted", "no-printer", UNKNOWN_CARRIER, LABEL_FAILED, LATE_CHANGE, LATE_HOLD, MISSING,
)  # fmt: skip


def take_fact(story: Story, command: c.TakeFact) -> Refused | None:
    """A fact of the feed; for an order that is not here yet it is kept and applied when that arrives."""
    shape = _SHAPES.get(command.fact)
    if shape is None:
        return Refused(f"unknown-type: {command.fact}")
    try:
        data = msgspec.convert(command.data, shape)
        if isinstance(data, _Paid):
            from_text(data.paid_at)
    except (msgspec.ValidationError, ValueError) as error:
        return Refused(f"malformed: {error}")
    if not is_name(data.order_no):
        return Refused("malformed: order_no: 1 to 64 printable characters are expected")
    if story.get(Order, data.order_no) is not None:
        said = Said(command.source, command.authority)
        apply_fact(story, data.order_no, command.fact, command.data, said)
    else:
        early = story.get(Early, data.order_no)
        known = [kept[:2] for kept in early.facts] if early is not None else []
        if (command.fact, command.data) not in known:
            story.emit(ev.FactKept(data.order_no, command.fact, command.data, command.source))
    return None


class Said(NamedTuple):
    """Whose word a fact is, and the table by which it stands or falls."""

    source: str = ""
    authority: Authority = Authority()


def apply_fact(story: Story, order_no: str, fact: str, data: dict[str, Any], said: Said) -> None:
    """`data` was checked when the fact came in."""
    order = story.get(Order, order_no)
    if order is None:
        raise LookupError(f"a fact of order {order_no}, which is not here")
    reason = str(data.get("reason") or fact)
    if fact == "order.paid":
        _pay(story, order, from_text(data["paid_at"]), data["payment_ref"], said.source)
    elif fact == "order.held":
        overruled = may_set_held(story, order, reason, *said)
        late = None if overruled else _hold(story, order, reason, said.source)
        refuse_to_hub(story, order, overruled or late)
        if late is not None and order.state is not OrderState.CANCELLED:
            _tell_late(story, order, LATE_HOLD, f"held ({reason})", keep_back(order))
    elif fact == "order.unheld":
        refuse_to_hub(story, order, may_set_held(story, order, None, *said) or _unhold(story, order, reason))
    else:
        refused = _cancel(story, order, reason)
        refuse_to_hub(story, order, refused)
        if refused is not None:
            _tell_late(story, order, LATE_CANCEL, f"cancelled ({reason})", intercept(order))


def _tell_late(story: Story, order: Order, kind: str, word: str, proposal: str) -> None:
    text = f"order {order.order_no} was {word} at the hub when it was {order.state} here already"
    story.open_exception(kind, order.order_no, text, order.order_no, proposal)


def refuse_to_hub(story: Story, order: Order, refused: Refused | None) -> None:
    """The hub is told of a refusal by an event of its own."""
    if refused is not None:
        story.emit(ev.OrderRefused(order.order_no, order.revision, refused.reason))


def _pay(story: Story, order: Order, paid_at: int, payment_ref: str, source: str) -> None:
    if order.payment_ref == payment_ref:
        return
    if order.paid_at is not None or order.state is OrderState.CANCELLED:
        text = f"order {order.order_no} is {order.shown_state} and was paid again, by {payment_ref}"
        seen = len(story.events)
        subject, proposal = f"{order.order_no}/{payment_ref}", f"let payment {payment_ref} be refunded"
        story.open_exception("payment", subject, text, order.order_no, proposal)
        if len(story.events) > seen:
            overrule(
                story, order.order_no, source, {"payment_ref": payment_ref}, {"payment_ref": _FIRST_PAYMENT}
            )
        return
    story.emit(ev.OrderPaid(order.order_no, paid_at, payment_ref))
    queue_label(story, order.order_no)


def _hold(story: Story, order: Order, reason: str, source: str = "") -> Refused | None:
    if order.state not in BEFORE_PICKING:
        return Refused(f"too-late: the order is {order.state}")
    if order.held == reason:
        return None
    take_off_lists(story, order)
    story.emit(ev.OrderHeld(order.order_no, reason, source))
    return None


def _unhold(story: Story, order: Order, reason: str) -> Refused | None:
    story.close_exception(LATE_HOLD, order.order_no, reason)
    if order.held is None or order.state is OrderState.CANCELLED:
        return None
    if is_held_for(order, UNKNOWN_CARRIER) and not is_served(story, order.carrier):
        return Refused(order.held)
    if order.state is OrderState.PICKED and not any(line.picked_qty for line in order.lines):
        return Refused("nothing-to-ship: nothing of it was found, cancel it")
    story.emit(ev.OrderUnheld(order.order_no, reason))
    story.close_exception("short", order.order_no, reason)
    job = job_in_force(story, order)
    if job is not None:
        retry_failed(story, job, reason)
    queue_label(story, order.order_no)
    return None


def _cancel(story: Story, order: Order, reason: str) -> Refused | None:
    """Each state says what must be undone; a person does what hands have to do."""
    if order.state is OrderState.CANCELLED:
        return None
    if order.state is OrderState.SHIPPED:
        return Refused("shipped: the parcel has left")
    undone = ["pick-recalled"] if take_off_lists(story, order) else []
    if any(line.picked_qty for line in order.lines):
        undone.append("put-back")
        text = f"order {order.order_no} was cancelled after picking: put its goods back"
        story.open_exception("put-back", order.order_no, text, order.order_no, put_back(story, order))
    if order.waybill is not None:
        drop_label(story, order.order_no, "the order was cancelled")
        undone += (
            ["waybill-voided", "parcel-pulled"] if order.state is OrderState.PACKED else ["waybill-voided"]
        )
    story.emit(ev.OrderCancelled(order.order_no, order.shown_state, tuple(undone), reason))
    for kind in _OVER_WITH_IT:
        story.close_exception(kind, order.order_no, "the order was cancelled")
    return None


def hold_order(story: Story, command: c.HoldOrder) -> Refused | None:
    """A person's hold."""
    order = story.get(Order, command.order_no)
    return _unknown(command.order_no) if order is None else _hold(story, order, command.reason)


def unhold_order(story: Story, command: c.UnholdOrder) -> Refused | None:
    """A person's release."""
    order = story.get(Order, command.order_no)
    return _unknown(command.order_no) if order is None else _unhold(story, order, command.reason)


def cancel_order(story: Story, command: c.CancelOrder) -> Refused | None:
    """A person calls it off."""
    order = story.get(Order, command.order_no)
    return _unknown(command.order_no) if order is None else _cancel(story, order, command.reason)


def _unknown(order_no: str) -> Refused:
    return Refused(f"unknown-order: no order {order_no} is here")
