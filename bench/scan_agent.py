"""The real agent in a process of its own, with scanners; the hub is away, and the broker too unless it is given."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path

import httpx

from agent.sandbox.processes import Child

_UP_WITHIN_S = 60.0
_NOBODY = "mqtt://127.0.0.1:9"


def write_config(folder: Path, tables: Iterable[str], broker: str = _NOBODY) -> Path:
    """A configuration with these tables, its data in the same folder."""
    (folder / "token").write_text("t")
    config = folder / "floorhand.toml"
    config.write_text(
        "\n\n".join(
            [
                f'[site]\nid = "WH1"\ndata_dir = "{folder}"',
                '[hub]\nurl = "http://127.0.0.1:9"\ntoken_file = "token"',
                f'[broker]\nurl = "{broker}"',
                f'[api]\nsocket = "{folder}/api.sock"',
                *tables,
            ]
        )
    )
    return config


async def start(config: Path) -> Child:
    """Up, with every scanner. RuntimeError with its last words if it ends instead; TimeoutError."""
    folder = config.parent
    agent = Child("agent", ["run", "--config", str(config)], folder)
    agent.start()
    transport = httpx.AsyncHTTPTransport(uds=str(folder / "api.sock"))
    async with httpx.AsyncClient(transport=transport, base_url="http://agent") as api:
        async with asyncio.timeout(_UP_WITHIN_S):
            while not await _is_up(api, agent):  # noqa: ASYNC110 - a fact about another process
                await asyncio.sleep(0.05)
    return agent


async def _is_up(api: httpx.AsyncClient, agent: Child) -> bool:
    try:
        floor = (await api.get("/v1/floor")).json()
    except httpx.HTTPError:
        if not agent.running:
            raise RuntimeError(agent.last_words()) from None
        return False
    return bool(floor["ready"]) and all(each["path"] for each in floor["scanners"])


def cpu_s(pid: int) -> float:
    """What a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
