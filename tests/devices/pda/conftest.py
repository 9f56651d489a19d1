"""A real broker per test process, and links that reconnect quickly."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from devices.broker import EmbeddedBroker, available
from devices.mqtt import Message, MqttLink


@pytest.fixture(scope="session")
def broker() -> Iterator[EmbeddedBroker]:
    """The preferred broker, for tests that leave it running; client ids and topics are the test's own."""
    with EmbeddedBroker(durable=False) as running:
        yield running


@pytest.fixture(scope="session", params=available())
def any_broker(request: pytest.FixtureRequest) -> Iterator[EmbeddedBroker]:
    """Each broker that this machine has."""
    with EmbeddedBroker(request.param, durable=False) as running:
        yield running


class Peer:
    """A link under test, with what it received and how often it connected."""

    def __init__(self, link: MqttLink) -> None:
        self.link = link
        self.inbox: asyncio.Queue[Message] = asyncio.Queue()
        self.sessions: asyncio.Queue[bool] = asyncio.Queue()

    async def on_message(self, message: Message) -> None:
        self.inbox.put_nowait(message)

    async def on_connected(self, session_present: bool) -> None:
        self.sessions.put_nowait(session_present)

    async def receive(self, count: int = 1) -> list[bytes]:
        async with asyncio.timeout(10):
            return [(await self.inbox.get()).payload for _ in range(count)]

    async def until_connected(self) -> bool:
        async with asyncio.timeout(10):
            return await self.sessions.get()


Connect = Callable[..., AbstractAsyncContextManager[Peer]]


@pytest.fixture
def connect() -> Connect:
    """`async with connect(url, client_id=…) as peer`: connected inside, gone with a goodbye after."""
    return connected_peer


@asynccontextmanager
async def connected_peer(
    url: str,
    *,
    on_message: Callable[[Message], Coroutine[Any, Any, None]] | None = None,
    **settings: Any,
) -> AsyncIterator[Peer]:
    peer = Peer(MqttLink(url, retry_first_s=0.02, retry_cap_s=0.2, **settings))
    task = asyncio.create_task(peer.link.run(on_message or peer.on_message, peer.on_connected))
    try:
        await peer.until_connected()
        yield peer
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
