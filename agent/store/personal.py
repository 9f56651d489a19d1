"""Personal data in the journal: a row carries a digest in their place, and the values lie in a table beside it.

The chain of hashes covers the digest, so that a value can be deleted and every row still proves the next. A salt of
its own for each value keeps anybody from finding out, by trying, what was deleted.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from agent.core import events as ev
from agent.core.model import ERASED

_encode = msgspec.json.Encoder(order="deterministic").encode
_SEALED = "sealed"
_SALT_BYTES = 16


class Kept(NamedTuple):
    """A value as it lies in the table."""

    field: str
    salt: bytes
    data: str

    @property
    def digest(self) -> str:
        """What the journal has of it."""
        return hashlib.sha256(self.salt + self.data.encode()).hexdigest()

    def proves(self, digest: str) -> bool:
        """Is it as it was when the row was written?"""
        try:
            return self.digest == digest
        except (AttributeError, TypeError, UnicodeError):  # no text, or no bytes, any more
            return False


class Place(NamedTuple):
    """Where personal data stand in an event, and what stands there once they are erased."""

    field: str
    erased: Any


#: Every event with personal data. A field of a struct in the event is named `struct.field`.
PLACES: dict[type[ev.Event], tuple[Place, ...]] = {
    ev.OrderAccepted: (Place("facts.consignee", msgspec.to_builtins(ERASED)),),
    ev.OrderOverruled: (Place("personal", {}),),
    ev.EventParked: (Place("body", ""),),
    ev.EventReleased: (Place("body", None),),
}
_KINDS = {str(kind.__struct_config__.tag): kind for kind in PLACES}


def has_personal(kind: str) -> bool:
    """May rows of this type carry digests?"""
    return kind in _KINDS


def seal(event: ev.Event) -> tuple[str, list[Kept]]:
    """The event as the journal has it, and the values that it names by digest."""
    places = PLACES.get(type(event))
    if places is None:
        return _encode(event).decode(), []
    tree, kept = msgspec.to_builtins(event), []
    for place in places:
        holder, name = _holder(tree, place.field)
        if holder[name]:
            value = Kept(place.field, os.urandom(_SALT_BYTES), _encode(holder[name]).decode())
            holder[name] = {_SEALED: value.digest}
            kept.append(value)
    return _encode(tree).decode(), kept


def unseal(kind: str, data: str, kept: Iterable[Kept]) -> ev.Event:
    """The event with all that is still kept; what is not, is said to be erased. msgspec.ValidationError."""
    tree, values = msgspec.json.decode(data), {each.field: each.data for each in kept}
    for place in PLACES[_KINDS[kind]]:
        holder, name = _holder(tree, place.field)
        if _digest(holder[name]) is not None:
            known = values.get(place.field)
            holder[name] = place.erased if known is None else msgspec.json.decode(known)
    return msgspec.convert(tree, _KINDS[kind])


def digests(kind: str, data: str) -> Iterator[tuple[str, str]]:
    """(field, digest) of everything that a row names in this way."""
    tree = msgspec.json.decode(data)
    for place in PLACES[_KINDS[kind]]:
        holder, name = _holder(tree, place.field)
        digest = _digest(holder[name])
        if digest is not None:
            yield place.field, digest


def _holder(tree: dict[str, Any], field: str) -> tuple[dict[str, Any], str]:
    *above, name = field.split(".")
    for each in above:
        tree = tree[each]
    return tree, name


def _digest(value: Any) -> str | None:
    """Rows older than this way of keeping them have the value itself."""
    return value[_SEALED] if isinstance(value, dict) and value.keys() == {_SEALED} else None
