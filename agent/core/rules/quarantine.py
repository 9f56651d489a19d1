"""Poison events: put aside with their reason, and settled by a person.

A business refusal is none of these: the rules answer it to the hub by an event of its own, and the door has taken it.
"""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

from agent.core import commands as c
from agent.core import events as ev
from agent.core.model import FloorException, Parked
from agent.core.story import Refused, Story

#: The kind of the exception that is open while an event is parked.
PARKED_EVENT = "parked-event"
KEPT_BYTES = 65_536  # of a body: twice an order of 500 lines
_THEIRS = "correct and release it in the quarantine, or drop it there"
_OURS = "put it right at the hub, then drop it in the quarantine"
_WORDS, _SENTENCE = 200, 1_000


def park_event(story: Story, command: c.ParkEvent) -> Refused | None:
    """Once; what a person has settled stays settled, however often it comes again."""
    if story.get(Parked, command.parked) is not None:
        return None
    kept = _keep(command.body)
    event = ev.EventParked(
        parked=command.parked, order_no=command.order_no, direction=command.direction,
        source=_short(command.source), event=_short(command.event), kind=_short(command.kind),
        subject=_short(command.subject) if command.subject is not None else None,
        reason=_short(command.reason, _SENTENCE), body=kept.body, size_bytes=kept.size_bytes, sha256=kept.sha256,
        acked_sequence=command.acked_sequence,
    )  # fmt: skip
    story.emit(event)
    if _is_told(event):
        proposal = _OURS if event.direction == "outbox" else _THEIRS
        story.open_exception(PARKED_EVENT, event.parked, _told(event), event.order_no, proposal)
    return None


def release_parked(story: Story, command: c.ReleaseParked) -> Refused | None:
    """It was taken and is no longer parked; or it was refused again and stays, as the person has left it."""
    parked = _waiting(story, command.parked, "released")
    if not isinstance(parked, Parked):
        return parked
    if parked.direction == "outbox":
        return Refused("final: the hub has rejected it, and its number is settled: drop it with a note")
    changed = command.body if command.body != parked.body else None
    if parked.sha256 and changed is None:
        return Refused(
            f"cut: only {KEPT_BYTES} of its {parked.size_bytes} bytes are kept: put in the whole event"
        )
    if command.refused is not None:
        return _park_again(story, parked, command.refused, changed, command.note)
    story.emit(ev.EventReleased(parked.parked, parked.order_no, command.by, command.note, changed))
    story.close_exception(PARKED_EVENT, parked.parked, f"released: {command.note}")
    return None


def drop_parked(story: Story, command: c.DropParked) -> Refused | None:
    """The journal keeps it; nobody waits for it any more."""
    parked = _waiting(story, command.parked, "dropped")
    if not isinstance(parked, Parked):
        return parked
    story.emit(ev.EventDropped(parked.parked, parked.order_no, command.by, command.note))
    story.close_exception(PARKED_EVENT, parked.parked, f"dropped: {command.note}")
    return None


def is_waited_for(story: Story, exception: FloorException) -> bool:
    """Does it stand for an event that is parked still?"""
    parked = story.get(Parked, exception.exception.removeprefix(f"{PARKED_EVENT}:"))
    return exception.kind == PARKED_EVENT and parked is not None and parked.waits


def _waiting(story: Story, parked: str, wanted: str) -> Parked | Refused | None:
    """The parked event; None where what is wanted has been done already."""
    known = story.get(Parked, parked)
    if known is None:
        return Refused(f"unknown-parked: no event {parked} is in the quarantine")
    if known.waits:
        return known
    if known.state == wanted:
        return None
    return Refused(f"settled: it was {known.state} by {known.settled_by}: {known.note}")


def _park_again(story: Story, parked: Parked, refused: str, changed: str | None, note: str) -> Refused:
    kept = _Kept(parked.body, parked.size_bytes, parked.sha256) if changed is None else _keep(changed)
    reason = _short(refused, _SENTENCE)
    story.emit(
        ev.EventParked(
            parked=parked.parked, order_no=parked.order_no, direction=parked.direction, source=parked.source,
            event=parked.event, kind=parked.kind, subject=parked.subject, reason=reason, body=kept.body,
            size_bytes=kept.size_bytes, sha256=kept.sha256, acked_sequence=parked.acked_sequence, note=note,
        )
    )  # fmt: skip
    return Refused(reason, tuple(story.events))


def _is_told(event: ev.EventParked) -> bool:
    """A hub that rejects the news of an exception is not told of that by one more."""
    return event.direction != "outbox" or not event.kind.startswith("exception.")


def _told(event: ev.EventParked) -> str:
    who = f"{event.kind or 'an event'} {event.subject or event.event}".rstrip()
    whence = "the hub rejected it" if event.direction == "outbox" else f"from {event.source or 'the hub'}"
    return f"{who}, {whence}: {event.reason}"


class _Kept(NamedTuple):
    body: str
    size_bytes: int
    sha256: str = ""


def _keep(body: str) -> _Kept:
    """All of it, or its beginning and by what the rest can be recognised."""
    raw = body.encode("utf-8", "backslashreplace")
    if len(raw) <= KEPT_BYTES:
        return _Kept(raw.decode(), len(raw))
    return _Kept(raw[:KEPT_BYTES].decode("utf-8", "ignore"), len(raw), sha256(raw).hexdigest())


def _short(text: str, most: int = _WORDS) -> str:
    """What a broken event says of itself may be anything, and of any length."""
    kept = text[:most].encode("utf-8", "backslashreplace").decode()
    return kept if len(text) <= most else f"{kept}…"
