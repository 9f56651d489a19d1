"""Tells operators in whatever they read (Apprise: DingTalk, WeCom, Feishu, e-mail, webhooks), beside all other work.

A message is delivered by a short process of its own (`agent/notify_process.py`). Apprise would cost the agent 19 MB for
what happens a few times a day; a service that hangs is ended with its process, and holds up no stop of the agent; and
what Apprise and its libraries log of tokens goes nowhere.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Never
from urllib.parse import urlsplit

import msgspec

from agent.bulletins import Bulletin, Bulletins
from agent.logs import keep_secret_url, redacted
from agent.notify_messages import Answer, Delivery
from agent.wakeup import Wakeup

log = logging.getLogger(__name__)

_TRIES_S = (0.0, 1.0, 5.0, 20.0)
_MOST_WAITING = 200
_WITHIN_S = 20.0

#: Delivers it, or only looks at the URL where there is no text; why that failed, empty where it did not.
Send = Callable[[Delivery], Awaitable[str]]


class Operators:
    """`tell` never waits and never raises. `faults`: the services that took nothing the last time, and why."""

    def __init__(
        self,
        urls: Sequence[str],
        site: str,
        *,
        send: Send | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._site = site
        self._clock_s = clock_s
        self._bulletins = Bulletins()
        self._heard: list[Bulletin] = []
        self._wakeup = Wakeup()
        self._services = [_Service(keep_secret_url(url), send or send_by_process, sleep) for url in urls]

    @property
    def faults(self) -> tuple[str, ...]:
        """For /readyz and the screens."""
        return tuple(f"{each.name} takes no messages: {each.fault}" for each in self._services if each.fault)

    def tell(self, bulletin: Bulletin) -> None:
        """To be sent as soon as its turn comes; where nobody is to be told, forgotten."""
        if self._services and len(self._heard) < _MOST_WAITING:
            self._heard.append(bulletin)
            self._wakeup.set()

    def told_before(self, bulletin: Bulletin) -> None:
        """It was so, and was told, before the agent started: only its end is news."""
        self._bulletins.told_before(bulletin, self._clock_s())

    async def run(self) -> None:
        """Send, until cancelled. Each service has a queue of its own: one that hangs delays no other."""
        async with asyncio.TaskGroup() as group:
            for service in self._services:
                group.create_task(service.run(), name=f"notify {service.name}")
            await self._hand_out()

    async def _hand_out(self) -> Never:
        while True:
            next_s = self._bulletins.next_s()
            await self._wakeup.wait(None if next_s is None else max(0.0, next_s - self._clock_s()))
            heard, self._heard = self._heard, []
            now_s = self._clock_s()
            messages = [each for bulletin in heard for each in self._bulletins.heard(bulletin, now_s)]
            for message in [*messages, *self._bulletins.due(now_s)]:
                log.info("operators are told: %s", message.title)
                for service in self._services:
                    service.put(f"floorhand {self._site}: {message.title}", message.text or message.title)


class _Service:
    """One of those that carry messages, with what it has not got yet."""

    def __init__(self, url: str, send: Send, sleep: Callable[[float], Awaitable[None]]) -> None:
        self.name = service_of(url)
        self.fault = ""
        self._url = url
        self._send = send
        self._sleep = sleep
        self._waiting = asyncio.Queue[Delivery](_MOST_WAITING)

    def put(self, title: str, text: str) -> None:
        """The oldest makes room where nothing has gone out for long."""
        if self._waiting.full():
            log.error("operators will not be told by %s: %s", self.name, self._waiting.get_nowait().title)
        self._waiting.put_nowait(Delivery(self._url, title, text))

    async def run(self) -> Never:
        """Show at the start whether the URL can be used; then deliver, one by one."""
        self.fault = await self._send(Delivery(self._url))
        while True:
            await self._deliver(await self._waiting.get())

    async def _deliver(self, delivery: Delivery) -> None:
        for wait_s in _TRIES_S:
            if wait_s:
                await self._sleep(wait_s)
            self.fault = await self._send(delivery)
            if not self.fault:
                return
            log.warning("%s: %s", self.name, self.fault)
        log.error("operators could not be told by %s: %s", self.name, delivery.title)


def service_of(url: str) -> str:
    """What may be said of a URL that holds secrets."""
    try:
        return urlsplit(url).scheme or "notify"
    except ValueError:
        return "notify"


async def send_by_process(delivery: Delivery, within_s: float = _WITHIN_S) -> str:
    """In a process of its own, which gets everything by its stdin: arguments are for all to read."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "agent.notify_process",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(within_s):
            said, _ = await process.communicate(msgspec.json.encode(delivery))
        return redacted(msgspec.json.decode(said, type=Answer).fault)
    except TimeoutError:
        return f"no answer in {within_s:g} s"
    except msgspec.DecodeError:
        return f"its process ended with {process.returncode}"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
