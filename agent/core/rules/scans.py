"""Scans at stations: good, wrong or stop, decided by the parcel in hand. Every scan stands in the journal."""

from __future__ import annotations

from typing import Literal

from agent.core import commands as c
from agent.core import events as ev
from agent.core.model import JobState, Order, OrderState, Packing, Parcel, ParcelState, PrintJob, Sku
from agent.core.rules.picking import same_barcode
from agent.core.rules.prints import confirm_print
from agent.core.story import Refused, Story

Tone = Literal["good", "wrong", "stop"]


def take_scan(story: Story, command: c.TakeScan) -> Refused | None:
    """At pack and ship the waybill or the label's QR code; at pack then each item."""
    label = _read_label(story, command.text)
    if command.role == "ship":
        return _ship(story, command, label)
    if command.role == "pack":
        return _pack(story, command, label)
    if command.role == "return" and label is not None:
        text = f"parcel {label.parcel.waybill} came back at {command.scanner}"
        story.open_exception("returned", label.parcel.waybill, text, label.parcel.order_no)
        return _good(story, command, "returned: put aside for the supervisor")
    return _refuse(story, command, "wrong", f"a {command.role} station has no use for {command.text}")


class _Label:
    """A parcel, and the copy that the QR code names (0: the waybill alone was read)."""

    def __init__(self, parcel: Parcel, job: str, copy_no: int) -> None:
        self.parcel = parcel
        self.job = job
        self.copy_no = copy_no


def _read_label(story: Story, text: str) -> _Label | None:
    """The text is a waybill number or `FH1:{waybill}:{job}:{copy}`."""
    if not text.startswith("FH1:"):
        parcel = story.get(Parcel, text)
        return _Label(parcel, parcel.job, 0) if parcel is not None else None
    parts = text.split(":")
    if len(parts) != 4:
        return None
    parcel, job = story.get(Parcel, parts[1]), story.get(PrintJob, parts[2])
    if parcel is None or job is None or (job.waybill, str(job.copy_no)) != (parcel.waybill, parts[3]):
        return None
    return _Label(parcel, job.job, job.copy_no)


def _say(story: Story, command: c.TakeScan, tone: Tone, text: str) -> None:
    story.emit(ev.ScanTaken(command.scanner, command.text, command.scanned_at, tone, text))


def _good(story: Story, command: c.TakeScan, text: str) -> Refused | None:
    _say(story, command, "good", text)
    return None


def _refuse(story: Story, command: c.TakeScan, tone: Tone, text: str) -> Refused:
    _say(story, command, tone, text)
    return Refused(f"{tone}: {text}", tuple(story.events))


def _stop(story: Story, command: c.TakeScan, label: _Label, text: str) -> Refused:
    """Nothing changes, and a person sees it."""
    waybill, order_no = label.parcel.waybill, label.parcel.order_no
    message = f"{command.scanner} stopped parcel {waybill} of order {order_no}: {text}"
    story.open_exception("stopped-parcel", waybill, message, order_no)
    return _refuse(story, command, "stop", text)


def _blocked(story: Story, label: _Label, order: Order) -> str | None:
    """Why this parcel must not move on, whatever the station."""
    if label.parcel.state is ParcelState.VOIDED:
        return "the waybill is void"
    if order.state is OrderState.CANCELLED:
        return "the order is cancelled"
    if order.held is not None:
        return f"the order is held: {order.held}"
    newer = story.get(PrintJob, label.parcel.job)
    if 0 < label.copy_no < label.parcel.copy_no and newer is not None and newer.state is JobState.CONFIRMED:
        return f"this is copy {label.copy_no}, copy {label.parcel.copy_no} is the one in force"
    return None


def _settle(story: Story, label: _Label) -> None:
    """The label was scanned, so it was printed."""
    job = story.get(PrintJob, label.job)
    if job is not None and job.state in {JobState.SUSPECT, JobState.SENDING, JobState.SENT}:
        confirm_print(story, job, "scan", None)
    story.close_exception("stopped-parcel", label.parcel.waybill, "scanned again, and in order")


