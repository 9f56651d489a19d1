"""Prints: what became of a copy at its printer, by evidence, by a person's word, or not known at all."""

from __future__ import annotations

from agent.core import commands as c
from agent.core import events as ev
from agent.core.model import ON_THE_WIRE, JobState, Parcel, ParcelState, PrintJob, Waybill
from agent.core.rules.holds import LABEL_FAILED, hold_back
from agent.core.rules.labels import (
    better_printer,
    drop_label,
    label_facts,
    print_again,
    queue_copy,
    queue_label,
    retry_failed,
    show_suspect,
    stand_in,
    why_ended,
)
from agent.core.story import Refused, Story


def start_print(story: Story, command: c.StartPrint) -> Refused | None:
    """The intent, before the first byte. A copy that was voided or replaced while it waited will not be printed."""
    job = story.get(PrintJob, command.job)
    if job is None or job.state is not JobState.QUEUED:
        return Refused(f"not-queued: job {command.job} is {job.state if job else 'unknown'}")
    ended = why_ended(story, job)
    if ended is not None:
        story.emit(ev.LabelFailed(reason=ended, **label_facts(job)))
        return Refused(f"not-in-force: {ended}", tuple(story.events))
    waybill = story.get(Waybill, job.waybill)
    if waybill is not None and waybill.expires_at <= story.at:
        return _another_number(story, job)
    story.emit(ev.PrintStarted(job.job, command.printer, command.mark))
    return None


def _another_number(story: Story, job: PrintJob) -> Refused:
    """It waited for longer than its number was good for: the order gets another one, and its own job with it."""
    why = f"waybill {job.waybill} has expired"
    drop_label(story, job.order_no, why)
    queue_label(story, job.order_no)
    return Refused(f"expired: {why}", tuple(story.events))


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
    """The label is in the world; a person hears of one that should not be."""
    if job.state is JobState.CONFIRMED:
        return
    story.emit(ev.LabelPrinted(first_byte_at=first_byte_at, evidence=evidence, **label_facts(job)))
    story.close_exception("suspect-label", job.job, f"printed, says {evidence}")
    parcel = story.get(Parcel, job.waybill)
    if parcel is None or parcel.state is ParcelState.VOIDED:
        text = (
            f"destroy the label of order {job.order_no} that came out of {job.printer}: the waybill is void"
        )
        story.open_exception("void-label", job.job, text, job.order_no)
    elif parcel.job != job.job:
        _show_two(story, job, parcel.job)


def _show_two(story: Story, job: PrintJob, later: str) -> None:
    other = story.get(PrintJob, later)
    if other is None or other.state is JobState.FAILED:
        return
    text = (
        f"order {job.order_no} has two labels: copy {job.copy_no} came out of {job.printer} after all, "
        f"copy {other.copy_no} is {other.state} at {other.printer}; destroy copy {job.copy_no}"
    )
    story.open_exception("two-labels", job.job, text, job.order_no)


def suspect_print(story: Story, command: c.SuspectPrint) -> Refused | None:
    """Some bytes went out and nothing proves what came of them; reported once."""
    job = story.get(PrintJob, command.job)
    if job is not None and job.state in ON_THE_WIRE:
        show_suspect(story, _doubt(story, job, command.reason))
    return None


def _doubt(story: Story, job: PrintJob, reason: str) -> PrintJob:
    story.emit(ev.LabelSuspect(reason=reason, **label_facts(job)))
    return story.get(PrintJob, job.job) or job


def fail_over_print(story: Story, command: c.FailOverPrint) -> Refused | None:
    """What its printer may still print is suspect; a ready peer prints the next copy at once, or nobody does."""
    job = story.get(PrintJob, command.job)
    if job is None or not (job.state in ON_THE_WIRE or job.state is JobState.SUSPECT):
        return None
    doubted = _doubt(story, job, command.reason) if job.state in ON_THE_WIRE else job
    peer = stand_in(story, doubted)
    if peer is not None:
        queue_copy(story, doubted, peer, f"fail-over: {command.reason}")
    elif job.state in ON_THE_WIRE:
        show_suspect(story, doubted)
    return None


def requeue_print(story: Story, command: c.RequeuePrint) -> Refused | None:
    """Surely nothing was printed: the same copy waits again, at whichever printer of the group is better off."""
    job = story.get(PrintJob, command.job)
    if job is None:
        return None
    may_move = job.state is JobState.QUEUED and better_printer(story, job) != job.printer
    if job.state in ON_THE_WIRE or may_move:
        print_again(story, job, command.reason)
    return None


def fail_print(story: Story, command: c.FailPrint) -> Refused | None:
    """It cannot be printed as it is: a person sees why, and its order waits for him."""
    job = story.get(PrintJob, command.job)
    if job is None or job.state is not JobState.QUEUED:
        return None
    ended = why_ended(story, job)
    story.emit(ev.LabelFailed(reason=ended or command.reason, **label_facts(job)))
    if ended is None:
        why = f"the label cannot be printed at {job.printer}: {command.reason}"
        hold_back(story, job.order_no, LABEL_FAILED, why)
    return None


def settle_print(story: Story, command: c.SettlePrint) -> Refused | None:
    """A person has looked: settling it twice is a repeat."""
    job = story.get(PrintJob, command.job)
    if job is None:
        return Refused(f"unknown-job: there is no print job {command.job}")
    if job.state in ON_THE_WIRE:
        return Refused("too-early: the printer is still at it")
    not_printed = f"not printed, says {command.by}"
    if job.state is JobState.SUSPECT and command.printed:
        confirm_print(story, job, "person", None)
    elif job.state is JobState.SUSPECT:
        print_again(story, job, not_printed)
        story.close_exception("suspect-label", job.job, not_printed)
    elif not command.printed:
        retry_failed(story, job, not_printed)
    return None
