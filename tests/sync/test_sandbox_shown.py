"""What the sandbox hub shows of an order: its events, and the statuses that run ahead of them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from sync.cloudevents import CloudEvent, encode
from sync.times import from_epoch_ms

NOON = 1_781_784_000_000
BATCH = {"Content-Type": "application/cloudevents-batch+json"}


def at(seconds: int) -> str:
    """So long after noon at the agent."""
    return from_epoch_ms(NOON + seconds * 1000)


class Agent:
    """Tells the hub of SO-1: event number n happened n seconds after noon."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._numbers = 0

    async def events(self, *kinds: str) -> None:
        bodies = [self._event(kind) for kind in kinds]
        batch = b"[" + b",".join(bodies) + b"]"
        answer = await self._http.post("/events", content=batch, headers=BATCH)
        assert {result["status"] for result in answer.json()["results"]} == {"accepted"}

    def _event(self, kind: str) -> bytes:
        self._numbers += 1
        data = {"order_no": "SO-1", "revision": 1, "waybill": "W1", "copy": 1}
        return encode(
            CloudEvent(
                f"e{self._numbers}", "/sites/WH1/agent", kind, at(self._numbers), data, "SO-1",
                f"{self._numbers:020d}",
            )
        )  # fmt: skip

    async def status(self, as_of: int, state: str, seconds: int) -> httpx.Response:
        row = {"order_no": "SO-1", "state": state, "at": at(seconds)}
        return await self._http.post("/statuses", json={"as_of_sequence": f"{as_of:020d}", "orders": [row]})


@pytest.fixture
async def agent(http: httpx.AsyncClient, sandbox: httpx.AsyncClient) -> Agent:
    """SO-1 is at the hub."""
    await sandbox.post("/feed", json=[{"type": "order.created", "data": {"order_no": "SO-1", "revision": 1}}])
    return Agent(http)


async def shown(sandbox: httpx.AsyncClient, after_ms: int = 0) -> tuple[str, str, str]:
    (row,) = (await sandbox.get("/shown", params={"after": after_ms})).json()
    assert row["order_no"] == "SO-1"
    assert row["lag_ms"] == row["since_ms"] - (NOON + round(1000 * _seconds(row["at"])))
    return row["state"], row["told_by"], row["at"]


def _seconds(text: str) -> float:
    return next(n for n in range(100) if at(n) == text)


async def test_nothing_is_shown_of_an_order_that_nobody_has_told_of(
    agent: Agent, sandbox: httpx.AsyncClient
) -> None:
    assert (await sandbox.get("/shown")).json() == []


async def test_without_statuses_the_events_say_what_is_shown(
    agent: Agent, sandbox: httpx.AsyncClient
) -> None:
    await agent.events("order.accepted", "label.queued", "picklist.assigned")
    assert await shown(sandbox) == ("released", "event", at(3))


async def test_a_second_label_is_no_step_back(agent: Agent, sandbox: httpx.AsyncClient) -> None:
    await agent.events("order.accepted", "label.queued", "order.picked", "label.queued")
    assert await shown(sandbox) == ("picked", "event", at(3))


async def test_a_status_is_shown_at_once_until_the_events_that_it_knew_are_there(
    agent: Agent, sandbox: httpx.AsyncClient
) -> None:
    await agent.events("order.accepted")
    await agent.status(3, "released", 3)
    assert await shown(sandbox) == ("released", "status", at(3))
    await agent.events("label.queued")
    assert await shown(sandbox) == ("released", "status", at(3))
    await agent.events("picklist.assigned")
    assert await shown(sandbox) == ("released", "event", at(3))
    await agent.events("order.picked")
    assert await shown(sandbox) == ("picked", "event", at(4))


async def test_the_ledger_wins_over_a_status_that_was_wrong(agent: Agent, sandbox: httpx.AsyncClient) -> None:
    await agent.status(2, "shipped", 2)
    await agent.events("order.accepted", "label.queued")
    assert await shown(sandbox) == ("ready", "event", at(2))


async def test_a_status_that_comes_after_its_events_changes_nothing(
    agent: Agent, sandbox: httpx.AsyncClient
) -> None:
    await agent.events("order.accepted", "label.queued", "picklist.assigned")
    await agent.status(2, "ready", 2)
    assert await shown(sandbox) == ("released", "event", at(3))


async def test_the_later_status_stays_in_whatever_order_they_come(
    agent: Agent, sandbox: httpx.AsyncClient
) -> None:
    for as_of, state, seconds in ((7, "released", 3), (9, "picked", 9), (8, "picking", 8), (9, "held", 5)):
        await agent.status(as_of, state, seconds)
    assert await shown(sandbox) == ("picked", "status", at(9))


async def test_a_state_that_a_status_showed_first_is_shown_since_then(
    agent: Agent, sandbox: httpx.AsyncClient
) -> None:
    await agent.status(1, "received", 1)
    (ahead,) = (await sandbox.get("/shown")).json()
    await agent.events("order.accepted")
    (after,) = (await sandbox.get("/shown")).json()
    assert (ahead["told_by"], after["told_by"]) == ("status", "event")
    assert ahead["since_ms"] == after["since_ms"]
    assert (await sandbox.get("/shown", params={"after": after["since_ms"]})).json() == []


async def test_the_views_show_the_status_beside_the_ledgers_state(
    agent: Agent, sandbox: httpx.AsyncClient
) -> None:
    await agent.events("order.accepted")
    await agent.status(5, "packed", 5)
    (ahead,) = (await sandbox.get("/orders")).json()
    await agent.events(*["label.queued"] * 4)
    (after,) = (await sandbox.get("/orders")).json()
    assert (ahead["state"], ahead["shown"], ahead["shown_as_of"]) == ("received", "packed", 5)
    assert (after["state"], after["shown"], after["shown_as_of"]) == ("ready", "ready", None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"as_of_sequence": 5},
        {"as_of_sequence": "5"},
        {"orders": {}},
        {"orders": [{"order_no": "SO-1", "state": "lost", "at": at(1)}]},
        {"orders": [{"order_no": "SO-1", "state": "picked", "at": "noon"}]},
        {"orders": [{"order_no": "", "state": "picked", "at": at(1)}]},
        {"orders": [{"state": "picked", "at": at(1)}]},
    ],
)
async def test_statuses_that_are_none_are_refused_and_show_nothing(
    agent: Agent, http: httpx.AsyncClient, sandbox: httpx.AsyncClient, wrong: dict[str, Any]
) -> None:
    row = {"order_no": "SO-1", "state": "picked", "at": at(1)}
    answer = await http.post("/statuses", json={"as_of_sequence": f"{1:020d}", "orders": [row]} | wrong)
    assert answer.status_code == 422
    assert (await sandbox.get("/shown")).json() == []


async def test_more_than_a_thousand_statuses_are_too_many(agent: Agent, http: httpx.AsyncClient) -> None:
    row = {"order_no": "SO-1", "state": "picked", "at": at(1)}
    body = {"as_of_sequence": f"{1:020d}", "orders": [row] * 1001}
    assert (await http.post("/statuses", json=body)).status_code == 413
