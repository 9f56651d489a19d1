"""What the hub shows while a backlog drains: the current states go ahead of the events, which stay the ledger.

Every 5 s, as long as the oldest unsent event is older than 10 s, the orders are told that changed since the last time,
in pages. The events of a long outage are walked through once, in steps, so that memory does not grow with the backlog.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Never, Protocol

import msgspec

from sync.client import HubClient
from sync.errors import HubError, Refused

log = logging.getLogger(__name__)

EVERY_S = 5.0
BEHIND_S = 10.0
MAX_ORDERS = 1_000
_NOT_THERE_S = 3600.0  # a hub that answers 404 does without, and is asked again after an update of its own


class Page(msgspec.Struct, frozen=True):
    """States of orders, read at `as_of_sequence`; of every event up to `upto` the order's state is told by now."""

    as_of_sequence: int
    upto: int
    orders: Sequence[dict[str, Any]]


class Backlog(Protocol):
    """What waits for the hub."""

    @property
    def acked(self) -> int:
        """Up to which sequence the hub has said its word."""
        ...

    def unsent_s(self) -> float:
        """The age of the oldest event that the hub has not got; 0 where it has them all."""
        ...

    async def states_after(self, sequence: int, most: int) -> Page:
        """The states of up to `most` orders whose last events are unsent and follow `sequence`."""
        ...


class StatusTeller:
    """Tells states over `client()`, which is None where the channel in use carries none. `told`: up to which event."""

    def __init__(
        self,
        backlog: Backlog,
        client: Callable[[], HubClient | None],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._backlog = backlog
        self._client = client
        self._sleep = sleep
        self._clock_s = clock_s
        self._not_before_s = 0.0
        self.told = 0

    async def run(self) -> Never:
        """Tell until cancelled."""
        while True:
            await self._sleep(EVERY_S)
            client = self._client()
            if client is None or self._clock_s() < self._not_before_s:
                continue
            if self._backlog.unsent_s() <= BEHIND_S:
                continue
            try:
                await self._tell(client)
            except HubError as error:
                self._failed(error)

    async def _tell(self, client: HubClient) -> None:
        """Page by page, until every change so far is told."""
        while True:
            self.told = max(self.told, self._backlog.acked)
            page = await self._backlog.states_after(self.told, MAX_ORDERS)
            if page.orders:
                body = {"as_of_sequence": f"{page.as_of_sequence:020d}", "orders": page.orders}
                await client.post("statuses", msgspec.json.encode(body), msgspec.Raw)
            self.told = page.upto
            if page.upto >= page.as_of_sequence:
                return

    def _failed(self, error: HubError) -> None:
        if isinstance(error, Refused) and error.status == 404:
            self._not_before_s = self._clock_s() + _NOT_THERE_S
            log.info("this hub shows no statuses: %s", error)
        else:
            log.warning("no statuses: %s", error)
