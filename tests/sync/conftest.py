"""A sandbox hub per test, a client of it, and what to watch the link with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from sync.client import HubClient
from sync.protocols import LinkState
from sync.sandbox.proxy import FaultyProxy
from sync.sandbox.server import HubOptions, RunningHub, running

TOKEN = "sandbox-token"


class Asked:
    """A sleep that takes no time, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.delays_s: list[float] = []
        self._changed = asyncio.Condition()

    async def sleep(self, delay_s: float) -> None:
        async with self._changed:
            self.delays_s.append(delay_s)
            self._changed.notify_all()
        await asyncio.sleep(0.001)

    async def until(self, count: int) -> None:
        """Return once it was asked for so many delays."""
        async with asyncio.timeout(10), self._changed:
            await self._changed.wait_for(lambda: len(self.delays_s) >= count)


class States:
    """The states that a link reported."""

    def __init__(self) -> None:
        self.seen: list[LinkState] = []

    def __call__(self, state: LinkState) -> None:
        self.seen.append(state)

    def doings(self) -> list[str]:
        return [state.doing for state in self.seen]


@asynccontextmanager
async def going(work: Coroutine[Any, Any, Any]) -> AsyncIterator[None]:
    """The work runs beside the block; what it raises comes out at the end."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        outcomes = await asyncio.gather(task, return_exceptions=True)
    if not isinstance(outcomes[0], asyncio.CancelledError):
        raise AssertionError("the work ended by itself") from outcomes[0]


@pytest.fixture
def options(tmp_path: Path) -> HubOptions:
    return HubOptions(data=tmp_path / "hub", token=TOKEN, orders_day=20_000)


@pytest.fixture
async def hub(options: HubOptions) -> AsyncIterator[RunningHub]:
    async with running(options) as hub:
        yield hub


@pytest.fixture
async def client(hub: RunningHub) -> AsyncIterator[HubClient]:
    async with HubClient(hub.url, "WH1", TOKEN) as client:
        yield client


@pytest.fixture
async def http(hub: RunningHub) -> AsyncIterator[httpx.AsyncClient]:
    """Plain HTTP to the hub, for what the link never sends."""
    base, headers = f"{hub.url}/v1/sites/WH1", {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(base_url=base, headers=headers, trust_env=False) as http:
        yield http


@pytest.fixture
async def sandbox(hub: RunningHub) -> AsyncIterator[httpx.AsyncClient]:
    """The hub's control surface."""
    async with httpx.AsyncClient(base_url=f"{hub.url}/sandbox", trust_env=False) as http:
        yield http


@pytest.fixture
async def proxy(hub: RunningHub) -> AsyncIterator[FaultyProxy]:
    async with FaultyProxy(hub.port) as proxy:
        yield proxy


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def states() -> States:
    return States()
