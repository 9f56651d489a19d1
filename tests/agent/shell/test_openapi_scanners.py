"""Finding and pairing scanners over the local API is as docs/openapi.yaml describes it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent.config import load
from devices.sim.bluez import BleHandset
from tests.agent.shell.test_api import Office, office
from tests.agent.shell.test_api_scanners import PACK7, SITE
from tests.openapi import Exchange, OpenApi, events_in

API = OpenApi()


@pytest.fixture
async def made(data_dir: Path) -> AsyncIterator[Office]:
    file = data_dir / "floorhand.toml"
    file.write_text(SITE)
    async with office(load(file)) as opened:
        yield opened


@pytest.mark.usefixtures("guns")
async def test_what_is_found_is_as_described(made: Office) -> None:
    answer = await made.client.post("/v1/scanners/find", json={"seconds": 1.5}, timeout=60)
    assert len(answer.json()["scanners"]) == 3
    assert API.faults(Exchange.of(answer)) == []


async def test_a_pairings_steps_are_as_described(made: Office, guns: list[BleHandset]) -> None:
    read = b""
    code = ""
    async with (
        asyncio.timeout(60),
        made.client.stream("POST", "/v1/scanners/pair", json=PACK7, timeout=60) as stream,
    ):
        async for piece in stream.aiter_raw():
            read += piece
            for event in events_in(read):
                code = event["data"].get("code", code)
            newest = list(events_in(read))[-1:]
            if newest and newest[0]["event"] == "candidate":
                await _scan(guns, newest[0]["data"]["candidate"], code)
    assert {event["event"] for event in events_in(read)} == {"code", "candidate", "paired"}
    assert API.faults(Exchange.of(stream, read)) == []


async def _scan(guns: list[BleHandset], candidate: dict[str, object], code: str) -> None:
    """Whoever holds that scanner reads the code with it, once somebody listens."""
    if candidate["fault"] is None:
        await next(gun for gun in guns if gun.address == candidate["address"]).scan(code)


async def test_a_pairing_that_fails_says_so_as_described(
    made: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/no-bus")
    answer = await made.client.post("/v1/scanners/pair", json=PACK7, timeout=60)
    assert [event["event"] for event in events_in(answer.content)] == ["code", "failed"]
    assert API.faults(Exchange.of(answer)) == []
