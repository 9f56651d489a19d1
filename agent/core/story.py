"""How a rule thinks: it emits events one by one, and each later look at the floor sees what they did."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from agent.core import events as ev
from agent.core.apply import apply
from agent.core.floor import Entry, Floor, Head, Overlay
from agent.core.model import Entity, FloorException
from agent.core.outbound import is_public

E = TypeVar("E", bound=Entity)


class Refused(msgspec.Struct, frozen=True):
    """`reason` is a word from a fixed list, a colon and a sentence for people.

    A refusal changes nothing that it was asked to change; `events` are what it leaves for people to see
    (the exception it opens, the scan in the audit).
    """

    reason: str
    events: tuple[ev.Event, ...] = ()


class Story:
    """The events so far, and the floor as it is after them."""

    def __init__(self, floor: Floor, at: int) -> None:
        self.at = at
        self.floor = Overlay(floor)
        self.events: list[ev.Event] = []

    def emit(self, event: ev.Event) -> None:
        """It happens now: what is asked from here on sees it."""
        self.events.append(event)
        entry = place(self.floor.head, event, self.at)
        self.floor.put(apply(self.floor, entry))
        self.floor.head = after(self.floor.head, entry)

    def get(self, kind: type[E], *key: Any) -> E | None:
        """The entity as it is by now."""
        return self.floor.get(kind, *key)

    def new_id(self, letter: str) -> str:
        """Unique in this site for ever: the epoch of the database and the row that the next event will have."""
        return f"{letter}{self.floor.head.epoch}-{self.floor.head.row + 1}"

    def open_exception(
        self, kind: str, subject: str, text: str, order_no: str | None = None, proposal: str = ""
    ) -> None:
        """Once per kind and subject while it is open. `proposal`: what to do about it, for people."""
        exception = f"{kind}:{subject}"
        known = self.get(FloorException, exception)
        if known is None or known.closed_at is not None:
            self.emit(ev.ExceptionOpened(exception, kind, order_no, text, proposal))

    def close_exception(self, kind: str, subject: str, note: str) -> None:
        """What it waited for has happened."""
        known = self.get(FloorException, f"{kind}:{subject}")
        if known is not None and known.closed_at is None:
            self.emit(ev.ExceptionClosed(known.exception, known.kind, known.order_no, note))


def place(head: Head, event: ev.Event, at: int) -> Entry:
    """The journal entry that this event becomes after `head`."""
    sequence = head.sequence + 1 if is_public(event) else None
    return Entry(head.row + 1, at, sequence, event)


def after(head: Head, entry: Entry) -> Head:
    """The head once `entry` stands in the journal."""
    epoch = entry.event.epoch if isinstance(entry.event, ev.JournalOpened) else head.epoch
    return Head(epoch, entry.row, entry.sequence or head.sequence)
