"""The hub over MQTT 5: one CloudEvent a message, and an acknowledgement of the hub's own for each of ours.

Topics: `hub/{site}/events` (ours), `hub/{site}/acks` and `hub/{site}/feed` (the hub's). Who carries the messages is not
known here: `publish` returns once the broker has taken one, and a message handed to `receive` is acknowledged to the
broker after `receive` has returned, which is after the commit.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from itertools import takewhile

from sync.channels.messages import read_feed_event, read_result
from sync.errors import BadEvent, Unreachable
from sync.protocols import BrokenEvent, Inbox, OutboxEvent, Result

log = logging.getLogger(__name__)

Publish = Callable[[str, bytes], Awaitable[None]]


class MqttChannel:
    """Ships batches and takes the feed. `broken_events` counts what could not be read."""

    handed: int = 0  # a batch is shipped when the hub has answered

    def __init__(self, site: str, publish: Publish, inbox: Inbox, *, answer_within_s: float = 15.0) -> None:
        self._events = f"hub/{site}/events"
        self._acks = f"hub/{site}/acks"
        self._feed = f"hub/{site}/feed"
        self._publish = publish
        self._inbox = inbox
        self._answer_within_s = answer_within_s
        self._awaited: dict[str, asyncio.Future[Result]] = {}
        self.broken_events = 0

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """The topics whose messages `receive` wants."""
        return self._feed, self._acks

    async def ship(self, events: Sequence[OutboxEvent]) -> Sequence[Result]:
        """Publish in order, await the hub's word on each; what it said on the first of them, without a gap.

        Raises Unreachable where it said nothing in time.
        """
        loop = asyncio.get_running_loop()
        answers = {event.id: loop.create_future() for event in events}
        self._awaited = dict(answers)
        sending = [asyncio.ensure_future(self._publish(self._events, event.body)) for event in events]
        try:
            async with asyncio.timeout(self._answer_within_s):
                await asyncio.gather(*sending)
                await asyncio.wait(answers.values())
        except TimeoutError:
            log.info("the hub has not answered every event in %g s", self._answer_within_s)
        finally:
            self._awaited = {}
            for sent in sending:
                sent.cancel()
            await asyncio.gather(*sending, return_exceptions=True)
        results = [answer.result() for answer in takewhile(asyncio.Future.done, answers.values())]
        if not results:
            raise Unreachable("the hub did not answer over MQTT in time")
        return results

    async def receive(self, topic: str, payload: bytes) -> None:
        """Take a message; returns after the commit."""
        if topic == self._feed:
            arrived = read_feed_event(payload)
            if isinstance(arrived, BrokenEvent):
                self._broken(topic, arrived.reason)
            await self._inbox.accept_ahead([arrived])
        elif topic == self._acks:
            try:
                self._answered(read_result(payload))
            except BadEvent as error:
                self._broken(topic, str(error))

    def _broken(self, topic: str, reason: str) -> None:
        self.broken_events += 1
        log.error("a message on %s cannot be read: %s", topic, reason)

    def _answered(self, result: Result) -> None:
        awaited = self._awaited.get(result.id)  # none: a word that comes late, and will be said again
        if awaited is not None and not awaited.done():
            awaited.set_result(result)
