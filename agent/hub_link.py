"""The hub link put together: the channels and their switch, feed, relay, statuses and leases over the store."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

from agent.bulletins import Bulletin
from agent.config import Config, Hub
from agent.config_hub import HubBackup
from agent.core import commands as c
from agent.core.authority import Authority
from agent.credentials import tls_files, token_of
from agent.hub_files import hub_files
from agent.hub_inbox import HubInbox
from agent.hub_mqtt import HubMqtt
from agent.hub_outbox import HubOutbox
from agent.leases import LeaseKeeper
from agent.notify import Operators
from agent.store.store import Store
from agent.views import Views
from sync.channels.files import FilesChannel
from sync.client import HubClient
from sync.feed import FeedReader
from sync.protocols import Channel, ChannelState
from sync.relay import Relay
from sync.statuses import StatusTeller
from sync.switch import Guarded, Switch, first_of, keep_probing, while_active

log = logging.getLogger(__name__)

FIRST, BACKUP = "http", "backup"


class HubLink:
    """One site's link to its hub. Open it, then run its `tasks`."""

    def __init__(self, config: Config, store: Store, views: Views, operators: Operators) -> None:
        self._config = config
        self._store = store
        self._views = views
        self._operators = operators
        self._inbox = HubInbox(store, Authority(config.authority))
        self._outbox = HubOutbox(store, config.site.id)
        self._backup = config.hub.backup
        names = (FIRST,) if self._backup is None else (FIRST, BACKUP)
        self._switch = Switch(names, self._changed)
        self._clients: dict[str, HubClient] = {}
        self._channels: dict[str, Channel] = {}
        self._beside: dict[str, Awaitable[None]] = {}
        self._files: FilesChannel | None = None
        self._switched: asyncio.Queue[tuple[str, str, str]] = asyncio.Queue()
        views.outbox = self._outbox
        views.channels = self._switch.states

    async def open(self, stack: AsyncExitStack) -> None:
        """Find out how far the hub is; the clients are closed with `stack`."""
        await self._outbox.open()
        hub = self._config.hub
        await self._open_http(stack, FIRST, hub.url, hub.token_file, hub)
        self.leases = LeaseKeeper(
            self._store, self._clients[FIRST], lease_hours=hub.lease_hours, checks=self._config.checks
        )
        if self._backup is not None:
            await self._open_backup(stack, self._backup)

    async def _open_backup(self, stack: AsyncExitStack, backup: HubBackup) -> None:
        match backup.kind:
            case "http":
                await self._open_http(stack, BACKUP, backup.url or "", backup.token_file, backup)
                second = self._feed(BACKUP, asyncio.sleep)
                self._beside["backup feed"] = while_active(self._switch, BACKUP, second.run)
            case "mqtt":
                mqtt = HubMqtt(self._config, backup, self._inbox, partial(self._views.show_feed, BACKUP))
                self._channels[BACKUP] = Guarded(self._switch, BACKUP, mqtt.channel)
                self._beside["backup broker"] = mqtt.run()
            case "files":
                where = hub_files(self._config)
                files = FilesChannel(where.folder, where.key, self._config.site.id, self._inbox, self._outbox)
                self._files = files
                self._channels[BACKUP] = Guarded(self._switch, BACKUP, files)
                self._beside["backup files"] = files.run()

    async def _open_http(
        self, stack: AsyncExitStack, name: str, url: str, token_file: Path | None, tls: Hub | HubBackup
    ) -> None:
        client = HubClient(
            url, self._config.site.id, token_of(self._config, token_file),
            tls=tls_files(self._config, tls),
            calling=partial(self._switch.calling, name),
        )  # fmt: skip
        self._channels[name] = self._clients[name] = await stack.enter_async_context(client)

    @property
    def faults(self) -> tuple[str, ...]:
        """What a person must mend in the folder of files."""
        return self._files.faults if self._files is not None else ()

    def tasks(self) -> dict[str, Awaitable[None]]:
        """Everything that runs as long as the agent does, by name."""
        first = self._clients[FIRST]
        relay = Relay(self._channels, self._outbox, self._switch, on_state=self._views.show_relay)
        return {
            "feed": self._feed(FIRST, self._until_back).run(),
            "relay": relay.run(),
            "probe": keep_probing(self._switch, first.probe),
            "statuses": StatusTeller(self._outbox, lambda: self._clients.get(self._switch.active)).run(),
            "channels": self._tell_of_switches(),
            "leases": self.leases.run(),
            **self._beside,
        }

    def _feed(self, name: str, sleep: Callable[[float], Awaitable[None]]) -> FeedReader:
        on_state = partial(self._views.show_feed, name)
        return FeedReader(self._clients[name], self._inbox, on_state=on_state, sleep=sleep)

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
        for state in states:
            self._tell(state)
        if before.name != after.name:
            self._switched.put_nowait((before.name, after.name, before.reason or after.reason))

    def _tell(self, state: ChannelState) -> None:
        """Operators hear that a channel is broken, and that it is back; half-open is neither."""
        if state.state == "half-open":
            return
        bad = state.state == "open"
        title = f"hub channel {state.name} is {'broken' if bad else 'back'}"
        way = f"the hub is reached by {self._active(self._views.channels).name}"
        text = f"{state.reason}; {way}" if bad else way
        self._operators.tell(Bulletin(f"channel {state.name}", bad, title, text))

    @staticmethod
    def _active(states: Sequence[ChannelState]) -> ChannelState:
        return next(state for state in states if state.active)

    async def _tell_of_switches(self) -> None:
        """Into the journal, and so to the hub, over whichever channel is there by then."""
        while True:
            before, after, reason = await self._switched.get()
            await self._store.ask(c.ReportSwitch(before=before, after=after, reason=reason))
