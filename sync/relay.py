"""Ships the outbox to the hub: in sequence order, one batch in flight, until each event is settled."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from random import Random
from typing import NoReturn

from sync.backoff import Backoff
from sync.errors import HubError, NotTheHub, SequenceGap, TooLarge, Unacceptable
from sync.link import Link, utc_now
from sync.protocols import Channel, LinkState, Outbox, OutboxEvent, Result
from sync.switch import Switch, first_of

log = logging.getLogger(__name__)

MAX_EVENTS = 500
MAX_BYTES = 1_048_576 - MAX_EVENTS - 2  # the commas and brackets of a batch count too


class Relay:
    """The agent → hub direction over whichever channel the switch names, one batch in flight.

    A batch that the hub cannot take (413, 400, 415, 422) is halved down to single events, so that only the event at
    fault is rejected, after a few requests. A gap rewinds the outbox; the same gap again without progress between
    waits like a fault.
    """

    def __init__(
        self,
        channels: Mapping[str, Channel],
        outbox: Outbox,
        switch: Switch,
        *,
        on_state: Callable[[LinkState], None],
        backoff: Backoff | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        rng: Random | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._channels = channels
        self._outbox = outbox
        self._switch = switch
        self._sleep = sleep
        self._link = Link("relay", on_state, backoff=backoff, sleep=self._wait, rng=rng, now=now)
        self._max_events = MAX_EVENTS
        self._rewound_to: int | None = None

    async def run(self) -> NoReturn:
        """Ship until cancelled; only what the outbox raises comes out of here."""
        while True:
            name = self._switch.active
            channel = self._channels[name]
            after = max(self._outbox.acked, channel.handed)
            batch = await self._outbox.pending(after, self._max_events, MAX_BYTES)
            if not batch:
                self._link.show(up=True, doing="idle")
                await first_of(self._outbox.wait(after), self._switch.changed())
                continue
            try:
                await self._ship(channel, batch)
            except HubError as error:
                if self._switch.active == name:
                    await self._link.wait_out(error)

    async def _wait(self, delay_s: float) -> None:
        """A back-off ends at once where another channel is there."""
        await first_of(_awaited(self._sleep(delay_s)), self._switch.changed())

    async def _ship(self, channel: Channel, batch: Sequence[OutboxEvent]) -> None:
        if self._link.is_good:
            self._link.show(up=True, doing="sending")
        try:
            results = await channel.ship(batch)
        except SequenceGap as gap:
            await self._rewind(batch, gap)
        except (TooLarge, Unacceptable) as error:
            self._max_events = max(1, len(batch) // 2)
            if len(batch) == 1:
                await self._reject(batch[0], error)
        else:
            await self._outbox.settle(results)
            self._shipped()

    def _shipped(self) -> None:
        """The hub took them: grow the batch again, forget failures."""
        self._link.good()
        self._link.show(up=True, doing="sending")
        self._rewound_to = None
        self._max_events = min(MAX_EVENTS, self._max_events * 2)

    async def _rewind(self, batch: Sequence[OutboxEvent], gap: SequenceGap) -> None:
        if gap.expected > batch[0].sequence:
            raise NotTheHub(f"{gap}, which it was sent: another agent uses this site's name?")
        if self._rewound_to == gap.expected:
            raise gap  # asked before, and nothing got through since
        self._rewound_to = gap.expected
        log.warning("relay: %s; shipping again from %d", gap, gap.expected)
        await self._outbox.rewind(gap.expected)

    async def _reject(self, event: OutboxEvent, error: TooLarge | Unacceptable) -> None:
        """An event that is refused alone is rejected for good."""
        log.error("relay: event %s is refused: %s", event.id, error)
        problem = error.problem or {"status": error.status, "title": str(error)}
        await self._outbox.settle([Result(event.id, "rejected", problem)])


async def _awaited(work: Awaitable[None]) -> None:
    await work
