"""What the hub says over channels other than HTTP: events of its feed, and its word on ours, one JSON object each."""

from __future__ import annotations

import msgspec

from sync.cloudevents import decode
from sync.errors import BadEvent
from sync.protocols import Arrival, BrokenEvent, FeedEvent, Result


def read_feed_event(payload: bytes) -> Arrival:
    """A CloudEvent with the extension `cursor`; a broken event where it is none."""
    raw = payload.decode("utf-8", "backslashreplace")
    try:
        event = decode(payload)
    except BadEvent as error:
        return BrokenEvent(None, raw, str(error))
    cursor = event.extensions.get("cursor")
    if not isinstance(cursor, str):
        return BrokenEvent(None, raw, "an event of the feed without its extension `cursor`")
    return FeedEvent(cursor, event, raw)


def read_result(payload: bytes) -> Result:
    """`{"id", "status", "problem"?}`. Raises BadEvent."""
    try:
        return msgspec.json.decode(payload, type=Result)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise BadEvent(str(error)) from None
