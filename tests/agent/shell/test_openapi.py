"""The local API is what docs/openapi.yaml says, whatever it is sent."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
import schemathesis

from agent.core import commands as c
from agent.store.migrate import ensure_schema
from agent.store.store import DATABASE
from tests.agent.floors import GTIN, lines, scan, stop, wave
from tests.agent.shell.stage import ask, came_out, config_of, order_at, pay
from tests.agent.shell.test_api import Office, office
from tests.fuzz import in_a_thread, schema_of, whole_numbers

TOKEN = "api-token"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
EIGHT = "2026-06-18T08:00:00.000Z"


@asynccontextmanager
async def _floor(folder: Path, port: int) -> AsyncIterator[str]:
    """SO-1000 has been shipped, SO-1001 has its label, something waits for a person; at the URL of a TCP listener."""
    (folder / "api-token").write_text(TOKEN)
    base = config_of(folder, printers=[{"id": "lp1", "url": "tcp://127.0.0.1:9"}])
    api = msgspec.structs.replace(base.api, listen=f"127.0.0.1:{port}", token_file=Path("api-token"))
    async with office(msgspec.structs.replace(base, api=api)) as made:
        await pay(made.store, "SO-1000", "SO-1001", lines=lines((1, "A", 1)), cutoff_at=EIGHT)
        await _ship(made, "SO-1000")
        made.views.ready = True
        await ask(made.store, c.OpenException(kind="count", subject="A-01/A", text="count it"))
        yield f"http://127.0.0.1:{port}"


async def _ship(made: Office, order_no: str) -> None:
    await came_out(made.store, order_no)
    await ask(made.store, wave(stop(order_no, qty=1)))
    order = order_at(made.store, order_no)
    (task,) = order.tasks
    pick = c.PickStop(pda="P1", task=task, stop=f"{task}-1", qty=1, barcode=GTIN)
    await ask(made.store, c.AcceptTask(pda="P1", task=task), pick, scan(order.waybill or ""))


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("agent")
    ensure_schema(folder / DATABASE)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with in_a_thread(_floor(folder, port)) as url:
        yield url


local = schema_of(tag="local", examples=100, parameters={})


@local.parametrize()
def test_whatever_is_asked_is_answered_as_described(case: schemathesis.Case, url: str) -> None:
    case.body = whole_numbers(case.body)
    case.call_and_validate(base_url=url, headers=HEADERS)
