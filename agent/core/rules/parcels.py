"""A parcel in hand: which one a scanned label names, why it must not move on, and what its scan proves."""

from __future__ import annotations

from typing import NamedTuple

from agent.core import commands as c
from agent.core import events as ev
from agent.core.model import JobState, Order, OrderState, Parcel, ParcelState, PrintJob
from agent.core.rules.answers import Answer, stop
from agent.core.rules.prints import confirm_print
from agent.core.story import Story

ASIDE = "take the parcel off and put it to the supervisor"


class Label(NamedTuple):
    """A parcel with its order, and the copy that was read (0: by a code that all copies have).

    `job`: the print that this scan proves; None where the code may stand on more than the label.
    """

    parcel: Parcel
    order: Order
    job: str | None
    copy_no: int

    @property
    def is_gone(self) -> bool:
        """Shipped, and not come back."""
        return self.parcel.state is ParcelState.SHIPPED and self.parcel.returned_at is None


def read_label(story: Story, scan: c.TakeScan) -> Label | None:
    """The label whose QR code, else whose waybill number, else whose SSCC this is."""
    copy = _copy_of(story, scan.text)
    if copy is not None:
        return _label(story, story.get(Parcel, copy.waybill), copy.job, copy.copy_no)
    parcel = story.get(Parcel, scan.text)
    if parcel is not None:
        return _label(story, parcel, parcel.job)
    return _label(story, _parcel_of_sscc(story, scan.sscc), None)  # a carton may have had its SSCC before


def _label(story: Story, parcel: Parcel | None, job: str | None, copy_no: int = 0) -> Label | None:
    order = story.get(Order, parcel.order_no) if parcel is not None else None
    return Label(parcel, order, job, copy_no) if parcel is not None and order is not None else None


def _copy_of(story: Story, text: str) -> PrintJob | None:
    """The text is `FH1:{waybill}:{job}:{copy}`."""
    job = story.get(PrintJob, text.split(":")[2]) if text.startswith("FH1:") and text.count(":") > 1 else None
    return job if job is not None and text == f"FH1:{job.waybill}:{job.job}:{job.copy_no}" else None


def _parcel_of_sscc(story: Story, sscc: str | None) -> Parcel | None:
    """None where a further label carries it as well: which of them is on the parcel, only the waybill tells."""
    waybills = story.floor.parcels_of_sscc(sscc) if sscc is not None else ()
    return story.get(Parcel, waybills[0]) if len(waybills) == 1 else None


def stop_parcel(story: Story, scan: c.TakeScan, label: Label, text: str) -> Answer:
    """Nothing changes, and a person sees it."""
    waybill, order_no = label.parcel.waybill, label.parcel.order_no
    message = f"{scan.scanner} stopped parcel {waybill} of order {order_no}: {text}"
    story.open_exception("stopped-parcel", waybill, message, order_no)
    return stop(text)


def why_blocked(story: Story, label: Label) -> str | None:
    """Why this parcel must not move on, whatever the station."""
    parcel, order = label.parcel, label.order
    if parcel.returned_at is not None:
        return "this parcel came back: bring it to the returns"
    if order.state is OrderState.CANCELLED:
        return f"the order is cancelled: {ASIDE}"
    if parcel.state is ParcelState.VOIDED:
        return "the waybill is void: stick the new label on"
    if order.held is not None:
        return f"the order is held ({order.held}): {ASIDE}"
    newer = story.get(PrintJob, parcel.job)
    if 0 < label.copy_no < parcel.copy_no and newer is not None and newer.state is JobState.CONFIRMED:
        return f"this is copy {label.copy_no}, copy {parcel.copy_no} is the one in force: stick that on"
    return None


def why_unpicked(order: Order) -> str:
    """What is wrong with a parcel of an order that is not as far."""
    return f"the order is {order.state}, not picked: {ASIDE}"


def settle(story: Story, label: Label) -> None:
    """The label was scanned, so it was printed."""
    job = story.get(PrintJob, label.job) if label.job is not None else None
    if job is not None and job.state in {JobState.SUSPECT, JobState.SENDING, JobState.SENT}:
        confirm_print(story, job, "scan", None)
    story.close_exception("stopped-parcel", label.parcel.waybill, "scanned again, and in order")


def pack_parcel(story: Story, scan: c.TakeScan, parcel: Parcel) -> None:
    """It is closed."""
    told = (parcel.order_no, parcel.waybill, parcel.carrier, scan.scanner, scan.scanned_at)
    story.emit(ev.ParcelPacked(*told))


def ship_parcel(story: Story, scan: c.TakeScan, parcel: Parcel) -> None:
    """It has left."""
    told = (parcel.order_no, parcel.waybill, parcel.carrier, scan.scanner, scan.scanned_at)
    story.emit(ev.ParcelShipped(*told))
