"""A sandbox hub that misbehaves when it is told to, so that an agent can be rehearsed against it."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec
import pytest

from sync.client import HubClient
from sync.errors import Busy, HubError, NotTheHub, Unreachable
from sync.sandbox.faults import BOMB_BYTES, PORTAL_URL, Fault, Faults
from sync.sandbox.server import HubOptions, RunningHub, running
from tests.sync.stores import agent_event

BATCH = {"Content-Type": "application/cloudevents-batch+json"}


async def befall(sandbox: httpx.AsyncClient, **fault: Any) -> None:
    assert (await sandbox.post("/faults", json=fault)).status_code == 200


async def ledger_rows(sandbox: httpx.AsyncClient) -> int:
    return len((await sandbox.get("/received")).json())


async def test_so_many_requests_of_a_path_are_refused_and_the_others_are_not(
    http: httpx.AsyncClient, sandbox: httpx.AsyncClient
) -> None:
    await befall(sandbox, status=503, retry_after=2, count=2, path="events")
    assert (await http.get("/snapshot/carriers")).status_code == 200
    answers = [await http.post("/events", content=b"[]", headers=BATCH) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert answers[0].headers["Retry-After"] == "2"
    assert answers[0].json()["status"] == 503


async def test_a_fault_without_a_count_lasts_until_it_is_cleared(
    http: httpx.AsyncClient, sandbox: httpx.AsyncClient
) -> None:
    await befall(sandbox, status=429, retry_after="Thu, 18 Jun 2026 00:00:00 GMT")
    seen = [await http.get("/snapshot/skus") for _ in range(3)]
    assert [(each.status_code, each.headers["Retry-After"][:3]) for each in seen] == [(429, "Thu")] * 3
    assert (await sandbox.get("/faults")).json()[0]["status"] == 429  # the control surface is never touched
    await sandbox.delete("/faults")
    assert (await http.get("/snapshot/skus")).status_code == 200


async def test_faults_befall_in_the_order_in_which_they_were_asked_for(
    http: httpx.AsyncClient, sandbox: httpx.AsyncClient
) -> None:
    for status in (401, 413):
        await befall(sandbox, status=status, count=1)
    assert [(await http.get("/snapshot/skus")).status_code for _ in range(3)] == [401, 413, 200]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 503, "retry_after": 2}, Busy),
        ({"body": "portal"}, NotTheHub),
        ({"body": "redirect"}, NotTheHub),
        ({"body": "truncated"}, Unreachable),
    ],
)
async def test_the_link_takes_each_for_what_it_is(
    client: HubClient, sandbox: httpx.AsyncClient, fault: dict[str, Any], error: type[HubError]
) -> None:
    await befall(sandbox, **fault)
    with pytest.raises(error):
        await client.ship([agent_event(1)])


async def test_a_portal_redirects_to_itself(http: httpx.AsyncClient, sandbox: httpx.AsyncClient) -> None:
    await befall(sandbox, body="redirect")
    answer = await http.post("/events", content=b"[]", headers=BATCH)
    assert (answer.status_code, answer.headers["Location"]) == (302, PORTAL_URL)


async def test_a_truncated_answer_is_lost_after_the_commit(
    http: httpx.AsyncClient, sandbox: httpx.AsyncClient
) -> None:
    await befall(sandbox, body="truncated", count=1)
    batch = b"[" + agent_event(1).body + b"]"
    with pytest.raises(httpx.RemoteProtocolError):
        await http.post("/events", content=batch, headers=BATCH)
    assert await ledger_rows(sandbox) == 1
    again = await http.post("/events", content=batch, headers=BATCH)
    assert again.json()["results"][0]["status"] == "duplicate"


async def test_a_truncated_feed_breaks_off(http: httpx.AsyncClient, sandbox: httpx.AsyncClient) -> None:
    await befall(sandbox, body="truncated", path="feed")
    async with http.stream("GET", "/feed") as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        with pytest.raises(httpx.RemoteProtocolError):
            await stream.aread()


async def test_a_gzip_bomb_is_small_on_the_wire(hub: RunningHub, sandbox: httpx.AsyncClient) -> None:
    await befall(sandbox, body="gzip-bomb", path="waybill-leases")
    async with (
        httpx.AsyncClient(base_url=hub.url, trust_env=False) as plain,
        plain.stream("POST", "/v1/sites/WH1/waybill-leases") as stream,
    ):
        packed = sum([len(piece) async for piece in stream.aiter_raw()])
    assert stream.headers["Content-Encoding"] == "gzip"
    assert packed < BOMB_BYTES / 500


async def test_a_slow_hub_answers_all_the_same(http: httpx.AsyncClient, sandbox: httpx.AsyncClient) -> None:
    await befall(sandbox, delay_s=0.2)
    with pytest.raises(httpx.ReadTimeout):
        await http.get("/snapshot/carriers", timeout=0.05)
    assert (await http.get("/snapshot/carriers")).status_code == 200


@pytest.mark.parametrize("fault", [{"body": "fire"}, {"count": 0}, {"status": 99}, {"delay_s": -1}])
async def test_a_fault_that_there_is_not_is_refused(
    sandbox: httpx.AsyncClient, fault: dict[str, Any]
) -> None:
    assert (await sandbox.post("/faults", json=fault)).status_code == 422
    assert (await sandbox.get("/faults")).json() == []


def test_only_the_sites_paths_are_befallen() -> None:
    faults = Faults()
    faults.ahead.append(Fault(status=500))
    assert faults.take("/sandbox/judge") is None
    assert faults.take("/v1/sites/WH1/feed") is not None


async def test_a_second_url_stays_well(options: HubOptions) -> None:
    async with (
        running(msgspec.structs.replace(options, backup_port=0)) as hub,
        HubClient(hub.url, "WH1", options.token) as first,
        HubClient(hub.backup_url or "", "WH1", options.token) as second,
        httpx.AsyncClient(base_url=f"{hub.url}/sandbox", trust_env=False) as sandbox,
    ):
        await befall(sandbox, status=503)
        with pytest.raises(Busy):
            await first.probe()
        await second.probe()
