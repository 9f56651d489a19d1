"""What goes into the quarantine: events and rows that cannot be taken, and ours that the hub has rejected.

An event is known by its source and id, so that it is parked once however often and whichever way it comes; what has
neither is known by its bytes.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import msgspec

from agent.core import commands as c
from agent.core.events import Event
from agent.core.model import Direction
from agent.core.words import is_name
from sync.protocols import Arrival, BrokenEvent, OutboxEvent, Result, Row
from sync.snapshot import ROW_KEYS


def park_arrival(arrived: Arrival, reason: str, acked: int) -> c.ParkEvent:
    """An event of the feed."""
    if isinstance(arrived, BrokenEvent):
        return _park_broken(arrived, acked)
    event = arrived.event
    return c.ParkEvent(
        parked=_name("feed", event.source, event.id), direction="feed", source=event.source, event=event.id,
        kind=event.type, subject=event.subject, order_no=_order_no(event.data), reason=reason, body=arrived.raw,
        acked_sequence=acked,
    )  # fmt: skip


def _park_broken(broken: BrokenEvent, acked: int) -> c.ParkEvent:
    """As far as it says what it is."""
    said = _members(broken.raw)
    texts = {name: value for name, value in said.items() if isinstance(value, str)}
    return c.ParkEvent(
        parked=_name("feed", broken.raw), direction="feed", source=texts.get("source", ""), event=texts.get("id", ""),
        kind=texts.get("type", ""), subject=texts.get("subject"), order_no=_order_no(said.get("data")),
        reason=f"unreadable: {broken.reason}", body=broken.raw, acked_sequence=acked,
    )  # fmt: skip


def park_row(kind: str, row: Row | BrokenEvent, reason: str, acked: int) -> c.ParkEvent:
    """A row of a snapshot; its bytes tell it from a later one with the same key."""
    data = row.data if isinstance(row, Row) else _members(row.raw)
    key = (str(data[name]) for name in ROW_KEYS.get(kind, ()) if name in data)
    return c.ParkEvent(
        parked=_name("snapshot", kind, row.raw), direction="snapshot", source=f"snapshot/{kind}", event="",
        kind=kind, subject="/".join(key) or None, order_no=_order_no(data),
        reason=f"unreadable: {row.reason}" if isinstance(row, BrokenEvent) else reason, body=row.raw,
        acked_sequence=acked,
    )  # fmt: skip


def park_rejected(sent: OutboxEvent, event: Event, kind: str, result: Result) -> c.ParkEvent:
    """An event of ours, with the hub's word on it."""
    problem = result.problem or {}
    why = problem.get("detail") or problem.get("title") or "the hub gave no reason"
    order_no = getattr(event, "order_no", None)
    return c.ParkEvent(
        parked=_name("outbox", sent.id), direction="outbox", source="", event=sent.id, kind=kind, subject=order_no,
        order_no=order_no, reason=f"rejected: {why}", body=sent.body.decode(), acked_sequence=sent.sequence,
    )  # fmt: skip


def broken(error: Exception) -> str:
    """The reason where our own code stumbles over it."""
    return f"broken: the agent failed on it ({type(error).__name__}: {error})"


def _name(direction: Direction, *parts: str) -> str:
    """Short, and the same for the same thing for ever."""
    digest = sha256(direction.encode())
    for part in parts:
        digest.update(b"\0" + part.encode("utf-8", "backslashreplace"))
    return f"Q{digest.hexdigest()[:16]}"


def _members(raw: str) -> dict[str, Any]:
    """Of a JSON object; nothing where it is none."""
    try:
        return msgspec.json.decode(raw, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError, ValueError):
        return {}


def _order_no(data: object) -> str | None:
    order_no = data.get("order_no") if isinstance(data, dict) else None
    return order_no if isinstance(order_no, str) and is_name(order_no) else None
