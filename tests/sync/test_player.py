"""The day goes on whatever happens to the hub's process, and what was answered stays."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sync.sandbox.server import HubOptions, RunningHub, running
from tests.sync.conftest import TOKEN
from tests.sync.stores import agent_event

PROGRAM = """
import sys
from pathlib import Path
from sync.sandbox.server import HubOptions, serve
serve(HubOptions(data=Path(sys.argv[1]), token=sys.argv[2], speed=400, seconds=1.5, orders_day=20_000, autostart=True))
"""


async def until(sandbox: httpx.AsyncClient, claim: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The hub's progress once the claim holds of it."""
    async with asyncio.timeout(20):
        while True:
            facts: dict[str, Any] = (await sandbox.get("/progress")).json()
            if claim(facts):
                return facts
            await asyncio.sleep(0.05)  # the surface is polled, as the demo polls it


async def puts(sandbox: httpx.AsyncClient) -> list[tuple[str, str]]:
    return [(put["type"], put["order_no"]) for put in (await sandbox.get("/puts")).json()]


async def test_nothing_arrives_before_the_start(sandbox: httpx.AsyncClient) -> None:
    facts = (await sandbox.get("/progress")).json()
    assert (facts["started"], facts["orders_created"], facts["arrivals_done"]) == (False, 0, False)


async def test_when_arrivals_stop_every_created_order_is_paid_or_cancelled_at_once(
    sandbox: httpx.AsyncClient,
) -> None:
    await sandbox.post("/start", json={"speed": 60, "start": "19:30"})
    await until(sandbox, lambda facts: facts["orders_created"] >= 50)
    await sandbox.post("/stop")
    facts = await until(sandbox, lambda facts: facts["arrivals_done"] and facts["to_come"] == 0)
    kinds: dict[str, set[str]] = {}
    for kind, order_no in await puts(sandbox):
        kinds.setdefault(kind, set()).add(order_no)
    assert kinds["order.created"] == kinds["order.paid"] | kinds.get("order.cancelled", set())
    assert facts["floor_time"].startswith("19:3")


async def test_arrivals_last_as_many_seconds_as_were_asked_for(sandbox: httpx.AsyncClient) -> None:
    await sandbox.post("/start", json={"speed": 100, "seconds": 0.5})
    facts = await until(sandbox, lambda facts: facts["arrivals_done"] and facts["to_come"] == 0)
    rate_per_s = 20_000 * 0.1 / 3600
    assert 0.5 * 100 * rate_per_s * 0.3 < facts["orders_created"] < 0.5 * 100 * rate_per_s * 2.5


async def test_a_second_start_changes_nothing(hub: RunningHub, sandbox: httpx.AsyncClient) -> None:
    await sandbox.post("/start", json={"start": "10:00"})
    await sandbox.post("/start", json={"start": "15:00"})
    assert (await sandbox.get("/progress")).json()["floor_time"].startswith("10:0")


@pytest.mark.parametrize("start", ["25:00", "soon", "1:2:3"])
async def test_a_start_at_no_time_of_day_is_refused(sandbox: httpx.AsyncClient, start: str) -> None:
    assert (await sandbox.post("/start", json={"start": start})).status_code == 422


async def start(options: HubOptions) -> tuple[asyncio.subprocess.Process, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, str(options.data), TOKEN, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), 20)
    return process, f"http://127.0.0.1:{json.loads(line)['listening']}"


async def kill(process: asyncio.subprocess.Process, number: signal.Signals) -> int:
    os.kill(process.pid, number)
    await process.communicate()
    return await process.wait()


@pytest.mark.slow
async def test_a_killed_hub_goes_on_with_the_same_day_and_keeps_what_it_answered(options: HubOptions) -> None:
    process, url = await start(options)
    async with httpx.AsyncClient(base_url=f"{url}/sandbox", trust_env=False) as sandbox:
        await until(sandbox, lambda facts: facts["orders_created"] >= 100)
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/cloudevents-batch+json"}
        body = b"[" + agent_event(1).body + b"]"
        answer = await sandbox.post(f"{url}/v1/sites/WH1/events", content=body, headers=headers)
    await kill(process, signal.SIGKILL)
    assert answer.json()["results"][0]["status"] == "accepted"

    process, url = await start(options)
    async with httpx.AsyncClient(base_url=f"{url}/sandbox", trust_env=False) as sandbox:
        await until(sandbox, lambda facts: facts["arrivals_done"] and facts["to_come"] == 0)
        happened = await puts(sandbox)
        assert [event["id"] for event in (await sandbox.get("/received")).json()] == ["ev-1"]
    assert await kill(process, signal.SIGTERM) == 0
    counts = Counter(happened)
    created = {order_no for kind, order_no in happened if kind == "order.created"}
    assert len(created) > 150
    assert all(counts[kind, order_no] == 1 for kind, order_no in happened)
    assert all(counts["order.paid", no] or counts["order.cancelled", no] for no in created)


async def test_master_data_is_put_once_in_the_ledgers_life(options: HubOptions) -> None:
    heads = []
    for _ in range(2):
        async with running(options) as hub:
            heads.append(hub.hub.ledger.head())
    assert heads[0] == heads[1] > 2000
