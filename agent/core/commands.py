"""What anybody asks of the agent: each enters by the one door and is answered once.

`id` is the asker's own (a feed event's, a PDA event's, an API call's): the door remembers it, so that the same
command sent again is answered the same and changes nothing. None: the command repeats harmlessly by its content.
`by` says who asked, for the journal.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from agent.core.authority import Authority
from agent.core.model import Direction


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """A request. `by` is a system (`hub:/erp`), a device (`pda:P1`) or a person (`person:name`).

    `changed_at`: when it happened where it comes from; `from_device`: what it was asked with, where that is said.
    """

    by: str = "agent"
    id: str | None = None
    changed_at: int | None = None
    from_device: str | None = None

    @property
    def source(self) -> str:
        """The system of record that asks; empty: it is none, or all of them at once (a snapshot)."""
        return self.by.removeprefix("hub:") if self.by.startswith("hub:") and self.by != SNAPSHOT else ""


#: Who says what stands in a snapshot.
SNAPSHOT = "hub:snapshot"


# --- the audit ----------------------------------------------------------------------------------------------


class TakeCheckpoint(Command, frozen=True):
    """The hub shall have the chain's hash at the journal's last row."""

    row: int
    hash: str


class ErasePersonal(Command, frozen=True):
    """The personal data of an order that has ended are not needed any more."""

    order_no: str
    reason: str


# --- from the hub -------------------------------------------------------------------------------------------


class TakeOrder(Command, frozen=True):
    """order.created, order.changed: `data` is the whole order as the hub sent it."""

    data: dict[str, Any]
    authority: Authority = Authority()


class TakeFact(Command, frozen=True):
    """order.paid, order.held, order.unheld, order.cancelled by the hub."""

    fact: str
    data: dict[str, Any]
    authority: Authority = Authority()


class CompareOrder(Command, frozen=True):
    """An order as the hub's snapshot has it, once all of it that can be taken was taken."""

    data: dict[str, Any]


class MissOrder(Command, frozen=True):
    """The hub's snapshot does not name this order."""

    order_no: str


class SetSku(Command, frozen=True):
    data: dict[str, Any]


class SetLocation(Command, frozen=True):
    data: dict[str, Any]


class SetCarrier(Command, frozen=True):
    data: dict[str, Any]


class SetRules(Command, frozen=True):
    data: dict[str, Any]


class SetStock(Command, frozen=True):
    """`acked_sequence`: what the hub had accepted when this arrived; used where the data names no sequence."""

    data: dict[str, Any]
    acked_sequence: int


# --- waybills and labels ------------------------------------------------------------------------------------


class RequestLease(Command, frozen=True):
    carrier: str
    count: int
    request_key: str


class TakeLease(Command, frozen=True):
    """`failed`: numbers with a wrong check digit, which are not among `numbers`."""

    request_key: str
    lease: str
    carrier: str
    numbers: tuple[str, ...]
    expires_at: int
    failed: tuple[str, ...] = ()


class RefuseLease(Command, frozen=True):
    """The hub gave none."""

    request_key: str
    reason: str


class LabelWaiting(Command, frozen=True):
    """Numbers or printers may be there now: label paid orders that have waited."""

    carrier: str
    most: int = 50


class StartPrint(Command, frozen=True):
    """`mark`: what the printer's counters said before the first byte, to ask it by after a restart; opaque here."""

    job: str
    printer: str
    mark: str = ""


class PrintSentAll(Command, frozen=True):
    """The printer has taken every byte."""

    job: str


class FinishPrint(Command, frozen=True):
    job: str
    evidence: str
    first_byte_at: int | None


class SuspectPrint(Command, frozen=True):
    job: str
    reason: str


class FailOverPrint(Command, frozen=True):
    """Its printer has a lasting fault, and nothing proves that its buffer is clear: a ready peer prints a copy."""

    job: str
    reason: str


class RequeuePrint(Command, frozen=True):
    """Surely no byte of it was printed."""

    job: str
    reason: str


class FailPrint(Command, frozen=True):
    """It cannot be printed as it is: its order waits for a person."""

    job: str
    reason: str


class SettlePrint(Command, frozen=True):
    """A person's word on a suspect or failed job: it was printed, or it was not and may be tried again."""

    job: str
    printed: bool
    reason: str = ""


class ReprintLabel(Command, frozen=True):
    order_no: str
    reason: str
    printer: str | None = None


# --- picking ------------------------------------------------------------------------------------------------


