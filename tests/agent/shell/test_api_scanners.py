"""Finding and pairing over the local API: a real child, the real bleak, a fake BlueZ."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from httpx_sse import ServerSentEvent, aconnect_sse

from agent.api import scanners
from agent.api.messages import FoundView, PairingCandidate, PairingCode, PairingDone
from agent.config import load
from devices.sim.bluez import BleHandset
from tests.agent.shell.stage import config_of, until
from tests.agent.shell.test_api import Office, office
from tui.client import AgentClient

SITE = """
[site]
id = "WH1"
data_dir = "."
[hub]
url = "http://127.0.0.1:9"
[broker]
url = "mqtt://127.0.0.1:9"
[api]
socket = "api.sock"
[[scanners]]
id = "dock1"
role = "ship"
url = "ble://C0:DE:00:00:00:01?profile=nus"
"""
PACK7 = {"station": "pack7", "role": "pack"}


@pytest.fixture
def file(data_dir: Path) -> Path:
    """The site's configuration."""
    written = data_dir / "floorhand.toml"
    written.write_text(SITE)
    return written


@pytest.fixture
async def made(file: Path) -> AsyncIterator[Office]:
    async with office(load(file)) as opened:
        yield opened


async def find(made: Office, **asked: Any) -> httpx.Response:
    return await made.client.post("/v1/scanners/find", json=asked, timeout=60)


@asynccontextmanager
async def pairing(made: Office, **asked: Any) -> AsyncIterator[AsyncIterator[ServerSentEvent]]:
    """The steps of a pairing that has begun."""
    async with (
        asyncio.timeout(60),
        aconnect_sse(made.client, "POST", "/v1/scanners/pair", json=PACK7 | asked, timeout=60) as source,
    ):
        yield source.aiter_sse()


@pytest.mark.usefixtures("guns")
async def test_what_is_around_is_found_with_its_signal_and_whose_it_is(made: Office) -> None:
    answer = await find(made, seconds=1.5)
    view = msgspec.json.decode(answer.content, type=FoundView)
    assert [(each.name, each.profile, each.station) for each in view.scanners] == [
        ("GUN-2", "feea", None), ("GUN-1", "nus", "dock1"), ("GUN-3", "nus", None),
    ]  # fmt: skip
    signals_dbm = [each.signal_dbm or 0 for each in view.scanners]
    assert signals_dbm == sorted(signals_dbm, reverse=True)
    assert signals_dbm[0] < 0
    assert view.fault is None


async def test_a_machine_without_bluetooth_says_what_to_do(
    made: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/no-bus")
    view = msgspec.json.decode((await find(made)).content, type=FoundView)
    assert "no D-Bus on this machine" in (view.fault or "")
    async with pairing(made) as steps:
        assert [step.event async for step in steps] == ["code", "failed"]


@pytest.mark.usefixtures("made")
async def test_the_scanner_that_reads_the_code_gets_the_station(guns: list[BleHandset], file: Path) -> None:
    """As the supervisor's screens see it."""
    async with (
        asyncio.timeout(60),
        AgentClient.on_socket(file.with_name("api.sock")) as client,
        aclosing(client.pair("pack7", "pack", write=True)) as steps,
    ):
        code = await anext(steps)
        assert isinstance(code, PairingCode)
        async for step in steps:
            if isinstance(step, PairingCandidate) and step.candidate.fault is None:
                await next(gun for gun in guns if gun.address == step.candidate.address).scan(code.code)
            last = step
    assert isinstance(last, PairingDone)
    assert (last.paired.name, last.paired.station, last.paired.written) == ("GUN-2", "pack7", True)
    assert "restart the agent" in last.paired.then
    added = load(file).scanners[-1]
    assert (added.id, added.role, added.url) == ("pack7", "pack", last.paired.url)


async def is_busy(made: Office) -> bool:
    """Asked in a way that lasts no time where it is not."""
    return (await find(made, seconds=0.01)).status_code == 409


async def free_again(made: Office) -> None:
    """Sooner than the search would have ended by itself."""
    async with asyncio.timeout(25):
        while await is_busy(made):  # noqa: ASYNC110 - only asking tells
            await asyncio.sleep(0.05)


@pytest.mark.usefixtures("guns")
async def test_one_search_at_a_time_and_a_client_that_hangs_up_ends_its_own(made: Office) -> None:
    async with pairing(made) as steps:
        assert (await anext(steps)).event == "code"
        refused = await find(made)
        again = await made.client.post("/v1/scanners/pair", json=PACK7)
        assert (refused.status_code, again.status_code) == (409, 409)
        assert "another search is under way" in refused.json()["detail"]
    await free_again(made)


async def test_an_agent_that_ends_lets_go_of_what_it_has_connected(
    guns: list[BleHandset], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanners, "_STOPS_WITHIN_S", 30.0)  # on a busy machine
    async with office(load(file)) as made:
        steps = asyncio.create_task(made.client.post("/v1/scanners/pair", json=PACK7, timeout=60))
        await until(lambda: guns[1].ready)
    assert not guns[1].ready
    await asyncio.gather(steps, return_exceptions=True)


async def test_a_client_that_hangs_up_leaves_no_scanner_connected(
    guns: list[BleHandset], made: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanners, "_LETS_GO_WITHIN_S", 30.0)
    async with pairing(made) as steps:
        async for _ in steps:
            if guns[1].ready:
                break
    await until(lambda: not guns[1].ready)


@pytest.mark.usefixtures("guns")
async def test_a_search_that_nobody_waits_for_ends(made: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    started, start = asyncio.Event(), scanners._Child.start

    async def watched(*arguments: str) -> scanners._Child:
        started.set()
        return await start(*arguments)

    monkeypatch.setattr(scanners._Child, "start", watched)
    waiting = asyncio.create_task(find(made, seconds=30))
    await started.wait()
    assert await is_busy(made)
    waiting.cancel()
    await free_again(made)


async def test_a_station_that_is_taken_is_refused_in_words(made: Office) -> None:
    async with pairing(made, station="dock1", write=True) as steps:
        (step,) = [step async for step in steps]
    assert step.event == "failed"
    assert "stands twice" in json.loads(step.data)["failed"]


async def test_a_child_that_breaks_is_told_and_frees_its_place(
    made: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanners, "sys", type("broken", (), {"executable": "/bin/false"}))
    assert (await find(made)).status_code == 502
    async with pairing(made) as steps:
        (step,) = [step async for step in steps]
    assert "the agent's log says why" in json.loads(step.data)["failed"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("find", b'{"seconds": 31}'),
        ("find", b'{"seconds": 0}'),
        ("find", b"now"),
        ("pair", b""),
        ("pair", b'{"station": "pack 7", "role": "pack"}'),
        ("pair", b'{"station": "--write", "role": "cook"}'),
    ],
)
async def test_what_is_not_understood_is_a_400(made: Office, path: str, body: bytes) -> None:
    answer = await made.client.post(f"/v1/scanners/{path}", content=body)
    assert answer.status_code == 400
    assert answer.json()["detail"]


async def test_an_agent_without_a_file_has_nothing_to_search_for(data_dir: Path) -> None:
    async with office(config_of(data_dir)) as made:
        answer = await find(made)
    assert answer.status_code == 409
    assert "no configuration file" in answer.json()["detail"]
