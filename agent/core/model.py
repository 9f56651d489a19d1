"""What the agent knows: one frozen value per thing on the floor, one state table per class.

Each class below is one table of the store; its `KEY` names the primary key. Nothing here changes in place:
`apply` answers with new values, and the store writes them. Times are milliseconds since the epoch.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar, Literal

import msgspec

from agent.core.words import Count, Whole, sscc_in


class OrderState(StrEnum):
    """received -> ready -> released -> picking -> picked -> packed -> shipped; cancelled from any before shipped."""

    RECEIVED = "received"  #: cached; not paid yet
    READY = "ready"  #: paid; may be put on a pick list
    RELEASED = "released"  #: on a pick list that nobody has accepted yet
    PICKING = "picking"  #: a picker has accepted a list with it
    PICKED = "picked"  #: its last stop is closed
    PACKED = "packed"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


#: Before these a hold stops the order at once, and any change is possible.
BEFORE_PICKING = frozenset({OrderState.RECEIVED, OrderState.READY, OrderState.RELEASED})
ENDED = frozenset({OrderState.SHIPPED, OrderState.CANCELLED})


class JobState(StrEnum):
    """queued -> sending -> sent -> confirmed | suspect | failed"""

    QUEUED = "queued"  #: no byte was ever written, or surely nothing was printed
    SENDING = "sending"  #: journaled before the first byte
    SENT = "sent"  #: the printer has taken every byte; no evidence yet
    CONFIRMED = "confirmed"  #: there is evidence that it was printed
    SUSPECT = "suspect"  #: may or may not have been printed: evidence, a scan or a person settles it
    FAILED = "failed"  #: will not be printed any more


#: A byte may have gone to the printer, and nobody knows yet what came of it.
ON_THE_WIRE = frozenset({JobState.SENDING, JobState.SENT})


class ParcelState(StrEnum):
    """labelled -> packed -> shipped | voided"""

    LABELLED = "labelled"
    PACKED = "packed"
    SHIPPED = "shipped"
    VOIDED = "voided"


class TaskState(StrEnum):
    """planned -> assigned -> accepted -> done | recalled"""

    PLANNED = "planned"  #: waits for a PDA
    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    DONE = "done"
    RECALLED = "recalled"


HELD_TASK = frozenset({TaskState.ASSIGNED, TaskState.ACCEPTED})
LIVE_TASK = HELD_TASK | {TaskState.PLANNED}


#: What a scanner is told: all is well, a code that is none here, or take your hands off.
Tone = Literal["good", "wrong", "stop"]


class StopState(StrEnum):
    """open -> picked | short | cancelled"""

    OPEN = "open"
    PICKED = "picked"
    SHORT = "short"
    CANCELLED = "cancelled"


class Value(msgspec.Struct, frozen=True):
    """A part of an entity."""


class Entity(msgspec.Struct, frozen=True):
    """A row of a state table."""

    KEY: ClassVar[tuple[str, ...]]

    def key(self) -> tuple[Any, ...]:
        """The primary key's values."""
        return tuple(getattr(self, name) for name in self.KEY)


class Party(Value, frozen=True):
    """Consignee or sender."""

    name: str
    phone: str
    province: str
    city: str
    district: str
    address: str


#: Stands in place of a consignee whose data were erased.
ERASED_WORD = "(erased)"
ERASED = Party(*[ERASED_WORD] * len(Party.__struct_fields__))


class Line(Value, frozen=True):
    """An order line: open until all of it is picked or short."""

    line_no: int
    sku: str
    qty: int
    picked_qty: int = 0
    short_qty: int = 0
    tasked_qty: int = 0  # on open stops of live pick lists

    @property
    def open_qty(self) -> int:
        """Units neither picked nor short."""
        return self.qty - self.picked_qty - self.short_qty

    @property
    def untasked_qty(self) -> int:
        """Open units on no pick list."""
        return self.open_qty - self.tasked_qty


