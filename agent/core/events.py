"""What happened: the rows of the journal.

An event says everything that `apply` needs, so that the state tables are a fold of the journal and nothing else.
The tag is the type in the journal; the hub's types of the contract carry the same word. `outbound.py` says what
the hub sees of each.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from agent.core.model import Direction, Line, Party, Stop, Tone, Tote
from agent.core.words import sscc_in


class Event(msgspec.Struct, frozen=True, tag_field="type"):
    """One fact. Times are milliseconds since the epoch."""


# --- the journal itself -------------------------------------------------------------------------------------


class JournalOpened(Event, frozen=True, tag="journal.opened"):
    """The first row: `epoch` makes ids of this database differ from those of any other of the site."""

    site: str
    epoch: str


class AuditCheckpoint(Event, frozen=True, tag="audit.checkpoint"):
    """The chain's hash at the row before this one: what the hub has of it, nobody here can change any more."""

    row: int
    hash: str


class Change(msgspec.Struct, frozen=True, array_like=True):
    """A field of an entity (`Order SO-1`), before and after."""

    entity: str
    field: str
    before: str | int | bool | None
    after: str | int | bool | None


class PersonActed(Event, frozen=True, tag="person.acted"):
    """The audit's own row of what a person did, after the events that it caused."""

    action: str
    order_no: str | None
    reason: str
    changes: tuple[Change, ...]


class PersonalErased(Event, frozen=True, tag="personal.erased"):
    """What the journal had sealed of this order is gone; the chain, which covers the seals, stays whole."""

    order_no: str
    reason: str


# --- master data --------------------------------------------------------------------------------------------


class SkuSet(Event, frozen=True, tag="sku.set"):
    sku: str
    data: dict[str, Any]


class SkuMissed(Event, frozen=True, tag="sku.missed"):
    """An order names an SKU that is not known yet."""

    sku: str
    order_no: str


class LocationSet(Event, frozen=True, tag="location.set"):
    location: str
    data: dict[str, Any]


class StockSet(Event, frozen=True, tag="stock.set"):
    """A count: what lay there when the hub knew our events up to `as_of_sequence`."""

    location: str
    sku: str
    qty: int
    as_of_sequence: int


class CarrierSet(Event, frozen=True, tag="carrier.set"):
    carrier: str
    data: dict[str, Any]


class RulesSet(Event, frozen=True, tag="rules.set"):
    ruleset: str
    version: str
    rules: Any


# --- orders -------------------------------------------------------------------------------------------------


class OrderFacts(msgspec.Struct, frozen=True):
    """What one revision of an order says."""

    owner: str
    carrier: str
    service: str
    priority: int
    placed_at: int
    cutoff_at: int | None
    ship_complete: bool
    consignee: Party
    lines: tuple[Line, ...]
    routing_code: str | None = None
    bag_code: str | None = None
    rest: dict[str, Any] = {}

    @property
    def sscc(self) -> str | None:
        """As `Order.sscc`."""
        return sscc_in(self.rest)


class OrderAccepted(Event, frozen=True, tag="order.accepted"):
    """`source`: the system of record that said so; empty where it is none."""

    order_no: str
    revision: int
    facts: OrderFacts
    source: str = ""


class OrderOverruled(Event, frozen=True, tag="order.overruled"):
    """What a source said, and what was not done: `rules` names for each field what stands above it.

    A field's value is in `values`, in `personal` where it is personal data; None: it was to be absent.
    """

    order_no: str
    source: str
    rules: dict[str, str]
    values: dict[str, Any] = {}
    personal: dict[str, Any] = {}


class OrderRefused(Event, frozen=True, tag="order.refused"):
    order_no: str
    revision: int
    reason: str


class FactKept(Event, frozen=True, tag="fact.kept"):
    """Paid, held, unheld or cancelled for an order that is not here yet."""

    order_no: str
    fact: str
    data: dict[str, Any]
    source: str = ""


class FactsUsed(Event, frozen=True, tag="fact.used"):
    """The order of the kept facts has come."""

    order_no: str


class OrderPaid(Event, frozen=True, tag="order.paid"):
    order_no: str
    paid_at: int
    payment_ref: str


class OrderHeld(Event, frozen=True, tag="order.held"):
    order_no: str
    reason: str
    source: str = ""  # the system of record that wants it; empty: people, or a rule of ours


class OrderUnheld(Event, frozen=True, tag="order.unheld"):
    order_no: str
    reason: str


class OrderCancelled(Event, frozen=True, tag="order.cancelled"):
    order_no: str
    state_before: str
    undone: tuple[str, ...]
    reason: str


class LineShort(Event, frozen=True, tag="line.short"):
    """These units cannot be had anywhere."""

    order_no: str
    line_no: int
    qty: int


class OrderPicked(Event, frozen=True, tag="order.picked"):
    order_no: str
    task: str
    short: bool
    lines: tuple[tuple[int, int], ...]  # line_no, picked_qty


