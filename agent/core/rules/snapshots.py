"""The hub's view after a long outage, beside ours: what it lost, and what events that are gone would have told."""

from __future__ import annotations

from agent.core import commands as c
from agent.core.model import BEFORE_PICKING, ENDED, Order
from agent.core.rules.facts import Said, apply_fact
from agent.core.rules.holds import MISSING
from agent.core.story import Refused, Story

_FITS = "the hub's view fits again"
_LIFTED = "the hub does not hold it any more"


def compare_order(story: Story, command: c.CompareOrder) -> Refused | None:
    """What a snapshot's row does not say by being taken: that something is not so any more."""
    row = command.data
    order_no = row.get("order_no")
    order = story.get(Order, order_no) if isinstance(order_no, str) else None
    if order is None or order.state in ENDED:
        return None
    if _is_behind(story, order, row.get("revision")) or row.get("cancelled"):
        return None
    _compare_payment(story, order, paid=bool(row.get("paid_at")))
    source = order.source_of("held")
    if order.held is not None and source and not row.get("held"):
        apply_fact(story, order.order_no, "order.unheld", {"reason": _LIFTED}, Said(source))
    return None


def _is_behind(story: Story, order: Order, revision: object) -> bool:
    """It has lost a change: then what else its row says of the order is older than ours as well."""
    behind = isinstance(revision, int) and revision < order.revision
    if behind:
        text = f"the hub has order {order.order_no} in revision {revision}, here it is in revision {order.revision}"
        proposal = "compare the order at the hub, and let it send the right one with a higher revision"
        story.open_exception("hub-behind", order.order_no, text, order.order_no, proposal)
    else:
        story.close_exception("hub-behind", order.order_no, _FITS)
    return behind


def _compare_payment(story: Story, order: Order, *, paid: bool) -> None:
    subject = f"{order.order_no}/unpaid"
    if paid or order.paid_at is None:
        story.close_exception("payment", subject, _FITS)
        return
    text = f"order {order.order_no} was paid by {order.payment_ref}, and the hub has it as unpaid"
    proposal = "keep it back until the payment is found at the hub; cancel it if there is none"
    story.open_exception("payment", subject, text, order.order_no, proposal)


def miss_order(story: Story, command: c.MissOrder) -> Refused | None:
    """Shipped, cancelled or lost there, and open here: neither side is right by itself."""
    order = story.get(Order, command.order_no)
    if order is None or order.state in ENDED:
        return None
    text = f"order {order.order_no} is {order.shown_state} here, and the hub has it no more: shipped, cancelled or lost"
    first = "hold it" if order.state in BEFORE_PICKING else "set its tote or parcel aside"
    proposal = f"{first} and ask the hub what became of it; then cancel it here, or let the hub send it again"
    story.open_exception(MISSING, order.order_no, text, order.order_no, proposal)
    return None
