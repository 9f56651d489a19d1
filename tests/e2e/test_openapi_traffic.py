"""A floor's whole day, its agent the real process: all that goes to and fro is as docs/openapi.yaml describes it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from agent.sandbox.floor import FloorOptions, SandboxFloor
from devices.sim.picker import Habits
from tests.openapi import Exchange, OpenApi
from tests.recording import Recording, recording

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

OPTIONS = FloorOptions(
    orders_day=6000, seconds=4, speed=60, pickers=4, habits=Habits(short_p=0.05, wrong_barcode_p=0.02)
)
#: What a day without trouble leaves out is sent by tests of its own.
SEEN = {
    "order.accepted", "label.queued", "label.printed", "wave.released", "picklist.assigned", "stop.picked",
    "stop.short", "order.picked", "parcel.packed", "parcel.shipped", "exception.opened",
}  # fmt: skip


class ObservedFloor(SandboxFloor):
    """Its agent reaches the hub through a proxy that remembers, and so does what asks the agent."""

    hub_traffic: Recording
    local_traffic: list[Exchange]

    async def _set_up(self) -> None:
        self.local_traffic = []
        await super()._set_up()
        url, self.hub_traffic = await self._stack.enter_async_context(recording(str(self.hub.base_url)))
        self._write_config(url)
        self.api.event_hooks["response"].append(self._heard)

    async def _heard(self, answer: httpx.Response) -> None:
        await answer.aread()
        self.local_traffic.append(Exchange.of(answer))


async def test_a_days_traffic_is_as_described(tmp_path: Path) -> None:
    api = OpenApi()
    async with ObservedFloor(tmp_path, OPTIONS) as floor:
        await floor.start_agent()
        await floor.whole_floor_up()
        await floor.start_day()
        assert await floor.until_empty(120)
        orders = (await floor.api.get("/v1/orders", params={"limit": 3})).json()["orders"]
        for path in ("/v1/manifests", "/v1/manifests/SF/later", "/v1/orders/nobody"):
            await floor.api.get(path)
        for order in orders:
            await floor.api.get(f"/v1/orders/{order['order_no']}")
        await floor.agent.stop()
    hub, local = floor.hub_traffic.exchanges, floor.local_traffic
    print(f"{len(hub)} exchanges with the hub, {len(local)} over the local API")
    assert [fault for each in hub + local for fault in api.faults(each)] == []
    assert types_of(hub) >= SEEN
    assert api.operations(hub) >= {
        ("readFeed", 200), ("readSnapshot", 200), ("postEvents", 200), ("leaseWaybills", 201),
    }  # fmt: skip
    assert api.operations(local) >= {
        ("isReady", 200), ("getFloor", 200), ("findOrders", 200), ("getOrder", 200), ("getOrder", 404),
        ("getExceptions", 200), ("getDepartures", 200), ("giveCommand", 200),
    }  # fmt: skip


async def test_while_events_are_refused_the_hub_shows_states_that_run_ahead_of_them(tmp_path: Path) -> None:
    api = OpenApi()
    async with ObservedFloor(tmp_path, OPTIONS) as floor:
        await floor.start_agent()
        await floor.whole_floor_up()
        await floor.hub.post("/sandbox/faults", json={"path": "events", "status": 503, "retry_after": 1})
        await floor.start_day()
        ahead = await shown_ahead(floor)
        await floor.hub.delete("/sandbox/faults")
        assert await floor.until_empty(120)
        assert {each["told_by"] for each in await shown(floor)} == {"event"}
        await floor.agent.stop()
    hub = floor.hub_traffic.exchanges
    print(f"{ahead} orders were shown ahead of their events")
    assert [fault for each in hub for fault in api.faults(each)] == []
    assert api.operations(hub) >= {("postStatuses", 200), ("postEvents", 503), ("postEvents", 200)}


async def shown_ahead(floor: SandboxFloor) -> int:
    """Once a status is shown of any order: of how many."""
    async with asyncio.timeout(60):
        while True:
            told_by = [each["told_by"] for each in await shown(floor)]
            if "status" in told_by:
                return told_by.count("status")
            await asyncio.sleep(0.5)


async def shown(floor: SandboxFloor) -> list[dict[str, Any]]:
    """What the hub shows of each order."""
    rows: list[dict[str, Any]] = (await floor.hub.get("/sandbox/shown")).json()
    return rows


def types_of(exchanges: list[Exchange]) -> set[str]:
    """Of the agent's events that the hub took."""
    return {
        event["type"]
        for each in exchanges
        if each.method == "POST" and each.target.endswith("/events") and each.status == 200
        for event in msgspec.json.decode(each.request_body)
    }
