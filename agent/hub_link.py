"""The hub link put together: the channels and their switch, feed, relay, statuses and leases over the store."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

from agent.config import Config
from agent.core import commands as c
from agent.core.authority import Authority
from agent.hub_inbox import HubInbox
from agent.hub_outbox import HubOutbox
from agent.leases import LeaseKeeper
from agent.store.store import Store
from agent.views import Views
from sync.client import HubClient
from sync.feed import FeedReader
from sync.protocols import Channel, ChannelState
from sync.relay import Relay
from sync.statuses import StatusTeller
from sync.switch import Switch, first_of, keep_probing

log = logging.getLogger(__name__)

FIRST = "http"


class HubLink:
    """One site's link to its hub. Open it, then run its `tasks`."""

    def __init__(self, config: Config, store: Store, views: Views) -> None:
        self._config = config
        self._store = store
        self._views = views
        self._inbox = HubInbox(store, Authority(config.authority))
        self._outbox = HubOutbox(store, config.site.id)
        self._switch = Switch((FIRST,), self._changed)
        self._clients: dict[str, HubClient] = {}
        self._channels: dict[str, Channel] = {}
        self._switched: asyncio.Queue[tuple[str, str, str]] = asyncio.Queue()
        views.outbox = self._outbox
        views.channels = self._switch.states

    async def open(self, stack: AsyncExitStack) -> None:
        """Find out how far the hub is; the clients are closed with `stack`."""
        await self._outbox.open()
        self._clients[FIRST] = await stack.enter_async_context(self._http())
        self._channels[FIRST] = self._clients[FIRST]
        self.leases = LeaseKeeper(self._store, self._clients[FIRST])

    def _http(self) -> HubClient:
        hub, beside = self._config.hub, self._config.beside
        return HubClient(
            hub.url, self._config.site.id, self._config.secret(hub.token_file) or "",
            ca_file=beside(hub.ca_file), cert_file=beside(hub.cert_file), key_file=beside(hub.key_file),
            calling=partial(self._switch.calling, FIRST),
        )  # fmt: skip

    def tasks(self) -> dict[str, Awaitable[None]]:
        """Everything that runs as long as the agent does, by name."""
        first = self._clients[FIRST]
        relay = Relay(self._channels, self._outbox, self._switch, on_state=self._views.show_relay)
        return {
            "feed": self._feed(first, self._until_back).run(),
            "relay": relay.run(),
            "probe": keep_probing(self._switch, first.probe),
            "statuses": StatusTeller(self._outbox, lambda: self._clients.get(self._switch.active)).run(),
            "channels": self._tell_of_switches(),
            "leases": self.leases.run(),
        }

    def _feed(self, client: HubClient, sleep: Callable[[float], Awaitable[None]]) -> FeedReader:
        return FeedReader(client, self._inbox, on_state=self._views.show_feed, sleep=sleep)

    async def _until_back(self, delay_s: float) -> None:
        """A back-off that ends as soon as the hub is known to be there again."""
        waiting: list[Coroutine[Any, Any, None]] = [asyncio.sleep(delay_s)]
        if self._switch.breaker(FIRST).state != "closed":
            waiting.append(self._switch.until_back())
        await first_of(*waiting)

    # --- channels ---------------------------------------------------------------------------------------------

    def _changed(self, states: Sequence[ChannelState]) -> None:
        before = self._active(self._views.channels)
        self._views.channels = tuple(states)
        after = self._active(states)
        if before != after:
            self._switched.put_nowait((before.name, after.name, before.reason or after.reason))

    @staticmethod
    def _active(states: Sequence[ChannelState]) -> ChannelState:
        return next(state for state in states if state.active)

    async def _tell_of_switches(self) -> None:
        """Into the journal, and so to the hub, over whichever channel is there by then."""
        while True:
            before, after, reason = await self._switched.get()
            await self._store.ask(c.ReportSwitch(before=before, after=after, reason=reason))
