"""Tells operators in whatever they read (Apprise: DingTalk, WeCom, Feishu, e-mail, webhooks), beside all other work.

Apprise is imported by the thread that sends, and only where somebody is to be told: it would cost every start time and
memory. What a service does not take is tried again; what is wrong with it is shown, without its URL, which is a secret.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Never
from urllib.parse import urlsplit

from agent.bulletins import Bulletin, Bulletins
from agent.core import events as ev
from agent.core.floor import Entry
from agent.logs import keep_secret
from agent.wakeup import Wakeup

log = logging.getLogger(__name__)

#: Exceptions that cannot wait until somebody looks at a screen.
TOLD_KINDS = frozenset(
    {"waybills-exhausted", "waybills-low", "waybills-expiring", "lease-refused", "parked-event", "payment"}
)
_TRIES_S = (0.0, 1.0, 5.0, 20.0)
_MOST_WAITING = 200

#: (url, title, text) -> was it taken? Called in the sending thread.
Send = Callable[[str, str, str], bool]


class Operators:
    """`tell` never waits and never raises. `faults`: the services that took nothing the last time."""

    def __init__(
        self,
        urls: Sequence[str],
        site: str,
        *,
        send: Send | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._urls = tuple(keep_secret(url) for url in urls)
        self._site = site
        self._send = send or send_by_apprise
        self._sleep = sleep
        self._clock_s = clock_s
        self._bulletins = Bulletins()
        self._heard: list[Bulletin] = []
        self._wakeup = Wakeup()
        self._threads = ThreadPoolExecutor(max_workers=max(1, len(urls)), thread_name_prefix="notify")
        self.faults: tuple[str, ...] = ()

    def tell(self, bulletin: Bulletin) -> None:
        """To be sent as soon as its turn comes; where nobody is to be told, forgotten."""
        if self._urls and len(self._heard) < _MOST_WAITING:
            self._heard.append(bulletin)
            self._wakeup.set()

    def follow(self, entries: Sequence[Entry]) -> None:
        """Exceptions that were committed."""
        for entry in entries:
            match entry.event:
                case ev.ExceptionOpened(exception=key, kind=kind, text=text) if kind in TOLD_KINDS:
                    self.tell(Bulletin(_matter(kind, key), bad=True, title=kind, text=text))
                case ev.ExceptionClosed(exception=key, kind=kind, note=note) if kind in TOLD_KINDS:
                    self.tell(Bulletin(_matter(kind, key), bad=False, title=f"{kind}: over", text=note))

    async def run(self) -> None:
        """Send, until cancelled. Each service has a queue of its own: one that hangs delays no other."""
        queues = {url: asyncio.Queue[Bulletin]() for url in self._urls}
        try:
            async with asyncio.TaskGroup() as group:
                for url, queue in queues.items():
                    group.create_task(self._serve(url, queue), name=f"notify {service_of(url)}")
                await self._hand_out(list(queues.values()))
        finally:
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def _hand_out(self, queues: Sequence[asyncio.Queue[Bulletin]]) -> Never:
        while True:
            next_s = self._bulletins.next_s()
            await self._wakeup.wait(None if next_s is None else max(0.0, next_s - self._clock_s()))
            heard, self._heard = self._heard, []
            now_s = self._clock_s()
            messages = [each for bulletin in heard for each in self._bulletins.heard(bulletin, now_s)]
            for message in [*messages, *self._bulletins.due(now_s)]:
                for queue in queues:
                    queue.put_nowait(message)

    async def _serve(self, url: str, queue: asyncio.Queue[Bulletin]) -> Never:
        while True:
            message = await queue.get()
            taken = await self._deliver(url, f"floorhand {self._site}: {message.title}", message.text)
            fault = f"{service_of(url)} takes no messages"
            others = tuple(each for each in self.faults if each != fault)
            self.faults = others if taken else (*others, fault)

    async def _deliver(self, url: str, title: str, text: str) -> bool:
        loop = asyncio.get_running_loop()
        for wait_s in _TRIES_S:
            if wait_s:
                await self._sleep(wait_s)
            try:
                if await loop.run_in_executor(self._threads, partial(self._send, url, title, text)):
                    return True
            except Exception as error:  # of somebody else's plug-in: the floor goes on
                log.warning("%s: %s", service_of(url), type(error).__name__)
        log.error("operators could not be told by %s: %s", service_of(url), title)
        return False


def _matter(kind: str, exception: str) -> str:
    """Parked events, payments and orders without a number are told as one matter each, not one by one."""
    return exception if kind in {"waybills-low", "waybills-expiring", "lease-refused"} else kind


def service_of(url: str) -> str:
    """What may be said of a URL that holds secrets."""
    return urlsplit(url).scheme or "notify"


def is_known(url: str) -> bool:
    """Does Apprise know how to use it?"""
    import apprise  # noqa: PLC0415  # heavy; see above

    return apprise.Apprise.instantiate(url, suppress_exceptions=True) is not None


def send_by_apprise(url: str, title: str, text: str) -> bool:
    """Send now, in this thread, within Apprise's own time-outs (4 s each to connect and to read)."""
    import apprise  # noqa: PLC0415  # heavy; see above

    service = apprise.Apprise()
    return bool(service.add(url) and service.notify(body=text, title=title))
