"""The audit: the chain's hash for the hub, what a person has done, and the end of personal data."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agent.core import commands as c
from agent.core import events as ev
from agent.core.model import ENDED, Entity, Order, Parked
from agent.core.story import Refused, Story

_PERSON = "person:"
#: What may be anything, personal data too: the events that change it say what it was.
_CONTENTS = {(Parked, "body")}
_WORD = re.compile(r"(?<!^)(?=[A-Z])")


def take_checkpoint(story: Story, command: c.TakeCheckpoint) -> Refused | None:
    """The row right after the one that it is about, so that anybody can see that it fits."""
    head = story.floor.head.row
    if command.row != head:
        return Refused(f"not-the-head: row {command.row} is not the journal's last, {head} is")
    story.emit(ev.AuditCheckpoint(command.row, command.hash))
    return None


def erase_personal(story: Story, command: c.ErasePersonal) -> Refused | None:
    """Only where nobody needs them any more; done again, it is a repeat."""
    order = story.get(Order, command.order_no)
    if order is None:
        return Refused(f"unknown-order: no order {command.order_no} is here")
    if order.state not in ENDED:
        return Refused(f"not-ended: the order is {order.shown_state}, its parcel still needs a consignee")
    if story.floor.parked_of(command.order_no):
        return Refused("parked: an event of this order waits in the quarantine: release or drop it first")
    if not order.erased:
        story.emit(ev.PersonalErased(command.order_no, command.reason))
    return None


def record_person(story: Story, command: c.Command) -> None:
    """Who did what, with what was before and after: of every command of a person that changed anything."""
    if not command.by.startswith(_PERSON) or not story.events:
        return
    action = _WORD.sub("-", type(command).__name__).lower()
    reason = getattr(command, "reason", "") or getattr(command, "note", "")
    order_no = getattr(command, "order_no", None) or _order_of(story)
    story.emit(ev.PersonActed(action, order_no, reason, tuple(_changes(story))))


def _order_of(story: Story) -> str | None:
    """The order that the events are about, where they are about one."""
    named = {getattr(event, "order_no", None) for event in story.events} - {None}
    return named.pop() if len(named) == 1 else None


def _changes(story: Story) -> Iterator[ev.Change]:
    """Field by field; what is a list or a table is left to the events that changed it."""
    under = story.floor.under
    for (kind, key), entity in story.floor.entities.items():
        before = under.get(kind, *key)
        name = f"{kind.__name__} {'/'.join(map(str, key))}"
        for field in kind.__struct_fields__:
            was, now = _plain(before, field), _plain(entity, field)
            if was != now and (kind, field) not in _CONTENTS:
                yield ev.Change(name, field, was, now)


def _plain(entity: Entity | None, field: str) -> str | int | bool | None:
    value = getattr(entity, field, None)
    return value if isinstance(value, str | int) else None
