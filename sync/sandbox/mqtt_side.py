"""The hub's side of MQTT: events come in on `hub/{site}/events`, its word goes out on `acks`, the feed on `feed`.

Who carries the messages is not known here: `publish` returns once the broker has taken one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Never

import msgspec

from sync.sandbox.hub import Bell, now_ms
from sync.sandbox.intake import MAX_EVENTS, receive_each
from sync.sandbox.ledger import FeedRow, Ledger, with_cursor

log = logging.getLogger(__name__)

Publish = Callable[[str, bytes], Awaitable[None]]

_FEED_ROWS = 100
_FEED_NOTE = "mqtt_feed"  # the cursor up to which the broker has the feed
_WAIT_S = 15.0


class MqttSide:
    """Subscribe to `subscriptions`, hand their messages to `receive`, and `run`."""

    def __init__(self, ledger: Ledger, bell: Bell, site: str, publish: Publish) -> None:
        self._ledger = ledger
        self._bell = bell
        self._publish = publish
        self._events = f"hub/{site}/events"
        self._acks = f"hub/{site}/acks"
        self._feed = f"hub/{site}/feed"
        self._arrived: asyncio.Queue[bytes] = asyncio.Queue(MAX_EVENTS)

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """The topics whose messages `receive` wants."""
        return (self._events,)

    async def receive(self, topic: str, payload: bytes) -> None:
        """Take a message. Not its acknowledgement to the broker, but our word on the event is its acceptance."""
        if topic == self._events:
            await self._arrived.put(payload)

    async def run(self) -> Never:
        """Answer events and give the feed, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._answer_for_ever())
            group.create_task(self._feed_for_ever())
        raise AssertionError("neither of them ends by itself")

    async def _answer_for_ever(self) -> Never:
        while True:
            await self.answer([await self._arrived.get()])

    async def answer(self, events: list[bytes]) -> None:
        """Commit these and what arrived with them, then say our word; on what comes before its turn there is none."""
        while not self._arrived.empty() and len(events) < MAX_EVENTS:
            events.append(self._arrived.get_nowait())
        received = receive_each(self._ledger, events, now_ms())
        if received.missing is not None:
            log.info("events over MQTT before their turn: %d is missing", received.missing)
        await self._publish_all(self._acks, [msgspec.json.encode(result) for result in received.results])

    async def _feed_for_ever(self) -> Never:
        while True:
            if not await self.give_feed():
                await self._bell.wait(_WAIT_S)

    async def give_feed(self) -> bool:
        """The next rows of the feed; False where there are none. Noted when the broker has them all."""
        rows: list[FeedRow] = self._ledger.feed_after(self._ledger.note(_FEED_NOTE) or 0, _FEED_ROWS)
        if not rows:
            return False
        await self._publish_all(self._feed, [with_cursor(row) for row in rows])
        self._ledger.remember(**{_FEED_NOTE: rows[-1].cursor})
        return True

    async def _publish_all(self, topic: str, payloads: list[bytes]) -> None:
        """In this order, without waiting for each."""
        await asyncio.gather(*(self._publish(topic, payload) for payload in payloads))
