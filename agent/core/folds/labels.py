"""Leased waybills, parcels' labels and print jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from agent.core import events as ev
from agent.core import model as m
from agent.core.floor import Entry, Floor
from agent.core.folds.values import Changes, known

_HOUR_MS = 3_600_000


def _lease_requested(_: Floor, __: Entry, event: ev.LeaseRequested) -> Changes:
    return [m.LeaseRequest(event.request_key, event.carrier, event.count)]


def _lease_refused(floor: Floor, _: Entry, event: ev.LeaseRefused) -> Changes:
    return [replace(known(floor, m.LeaseRequest, event.request_key), state="refused")]


def _waybills_leased(floor: Floor, entry: Entry, event: ev.WaybillsLeased) -> Changes:
    request = known(floor, m.LeaseRequest, event.request_key)
    fresh = [m.Waybill(number, event.carrier, event.lease, event.expires_at) for number in event.numbers]
    if not fresh:
        return [replace(request, state="granted")]
    empty = m.WaybillPool(event.carrier, event.expires_at, entry.at, 0)
    pool = floor.get(m.WaybillPool, event.carrier, event.expires_at) or empty
    return [
        replace(request, state="granted"), *fresh, replace(pool, free_qty=pool.free_qty + len(fresh)),
    ]  # fmt: skip


def _waybill_voided(floor: Floor, _: Entry, event: ev.WaybillVoided) -> Changes:
    order = known(floor, m.Order, event.order_no)
    return [
        replace(known(floor, m.Waybill, event.waybill), state="voided"),
        replace(known(floor, m.Parcel, event.waybill), state=m.ParcelState.VOIDED),
        replace(order, waybill=None),
    ]


def _label_queued(floor: Floor, entry: Entry, event: ev.LabelQueued) -> Changes:
    order = known(floor, m.Order, event.order_no)
    parcel = floor.get(m.Parcel, event.waybill) or m.Parcel(
        event.waybill, event.order_no, event.carrier, m.ParcelState.LABELLED, event.copy_no, event.job
    )
    job = m.PrintJob(
        event.job, event.waybill, event.order_no, event.carrier, event.copy_no, event.printer,
        m.JobState.QUEUED, entry.at, reason=event.reason, cutoff_at=order.cutoff_at,
    )  # fmt: skip
    waybill = known(floor, m.Waybill, event.waybill)
    return [
        *(_taken(floor, entry, waybill) if waybill.state == "free" else ()),
        replace(parcel, copy_no=event.copy_no, job=event.job, sscc=order.sscc),
        job,
        replace(order, waybill=event.waybill),
    ]


def _taken(floor: Floor, entry: Entry, waybill: m.Waybill) -> Changes:
    pool = known(floor, m.WaybillPool, waybill.carrier, waybill.expires_at)
    hour = entry.at // _HOUR_MS
    use = floor.get(m.WaybillUse, waybill.carrier, hour) or m.WaybillUse(waybill.carrier, hour, 0)
    return [
        replace(waybill, state="used"),
        replace(pool, free_qty=pool.free_qty - 1),
        replace(use, used_qty=use.used_qty + 1),
    ]


def _print_started(floor: Floor, _: Entry, event: ev.PrintStarted) -> Changes:
    job = known(floor, m.PrintJob, event.job)
    return [
        replace(
            job, state=m.JobState.SENDING, printer=event.printer, attempts=job.attempts + 1, reason="",
            mark=event.mark,
        )
    ]  # fmt: skip


def _print_sent(floor: Floor, _: Entry, event: ev.PrintSent) -> Changes:
    return [replace(known(floor, m.PrintJob, event.job), state=m.JobState.SENT)]


def _print_requeued(floor: Floor, _: Entry, event: ev.PrintRequeued) -> Changes:
    job = known(floor, m.PrintJob, event.job)
    return [replace(job, state=m.JobState.QUEUED, printer=event.printer, reason=event.reason)]


def _label_printed(floor: Floor, _: Entry, event: ev.LabelPrinted) -> Changes:
    job = known(floor, m.PrintJob, event.job)
    first_byte_at = event.first_byte_at or job.first_byte_at
    return [replace(job, state=m.JobState.CONFIRMED, evidence=event.evidence, first_byte_at=first_byte_at)]


def _label_suspect(floor: Floor, _: Entry, event: ev.LabelSuspect) -> Changes:
    return [replace(known(floor, m.PrintJob, event.job), state=m.JobState.SUSPECT, reason=event.reason)]


def _label_failed(floor: Floor, _: Entry, event: ev.LabelFailed) -> Changes:
    return [replace(known(floor, m.PrintJob, event.job), state=m.JobState.FAILED, reason=event.reason)]


FOLDS: dict[type[ev.Event], Callable[[Floor, Entry, Any], Changes]] = {
    ev.LeaseRequested: _lease_requested,
    ev.LeaseRefused: _lease_refused,
    ev.WaybillsLeased: _waybills_leased,
    ev.WaybillVoided: _waybill_voided,
    ev.LabelQueued: _label_queued,
    ev.PrintStarted: _print_started,
    ev.PrintSent: _print_sent,
    ev.PrintRequeued: _print_requeued,
    ev.LabelPrinted: _label_printed,
    ev.LabelSuspect: _label_suspect,
    ev.LabelFailed: _label_failed,
}