# --- waybills and labels ------------------------------------------------------------------------------------


class LeaseRequested(Event, frozen=True, tag="lease.requested"):
    request_key: str
    carrier: str
    count: int


class LeaseRefused(Event, frozen=True, tag="lease.refused"):
    request_key: str
    reason: str


class WaybillsLeased(Event, frozen=True, tag="waybill.leased"):
    request_key: str
    lease: str
    carrier: str
    numbers: tuple[str, ...]
    expires_at: int


class WaybillVoided(Event, frozen=True, tag="waybill.voided"):
    waybill: str
    order_no: str


class LabelQueued(Event, frozen=True, tag="label.queued"):
    """A copy of a label waits at a printer; copy 1 takes its waybill from the leased pool."""

    order_no: str
    waybill: str
    carrier: str
    job: str
    copy_no: int
    printer: str
    reason: str = ""  # why a further copy


class PrintStarted(Event, frozen=True, tag="print.started"):
    """Journaled before the first byte, with what the printer's counters said then."""

    job: str
    printer: str
    mark: str = ""


class PrintSent(Event, frozen=True, tag="print.sent"):
    job: str


class PrintRequeued(Event, frozen=True, tag="print.requeued"):
    """Surely nothing was printed: the same copy once more."""

    job: str
    printer: str
    reason: str


class LabelPrinted(Event, frozen=True, tag="label.printed"):
    order_no: str
    job: str
    first_byte_at: int | None
    evidence: str
    waybill: str
    carrier: str
    copy_no: int
    printer: str


class LabelSuspect(Event, frozen=True, tag="label.suspect"):
    order_no: str
    job: str
    reason: str
    waybill: str
    carrier: str
    copy_no: int
    printer: str


class LabelFailed(Event, frozen=True, tag="label.failed"):
    order_no: str
    job: str
    reason: str
    waybill: str
    carrier: str
    copy_no: int
    printer: str


# --- picking ------------------------------------------------------------------------------------------------


class WaveReleased(Event, frozen=True, tag="wave.released"):
    wave: str
    order_nos: tuple[str, ...]


class TaskPlanned(Event, frozen=True, tag="task.planned"):
    """A pick list with its stops; their stock is reserved by this event."""

    task: str
    wave: str
    totes: tuple[Tote, ...]
    stops: tuple[Stop, ...]
    distance_mm: int
    bound_mm: int
    naive_mm: int
    due_at: int | None


class TaskAssigned(Event, frozen=True, tag="task.assigned"):
    task: str
    pda: str
    picker: str | None
    cart: str | None


class PicklistAssigned(Event, frozen=True, tag="picklist.assigned"):
    """For the hub: this order is on that list."""

    order_no: str
    task: str
    revision: int
    wave: str
    pda: str
    picker: str | None


class TaskAccepted(Event, frozen=True, tag="task.accepted"):
    task: str


class StopAdded(Event, frozen=True, tag="stop.added"):
    """One more stop on a live list; its stock is reserved by this event."""

    task: str
    stop: Stop
    after: str | None  # the stop it follows in walking order


class StopResized(Event, frozen=True, tag="stop.resized"):
    """Another total quantity for an open stop; what is picked already closes it, as cancelled when that is 0."""

    task: str
    stop: str
    qty: int


class ToteBound(Event, frozen=True, tag="tote.bound"):
    task: str
    slot: int
    tote: str
    order_no: str


class StopPicked(Event, frozen=True, tag="stop.picked"):
    order_no: str
    task: str
    stop: str
    line_no: int
    sku: str
    location: str
    qty: int
    pda: str


class StopShort(Event, frozen=True, tag="stop.short"):
    """These units were not at the location: the stop is closed, the location is empty until it is counted."""

    order_no: str
    task: str
    stop: str
    line_no: int
    sku: str
    location: str
    qty: int
    pda: str
    reason: str


class TaskDone(Event, frozen=True, tag="task.done"):
    task: str


class TaskRecalled(Event, frozen=True, tag="task.recalled"):
    """The list is taken back: its open stops are free again."""

    task: str
    reason: str


class DeskCleared(Event, frozen=True, tag="desk.cleared"):
    """The PDA has answered the recall (or never had the list): it may get the next."""

    pda: str
    task: str


# --- scans, packing and shipping ----------------------------------------------------------------------------

#: Why a scan is ignored; `agent/core/rules/repeats.py` says when.
Why = Literal["echo", "bounce", "repeat", "replay", "other-path", "resent"]


class ScanTaken(Event, frozen=True, tag="scan.taken", omit_defaults=True):
    """A scan of a station and what it led to: the audit's answer to who scanned what where.

    `device` to `replayed` say what read it and how it came, as in the command.
    """

    scanner: str
    text: str
    scanned_at: int
    tone: Tone
    reason: str
    device: str = ""
    path: str = ""
    link: str = ""
    sequence: int | None = None
    replayed: bool = False


