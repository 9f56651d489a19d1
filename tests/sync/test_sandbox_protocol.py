"""The sandbox hub keeps the hub protocol, seen through plain HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from sync.cloudevents import decode
from sync.protocols import OutboxEvent
from sync.sandbox.server import RunningHub
from tests.sync.stores import agent_event

BATCH = {"Content-Type": "application/cloudevents-batch+json"}
JSON = {"Accept": "application/json"}
SSE = {"Accept": "text/event-stream"}


async def post(http: httpx.AsyncClient, *events: OutboxEvent) -> httpx.Response:
    return await http.post("/events", content=b"[" + b",".join(e.body for e in events) + b"]", headers=BATCH)


async def feed(sandbox: httpx.AsyncClient, *order_nos: str) -> None:
    events = [
        {"type": "order.held", "data": {"order_no": no, "reason": "x"}, "subject": no} for no in order_nos
    ]
    await sandbox.post("/feed", json=events)


async def poll(http: httpx.AsyncClient, **params: Any) -> Any:
    answer = await http.get("/feed", headers=JSON, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code
    return answer.status_code, answer.json()["type"]


@pytest.mark.parametrize("authorization", [None, "Bearer wrong", "Basic c2FuZGJveA=="])
async def test_nobody_comes_in_without_the_token(hub: RunningHub, authorization: str | None) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    async with httpx.AsyncClient(base_url=f"{hub.url}/v1/sites/WH1", trust_env=False) as http:
        for path in ("/feed", "/snapshot/skus"):
            assert problem(await http.get(path, headers=headers)) == (401, "unauthorized")
        assert problem(await http.post("/events", headers=headers)) == (401, "unauthorized")


async def test_strange_paths_and_methods_are_problems_too(http: httpx.AsyncClient) -> None:
    assert problem(await http.get("/snapshot/wishes"))[0] == 404
    assert problem(await http.get("/nothing"))[0] == 404
    assert problem(await http.get("/events"))[0] == 405


async def test_the_json_feed_pages_and_says_whether_there_is_more(
    hub: RunningHub, http: httpx.AsyncClient, sandbox: httpx.AsyncClient
) -> None:
    head = f"{hub.hub.ledger.head():020d}"
    await feed(sandbox, "SO-1", "SO-2", "SO-3")
    first = await poll(http, after=head, limit=2)
    rest = await poll(http, after=first["next"], limit=2)
    assert [e["subject"] for e in first["events"] + rest["events"]] == ["SO-1", "SO-2", "SO-3"]
    assert (first["more"], rest["more"]) == (True, False)
    assert (await poll(http, after=rest["next"]))["next"] == rest["next"]


async def test_a_long_poll_returns_when_something_comes(
    hub: RunningHub, http: httpx.AsyncClient, sandbox: httpx.AsyncClient
) -> None:
    head = f"{hub.hub.ledger.head():020d}"
    waiting = asyncio.create_task(poll(http, after=head, wait=20))
    await asyncio.sleep(0.05)
    await feed(sandbox, "SO-1")
    async with asyncio.timeout(5):
        assert [e["subject"] for e in (await waiting)["events"]] == ["SO-1"]


async def test_without_a_cursor_the_feed_begins_with_the_oldest_event(http: httpx.AsyncClient) -> None:
    assert (await poll(http, limit=1))["events"][0]["type"] == "sku.changed"


async def test_the_last_event_id_wins_over_after(
    hub: RunningHub, http: httpx.AsyncClient, sandbox: httpx.AsyncClient
) -> None:
    head = hub.hub.ledger.head()
    await feed(sandbox, "SO-1", "SO-2")
    headers = SSE | {"Last-Event-ID": f"{head + 1:020d}"}
    async with http.stream("GET", "/feed", params={"after": f"{head:020d}"}, headers=headers) as stream:
        lines = stream.aiter_lines()
        seen = [line async for line in _until(lines, "data:")]
    assert seen[-3] == f"id: {head + 2:020d}"
    assert seen[-2] == "event: order.held"
    assert decode(seen[-1].removeprefix("data: ")).subject == "SO-2"


async def _until(lines: Any, prefix: str) -> Any:
    async for line in lines:
        yield line
        if line.startswith(prefix):
            return


@pytest.mark.parametrize("cursor", ["00000000000000000001", "99999999999999999999", "what?", "１"])
async def test_a_cursor_that_is_not_kept_is_expired(
    http: httpx.AsyncClient, sandbox: httpx.AsyncClient, cursor: str
) -> None:
    await sandbox.post("/forget")
    assert problem(await http.get("/feed", params={"after": cursor})) == (410, "cursor-expired")


async def test_a_snapshot_has_its_position_and_is_not_sent_twice(
    hub: RunningHub, http: httpx.AsyncClient
) -> None:
    page = await http.get("/snapshot/carriers")
    assert page.headers["Feed-Cursor"] == f"{hub.hub.ledger.head():020d}"
    assert page.headers["Last-Page"] == "true"
    assert len(page.text.splitlines()) == 3
    again = await http.get("/snapshot/carriers", headers={"If-None-Match": page.headers["ETag"]})
    assert again.status_code == 304


async def test_snapshot_orders_carry_payment_hold_and_cancellation_but_not_what_is_shipped(
    http: httpx.AsyncClient, sandbox: httpx.AsyncClient
) -> None:
    orders = [{"type": "order.created", "data": {"order_no": f"SO-{n}", "revision": 1}} for n in (1, 2)]
    facts = [
        {
            "type": "order.paid",
            "data": {"order_no": "SO-1", "paid_at": "2026-06-18T00:00:00.000Z", "payment_ref": "P"},
        },
        {"type": "order.held", "data": {"order_no": "SO-1", "reason": "x"}},
    ]
    await sandbox.post("/feed", json=orders + facts)
    await post(http, agent_event(1, "parcel.shipped", "SO-2", waybill="W", carrier="SF"))
    rows = (await http.get("/snapshot/orders")).text.splitlines()
    assert len(rows) == 1
    for part in ('"order_no":"SO-1"', '"payment_ref":"P"', '"held":true', '"cancelled":false'):
        assert part in rows[0]


async def test_a_pick_takes_from_the_stock_that_the_snapshot_shows(http: httpx.AsyncClient) -> None:
    row = (await http.get("/snapshot/stock")).text.splitlines()[0]
    stock = httpx.Response(200, text=row).json()
    pick = {"location": stock["location"], "sku": stock["sku"], "qty": 7}
    await post(http, agent_event(1, "stop.picked", **pick))
    after = httpx.Response(200, text=(await http.get("/snapshot/stock")).text.splitlines()[0]).json()
    assert after["qty"] == stock["qty"] - 7
    assert (stock["as_of_sequence"], after["as_of_sequence"]) == ("0" * 20, f"{1:020d}")


async def test_a_gap_is_refused_with_the_expected_number_and_commits_nothing(
    http: httpx.AsyncClient, sandbox: httpx.AsyncClient
) -> None:
    answer = await post(http, agent_event(1), agent_event(3))
    assert problem(answer) == (409, "sequence-gap")
    assert answer.json()["expected"] == f"{2:020d}"
    assert (await sandbox.get("/received")).json() == []
    assert (await sandbox.get("/judge")).json()["sequence_gaps"] == 1


async def test_events_come_once_whatever_is_sent_again(
    http: httpx.AsyncClient, sandbox: httpx.AsyncClient
) -> None:
    await post(http, agent_event(1), agent_event(2))
    again = await post(http, agent_event(2), agent_event(3))
    assert [r["status"] for r in again.json()["results"]] == ["duplicate", "accepted"]
    assert len((await sandbox.get("/received")).json()) == 3
    assert (await sandbox.get("/judge")).json()["duplicates"] == 1


async def test_a_number_used_for_another_event_is_rejected(http: httpx.AsyncClient) -> None:
    await post(http, agent_event(1))
    forged = OutboxEvent(1, "other", agent_event(1).body.replace(b"ev-1", b"other"))
    result = (await post(http, forged)).json()["results"][0]
    assert (result["status"], result["problem"]["type"]) == ("rejected", "sequence-reused")


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"[]", {"Content-Type": "application/json"}, 415),
        (b"[{]", BATCH, 400),
        (b"\xff", BATCH, 400),
        (b'{"id": 1}', BATCH, 422),
        (b"[7]", BATCH, 422),
        (b'[{"id": "1"}]', BATCH, 422),
        (b"[" + b" " * 1_048_576 + b"]", BATCH, 413),
        (b"[" + b",".join([b"{}"] * 501) + b"]", BATCH, 413),
    ],
)
async def test_what_is_no_batch_is_refused(
    http: httpx.AsyncClient, body: bytes, headers: dict[str, str], status: int
) -> None:
    assert problem(await http.post("/events", content=body, headers=headers))[0] == status


async def test_an_empty_batch_has_no_results(http: httpx.AsyncClient) -> None:
    assert (await post(http)).json() == {"results": []}


async def test_the_later_status_is_shown(http: httpx.AsyncClient, sandbox: httpx.AsyncClient) -> None:
    await sandbox.post("/feed", json=[{"type": "order.created", "data": {"order_no": "SO-1", "revision": 1}}])
    for as_of, state in ((5, "picked"), (9, "shipped"), (7, "packed")):
        row = {"order_no": "SO-1", "state": state, "at": "2026-06-18T00:00:00.000Z"}
        body = {"as_of_sequence": f"{as_of:020d}", "orders": [row]}
        assert (await http.post("/statuses", json=body)).status_code == 200
    order = (await sandbox.get("/orders")).json()[0]
    assert (order["shown"], order["shown_as_of"]) == ("shipped", 9)
    assert problem(await http.post("/statuses", json={"orders": []}))[0] == 422
