"""The local API is what docs/openapi.yaml says, whatever it is sent."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import schemathesis

from agent.core import commands as c
from agent.hub_inbox import HubInbox
from agent.store.migrate import ensure_schema
from agent.store.store import DATABASE
from agent.views import Views
from sync.feed import read_event
from tests.agent.floors import GTIN, lines, scan, stop, wave
from tests.agent.shell.stage import ask, came_out, config_of, order_at, pay
from tests.agent.shell.test_api import Office, office
from tests.fuzz import in_a_thread, schema_of, whole_numbers
from tests.openapi import Exchange, OpenApi, events_in

API = OpenApi()
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
        await HubInbox(made.store).accept([read_event("1", "{}")])
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
def test_whatever_is_asked_is_answered_as_described(case: schemathesis.Case[Any], url: str) -> None:
    case.body = whole_numbers(case.body)
    case.call_and_validate(base_url=url, headers=HEADERS)


@pytest.mark.parametrize(
    ("method", "path", "rest", "status"),
    [
        ("GET", "/v1/nothing", {}, 404),
        ("GET", "/v1/floor/", {}, 404),
        ("PUT", "/v1/floor", {}, 405),
        ("GET", "/v1/commands", {}, 405),
        ("POST", "/v1/commands", {"data": {"id": "1"}}, 415),
        ("POST", "/v1/scanners/find", {"data": {"seconds": "1"}}, 415),
        ("GET", "/v1/orders", {"params": {"limit": "9" * 5000}}, 400),
        ("GET", "/v1/orders", {"params": {"limit": "٣"}}, 400),
        ("GET", "/v1/manifests/SF/noon", {}, 400),
        ("GET", "/v1/orders/%FF", {}, 404),
    ],
)
def test_every_refusal_is_a_problem_document(
    url: str, method: str, path: str, rest: dict[str, Any], status: int
) -> None:
    answer = httpx.request(method, url + path, headers=HEADERS, trust_env=False, **rest)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert API.component("Problem", answer.json()) == []
    assert answer.json()["status"] == status
    assert ("allow" in answer.headers) == (status == 405)


def test_a_body_that_says_nothing_of_its_type_is_read_as_json(url: str) -> None:
    body = b'{"id": "c7", "by": "mei", "type": "order.unhold", "order_no": "SO-9"}'
    answer = httpx.post(f"{url}/v1/commands", content=body, headers=HEADERS, trust_env=False)
    assert (answer.status_code, answer.json()["status"]) == (200, "refused")


def test_a_fault_of_the_agents_own_is_a_problem_document_too(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Views) -> None:
        raise LookupError("a table is gone")

    monkeypatch.setattr(Views, "exceptions", broken)
    answer = httpx.get(f"{url}/v1/exceptions", headers=HEADERS, trust_env=False)
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert "LookupError" in answer.json()["detail"]


def test_the_stream_of_the_floor_is_as_described(url: str) -> None:
    with httpx.stream("GET", f"{url}/v1/floor/stream", headers=HEADERS, trust_env=False) as stream:
        read = b""
        for piece in stream.iter_raw():
            read += piece
            if b"\n\n" in read:
                break
    assert len(list(events_in(read))) == 1
    assert API.faults(Exchange.of(stream, read)) == []


def test_a_shipped_orders_whole_day_is_as_described(url: str) -> None:
    with httpx.Client(base_url=url, headers=HEADERS, trust_env=False) as client:
        answers = [
            client.get(path)
            for path in ("/v1/orders/SO-1000", "/v1/manifests", f"/v1/manifests/SF/{EIGHT}", "/v1/exceptions")
        ]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert answers[0].json()["order"]["placed_at"] == "2026-06-18T00:00:03.120Z"
    assert [fault for answer in answers for fault in API.faults(Exchange.of(answer))] == []
