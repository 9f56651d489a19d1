"""What devices have sent, and what stations have on their tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from agent.core import events as ev
from agent.core import model as m
from agent.core.floor import Entry, Floor
from agent.core.folds.values import Changes, known
from agent.core.trails import RING, counted, memory_after, memory_after_live, memory_over

#: The device has not read again: neither its counter nor the scan that is told again has moved on.
_TOLD_BEFORE = frozenset({"repeat", "replay"})
#: Sequences of one scan on one path: a trigger that is held down may give it many.
_KEPT = 32


def _scan_taken(floor: Floor, _: Entry, event: ev.ScanTaken) -> Changes:
    if not event.device:
        return []
    trail = floor.get(m.Trail, event.device) or m.Trail(event.device)
    seen = m.SeenScan(
        event.device, trail.count % RING, trail.count, event.text, {event.path: _heard(event)},
        event.tone, event.reason,
    )  # fmt: skip
    heard = replace(trail, paths=_counting(trail, event), memory=_memory(trail, event))
    return [replace(heard, count=trail.count + 1), seen]


def _scan_ignored(floor: Floor, _: Entry, event: ev.ScanIgnored) -> Changes:
    trail = known(floor, m.Trail, event.device)
    first = known(floor, m.SeenScan, event.device, event.first % RING) if event.first is not None else None
    heard = replace(trail, memory=_memory(trail, event, first))
    if event.why in _TOLD_BEFORE or first is None:
        return [heard]
    paths = {**first.paths, event.path: _heard(event, first.paths.get(event.path))}
    bounces = first.bounces + (event.why == "bounce")
    return [replace(heard, paths=_counting(trail, event)), replace(first, paths=paths, bounces=bounces)]


def _heard(event: ev.ScanTaken | ev.ScanIgnored, before: m.Heard | None = None) -> m.Heard:
    first_at, sequences = (event.scanned_at, ()) if before is None else (before.first_at, before.sequences)
    if event.sequence is not None and event.sequence not in sequences:
        sequences = (*sequences, event.sequence)[-_KEPT:]
    return m.Heard(first_at, event.scanned_at, sequences)


def _counting(trail: m.Trail, event: ev.ScanTaken | ev.ScanIgnored) -> dict[str, m.Counting]:
    if event.sequence is None:
        return trail.paths
    return {**trail.paths, event.path: counted(trail.paths.get(event.path), event.sequence, trail.count)}


def _memory(
    trail: m.Trail, event: ev.ScanTaken | ev.ScanIgnored, first: m.SeenScan | None = None
) -> m.Memory | None:
    if not event.replayed:
        return memory_after_live(trail.memory)
    memory = memory_over(trail, event.link)
    told = isinstance(event, ev.ScanIgnored) and event.why == "replay"
    return memory_after(memory, first) if told and first is not None else memory


def _packing_set(_: Floor, __: Entry, event: ev.PackingSet) -> Changes:
    return [m.Packing(event.station, event.waybill, event.scanned, event.units)]


def _picking_set(_: Floor, __: Entry, event: ev.PickingSet) -> Changes:
    return [m.Picking(event.station, event.task, event.stop)]


FOLDS: dict[type[ev.Event], Callable[[Floor, Entry, Any], Changes]] = {
    ev.ScanTaken: _scan_taken,
    ev.ScanIgnored: _scan_ignored,
    ev.PackingSet: _packing_set,
    ev.PickingSet: _picking_set,
}
