"""CloudEvents 1.0 in JSON, the only form in which events travel between site and hub.

`data` is opaque here. Members that this version does not know are kept in `extensions` and written back.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from sync.errors import BadEvent
from sync.times import format_time, parse_time


class CloudEvent(msgspec.Struct, frozen=True):
    """One event: `type` the bare word (`order.paid`), `id` unique per `source` for ever, `time` RFC 3339."""

    id: str
    source: str
    type: str
    time: str
    data: dict[str, Any]
    subject: str | None = None
    sequence: str | None = None
    extensions: dict[str, Any] = {}


class _Known(msgspec.Struct, frozen=True):
    """The members that are checked; msgspec names the one that is missing or mistyped."""

    specversion: str
    id: str
    source: str
    type: str
    time: str
    data: dict[str, Any]
    subject: str | None = None
    sequence: str | None = None


_KNOWN = frozenset(_Known.__struct_fields__)


def decode(raw: bytes | str) -> CloudEvent:
    """Read one event. Raises BadEvent, saying which member is missing or wrong."""
    try:
        return from_members(msgspec.json.decode(raw))
    # RecursionError: brackets nested deeper than any real event; bytes that are not UTF-8 are a ValueError
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise BadEvent(str(error)) from None


def from_members(members: object) -> CloudEvent:
    """The event of an already decoded JSON value. Raises BadEvent."""
    try:
        known = msgspec.convert(members, _Known)
        if known.specversion != "1.0":
            raise BadEvent(f"specversion {known.specversion!r}, expected '1.0'")
        if not (known.id and known.source and known.type):
            raise BadEvent("id, source and type must not be empty")
        moment = format_time(parse_time(known.time))
    except (msgspec.ValidationError, ValueError) as error:
        raise BadEvent(str(error)) from None
    assert isinstance(members, dict)  # convert has just seen an object
    extensions = {name: value for name, value in members.items() if name not in _KNOWN}
    return CloudEvent(
        known.id, known.source, known.type, moment, known.data, known.subject, known.sequence, extensions
    )


def encode(event: CloudEvent) -> bytes:
    """The event as one line of JSON; absent members are left out."""
    members: dict[str, Any] = {**event.extensions, "specversion": "1.0"}
    for name in ("id", "source", "type", "subject", "time", "sequence", "data"):
        value = getattr(event, name)
        if value is not None:
            members[name] = value
    return msgspec.json.encode(members)


def encode_batch(events: Iterable[CloudEvent]) -> bytes:
    """Several events as one `application/cloudevents-batch+json` body."""
    return join_batch(encode(event) for event in events)


def join_batch(bodies: Iterable[bytes]) -> bytes:
    """The batch body of events that are already encoded."""
    return b"[" + b",".join(bodies) + b"]"