def _ship(story: Story, command: c.TakeScan, label: _Label | None) -> Refused | None:
    order = story.get(Order, label.parcel.order_no) if label is not None else None
    if label is None or order is None:
        return _refuse(story, command, "wrong", "unknown code")
    if label.parcel.state is ParcelState.SHIPPED:
        return _good(story, command, "already shipped")
    why = _blocked(story, label, order) or _not_shippable(order, command.packed_apart)
    if why is not None:
        return _stop(story, command, label, why)
    _settle(story, label)
    if label.parcel.state is ParcelState.LABELLED:
        story.emit(_parcel_event(ev.ParcelPacked, label.parcel, command))
    story.emit(_parcel_event(ev.ParcelShipped, label.parcel, command))
    return _good(story, command, "shipped")


def _not_shippable(order: Order, packed_apart: bool) -> str | None:
    if order.state is OrderState.PACKED or (order.state is OrderState.PICKED and not packed_apart):
        return None
    return f"the order is {order.state}"


def _parcel_event(
    kind: type[ev.ParcelPacked] | type[ev.ParcelShipped], parcel: Parcel, command: c.TakeScan
) -> ev.ParcelPacked | ev.ParcelShipped:
    return kind(parcel.order_no, parcel.waybill, parcel.carrier, command.scanner, command.scanned_at)


def _pack(story: Story, command: c.TakeScan, label: _Label | None) -> Refused | None:
    if label is None:
        return _pack_item(story, command)
    order = story.get(Order, label.parcel.order_no)
    if order is None:
        return _refuse(story, command, "wrong", "unknown code")
    if label.parcel.state in {ParcelState.PACKED, ParcelState.SHIPPED}:
        return _good(story, command, f"already {label.parcel.state}")
    why = _blocked(story, label, order)
    if why is None and order.state not in {OrderState.PICKED, OrderState.PACKED}:
        why = f"the order is {order.state}"
    if why is not None:
        return _stop(story, command, label, why)
    _settle(story, label)
    if order.state is OrderState.PACKED:  # a closed parcel that got a new label
        story.emit(_parcel_event(ev.ParcelPacked, label.parcel, command))
        return _good(story, command, "packed")
    story.emit(ev.PackingSet(command.scanner, label.parcel.waybill, {}))
    return _good(story, command, f"{sum(line.picked_qty for line in order.lines)} items to scan")


def _pack_item(story: Story, command: c.TakeScan) -> Refused | None:
    table = story.get(Packing, command.scanner)
    parcel = story.get(Parcel, table.waybill) if table is not None and table.waybill else None
    order = story.get(Order, parcel.order_no) if parcel is not None else None
    if table is None or parcel is None or order is None:
        return _refuse(story, command, "wrong", "unknown code: scan the waybill first")
    if order.state is not OrderState.PICKED or order.held is not None:
        return _refuse(story, command, "stop", f"the order is {order.shown_state}")
    if parcel.state is ParcelState.VOIDED:
        return _refuse(story, command, "stop", "the waybill is void: scan the new label")
    sku = _sku_of(story, order, command.text)
    if sku is None:
        return _refuse(story, command, "wrong", f"{command.text} is no item of order {order.order_no}")
    wanted = sum(line.picked_qty for line in order.lines if line.sku == sku)
    scanned = {**table.scanned, sku: table.scanned.get(sku, 0) + 1}
    if scanned[sku] > wanted:
        return _refuse(story, command, "stop", f"one {sku} too many: {wanted} belong into the parcel")
    return _packed_item(story, command, order, parcel, scanned)


def _sku_of(story: Story, order: Order, text: str) -> str | None:
    for line in order.lines:
        sku = story.get(Sku, line.sku)
        codes = (line.sku, *sku.barcodes) if sku is not None else (line.sku,)
        if any(same_barcode(text, code) for code in codes):
            return line.sku
    return None


def _packed_item(
    story: Story, command: c.TakeScan, order: Order, parcel: Parcel, scanned: dict[str, int]
) -> Refused | None:
    left = sum(line.picked_qty for line in order.lines) - sum(scanned.values())
    if left:
        story.emit(ev.PackingSet(command.scanner, parcel.waybill, scanned))
        return _good(story, command, f"{left} items left")
    story.emit(_parcel_event(ev.ParcelPacked, parcel, command))
    story.emit(ev.PackingSet(command.scanner, None, {}))
    return _good(story, command, "packed")
