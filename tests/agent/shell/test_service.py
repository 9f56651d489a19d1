"""The service as the process that ships: ready without anybody, alone on its data, and gone when it is told."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent.store.verify import verify
from devices.broker import tied_to_this_process
from tests.agent.shell.stage import WAIT_S

_COMMAND = [sys.executable, "-m", "agent.cli", "run", "--log", "json", "--config"]
_HEAVY = ("ortools", "numpy", "pandas", "sqlite_utils")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Nobody is there: no hub, no broker, no printer, no scanner."""
    file = tmp_path / "floorhand.toml"
    file.write_text(
        f"""
[site]
id = "WH1"
data_dir = "{tmp_path}/data"
[hub]
url = "http://127.0.0.1:9"
[broker]
url = "mqtt://127.0.0.1:9"
[api]
socket = "{tmp_path}/run/api.sock"
[[printers]]
id = "lp1"
url = "tcp://127.0.0.1:9"
[[scanners]]
id = "dock1"
url = "serial://{tmp_path}/no-scanner"
role = "ship"
""",
        "utf-8",
    )
    return file


class Agent:
    """A running agent, and how long it took to get ready."""

    def __init__(self, process: asyncio.subprocess.Process, client: httpx.AsyncClient) -> None:
        self.process = process
        self.client = client
        self.ready_s = 0.0

    async def until_ready(self) -> None:
        began = time.monotonic()
        async with asyncio.timeout(WAIT_S):
            while not await self._is_ready():
                assert self.process.returncode is None, "it ended"
                await asyncio.sleep(0.02)
        self.ready_s = time.monotonic() - began

    async def _is_ready(self) -> bool:
        try:
            return (await self.client.get("/readyz")).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    async def stop(self) -> tuple[int, float]:
        """SIGTERM; its exit code, and how long it took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(12):
            return await self.process.wait(), time.monotonic() - began


@asynccontextmanager
async def agent_of(config: Path, **environment: str) -> AsyncIterator[Agent]:
    """Ready inside, and gone after."""
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path.cwd())} | environment
    command = tied_to_this_process([*_COMMAND, str(config)])
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stderr=asyncio.subprocess.DEVNULL
    )
    transport = httpx.AsyncHTTPTransport(uds=str(config.parent / "run" / "api.sock"))
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            httpx.AsyncClient(transport=transport, base_url="http://agent")
        )
        try:
            agent = Agent(process, client)
            await agent.until_ready()
            yield agent
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def test_it_is_ready_without_hub_broker_printers_and_scanners_and_says_what_is_missing(
    config: Path,
) -> None:
    async with agent_of(config) as agent:
        degraded: list[str] = []
        async with asyncio.timeout(WAIT_S):
            while {"hub feed down", "broker down"} - set(degraded):
                degraded = (await agent.client.get("/readyz")).json()["degraded"]
                await asyncio.sleep(0.05)
        view: dict[str, Any] = {"printers": [{"reason": ""}], "scanners": [{"state": "up"}]}
        async with asyncio.timeout(WAIT_S):
            while "127.0.0.1:9" not in view["printers"][0]["reason"] or view["scanners"][0]["state"] == "up":
                view = (await agent.client.get("/v1/floor")).json()
                await asyncio.sleep(0.05)
        assert view["scanners"][0]["state"] == "fault"
        assert (view["printers"][0]["state"], view["printers"][0]["ready"]) == ("unknown", False)
        code, took_s = await agent.stop()
        print(f"ready after {agent.ready_s:.2f} s, stopped after {took_s:.2f} s")
        assert code == 0
        assert took_s < 10


async def test_it_keeps_the_solver_out_of_its_memory(config: Path) -> None:
    async with agent_of(config) as agent:
        proc = Path(f"/proc/{agent.process.pid}")
        mapped = proc.joinpath("maps").read_text()
        rss_kb = int(
            next(
                line for line in proc.joinpath("status").read_text().splitlines() if "VmRSS" in line
            ).split()[1]
        )
        print(f"idle agent: {rss_kb / 1024:.0f} MB RSS")
        assert [name for name in _HEAVY if f"/{name}/" in mapped] == []
        assert rss_kb < 120 * 1024


def test_it_imports_no_solver(config: Path) -> None:
    script = f"import sys, agent.service; print([name for name in {_HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_a_second_one_on_the_same_data_ends_at_once_with_2_and_says_why(config: Path) -> None:
    async with agent_of(config) as agent:
        began = time.monotonic()
        second = await asyncio.create_subprocess_exec(*_COMMAND, str(config), stderr=asyncio.subprocess.PIPE)
        _, words = await second.communicate()
        print(f"the second ended after {time.monotonic() - began:.2f} s")
        assert second.returncode == 2
        assert b"another agent runs on" in words
        assert (await agent.client.get("/readyz")).status_code == 200


async def test_it_ends_with_0_while_a_screen_watches_its_stream(config: Path) -> None:
    async with agent_of(config) as agent, agent.client.stream("GET", "/v1/floor/stream") as stream:
        await anext(stream.aiter_lines())
        code, took_s = await agent.stop()
        assert code == 0
        assert took_s < 10


async def test_the_service_manager_hears_that_it_is_ready_and_that_it_stops(config: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(config.parent / "notify"))
        manager.setblocking(False)
        loop = asyncio.get_running_loop()
        async with agent_of(config, NOTIFY_SOCKET=str(config.parent / "notify")) as agent:
            ready = await asyncio.wait_for(loop.sock_recv(manager, 4096), WAIT_S)
            await agent.stop()
            stopping = await asyncio.wait_for(loop.sock_recv(manager, 4096), WAIT_S)
    assert ready.splitlines()[0] == b"READY=1"
    assert stopping == b"STOPPING=1"


async def test_killed_and_started_again_it_goes_on_with_a_whole_journal(config: Path) -> None:
    for _ in range(2):
        async with agent_of(config) as agent:
            agent.process.kill()
            await agent.process.wait()
    async with agent_of(config) as agent:
        assert verify(config.parent / "data").ok


def test_an_api_address_that_is_taken_is_said_in_a_sentence(config: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        config.write_text(config.read_text("utf-8").replace("[api]", f'[api]\nlisten = "{listen}"'), "utf-8")
        ended = subprocess.run(
            [*_COMMAND, str(config)], capture_output=True, text=True, timeout=WAIT_S, check=False
        )
    assert ended.returncode == 2
    assert f"`api.listen`: {listen}" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "never awaited" not in ended.stderr
