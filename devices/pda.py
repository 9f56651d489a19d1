"""The messages of PDAs, stations and gateways, both ways, as the MQTT contract has them.

What comes in is never trusted: a broken message decodes to `Malformed`, which names what is wrong, and never
raises. Unknown fields are ignored. Structs that leave are encoded with `encode`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

import msgspec
from msgspec import Meta, Struct

from devices.scanners.scan import Tone

Id = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+\Z")]
Words = Annotated[str, Meta(max_length=4096)]
Quantity = Annotated[int, Meta(ge=1, le=1_000_000)]
Revision = Annotated[int, Meta(ge=1, le=2**53)]
Slot = Annotated[int, Meta(ge=0, le=1_000)]
Seq = Annotated[int, Meta(ge=0, le=2**53)]
Symbology = Annotated[str, Meta(max_length=16)]
EventType = Literal["task.accepted", "tote.bound", "stop.picked", "stop.short", "task.done", "task.recalled"]

_T = TypeVar("_T", bound=Struct)


class Presence(Struct, frozen=True, omit_defaults=True):
    """Who holds a PDA and where it may work; `zones` empty: everywhere; `slots`: totes on its cart."""

    online: bool
    picker: str | None = None
    zones: tuple[str, ...] = ()
    cart: str | None = None
    slots: Annotated[int, Meta(ge=1, le=1_000)] | None = None
    battery: float | None = None
    app: str | None = None


class ToteSlot(Struct, frozen=True, omit_defaults=True):
    """One place on the cart and whose goods go there."""

    slot: int
    order_no: str
    tote: str | None = None


class TaskStop(Struct, frozen=True):
    """One location, one SKU, a quantity, one tote."""

    stop: str
    location: str
    zone: str | None
    aisle: str | None
    sku: str
    name: str
    barcodes: tuple[str, ...]
    qty: int
    picked_qty: int
    slot: int
    weight_g: int
    state: Literal["open", "picked", "short", "cancelled"]


class Task(Struct, frozen=True):
    """A pick list as it is published, its stops in walking order."""

    task: str
    revision: int
    wave: str | None
    cart: str | None
    totes: tuple[ToteSlot, ...]
    stops: tuple[TaskStop, ...]
    distance_mm: int
    bound_mm: int
    due_at: str | None
    sent_at: str


class Recall(Struct, frozen=True):
    """The pick list is taken back; the PDA answers `task.recalled`."""

    task: str
    revision: int
    reason: str
    sent_at: str
    recalled: Literal[True] = True


class PdaEvent(Struct, frozen=True, omit_defaults=True):
    """What a picker did. The fields after `task` are set as the event's type has them, the others None."""

    id: Id
    type: EventType
    at: str  # RFC 3339 UTC with three decimals, whatever offset and decimals the PDA wrote
    task: Id
    revision: Revision | None = None
    slot: Slot | None = None
    tote: Id | None = None
    stop: Id | None = None
    qty: Quantity | None = None
    barcode: Words | None = None
    reason: Words | None = None


class Reply(Struct, frozen=True, omit_defaults=True):
    """The answer to the event of the same id; `revision` is the task's, after the commit."""

    id: str
    status: Literal["applied", "repeat", "refused"]
    reason: str | None = None
    revision: int | None = None


class AgentPresence(Struct, frozen=True, omit_defaults=True):
    """Whether the agent is there, which version, and since when."""

    online: bool
    version: str | None = None
    since: str | None = None


class StationFeedback(Struct, frozen=True):
    """What a station shows and sounds for a scan."""

    scan: str
    tone: Tone
    text: str


class GatewayScan(Struct, frozen=True, omit_defaults=True):
    """A scan that a gateway took by radio, as `devices.scanners.gateway` reads it.

    `at`: RFC 3339 UTC with three decimals, whatever the gateway wrote; `seq` counts the device's scans; `symbology`:
    an AIM id; `rssi` in dBm; `replayed`: read earlier, sent from a scanner's memory.
    """

    device: Id
    data: Words
    at: str
    seq: Seq | None = None
    symbology: Symbology | None = None
    rssi: float | None = None
    replayed: bool = False


class Malformed(NamedTuple):
    """A message that cannot be used; `id` is its event id where that can be read, so that it can be answered."""

    id: str | None
    reason: str


# Per type: the fields that must be there, and those that may.
_FIELDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "task.accepted": (("revision",), ()),
    "tote.bound": (("slot", "tote"), ()),
    "stop.picked": (("stop", "qty"), ("barcode", "tote")),
    "stop.short": (("stop", "qty", "reason"), ()),
    "task.done": ((), ()),
    "task.recalled": ((), ("revision",)),
}
_COMMON = ("id", "type", "at", "task")


def encode(message: Struct) -> bytes:
    """JSON as it goes on the wire."""
    return msgspec.json.encode(message)


def decode_event(payload: bytes) -> PdaEvent | Malformed:
    """What a PDA wrote on its event topic."""
    fields = _json_object(payload)
    if isinstance(fields, Malformed):
        return fields
    event_id = _readable_id(fields.get("id"))
    required, optional = _FIELDS.get(str(fields.get("type")), ((), ()))
    missing = [name for name in (*_COMMON, *required) if fields.get(name) is None]
    if missing:
        return Malformed(event_id, f"malformed: {', '.join(missing)} missing")
    known = {name: fields[name] for name in (*_COMMON, *required, *optional) if name in fields}
    try:
        event = msgspec.convert(known, PdaEvent)
        return msgspec.structs.replace(event, at=canonical_time(event.at))
    except ValueError as error:  # msgspec's ValidationError is one
        return Malformed(event_id, f"malformed: {error}")


def decode_presence(payload: bytes) -> Presence | Malformed:
    """What a PDA wrote on its presence topic."""
    return _decode(payload, Presence)


def decode_reply(payload: bytes) -> Reply | Malformed:
    """What the agent answered (the PDA's side)."""
    return _decode(payload, Reply)


def decode_task(payload: bytes) -> Task | Recall | Malformed | None:
    """What stands on a PDA's task topic (the PDA's side); None: no task."""
    if not payload:
        return None
    fields = _json_object(payload)
    if isinstance(fields, Malformed):
        return fields
    return _decode(payload, Recall) if fields.get("recalled") else _decode(payload, Task)


def canonical_time(text: str) -> str:
    """An RFC 3339 time with any offset and 0–9 decimals, as UTC with three decimals. Raises ValueError."""
    try:
        moment = msgspec.convert(text, _AwareTime)
        return format_time(moment.astimezone(UTC))
    except (msgspec.ValidationError, OverflowError):
        raise ValueError(f"not an RFC 3339 time with an offset: {text[:40]!r}") from None


def format_time(moment: datetime) -> str:
    """RFC 3339 UTC with exactly three decimals and Z."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


_AwareTime = Annotated[datetime, Meta(tz=True)]


def _json_object(payload: bytes) -> dict[str, Any] | Malformed:
    try:
        fields = msgspec.json.decode(payload)
    except (ValueError, RecursionError) as error:
        return Malformed(None, f"malformed: not JSON ({str(error)[:80]})")
    if not isinstance(fields, dict):
        return Malformed(None, "malformed: not a JSON object")
    return fields


def _decode(payload: bytes, kind: type[_T]) -> _T | Malformed:
    try:
        return msgspec.json.decode(payload, type=kind)
    except (ValueError, RecursionError) as error:
        return Malformed(None, f"malformed: {error}")


def _readable_id(value: object) -> str | None:
    try:
        return msgspec.convert(value, Id)
    except msgspec.ValidationError:
        return None
