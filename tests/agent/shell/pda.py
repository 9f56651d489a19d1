"""A PDA in a test's hand: says what the test says, and shows what it was sent."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from devices.mqtt import Message
from devices.topics import Topics
from tests.agent.shell.stage import WAIT_S
from tests.devices.pda.conftest import Peer, connected_peer

_AT = "2026-06-18T08:00:00.000Z"


class Pda:
    """One PDA; `shown` are the messages of its task topic, as bytes."""

    def __init__(self, name: str, site: str) -> None:
        self.name = name
        self.shown: list[tuple[float, bytes]] = []
        self._topics = Topics(site)
        self._tasks: asyncio.Queue[bytes] = asyncio.Queue()
        self._replies: asyncio.Queue[bytes] = asyncio.Queue()
        self._numbers = itertools.count(1)
        self._peer: Peer | None = None

    def hold(self, peer: Peer) -> None:
        """Its link."""
        self._peer = peer

    async def heard(self, message: Message) -> None:
        """From the broker."""
        if message.topic == self._topics.of("task", self.name):
            self.shown.append((asyncio.get_running_loop().time(), message.payload))
            self._tasks.put_nowait(message.payload)
        elif message.topic == self._topics.of("reply", self.name):
            self._replies.put_nowait(message.payload)

    async def present(self, online: bool = True, **fields: Any) -> None:
        """Publish its presence: somebody holds it, everywhere, with a cart."""
        body = {"online": online, "picker": "Han", "zones": [], "cart": f"cart-{self.name}"} | fields
        await self._publish("presence", msgspec.json.encode(body), retain=True)

    async def task(self) -> bytes:
        """The next message of its task topic."""
        async with asyncio.timeout(WAIT_S):
            return await self._tasks.get()

    async def list(self) -> dict[str, Any]:
        """The next pick list or recall."""
        while not (payload := await self.task()):
            continue
        shown: dict[str, Any] = msgspec.json.decode(payload)
        return shown

    async def say(self, kind: str, task: str, **fields: Any) -> dict[str, Any]:
        """An event, and its answer."""
        body = {"id": f"{self.name}-{next(self._numbers)}", "type": kind, "at": _AT, "task": task} | fields
        return await self.send(msgspec.json.encode(body))

    async def send(self, payload: bytes) -> dict[str, Any]:
        """Any bytes as an event, and the answer."""
        await self.throw(payload)
        async with asyncio.timeout(WAIT_S):
            answer: dict[str, Any] = msgspec.json.decode(await self._replies.get())
        return answer

    async def throw(self, payload: bytes) -> None:
        """Any bytes as an event."""
        await self._publish("event", payload)

    async def _publish(self, kind: Any, payload: bytes, *, retain: bool = False) -> None:
        assert self._peer is not None
        await self._peer.link.publish(self._topics.of(kind, self.name), payload, retain=retain)


@asynccontextmanager
async def pda_at(url: str, site: str, name: str = "P1") -> AsyncIterator[Pda]:
    """Connected, and not yet present."""
    pda = Pda(name, site)
    reads = Topics(site).pda_reads(name)
    async with connected_peer(
        url, client_id=f"{site}-{name}", subscriptions=reads, on_message=pda.heard
    ) as peer:
        pda.hold(peer)
        yield pda
