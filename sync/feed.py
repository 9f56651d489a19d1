"""Follows the hub's feed for ever: resumes at the committed cursor, takes a snapshot where there is none.

The stream is read while the inbox commits, so one commit serves everything that arrived during the last
one; nothing waits for a batch to fill.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from random import Random
from typing import NoReturn

from httpx_sse import ServerSentEvent

from sync.backoff import Backoff
from sync.client import HubClient
from sync.cloudevents import decode
from sync.errors import BadEvent, CursorExpired, HubError, NotTheHub, Unreachable
from sync.link import Link, utc_now
from sync.protocols import Arrival, BrokenEvent, FeedEvent, Inbox, LinkState
from sync.snapshot import KINDS, Page, fetch_page

log = logging.getLogger(__name__)

_Arrivals = asyncio.Queue[Arrival | Exception]


class FeedReader:
    """The hub → agent direction. `broken_events` counts what could not be read and went into the inbox as that."""

    def __init__(
        self,
        client: HubClient,
        inbox: Inbox,
        *,
        on_state: Callable[[LinkState], None],
        backoff: Backoff | None = None,
        silence_s: float = 45.0,
        batch_events: int = 100,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        rng: Random | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._client = client
        self._inbox = inbox
        self._silence_s = silence_s
        self._batch_events = batch_events
        self._link = Link("feed", on_state, backoff=backoff, sleep=sleep, rng=rng, now=now)
        self._expired = False
        self.broken_events = 0

    async def run(self) -> NoReturn:
        """Follow the feed until cancelled; only what the inbox raises comes out of here."""
        while True:
            try:
                await self._session()
            except HubError as error:
                self._expired |= isinstance(error, CursorExpired)
                await self._link.wait_out(error)

    async def _session(self) -> NoReturn:
        cursor = await self._inbox.cursor()
        if cursor is None or self._expired:
            cursor = await self._snapshot()
            self._expired = False
        async with self._client.feed(cursor, self._silence_s) as stream:
            self._link.show(up=True, doing="following")
            await self._follow(stream)

    async def _follow(self, stream: AsyncIterator[ServerSentEvent]) -> NoReturn:
        """Commit burst after burst until the stream breaks off, then raise what ended it."""
        arrivals: _Arrivals = asyncio.Queue(maxsize=10 * self._batch_events)
        began_s = asyncio.get_running_loop().time()
        reading = asyncio.create_task(self._read(stream, arrivals), name="feed stream")
        try:
            while True:
                burst, end = await _burst(arrivals, self._batch_events)
                if burst:
                    await self._inbox.accept(burst)
                    self._link.good()
                if end is not None:
                    raise end
        finally:
            if asyncio.get_running_loop().time() - began_s > self._silence_s:
                self._link.good()  # keep-alives alone have kept it up
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _read(self, stream: AsyncIterator[ServerSentEvent], arrivals: _Arrivals) -> None:
        """Put events into the queue; the last item is what ended the stream."""
        end: Exception = Unreachable("the hub ended the stream")
        try:
            async for raw in stream:
                arrived = read_event(raw.id, raw.data)
                if isinstance(arrived, BrokenEvent):
                    self.broken_events += 1
                    log.error("feed: event %r cannot be read: %s", raw.id[:80], arrived.reason)
                await arrivals.put(arrived)
        except Exception as error:  # raised by the reader of the queue
            end = error
        await arrivals.put(end)

    async def _snapshot(self) -> str:
        """Hand the inbox the hub's whole view; the feed goes on from the view's earliest cursor."""
        await self._inbox.begin_snapshot()
        earliest: str | None = None
        for kind in KINDS:
            after: str | None = None
            while True:
                page = await self._page(kind, after)
                earliest = earliest or page.feed_cursor  # later pages show later views
                await self._inbox.snapshot_rows(kind, page.rows)
                self.broken_events += sum(isinstance(row, BrokenEvent) for row in page.rows)
                if page.last:
                    break
                after = page.key
        if earliest is None:
            raise NotTheHub("a snapshot without a feed cursor")
        await self._inbox.end_snapshot(earliest)
        return earliest

    async def _page(self, kind: str, after: str | None) -> Page:
        """One page, however often it takes: what has been fetched is not fetched again."""
        while True:
            self._link.show(up=False, doing="snapshot", reason=f"taking over {kind}")
            try:
                page = await fetch_page(self._client, kind, after)
            except HubError as error:
                await self._link.wait_out(error)
            else:
                self._link.good()
                return page


def read_event(cursor: str, raw: str) -> Arrival:
    """What came with this cursor; without a good one there is nothing to resume after."""
    if not cursor or len(cursor) > 64 or not cursor.isascii():
        return BrokenEvent(None, raw, f"cursor {cursor[:80]!r}, expected 1-64 ASCII characters")
    try:
        return FeedEvent(cursor, decode(raw), raw)
    except BadEvent as error:
        return BrokenEvent(cursor, raw, str(error))


async def _burst(arrivals: _Arrivals, limit: int) -> tuple[list[Arrival], Exception | None]:
    """What has arrived (at least one item) up to `limit` events, and the stream's end if it is reached."""
    burst: list[Arrival] = []
    item = await arrivals.get()
    while not isinstance(item, Exception):
        burst.append(item)
        if len(burst) == limit or arrivals.empty():
            return burst, None
        item = arrivals.get_nowait()
    return burst, item
