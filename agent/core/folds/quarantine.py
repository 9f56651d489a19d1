"""Events that are put aside, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from agent.core import events as ev
from agent.core import model as m
from agent.core.floor import Entry, Floor
from agent.core.folds.values import Changes, known


def _parked(floor: Floor, entry: Entry, event: ev.EventParked) -> Changes:
    before = floor.get(m.Parked, event.parked)
    return [
        m.Parked(
            parked=event.parked, direction=event.direction, source=event.source, event=event.event, kind=event.kind,
            subject=event.subject, order_no=event.order_no, reason=event.reason, body=event.body,
            size_bytes=event.size_bytes, sha256=event.sha256, acked_sequence=event.acked_sequence,
            parked_at=before.parked_at if before is not None else entry.at,
        )
    ]  # fmt: skip


def _settled(state: str) -> Callable[[Floor, Entry, Any], Changes]:
    def fold(floor: Floor, entry: Entry, event: ev.EventReleased | ev.EventDropped) -> Changes:
        before = known(floor, m.Parked, event.parked)
        settled = {"settled_at": entry.at, "settled_by": event.by, "note": event.note}
        return [replace(before, state=state, body="", **settled)]

    return fold


FOLDS: dict[type[ev.Event], Callable[[Floor, Entry, Any], Changes]] = {
    ev.EventParked: _parked,
    ev.EventReleased: _settled("released"),
    ev.EventDropped: _settled("dropped"),
}