class Order(Entity, frozen=True):
    """One order as the hub last told it, and where it stands on the floor."""

    KEY = ("order_no",)
    order_no: str
    revision: int
    state: OrderState
    owner: str
    carrier: str
    service: str
    priority: int  # larger is sooner
    placed_at: int
    cutoff_at: int | None
    ship_complete: bool
    consignee: Party
    lines: tuple[Line, ...]
    routing_code: str | None = None
    bag_code: str | None = None
    rest: dict[str, Any] = {}  # channel, facts and fields we do not know: ignored and kept
    held: str | None = None  # the reason, while held
    paid_at: int | None = None
    payment_ref: str | None = None
    ready_at: int | None = None
    waybill: str | None = None  # the parcel in force
    tasks: tuple[str, ...] = ()  # every pick list it was ever on
    untasked_qty: int = 0  # sum over lines, for the pool's index
    state_at: int = 0
    sources: dict[str, str] = {}  # which system of record set a field; `*`: those that are not named
    erased: bool = False  # its personal data are gone

    @property
    def open_qty(self) -> int:
        """Units neither picked nor short, over all lines."""
        return sum(line.open_qty for line in self.lines)

    @property
    def shown_state(self) -> str:
        """The state for people and the hub: a hold hides the state under it."""
        return "held" if self.held is not None and self.state not in ENDED else self.state

    @property
    def sscc(self) -> str | None:
        """Of its parcel, where that is a logistic unit of GS1; the label carries it."""
        return sscc_in(self.rest)

    def source_of(self, field: str) -> str:
        """The system of record whose word stands in this field; empty where it is none's."""
        return self.sources.get(field, self.sources.get("*", ""))

    def line(self, line_no: int) -> Line | None:
        """The line with that number, None where there is none."""
        return next((line for line in self.lines if line.line_no == line_no), None)


class Early(Entity, frozen=True):
    """Facts that came before their order; applied when it arrives. Each is [type, data], with its source if any."""

    KEY = ("order_no",)
    order_no: str
    since: int
    facts: tuple[tuple[Any, ...], ...] = ()


