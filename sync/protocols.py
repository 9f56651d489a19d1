"""What the hub link needs of whoever keeps the orders: an inbox, an outbox and the link's state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

import msgspec

from sync.cloudevents import CloudEvent


class LinkState(msgspec.Struct, frozen=True):
    """How a direction of the link is: `doing` is one word, `reason` a sentence (empty when all is well)."""

    up: bool
    doing: str
    reason: str
    since: datetime


class ChannelState(msgspec.Struct, frozen=True):
    """How a channel to the hub is; `reason` is the failure that opened its breaker (empty when all is well)."""

    name: str
    state: Literal["closed", "open", "half-open"]
    active: bool
    reason: str
    since: datetime


class FeedEvent(NamedTuple):
    """An event of the feed, as it came (`raw`), and the cursor to resume after once it is committed."""

    cursor: str
    event: CloudEvent
    raw: str


class BrokenEvent(NamedTuple):
    """What came in the place of an event or of a snapshot's row and cannot be read, and why; it may have no cursor."""

    cursor: str | None
    raw: str
    reason: str


class Row(NamedTuple):
    """A row of a snapshot, and as it came."""

    data: dict[str, Any]
    raw: str


Arrival = FeedEvent | BrokenEvent


class Mark(NamedTuple):
    """How far a channel is that counts for itself: the file, say, that was taken last."""

    name: str
    value: str


class Inbox(Protocol):
    """Where the feed's events go. Each call returns only after the commit.

    What cannot be read comes in its place among the others: it is put aside and blocks nobody.
    """

    async def cursor(self) -> str | None:
        """The cursor of the last committed event or snapshot; None before the first."""

    async def accept(self, events: Sequence[Arrival]) -> None:
        """Commit the events and the last one's cursor together. A repeat is no error."""

    async def accept_ahead(self, events: Sequence[Arrival], mark: Mark | None = None) -> None:
        """Commit events that a channel without a gapless cursor has brought, if any, and how far it is (`mark`).

        The cursor stays: what follows it comes once more, and is a repeat then.
        """

    async def mark(self, name: str) -> str | None:
        """The value of the last committed mark of that name; None before the first."""

    async def begin_snapshot(self) -> None:
        """Rows of a whole view follow; another one may have been broken off before."""

    async def snapshot_rows(self, kind: str, rows: Sequence[Row | BrokenEvent]) -> None:
        """One page of `skus`, `locations`, `stock`, `carriers` or `orders`."""

    async def end_snapshot(self, cursor: str) -> None:
        """The view is complete; the feed goes on after `cursor`."""


class OutboxEvent(NamedTuple):
    """An encoded CloudEvent that waits for the hub, with the sequence number of its outbox."""

    sequence: int
    id: str
    body: bytes


class Result(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the hub says of one event; `rejected` is final and comes with its problem document."""

    id: str
    status: Literal["accepted", "duplicate", "rejected"]
    problem: dict[str, Any] | None = None


class Outbox(Protocol):
    """Where the events for the hub wait."""

    @property
    def acked(self) -> int:
        """Up to which sequence the hub has said its word."""
        ...

    async def pending(self, after: int, max_events: int, max_bytes: int) -> Sequence[OutboxEvent]:
        """The next events after a sequence, in order; at least one, if there is any."""

    async def settle(self, results: Sequence[Result]) -> None:
        """Commit the hub's word on events, as far as it goes on without a gap from `acked`.

        A word on what is settled already, or on an id that is none of ours, changes nothing.
        """

    async def rewind(self, expected_sequence: int) -> None:
        """The hub wants to have the events from this sequence number on (again)."""

    async def wait(self, after: int) -> None:
        """Return once there may be something pending after a sequence."""


class Channel(Protocol):
    """A way to the hub for the relay's batches; every channel ships the same events with the same ids."""

    @property
    def handed(self) -> int:
        """Up to which sequence it has taken over events on which the hub's word comes later; else 0."""
        ...

    async def ship(self, events: Sequence[OutboxEvent]) -> Sequence[Result]:
        """Hand over one batch; the results come in the events' order. Raises HubError.

        Fewer results than events: the hub's word on the others comes later, over the channel's own task.
        """
