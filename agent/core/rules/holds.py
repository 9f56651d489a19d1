"""Holds that the agent itself puts on an order, each with its exception, and lifts when its reason is gone."""

from __future__ import annotations

from agent.core import events as ev
from agent.core.model import BEFORE_PICKING, Order
from agent.core.rules.lists import take_off_lists
from agent.core.story import Story

#: The word before the colon of the hold's reason, and the kind of the exception.
UNKNOWN_CARRIER, LABEL_FAILED = "unknown-carrier", "label-failed"
#: The kinds of the exceptions about a word of the hub that came when hands had done something else already.
MISSING = "missing-at-hub"
LATE_CHANGE, LATE_HOLD, LATE_CANCEL = "late-change", "late-hold", "late-cancel"


def hold_back(story: Story, order_no: str, word: str, why: str) -> None:
    """An exception says why it cannot go on; before picking, where nobody holds it yet, the order is held as well."""
    order = story.get(Order, order_no)
    story.open_exception(word, order_no, f"order {order_no}: {why}", order_no)
    if order is not None and order.state in BEFORE_PICKING and order.held is None:
        take_off_lists(story, order)
        story.emit(ev.OrderHeld(order_no, f"{word}: {why}"))


def is_held_for(order: Order, word: str) -> bool:
    """Is this the reason for which it is held now?"""
    return order.held is not None and order.held.startswith(f"{word}:")


def lift(story: Story, order_no: str, word: str, note: str) -> None:
    """That reason is gone; a hold for another one stays."""
    story.close_exception(word, order_no, note)
    order = story.get(Order, order_no)
    if order is not None and is_held_for(order, word):
        story.emit(ev.OrderUnheld(order_no, note))
