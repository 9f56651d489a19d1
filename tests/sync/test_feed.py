"""Following the feed through everything that a network does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import httpx
import pytest
from httpx_sse import ServerSentEvent
from hypothesis import given
from hypothesis import strategies as st

from sync.client import HubClient
from sync.cloudevents import CloudEvent, decode, encode
from sync.feed import FeedReader, read_event
from sync.protocols import BrokenEvent, Row
from sync.sandbox.ledger import Put
from sync.sandbox.proxy import HALF_OPEN, PORTAL_PAGE, PORTAL_REDIRECT, RESET_AFTER_COMMIT, Fault, FaultyProxy
from sync.sandbox.server import HubOptions, RunningHub, running
from sync.snapshot import fetch_page
from tests.sync.conftest import TOKEN, Asked, States, going
from tests.sync.stores import MemoryInbox


def reader(client: HubClient, inbox: MemoryInbox, states: States, asked: Asked, **more: Any) -> FeedReader:
    return FeedReader(client, inbox, on_state=states, sleep=asked.sleep, rng=Random(1), **more)


def put(hub: RunningHub, first: int, last: int) -> None:
    """Holds for the orders SO-first … SO-last onto the feed."""
    puts = [
        Put("order.held", "/crm", f"SO-{n}", {"order_no": f"SO-{n}", "reason": "x"})
        for n in range(first, last + 1)
    ]
    hub.hub.ledger.put(puts, 1)
    hub.hub.bell.ring()


def names(first: int, last: int) -> list[str]:
    return [f"SO-{n}" for n in range(first, last + 1)]


async def test_a_cold_agent_takes_the_snapshot_and_then_the_feed(
    hub: RunningHub, client: HubClient, states: States, asked: Asked
) -> None:
    inbox = MemoryInbox()
    async with going(reader(client, inbox, states, asked).run()):
        await inbox.until(lambda i: i.snapshots == 1)
        put(hub, 1, 3)
        await inbox.until(lambda i: len(i.events) == 3)
    assert {kind: len(rows) for kind, rows in inbox.rows.items()} == {
        "skus": 600, "locations": 963, "stock": len(inbox.rows["stock"]), "carriers": 3, "orders": 0,
    }  # fmt: skip
    assert inbox.subjects() == names(1, 3)
    assert states.seen[-1].up


async def test_a_snapshot_goes_over_pages(options: HubOptions, states: States, asked: Asked) -> None:
    paged = HubOptions(data=options.data, token=TOKEN, page_rows=250)
    async with running(paged) as hub, HubClient(hub.url, "WH1", TOKEN) as client:
        inbox = MemoryInbox()
        async with going(reader(client, inbox, states, asked).run()):
            await inbox.until(lambda i: i.snapshots == 1)
    skus = [row["sku"] for row in inbox.rows["skus"]]
    assert len(skus) == len(set(skus)) == 600


async def test_the_feed_goes_on_after_the_committed_cursor(
    hub: RunningHub, client: HubClient, states: States, asked: Asked
) -> None:
    put(hub, 1, 5)
    inbox = MemoryInbox(cursor=f"{hub.hub.ledger.head() - 2:020d}")
    async with going(reader(client, inbox, states, asked).run()):
        await inbox.until(lambda i: len(i.events) == 2)
    assert inbox.subjects() == names(4, 5)
    assert inbox.snapshots == 0


class RunningAhead(HubClient):
    """A stream that gives all its events without waiting, then goes on for ever; `given` is set in between."""

    def __init__(self, events: int) -> None:
        super().__init__("http://127.0.0.1:1", "WH1", TOKEN)
        self._events = events
        self.given = asyncio.Event()

    @asynccontextmanager
    async def feed(
        self, cursor: str | None, silence_s: float
    ) -> AsyncIterator[AsyncIterator[ServerSentEvent]]:
        yield self._stream()

    async def _stream(self) -> AsyncIterator[ServerSentEvent]:
        for n in range(1, self._events + 1):
            event = CloudEvent(f"e{n}", "/erp", "order.held", "2026-06-18T00:00:00.000Z", {}, f"SO-{n}")
            yield ServerSentEvent(id=f"{n:020d}", data=encode(event).decode())
            await asyncio.sleep(0)
        self.given.set()
        await asyncio.Event().wait()


async def test_what_arrives_during_a_commit_shares_the_next_one(states: States, asked: Asked) -> None:
    inbox = MemoryInbox(cursor="0")
    inbox.gate.clear()
    client = RunningAhead(251)
    async with client, going(reader(client, inbox, states, asked).run()):
        await client.given.wait()
        inbox.gate.set()
        await inbox.until(lambda i: len(i.events) == 251)
    assert inbox.subjects() == names(1, 251)
    assert inbox.batches == [1, 100, 100, 50]


async def test_a_cursor_no_longer_kept_leads_to_a_snapshot(
    hub: RunningHub, client: HubClient, sandbox: httpx.AsyncClient, states: States, asked: Asked
) -> None:
    put(hub, 1, 5)
    await sandbox.post("/forget")
    inbox = MemoryInbox(cursor=f"{1:020d}")
    async with going(reader(client, inbox, states, asked).run()):
        await inbox.until(lambda i: i.snapshots == 1)
        put(hub, 6, 7)
        await inbox.until(lambda i: len(i.events) == 2)
    assert inbox.subjects() == names(6, 7)


@pytest.mark.parametrize(
    "fault",
    [RESET_AFTER_COMMIT, PORTAL_PAGE, PORTAL_REDIRECT, HALF_OPEN, Fault(700), Fault(1500, delay_s=0.02)],
    ids=["reset", "portal", "redirect", "half-open", "truncated", "slow-and-cut"],
)  # fmt: skip
async def test_every_event_comes_once_whatever_the_network_does(
    hub: RunningHub, proxy: FaultyProxy, states: States, asked: Asked, fault: Fault
) -> None:
    start = f"{hub.hub.ledger.head():020d}"
    put(hub, 1, 40)
    proxy.faults.extend([fault, fault])
    inbox = MemoryInbox(cursor=start)
    client = HubClient(proxy.url, "WH1", TOKEN, timeout_s=0.3)
    async with client, going(reader(client, inbox, states, asked, silence_s=0.3).run()):
        await inbox.until(lambda i: len(i.events) >= 40)
    assert inbox.subjects() == names(1, 40)
    assert proxy.connections >= 3
    assert len(asked.delays_s) >= 2
    assert "retrying" in states.doings()


async def test_silence_ends_a_connection_that_is_half_open(
    hub: RunningHub, proxy: FaultyProxy, states: States, asked: Asked
) -> None:
    proxy.faults.append(Fault(pass_bytes=450, then="hold"))
    inbox = MemoryInbox(cursor=f"{hub.hub.ledger.head():020d}")
    client = HubClient(proxy.url, "WH1", TOKEN)
    async with client, going(reader(client, inbox, states, asked, silence_s=0.2).run()):
        put(hub, 1, 3)
        await inbox.until(lambda i: len(i.events) == 3)
    assert inbox.subjects() == names(1, 3)
    assert proxy.connections >= 2


async def test_keep_alives_are_no_silence(options: HubOptions, states: States, asked: Asked) -> None:
    lively = HubOptions(data=options.data, token=TOKEN, keep_alive_s=0.05)
    async with running(lively) as hub, FaultyProxy(hub.port) as proxy:
        inbox = MemoryInbox(cursor=f"{hub.hub.ledger.head():020d}")
        client = HubClient(proxy.url, "WH1", TOKEN)
        async with client, going(reader(client, inbox, states, asked, silence_s=0.25).run()):
            await asyncio.sleep(0.7)  # nearly three times the silence that would end it
            put(hub, 1, 1)
            await inbox.until(lambda i: len(i.events) == 1)
        assert proxy.connections == 1


async def test_a_broken_event_comes_in_its_place_and_blocks_nobody(
    hub: RunningHub, client: HubClient, states: States, asked: Asked
) -> None:
    inbox = MemoryInbox(cursor=f"{hub.hub.ledger.head():020d}")
    put(hub, 1, 3)
    hub.hub.ledger.connection.execute(
        "UPDATE feed SET body = x'7b7d' WHERE cursor = ?", (hub.hub.ledger.head() - 1,)
    )
    feed = reader(client, inbox, states, asked)
    async with going(feed.run()):
        await inbox.until(lambda i: len(i.events) == 2)
    assert inbox.subjects() == ["SO-1", "SO-3"]
    assert feed.broken_events == 1
    ((place, broken),) = inbox.broken
    assert (place, broken.cursor, broken.raw) == (1, f"{hub.hub.ledger.head() - 1:020d}", "{}")
    assert "missing" in broken.reason
    assert inbox.at == f"{hub.hub.ledger.head():020d}"


@pytest.mark.parametrize("cursor", ["", "x" * 65, "七"])
def test_without_a_good_cursor_even_a_good_event_is_broken_and_moves_none(cursor: str) -> None:
    event = CloudEvent("e1", "/erp", "order.held", "2026-06-18T00:00:00.000Z", {})
    broken = read_event(cursor, encode(event).decode())
    assert isinstance(broken, BrokenEvent)
    assert (broken.cursor, decode(broken.raw)) == (None, event)


@given(st.text(max_size=70), st.text())
def test_whatever_comes_on_the_feed_is_an_event_or_a_broken_one_as_it_came(cursor: str, raw: str) -> None:
    arrived = read_event(cursor, raw)
    assert arrived.raw == raw
    assert arrived.cursor in {cursor, None}


async def test_rows_that_cannot_be_read_come_among_the_others_of_their_page() -> None:
    body = b'{"sku": "A"}\n\n{"name": "nobody"}\n[\n\xff\n{"sku": "B"}\n'

    class OnePage(HubClient):
        async def get(self, path: str, params: Mapping[str, str] | None = None) -> httpx.Response:
            return httpx.Response(200, headers={"Feed-Cursor": "7", "Last-Page": "true"}, content=body)

    async with OnePage("http://127.0.0.1:1", "WH1", TOKEN) as client:
        page = await fetch_page(client, "skus", None)
    assert page.rows[0] == Row({"sku": "A"}, '{"sku": "A"}')
    assert [row.raw for row in page.rows] == [
        '{"sku": "A"}',
        '{"name": "nobody"}',
        "[",
        "\\xff",
        '{"sku": "B"}',
    ]
    assert page.key == "B"
    nameless = page.rows[1]
    assert isinstance(nameless, BrokenEvent)
    assert nameless.reason == "it has no 'sku'"


async def test_a_wrong_token_stops_the_link_and_is_retried_slowly(
    hub: RunningHub, states: States, asked: Asked
) -> None:
    stopped = asyncio.Event()

    async def sleep(delay_s: float) -> None:
        asked.delays_s.append(delay_s)
        stopped.set()
        await asyncio.Event().wait()

    async with HubClient(hub.url, "WH1", "wrong") as client:
        feed = FeedReader(client, MemoryInbox(), on_state=states, sleep=sleep)
        async with going(feed.run()), asyncio.timeout(5):
            await stopped.wait()
    assert states.seen[-1].doing == "stopped"
    assert asked.delays_s == [30.0]


async def test_the_agent_waits_without_a_hub_and_finds_it_when_it_comes(
    options: HubOptions, states: States, asked: Asked
) -> None:
    async with running(options) as hub:
        port = hub.port
    inbox = MemoryInbox()
    client = HubClient(f"http://127.0.0.1:{port}", "WH1", TOKEN)
    async with client, going(reader(client, inbox, states, asked).run()):
        await asked.until(5)
        async with running(HubOptions(data=options.data, token=TOKEN, port=port)):
            await inbox.until(lambda i: i.snapshots == 1)
    assert not states.seen[0].up
    assert states.seen[-1].doing in {"following", "retrying"}