class PlannedStop(msgspec.Struct, frozen=True):
    """A stop as the planner proposes it."""

    order_no: str
    line_no: int
    sku: str
    location: str
    qty: int
    slot: int


class PlannedList(msgspec.Struct, frozen=True):
    """A batch as the planner proposes it: `slots[i]` is the order of slot i + 1."""

    slots: tuple[str, ...]
    stops: tuple[PlannedStop, ...]
    distance_mm: int
    bound_mm: int
    naive_mm: int
    pda: str | None = None
    picker: str | None = None
    cart: str | None = None


class ReleaseWave(Command, frozen=True):
    lists: tuple[PlannedList, ...]


class AssignTask(Command, frozen=True):
    task: str
    pda: str
    picker: str | None
    cart: str | None


class RecallTask(Command, frozen=True):
    task: str
    reason: str


class PdaCommand(Command, frozen=True):
    """An event of a PDA about the list it holds."""

    pda: str
    task: str


class AcceptTask(PdaCommand, frozen=True):
    """The picker has taken the list."""


class BindTote(PdaCommand, frozen=True):
    slot: int
    tote: str


class PickStop(PdaCommand, frozen=True):
    stop: str
    qty: int
    barcode: str | None = None
    tote: str | None = None


class ShortStop(PdaCommand, frozen=True):
    stop: str
    qty: int
    reason: str


class FinishTask(PdaCommand, frozen=True):
    """Every stop is closed and the cart is at its end."""


class AnswerRecall(PdaCommand, frozen=True):
    """The PDA has let go of a recalled list."""


# --- stations, people, devices ------------------------------------------------------------------------------


class TakeScan(Command, frozen=True):
    """A scan at a station.

    `packed_apart`: the site packs at stations of its own, so shipping does not pack. `device` is what read the code,
    the same whichever way it came; `path` the way: a gateway, or the scanner's own; `link` the connection, another for
    each ever; `sequence` counts on that path. `replayed`: it was read earlier and kept by the device; `resent`: the
    device says that it sends it again; `resends`: after a loss such a device sends all that it keeps, taken or not.
    `gtin` (14 digits), `sscc`, `serial` (of the unit): what the code says, where it is a GS1 one and no waybill.
    `pda`: whose list a `pick` scanner confirms; `grades`: the codes that grade what came back.
    """

    scanner: str
    role: Literal["pick", "pack", "ship", "return"]
    text: str
    scanned_at: int
    packed_apart: bool
    device: str = ""
    path: str = ""
    link: str = ""
    sequence: int | None = None
    replayed: bool = False
    resent: bool = False
    resends: bool = False
    bounce_ms: int = 600
    gtin: str | None = None
    sscc: str | None = None
    serial: str | None = None
    pda: str | None = None
    grades: tuple[str, ...] = ()


class HoldOrder(Command, frozen=True):
    order_no: str
    reason: str


class UnholdOrder(Command, frozen=True):
    order_no: str
    reason: str = "released by a supervisor"


class CancelOrder(Command, frozen=True):
    """A person calls the order off on the floor; the hub hears of it."""

    order_no: str
    reason: str


class CloseException(Command, frozen=True):
    exception: str
    note: str


class OpenException(Command, frozen=True):
    """The shell has met something that a person must see (a rejected event, a broken feed row)."""

    kind: str
    subject: str
    text: str
    order_no: str | None = None
    proposal: str = ""


class ReportFault(Command, frozen=True):
    device: str
    fault: str | None  # None: it works again


class ReportSwitch(Command, frozen=True):
    """The hub is reached over `after` from now on."""

    before: str
    after: str
    reason: str


class PausePrinter(Command, frozen=True):
    printer: str
    paused: bool
    reason: str = ""


# --- the quarantine -----------------------------------------------------------------------------------------


class ParkEvent(Command, frozen=True):
    """An event cannot be taken: it goes aside, with its `body` as it came. The fields are those of `Parked`."""

    parked: str
    direction: Direction
    source: str
    event: str
    kind: str
    reason: str
    body: str
    subject: str | None = None
    order_no: str | None = None
    acked_sequence: int = 0


class ReleaseParked(Command, frozen=True):
    """A person lets a parked event go on, changed (`body`) or as it stands.

    The shell takes it through the door in the same commit (`agent/quarantine.py`). `refused`: why the door has not
    taken it, so that it stays parked as the person has left it.
    """

    parked: str
    note: str
    body: str | None = None
    refused: str | None = None


class DropParked(Command, frozen=True):
    """A person gives a parked event up."""

    parked: str
    note: str
