"""`return`: what came back is received by its label, then graded by a code."""

from __future__ import annotations

from agent.core import commands as c
from agent.core import events as ev
from agent.core.model import Packing, Parcel, ParcelState
from agent.core.rules import parcels
from agent.core.rules.answers import Answer, good, wrong
from agent.core.story import Story

_RETURNED = "returned"


def take_back(story: Story, scan: c.TakeScan) -> Answer:
    """A label, or the grade of the parcel on the table."""
    return _grade(story, scan) if scan.text in scan.grades else _receive(story, scan)


def _receive(story: Story, scan: c.TakeScan) -> Answer:
    label = parcels.read_label(story, scan)
    if label is None:
        return wrong("unknown code: scan the waybill")
    parcel = label.parcel
    if parcel.state is not ParcelState.SHIPPED:
        why = f"it never left, it is {parcel.state}: {parcels.ASIDE}"
        return parcels.stop_parcel(story, scan, label, why)
    story.emit(ev.PackingSet(scan.scanner, parcel.waybill))
    if parcel.returned_at is not None:
        return good(
            f"already received, graded {parcel.grade}" if parcel.grade else "already received: scan its grade"
        )
    story.emit(ev.ParcelReturned(parcel.order_no, parcel.waybill, scan.scanner, scan.scanned_at))
    text = f"parcel {parcel.waybill} came back at {scan.scanner}"
    story.open_exception(_RETURNED, parcel.waybill, text, parcel.order_no)
    return good("received: scan its grade")


def _grade(story: Story, scan: c.TakeScan) -> Answer:
    table = story.get(Packing, scan.scanner)
    parcel = story.get(Parcel, table.waybill) if table is not None and table.waybill else None
    if parcel is None or parcel.returned_at is None:
        return wrong("no parcel on the table: scan its waybill first")
    told = (parcel.order_no, parcel.waybill, scan.text, scan.scanner, scan.scanned_at)
    story.emit(ev.ParcelGraded(*told))
    story.emit(ev.PackingSet(scan.scanner))
    story.close_exception(_RETURNED, parcel.waybill, f"graded {scan.text}")
    return good(f"graded {scan.text}")