class ScanIgnored(Event, frozen=True, tag="scan.ignored", omit_defaults=True):
    """A scan that came before: it is answered as the first one was, and changes nothing on the floor.

    `first` is the number of that one in the device's trail; absent where it is older than what is remembered.
    """

    scanner: str
    device: str
    text: str
    scanned_at: int
    why: Why
    tone: Tone
    reason: str
    first: int | None = None
    path: str = ""
    link: str = ""
    sequence: int | None = None
    replayed: bool = False


class PackingSet(Event, frozen=True, tag="packing.set", omit_defaults=True):
    station: str
    waybill: str | None = None
    scanned: dict[str, int] = {}
    units: tuple[str, ...] = ()


class PickingSet(Event, frozen=True, tag="picking.set"):
    """A scanner without a screen has another list in hand, or its picker stands at another stop."""

    station: str
    task: str | None
    stop: str | None


class ParcelPacked(Event, frozen=True, tag="parcel.packed"):
    order_no: str
    waybill: str
    carrier: str
    scanner: str
    scanned_at: int


class ParcelShipped(Event, frozen=True, tag="parcel.shipped"):
    order_no: str
    waybill: str
    carrier: str
    scanner: str
    scanned_at: int


class ParcelReturned(Event, frozen=True, tag="parcel.returned"):
    """It came back; its order stays shipped."""

    order_no: str
    waybill: str
    scanner: str
    scanned_at: int


class ParcelGraded(Event, frozen=True, tag="parcel.graded"):
    """What came back is worth this."""

    order_no: str
    waybill: str
    grade: str
    scanner: str
    scanned_at: int


# --- people and devices -------------------------------------------------------------------------------------


class ExceptionOpened(Event, frozen=True, tag="exception.opened"):
    """`proposal` says what to do about it."""

    exception: str
    kind: str
    order_no: str | None
    text: str
    proposal: str = ""


class ExceptionClosed(Event, frozen=True, tag="exception.closed"):
    exception: str
    kind: str
    order_no: str | None
    note: str


class DeviceFault(Event, frozen=True, tag="device.fault"):
    device: str
    fault: str


class DeviceRecovered(Event, frozen=True, tag="device.recovered"):
    device: str


class ChannelSwitched(Event, frozen=True, tag="channel.switched"):
    """The hub is reached another way."""

    before: str
    after: str
    reason: str


class PrinterPaused(Event, frozen=True, tag="printer.paused"):
    device: str
    reason: str = ""


class PrinterResumed(Event, frozen=True, tag="printer.resumed"):
    device: str
    reason: str = ""


# --- the quarantine -----------------------------------------------------------------------------------------


class EventParked(Event, frozen=True, tag="event.parked"):
    """An event is put aside. Once more: a person could not release it, and it stays as he has left it.

    The fields are those of `Parked`; `reason` is the newest one, `note` the person's.
    """

    parked: str
    order_no: str | None
    direction: Direction
    source: str
    event: str
    kind: str
    subject: str | None
    reason: str
    body: str
    size_bytes: int
    sha256: str
    acked_sequence: int
    note: str = ""


class EventReleased(Event, frozen=True, tag="event.released"):
    """A person has let it go on, and it was taken; `body`: as he changed it, None as it stood."""

    parked: str
    order_no: str | None
    by: str
    note: str
    body: str | None


class EventDropped(Event, frozen=True, tag="event.dropped"):
    """A person's word that it will never be taken."""

    parked: str
    order_no: str | None
    by: str
    note: str


AnyEvent = (
    JournalOpened | SkuSet | SkuMissed | LocationSet | StockSet | CarrierSet | RulesSet
    | OrderAccepted | OrderRefused | FactKept | FactsUsed | OrderPaid | OrderHeld | OrderUnheld | OrderCancelled
    | LineShort | OrderPicked | LeaseRequested | LeaseRefused | WaybillsLeased | WaybillVoided | LabelQueued
    | PrintStarted | PrintSent | PrintRequeued | LabelPrinted | LabelSuspect | LabelFailed
    | WaveReleased | TaskPlanned | TaskAssigned | PicklistAssigned | TaskAccepted | StopAdded | StopResized | ToteBound
    | StopPicked | StopShort | TaskDone | TaskRecalled | DeskCleared | ScanTaken | ScanIgnored | PackingSet | PickingSet
    | ParcelPacked | ParcelShipped | ParcelReturned | ParcelGraded | ExceptionOpened | ExceptionClosed
    | DeviceFault | DeviceRecovered | PrinterPaused | PrinterResumed | ChannelSwitched
    | AuditCheckpoint | PersonActed | PersonalErased | OrderOverruled
    | EventParked | EventReleased | EventDropped
)  # fmt: skip
