"""The keeper of the waybill pool: orders that waited for a carrier are labelled, however many they are."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from agent.core import commands as c
from agent.core.events import LabelQueued
from agent.core.floor import Entry
from agent.leases import LeaseKeeper
from agent.store.store import Store, now_ms
from sync.client import HubClient
from tests.agent.floors import lease, order, paid

ORDERS = 120


class Labels:
    """Hears of every label that is queued, until all orders have theirs."""

    def __init__(self, store: Store) -> None:
        self.queued: set[str] = set()
        self.all = asyncio.Event()
        store.follow(self._hear)

    def _hear(self, entries: Sequence[Entry]) -> None:
        self.queued |= {each.event.order_no for each in entries if isinstance(each.event, LabelQueued)}
        if len(self.queued) == ORDERS:
            self.all.set()


async def test_a_carrier_that_is_active_again_with_a_full_pool_leaves_no_order_waiting(store: Store) -> None:
    for command in lease(*(f"SF{n:03}" for n in range(ORDERS)), until=now_ms() + 10**9):
        await store.ask(command)
    for number in range(ORDERS):
        await store.ask(order(f"SO-{number}"))
        await store.ask(paid(f"SO-{number}"))
    labels = Labels(store)
    async with HubClient("http://127.0.0.1:9", "WH1", "secret") as nobody:
        keeper = asyncio.create_task(LeaseKeeper(store, nobody).run())
        await store.ask(c.SetCarrier(data={"carrier": "SF", "lease_low": 0}))
        async with asyncio.timeout(10):
            await labels.all.wait()
        keeper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeper
