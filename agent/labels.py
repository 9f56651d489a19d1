"""What stands on an order's label."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from agent.config import Config
from agent.core.model import Order, Party, PrintJob
from agent.store.tables import table
from devices.labels.label import Label, LabelItem
from devices.labels.label import Party as LabelParty

_NOBODY = Party("", "", "", "", "", "")


def label_of(reader: sqlite3.Connection, config: Config, job: PrintJob) -> Label:
    """The label of a print job as its order is now. LookupError where the order is gone."""
    order = order_of(reader, job.order_no)
    if order is None:
        raise LookupError(f"print job {job.job} is of order {job.order_no}, which is not here")
    return replace(draft_of(reader, config, order), waybill=job.waybill, job=job.job, copy=job.copy_no)


def order_of(reader: sqlite3.Connection, order_no: str) -> Order | None:
    """An order as it is on disk."""
    return next(table(Order).find(reader, "WHERE order_no = ?", (order_no,)), None)


def draft_of(reader: sqlite3.Connection, config: Config, order: Order) -> Label:
    """All of an order's label that is known before it has a waybill."""
    return Label(
        waybill="",
        job="",
        copy=1,
        order_no=order.order_no,
        carrier=order.carrier,
        service=order.service,
        routing_code=order.routing_code or "",
        bag_code=order.bag_code or "",
        consignee=party_of(order.consignee),
        sender=party_of(config.sender_of(order.owner) or _NOBODY),
        items=tuple(LabelItem(line.sku, _name(reader, line.sku), line.qty) for line in order.lines),
        sscc=order.sscc or "",
    )


def party_of(party: Party) -> LabelParty:
    """The same, as the devices room says it."""
    return LabelParty(party.name, party.phone, party.province, party.city, party.district, party.address)


def _name(reader: sqlite3.Connection, sku: str) -> str:
    row = reader.execute("SELECT name FROM skus WHERE sku = ?", (sku,)).fetchone()
    return row[0] if row is not None else ""
