"""Labels: a waybill and a place in a printer's queue, then what became of the print."""

from __future__ import annotations

from typing import Any

from agent.core import commands as c
from agent.core import events as ev
from agent.core.floor import wants_label
from agent.core.model import ENDED, ON_THE_WIRE, JobState, Order, Parcel, ParcelState, PrintJob
from agent.core.story import Refused, Story


def queue_label(story: Story, order_no: str) -> None:
    """Take a number from the leased pool and queue copy 1; without a number or a printer an exception says so."""
    order = story.get(Order, order_no)
    if order is None or not wants_label(order):
        return
    printer = story.floor.choose_printer(order.carrier, order.owner)
    waybill = next(story.floor.free_waybills(order.carrier, story.at), None)
    if printer is None:
        text = f"no printer takes labels of carrier {order.carrier} for owner {order.owner}"
        story.open_exception("no-printer", order_no, text, order_no)
    elif waybill is None:
        text = f"order {order_no} is paid, and no leased number of carrier {order.carrier} is left"
        story.open_exception("waybills-exhausted", order_no, text, order_no)
    else:
        job = story.new_id("J")
        story.emit(ev.LabelQueued(order_no, waybill.waybill, order.carrier, job, 1, printer))
        story.close_exception("no-printer", order_no, "a printer took it")
        story.close_exception("waybills-exhausted", order_no, "numbers were leased")


def drop_label(story: Story, order_no: str, reason: str) -> None:
    """Void the waybill in force; a copy that no printer has seen yet will not be printed."""
    order = story.get(Order, order_no)
    parcel = story.get(Parcel, order.waybill) if order is not None and order.waybill else None
    if parcel is None:
        return
    job = story.get(PrintJob, parcel.job)
    if job is not None and job.state in {JobState.QUEUED, JobState.SUSPECT}:
        story.emit(ev.LabelFailed(reason=reason, **_label(job)))
        story.close_exception("suspect-label", job.job, reason)
    story.emit(ev.WaybillVoided(parcel.waybill, order_no))


def _label(job: PrintJob) -> dict[str, Any]:
    return {
        "order_no": job.order_no, "job": job.job, "waybill": job.waybill, "carrier": job.carrier,
        "copy_no": job.copy_no, "printer": job.printer,
    }  # fmt: skip


def start_print(story: Story, command: c.StartPrint) -> Refused | None:
    """The intent, before the first byte. A copy whose waybill was voided while it waited will not be printed."""
    job = story.get(PrintJob, command.job)
    if job is None or job.state is not JobState.QUEUED:
        return Refused(f"not-queued: job {command.job} is {job.state if job else 'unknown'}")
    if _is_void(story, job):
        _fail_void(story, job)
        return Refused(f"voided: waybill {job.waybill} is not in force any more", tuple(story.events))
    story.emit(ev.PrintStarted(job.job, command.printer))
    return None


def print_sent(story: Story, command: c.PrintSentAll) -> Refused | None:
    """Every byte is in the printer; evidence is awaited."""
    job = story.get(PrintJob, command.job)
    if job is not None and job.state is JobState.SENDING:
        story.emit(ev.PrintSent(job.job))
    return None


def finish_print(story: Story, command: c.FinishPrint) -> Refused | None:
    """Evidence has come. label.printed is sent once per copy, however often it is proved."""
    job = story.get(PrintJob, command.job)
    if job is None or job.state in {JobState.QUEUED, JobState.FAILED}:
        return Refused(f"not-sent: job {command.job} is {job.state if job else 'unknown'}")
    confirm_print(story, job, command.evidence, command.first_byte_at)
    return None


def confirm_print(story: Story, job: PrintJob, evidence: str, first_byte_at: int | None) -> None:
    """The label is in the world."""
    if job.state is not JobState.CONFIRMED:
        story.emit(ev.LabelPrinted(first_byte_at=first_byte_at, evidence=evidence, **_label(job)))
        story.close_exception("suspect-label", job.job, f"printed, says {evidence}")


def suspect_print(story: Story, command: c.SuspectPrint) -> Refused | None:
    """Some bytes went out and nothing proves what came of them; reported once."""
    job = story.get(PrintJob, command.job)
    if job is not None and job.state in ON_THE_WIRE:
        story.emit(ev.LabelSuspect(reason=command.reason, **_label(job)))
        text = f"label of order {job.order_no} at {job.printer} may or may not be printed: {command.reason}"
        story.open_exception("suspect-label", job.job, text, job.order_no)
    return None


def requeue_print(story: Story, command: c.RequeuePrint) -> Refused | None:
    """Surely nothing was printed: the same copy waits again, at whichever printer of the group is better off."""
    job = story.get(PrintJob, command.job)
    if job is None:
        return None
    may_move = job.state is JobState.QUEUED and _better_printer(story, job) != job.printer
    if job.state in ON_THE_WIRE or may_move:
        _print_again(story, job, command.reason)
    return None


def _better_printer(story: Story, job: PrintJob) -> str:
    order = story.get(Order, job.order_no)
    owner = order.owner if order is not None else ""
    return story.floor.choose_printer(job.carrier, owner, job.printer) or job.printer


def _print_again(story: Story, job: PrintJob, reason: str) -> None:
    if _is_void(story, job):
        _fail_void(story, job)
    else:
        story.emit(ev.PrintRequeued(job.job, _better_printer(story, job), reason))


def _is_void(story: Story, job: PrintJob) -> bool:
    parcel = story.get(Parcel, job.waybill)
    return parcel is None or parcel.state is ParcelState.VOIDED


def _fail_void(story: Story, job: PrintJob) -> None:
    story.emit(ev.LabelFailed(reason="the waybill is void", **_label(job)))


def fail_print(story: Story, command: c.FailPrint) -> Refused | None:
    """It cannot be printed: a person sees why."""
    job = story.get(PrintJob, command.job)
    if job is not None and job.state is JobState.QUEUED:
        story.emit(ev.LabelFailed(reason=command.reason, **_label(job)))
        text = f"the label of order {job.order_no} cannot be printed at {job.printer}: {command.reason}"
        story.open_exception("label-failed", job.job, text, job.order_no)
    return None


def settle_print(story: Story, command: c.SettlePrint) -> Refused | None:
    """A person has looked: settling it twice is a repeat."""
    job = story.get(PrintJob, command.job)
    if job is None:
        return Refused(f"unknown-job: there is no print job {command.job}")
    if job.state in ON_THE_WIRE:
        return Refused("too-early: the printer is still at it")
    if job.state is not JobState.SUSPECT:
        return None
    if command.printed:
        confirm_print(story, job, "person", None)
    else:
        _print_again(story, job, f"{command.by}: it was not printed")
        story.close_exception("suspect-label", job.job, f"not printed, says {command.by}")
    return None


def reprint_label(story: Story, command: c.ReprintLabel) -> Refused | None:
    """A further copy of a label that exists, marked as one."""
    order = story.get(Order, command.order_no)
    parcel = story.get(Parcel, order.waybill) if order is not None and order.waybill else None
    if order is None or parcel is None:
        return Refused(f"no-label: order {command.order_no} has no label to print again")
    if order.state in ENDED:
        return Refused(f"too-late: the order is {order.state}")
    printer = command.printer or story.floor.choose_printer(order.carrier, order.owner)
    if printer is None:
        return Refused(f"no-printer: none takes labels of carrier {order.carrier}")
    job = story.new_id("J")
    story.emit(
        ev.LabelQueued(order.order_no, parcel.waybill, parcel.carrier, job, parcel.copy_no + 1, printer)
    )
    return None