class Sku(Entity, frozen=True):
    """Master data of one SKU."""

    KEY = ("sku",)
    sku: str
    name: str
    barcodes: tuple[str, ...] = ()
    weight_g: Count = 0
    length_mm: Count = 0
    width_mm: Count = 0
    height_mm: Count = 0
    fragile: bool = False
    zone: str = ""
    hazard: str | None = None

    @property
    def volume_cm3(self) -> int:
        """Of one unit, rounded up."""
        return -(-self.length_mm * self.width_mm * self.height_mm // 1000)


class MissingSku(Entity, frozen=True):
    """Orders that wait for an SKU the agent does not know yet."""

    KEY = ("sku",)
    sku: str
    order_nos: tuple[str, ...] = ()


class Location(Entity, frozen=True):
    """A bin, depot, pack station or dock; x and y are the standing point in front of it."""

    KEY = ("location",)
    location: str
    kind: str
    zone: str
    aisle: str
    bay: Whole
    level: Whole
    x_mm: Whole
    y_mm: Whole


class Stock(Entity, frozen=True):
    """Units of one SKU at one location; `reserved_qty` of them are promised to open stops."""

    KEY = ("location", "sku")
    location: str
    sku: str
    on_hand_qty: int = 0
    reserved_qty: int = 0
    emptied_sequence: int = 0  # of the last stop.short here: an older count does not know of it

    @property
    def free_qty(self) -> int:
        """What a new stop may still be promised; a count may leave less on hand than is reserved."""
        return max(0, self.on_hand_qty - self.reserved_qty)


class Pick(Entity, frozen=True):
    """What left a location, by journal sequence, so that a later count knows which picks it includes."""

    KEY = ("sequence",)
    sequence: int
    location: str
    sku: str
    qty: int


class Carrier(Entity, frozen=True):
    """A carrier and how many waybill numbers to keep leased."""

    KEY = ("carrier",)
    carrier: str
    name: str = ""
    services: tuple[str, ...] = ()
    lease_size: Count = 1000
    lease_low: Count = 200
    active: bool = True


class Ruleset(Entity, frozen=True):
    """A published set of rules, kept as it came."""

    KEY = ("ruleset",)
    ruleset: str
    version: str
    rules: Any = None


class LeaseRequest(Entity, frozen=True):
    """A lease asked for, stored before the request so that a crash repeats the same key."""

    KEY = ("request_key",)
    request_key: str
    carrier: str
    count: int
    state: str = "open"  # open | granted | refused


class Waybill(Entity, frozen=True):
    """A leased waybill number."""

    KEY = ("waybill",)
    waybill: str
    carrier: str
    lease: str
    expires_at: int
    state: str = "free"  # free | used | voided


class WaybillPool(Entity, frozen=True):
    """The free numbers of a carrier that expire at the same moment, counted, so that nobody has to count them again."""

    KEY = ("carrier", "expires_at")
    carrier: str
    expires_at: int
    leased_at: int  # the first of them
    free_qty: int


class WaybillUse(Entity, frozen=True):
    """How many numbers of a carrier were put on labels in an hour (since the epoch): what the forecast knows."""

    KEY = ("carrier", "hour")
    carrier: str
    hour: int
    used_qty: int


class Parcel(Entity, frozen=True):
    """What carries a waybill."""

    KEY = ("waybill",)
    waybill: str
    order_no: str
    carrier: str
    state: ParcelState
    copy_no: int  # the highest copy ever queued
    job: str  # of that copy
    shipped_at: int | None = None  # when it was scanned at the dock
    returned_at: int | None = None  # when it was scanned as come back; it stays shipped
    grade: str | None = None  # what it was graded as after that
    cutoff_at: int | None = None  # of its order when it left, for the manifests' index
    sscc: str | None = None  # on its label
    scanner: str | None = None  # at the dock


class PrintJob(Entity, frozen=True):
    """One copy of one label on its way to one printer."""

    KEY = ("job",)
    job: str
    waybill: str
    order_no: str
    carrier: str
    copy_no: int
    printer: str
    state: JobState
    queued_at: int
    attempts: int = 0
    reason: str = ""
    evidence: str | None = None
    first_byte_at: int | None = None
    mark: str = ""  # what the printer's counters said before the first byte
    cutoff_at: int | None = None  # of its order, for the queue's index


class Tote(Value, frozen=True):
    """A slot of a cart: which order it collects, and in which tote once one is bound."""

    slot: int
    order_no: str
    tote: str | None = None


class Shown(Value, frozen=True):
    """What a picker sees of goods and place, as the master data had it when the stop was made."""

    name: str = ""
    barcodes: tuple[str, ...] = ()
    weight_g: int = 0
    zone: str | None = None
    aisle: str | None = None


class Stop(Value, frozen=True):
    """One location, one SKU, a quantity, one tote.

    It carries what is shown of it: a change of master data must not change a list that is out.
    """

    stop: str
    order_no: str
    line_no: int
    sku: str
    location: str
    qty: int
    slot: int
    picked_qty: int = 0
    state: StopState = StopState.OPEN
    shown: Shown = Shown()

    @property
    def open_qty(self) -> int:
        """Units still to pick here."""
        return self.qty - self.picked_qty if self.state is StopState.OPEN else 0


class Task(Entity, frozen=True):
    """A pick list: a batch's ordered stops, and who holds it."""

    KEY = ("task",)
    task: str
    revision: int
    wave: str
    state: TaskState
    totes: tuple[Tote, ...]
    stops: tuple[Stop, ...]
    distance_mm: int
    bound_mm: int
    naive_mm: int
    due_at: int | None
    changed_at: int  # of this revision: what the PDA sees as sent_at
    pda: str | None = None
    picker: str | None = None
    cart: str | None = None
    assigned_at: int | None = None
    reason: str = ""  # why it was recalled

    def stop(self, stop: str) -> Stop | None:
        """The stop with that id."""
        return next((each for each in self.stops if each.stop == stop), None)

    def wants(self, location: str, sku: str) -> bool:
        """Is something of this SKU still to be picked there?"""
        return any(stop.open_qty and (stop.location, stop.sku) == (location, sku) for stop in self.stops)

    @property
    def order_nos(self) -> tuple[str, ...]:
        """In slot order, each once."""
        return tuple(dict.fromkeys(tote.order_no for tote in self.totes))


class Desk(Entity, frozen=True):
    """Which pick list a PDA holds."""

    KEY = ("pda",)
    pda: str
    task: str | None


class ToteUse(Entity, frozen=True):
    """Which open order a tote belongs to."""

    KEY = ("tote",)
    tote: str
    order_no: str | None


class Packing(Entity, frozen=True):
    """What a pack station has on its table: the parcel, and the units scanned so far, counted by SKU.

    `units`: those of them that have a serial number, as {sku}/{serial}.
    """

    KEY = ("station",)
    station: str
    waybill: str | None
    scanned: dict[str, int] = {}
    units: tuple[str, ...] = ()


class Picking(Entity, frozen=True):
    """What a scanner without a screen picks: the list chosen by a code, and the stop at which its picker stands."""

    KEY = ("station",)
    station: str
    task: str | None
    stop: str | None


class Counting(Value, frozen=True):
    """How far a device's own counter is, as one path brings it.

    `since`: the scan, by its number in the trail, with which this counting began; `gaps`: first and last of the
    sequences that are missing; `first`: the lowest that has come.
    """

    last: int
    since: int
    gaps: tuple[tuple[int, int], ...] = ()
    first: int = 0


class Memory(Value, frozen=True):
    """A device tells over `link` what it has kept: it has come to our scan `next`, and before that we had `end`.

    `again`: so often the scan before `next` may still follow once more, as its bounces.
    """

    link: str
    next: int
    end: int
    again: int = 0


class Trail(Entity, frozen=True):
    """What a device that reads codes has sent so far: `count` taken scans, and its counter on every path."""

    KEY = ("device",)
    device: str
    count: int = 0
    paths: dict[str, Counting] = {}
    memory: Memory | None = None


class Heard(Value, frozen=True):
    """A scan as one path has brought it: when, by the clock there, at first and last, and with which sequences."""

    first_at: int
    last_at: int
    sequences: tuple[int, ...] = ()


class SeenScan(Entity, frozen=True):
    """One of the last scans of a device, in a ring, for telling a scan that comes twice from one more."""

    KEY = ("device", "slot")
    device: str
    slot: int
    number: int  # in its trail
    text: str
    paths: dict[str, Heard]  # that have brought it
    tone: Tone
    reason: str
    bounces: int = 0  # so often the device has read it once more at once; its memory keeps these too


class FloorException(Entity, frozen=True):
    """Something that waits for a person."""

    KEY = ("exception",)
    exception: str  # kind:subject
    kind: str
    order_no: str | None
    text: str
    opened_at: int
    closed_at: int | None = None
    note: str = ""
    proposal: str = ""  # what to do about it


class Device(Entity, frozen=True):
    """A device's last known health."""

    KEY = ("device",)
    device: str
    fault: str | None
    since: int
    paused: bool = False


#: Which way an event was going when it was parked: from the hub's feed or snapshot, or to the hub.
Direction = Literal["feed", "snapshot", "outbox"]


class Parked(Entity, frozen=True):
    """An event that could not be taken, or that the hub does not take: it waits aside until a person settles it.

    `body`: as it came, or as a person has left it; only its beginning where `sha256` (of all of it) says so. Once it is
    settled the journal alone has the body.
    """

    KEY = ("parked",)
    parked: str
    direction: Direction
    source: str
    event: str  # its id; empty where it cannot be read
    kind: str  # its type, or the kind of a snapshot's row
    subject: str | None
    order_no: str | None
    reason: str
    body: str
    size_bytes: int
    sha256: str
    acked_sequence: int  # what the hub had of our events when it came
    parked_at: int
    state: str = "parked"  # parked | released | dropped
    settled_at: int | None = None
    settled_by: str = ""
    note: str = ""

    @property
    def waits(self) -> bool:
        """For a person."""
        return self.state == "parked"


#: Every state table, in the order in which `verify` compares them.
ENTITIES: tuple[type[Entity], ...] = (
    Order, Early, Sku, MissingSku, Location, Stock, Pick, Carrier, Ruleset, LeaseRequest, Waybill, WaybillPool,
    WaybillUse, Parcel, PrintJob, Task, Desk, ToteUse, Packing, Picking, Trail, SeenScan, FloorException, Device,
    Parked,
)  # fmt: skip
