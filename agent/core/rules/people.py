"""Exceptions that people close, and devices that fail and recover."""

from __future__ import annotations

from agent.core import commands as c
from agent.core import events as ev
from agent.core.model import Device, FloorException
from agent.core.rules.quarantine import is_waited_for
from agent.core.story import Refused, Story


def close_exception(story: Story, command: c.CloseException) -> Refused | None:
    """A person says that it is dealt with; said again, it is a repeat."""
    known = story.get(FloorException, command.exception)
    if known is None:
        return Refused(f"unknown-exception: there is no exception {command.exception}")
    if known.closed_at is None and is_waited_for(story, known):
        return Refused("parked: it closes by itself when its event is released or dropped")
    if known.closed_at is None:
        story.emit(ev.ExceptionClosed(known.exception, known.kind, known.order_no, command.note))
    return None


def open_exception(story: Story, command: c.OpenException) -> Refused | None:
    """What the shell has met and a person must see."""
    told = (command.kind, command.subject, command.text, command.order_no)
    story.open_exception(*told, proposal=command.proposal)
    return None


def report_fault(story: Story, command: c.ReportFault) -> Refused | None:
    """Told once when it fails, once when it works again."""
    device = story.get(Device, command.device)
    before = device.fault if device is not None else None
    if command.fault is not None and command.fault != before:
        story.emit(ev.DeviceFault(command.device, command.fault))
    elif command.fault is None and before is not None:
        story.emit(ev.DeviceRecovered(command.device))
    return None


def pause_printer(story: Story, command: c.PausePrinter) -> Refused | None:
    """A supervisor stops a printer, or lets it go on."""
    device = story.get(Device, command.printer)
    if command.paused != (device is not None and device.paused):
        kind = ev.PrinterPaused if command.paused else ev.PrinterResumed
        story.emit(kind(command.printer, command.reason))
    return None


def report_switch(story: Story, command: c.ReportSwitch) -> Refused | None:
    """The hub hears of it when it is reached again."""
    story.emit(ev.ChannelSwitched(command.before, command.after, command.reason))
    return None
