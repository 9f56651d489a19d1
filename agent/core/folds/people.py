"""Exceptions and devices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from agent.core import events as ev
from agent.core import model as m
from agent.core.floor import Entry, Floor
from agent.core.folds.values import Changes, known


def _exception_opened(_: Floor, entry: Entry, event: ev.ExceptionOpened) -> Changes:
    told = (event.exception, event.kind, event.order_no, event.text, entry.at)
    return [m.FloorException(*told, proposal=event.proposal)]


def _exception_closed(floor: Floor, entry: Entry, event: ev.ExceptionClosed) -> Changes:
    return [replace(known(floor, m.FloorException, event.exception), closed_at=entry.at, note=event.note)]


def _device(floor: Floor, entry: Entry, device: str, **changes: Any) -> Changes:
    before = floor.get(m.Device, device) or m.Device(device, None, entry.at)
    return [replace(before, **changes)]


def _device_fault(floor: Floor, entry: Entry, event: ev.DeviceFault) -> Changes:
    return _device(floor, entry, event.device, fault=event.fault, since=entry.at)


def _device_recovered(floor: Floor, entry: Entry, event: ev.DeviceRecovered) -> Changes:
    return _device(floor, entry, event.device, fault=None, since=entry.at)


def _printer_paused(floor: Floor, entry: Entry, event: ev.PrinterPaused) -> Changes:
    return _device(floor, entry, event.device, paused=True)


def _printer_resumed(floor: Floor, entry: Entry, event: ev.PrinterResumed) -> Changes:
    return _device(floor, entry, event.device, paused=False)


FOLDS: dict[type[ev.Event], Callable[[Floor, Entry, Any], Changes]] = {
    ev.ExceptionOpened: _exception_opened,
    ev.ExceptionClosed: _exception_closed,
    ev.DeviceFault: _device_fault,
    ev.DeviceRecovered: _device_recovered,
    ev.PrinterPaused: _printer_paused,
    ev.PrinterResumed: _printer_resumed,
}
