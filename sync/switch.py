"""Which channel leads to the hub: the first one as long as its breaker lets calls through, else the backup.

Whoever calls says how it went; the switch keeps a breaker per channel, reports every change of a breaker, and wakes who
waits for another channel.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from random import Random
from typing import Any, Never

import msgspec

from sync.breaker import Breaker
from sync.errors import HubError
from sync.link import utc_now
from sync.protocols import Channel, ChannelState, OutboxEvent, Result

log = logging.getLogger(__name__)

_AGAIN_S = 1.0  # between probes of a half-open channel that has nothing to send


class Switch:
    """The breakers of `names`, the preferred channel first; `on_change` is called when one of them changes."""

    def __init__(
        self,
        names: tuple[str, ...],
        on_change: Callable[[tuple[ChannelState, ...]], None],
        *,
        clock_s: Callable[[], float] = time.monotonic,
        rng: Random | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._on_change = on_change
        self._clock_s = clock_s
        self._rng = rng or Random()
        self._now = now
        self._breakers = dict.fromkeys(names, Breaker())
        began = now()
        self.states = tuple(
            ChannelState(name, "closed", active=index == 0, reason="", since=began)
            for index, name in enumerate(names)
        )
        self._changed = asyncio.Event()

    @property
    def first(self) -> str:
        """The preferred channel."""
        return self.states[0].name

    @property
    def active(self) -> str:
        """Where the next call goes; where every channel is broken, the last one is as good as any."""
        return next((name for name, breaker in self._breakers.items() if breaker.lets_through), self._last)

    @property
    def _last(self) -> str:
        return self.states[-1].name

    def breaker(self, name: str) -> Breaker:
        """As it is now."""
        return self._breakers[name]

    def probe_in_s(self, name: str) -> float:
        """How long until an open channel is to be asked again; 0: now."""
        return max(0.0, self._breakers[name].probe_at_s - self._clock_s())

    @contextmanager
    def calling(self, name: str) -> Iterator[None]:
        """A call over that channel: what it raises is a failure, unless it is the hub's word on what was sent."""
        try:
            yield
        except HubError as error:
            if error.is_failure:
                self._set(name, self._breakers[name].failed(self._clock_s(), self._rng.random()), str(error))
            else:
                self._set(name, self._breakers[name].answered())
            raise
        self._set(name, self._breakers[name].answered())

    async def changed(self) -> None:
        """Return when another channel is active than now."""
        before = self.active
        await self._until(lambda: self.active != before)

    async def until_active(self, name: str) -> None:
        """Return once calls go over that channel."""
        await self._until(lambda: self.active == name)

    async def until_broken(self) -> None:
        """Return once the preferred channel's breaker is not closed."""
        await self._until(lambda: self._breakers[self.first].state != "closed")

    async def until_back(self) -> None:
        """Return once it is closed."""
        await self._until(lambda: self._breakers[self.first].state == "closed")

    async def _until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            await self._changed.wait()

    def _set(self, name: str, breaker: Breaker, reason: str = "") -> None:
        before, was_active = self._breakers[name], self.active
        self._breakers[name] = breaker
        if before.state == breaker.state and was_active == self.active:
            return
        log.warning("channel %s is %s%s", name, breaker.state, f": {reason}" if reason else "")
        self.states = tuple(self._state_after(state, name, reason) for state in self.states)
        self._changed.set()
        self._changed = asyncio.Event()
        self._on_change(self.states)

    def _state_after(self, state: ChannelState, changed: str, reason: str) -> ChannelState:
        breaker = self._breakers[state.name]
        if state.name == changed and breaker.state != state.state:
            why = reason or (state.reason if breaker.state != "closed" else "")
            state = msgspec.structs.replace(state, state=breaker.state, reason=why, since=self._now())
        return msgspec.structs.replace(state, active=state.name == self.active)


class Guarded:
    """A channel whose calls its breaker watches."""

    def __init__(self, switch: Switch, name: str, channel: Channel) -> None:
        self._switch = switch
        self._name = name
        self._channel = channel

    @property
    def handed(self) -> int:
        return self._channel.handed

    async def ship(self, events: Sequence[OutboxEvent]) -> Sequence[Result]:
        """As the channel does."""
        with self._switch.calling(self._name):
            return await self._channel.ship(events)


async def keep_probing(
    switch: Switch,
    probe: Callable[[], Awaitable[None]],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Never:
    """Ask the preferred channel, while its breaker is not closed, whether it is there again; `probe` is watched itself.

    While it is half-open the traffic is asked too; where there is none, this alone closes it.
    """
    while True:
        await switch.until_broken()
        is_open = switch.breaker(switch.first).state == "open"
        await sleep(max(switch.probe_in_s(switch.first), 0.1) if is_open else _AGAIN_S)
        if switch.breaker(switch.first).state != "closed":
            with suppress(HubError):  # the breaker has seen it
                await probe()


async def while_active(switch: Switch, name: str, work: Callable[[], Coroutine[Any, Any, Never]]) -> Never:
    """Do the work as long as calls go over that channel, again and again."""
    while True:
        await switch.until_active(name)
        await first_of(work(), switch.changed())


async def first_of(*works: Coroutine[Any, Any, Any]) -> None:
    """Return, or raise, as the first of them does; the others are cancelled."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
