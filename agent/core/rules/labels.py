"""Labels: a waybill and a place in a printer's queue, further copies, and which copy may still be printed."""

from __future__ import annotations

from typing import Any

from agent.core import commands as c
from agent.core import events as ev
from agent.core.floor import wants_label
from agent.core.model import (
    ENDED,
    ON_THE_WIRE,
    Carrier,
    JobState,
    Order,
    Parcel,
    ParcelState,
    PrintJob,
)
from agent.core.rules.holds import LABEL_FAILED, UNKNOWN_CARRIER, hold_back, lift
from agent.core.story import Refused, Story

_AT_ONCE = 50  # labels in one decision, as LabelWaiting has it


def queue_label(story: Story, order_no: str) -> None:
    """Take a number from the leased pool and queue copy 1; what it lacks for that, an exception says."""
    order = story.get(Order, order_no)
    if order is None or not wants_label(order):
        return
    if not is_served(story, order.carrier):
        why = f"carrier {order.carrier} is not known here, or not active"
        hold_back(story, order_no, UNKNOWN_CARRIER, why)
    else:
        _take_number(story, order)


def is_served(story: Story, carrier: str) -> bool:
    """Only an active carrier that the hub has told of gets labels."""
    known = story.get(Carrier, carrier)
    return known is not None and known.active


def _take_number(story: Story, order: Order) -> None:
    order_no, carrier = order.order_no, order.carrier
    printer = story.floor.choose_printer(carrier, order.owner)
    waybill = next(story.floor.free_waybills(carrier, story.at), None)
    if printer is None:
        text = f"no printer takes labels of carrier {carrier} for owner {order.owner}"
        story.open_exception("no-printer", order_no, text, order_no)
    elif waybill is None:
        text = f"order {order_no} is paid, and no leased number of carrier {carrier} is left"
        proposal = f"let the hub lease numbers of {carrier}, or give the order another carrier"
        story.open_exception("waybills-exhausted", order_no, text, order_no, proposal)
    else:
        job = story.new_id("J")
        story.emit(ev.LabelQueued(order_no, waybill.waybill, carrier, job, 1, printer))
        story.close_exception("no-printer", order_no, "a printer took it")
        story.close_exception("waybills-exhausted", order_no, "numbers were leased")


def release_carrier(story: Story, carrier: str) -> None:
    """It is served from now on: no order is held for it any more, and the first of them get their labels."""
    waiting = story.floor.without_label(carrier)
    for order_no in waiting:
        lift(story, order_no, UNKNOWN_CARRIER, f"carrier {carrier} is known and active now")
    for order_no in waiting[:_AT_ONCE]:
        queue_label(story, order_no)


def drop_label(story: Story, order_no: str, reason: str) -> None:
    """Void the waybill in force; a copy that no printer has seen yet will not be printed."""
    order = story.get(Order, order_no)
    job = job_in_force(story, order) if order is not None else None
    if job is None:
        return
    if job.state in {JobState.QUEUED, JobState.SUSPECT}:
        story.emit(ev.LabelFailed(reason=reason, **label_facts(job)))
        story.close_exception("suspect-label", job.job, reason)
    story.emit(ev.WaybillVoided(job.waybill, order_no))


def job_in_force(story: Story, order: Order) -> PrintJob | None:
    """The latest copy of the label in force."""
    parcel = story.get(Parcel, order.waybill) if order.waybill is not None else None
    return story.get(PrintJob, parcel.job) if parcel is not None else None


def label_facts(job: PrintJob) -> dict[str, Any]:
    """What every event about a copy says of it."""
    return {
        "order_no": job.order_no, "job": job.job, "waybill": job.waybill, "carrier": job.carrier,
        "copy_no": job.copy_no, "printer": job.printer,
    }  # fmt: skip


# --- again, or one more -------------------------------------------------------------------------------------


def why_ended(story: Story, job: PrintJob) -> str | None:
    """Why this copy must not be printed any more; None while it may be."""
    parcel = story.get(Parcel, job.waybill)
    if parcel is None or parcel.state is ParcelState.VOIDED:
        return "the waybill is void"
    if parcel.state is ParcelState.SHIPPED:
        return "the parcel has left"
    if parcel.copy_no > job.copy_no:
        return f"copy {parcel.copy_no} replaces it"
    return None


def print_again(story: Story, job: PrintJob, reason: str, printer: str | None = None) -> None:
    """Surely nothing of it was printed: the same copy waits again, where it may still be printed at all."""
    ended = why_ended(story, job)
    if ended is not None:
        story.emit(ev.LabelFailed(reason=ended, **label_facts(job)))
    else:
        story.emit(ev.PrintRequeued(job.job, printer or better_printer(story, job), reason))


def retry_failed(story: Story, job: PrintJob, reason: str, printer: str | None = None) -> None:
    """A job fails out of the queue alone, so nothing of it was printed: the same copy once more."""
    if job.state is JobState.FAILED and why_ended(story, job) is None:
        print_again(story, job, reason, printer)
        lift(story, job.order_no, LABEL_FAILED, reason)


def better_printer(story: Story, job: PrintJob) -> str:
    """Whichever of the group is better off, itself included."""
    return story.floor.choose_printer(job.carrier, _owner(story, job), job.printer) or job.printer


def stand_in(story: Story, job: PrintJob) -> str | None:
    """Another printer that would print it at once; None also where no copy of it may be made."""
    if why_ended(story, job) is not None:
        return None
    return story.floor.stand_in(job.carrier, _owner(story, job), job.printer)


def _owner(story: Story, job: PrintJob) -> str:
    order = story.get(Order, job.order_no)
    return order.owner if order is not None else ""


def queue_copy(story: Story, job: PrintJob, printer: str, reason: str) -> None:
    """The next copy of the same waybill, marked as one; a copy in doubt is told to be the one to destroy."""
    new = story.new_id("J")
    copy_no = job.copy_no + 1
    story.emit(ev.LabelQueued(job.order_no, job.waybill, job.carrier, new, copy_no, printer, reason))
    if job.state is JobState.SUSPECT:
        show_suspect(story, job)


def show_suspect(story: Story, job: PrintJob) -> None:
    """What a person has to know of a copy in doubt, told anew when another copy replaces it."""
    text = f"label of order {job.order_no} at {job.printer} may or may not be printed: {job.reason}"
    ended = why_ended(story, job)
    if ended is not None:
        text += f"; {ended}: destroy copy {job.copy_no} if it comes out"
        story.close_exception("suspect-label", job.job, ended)
    story.open_exception("suspect-label", job.job, text, job.order_no)


def reprint_label(story: Story, command: c.ReprintLabel) -> Refused | None:
    """A further copy of a label that may exist; one that surely does not is tried again as the same copy."""
    order = story.get(Order, command.order_no)
    job = job_in_force(story, order) if order is not None else None
    if order is None or job is None:
        return Refused(f"no-label: order {command.order_no} has no label to print again")
    if order.state in ENDED:
        return Refused(f"too-late: the order is {order.state}")
    if job.state is JobState.QUEUED or job.state in ON_THE_WIRE:
        return Refused(
            f"not-printed-yet: copy {job.copy_no} is {job.state} at {job.printer}, two would come out"
        )
    printer = command.printer or story.floor.choose_printer(order.carrier, order.owner)
    if printer is None:
        return Refused(f"no-printer: none takes labels of carrier {order.carrier}")
    if job.state is JobState.FAILED:
        retry_failed(story, job, command.reason, printer)
    else:
        queue_copy(story, job, printer, command.reason)
    return None
