"""The hub link through everything that a network does, in both directions: nothing lost, nothing doubled, order kept.

Every fault befalls a row of connections, more than open a breaker; then the network is well again. The ledgers of both
sides are compared.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from itertools import cycle
from pathlib import Path
from random import Random

import pytest

from sync.client import HubClient
from sync.cloudevents import CloudEvent, encode
from sync.feed import FeedReader
from sync.protocols import Channel
from sync.relay import Relay
from sync.sandbox.ledger import Put
from sync.sandbox.proxy import (
    HALF_OPEN,
    HEALTHY,
    PORTAL_PAGE,
    PORTAL_REDIRECT,
    REPEATED,
    RESET_AFTER_COMMIT,
    RESET_BEFORE_COMMIT,
    Fault,
    FaultyProxy,
)
from sync.sandbox.server import HubOptions, RunningHub, running
from sync.switch import Guarded, Switch, first_of, keep_probing
from tests.sync.conftest import TOKEN, Asked, States, going
from tests.sync.stores import MemoryInbox, MemoryOutbox, agent_event
from tests.sync.test_bounded import bomb

EVENTS = 1300
ROW = 7  # connections in a row that meet the fault: a breaker opens at five


def status(line: str, *headers: str, body: str = "") -> Fault:
    head = "\r\n".join([f"HTTP/1.1 {line}", f"Content-Length: {len(body)}", *headers])
    return Fault(answer=f"{head}\r\n\r\n{body}".encode())


CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
FAULTS: dict[str, Sequence[Fault]] = {
    "refused": [Fault(answer=b"", then="reset")],
    "half-open": [HALF_OPEN],
    "stalled after the head": [Fault(pass_bytes=150, then="hold")],
    "reset before commit": [RESET_BEFORE_COMMIT],
    "reset after commit": [RESET_AFTER_COMMIT],
    "closed after commit": [Fault(then="close")],
    "cut anywhere": [Fault(pass_bytes=count) for count in (1, 90, 170, 300, 5000)],
    "truncated chunk": [Fault(answer=CHUNKED + b'5\r\n{"re')],
    "broken chunk size": [Fault(answer=CHUNKED + b"zz\r\n{}\r\n")],
    "captive portal": [PORTAL_PAGE],
    "redirect to a portal": [PORTAL_REDIRECT],
    "redirect to itself": [status("307 Temporary Redirect", "Location: /v1/sites/WH1/events")],
    "gzip bomb": [bomb()],
    "no HTTP at all": [Fault(answer=b"SSH-2.0-OpenSSH_9.2\r\n")],
    "repeated on the way": [REPEATED],
    "slow": [HEALTHY._replace(delay_s=0.05)],
    "empty answer": [status("200 OK")],
    "answer of another type": [status("200 OK", body='{"results": [{"id": 7}]}')],
    **{
        line: [status(line)]
        for line in (
            "400 Bad Request", "401 Unauthorized", "403 Forbidden", "404 Not Found", "409 Conflict", "410 Gone",
            "412 Precondition Failed", "413 Content Too Large", "415 Unsupported Media Type",
            "422 Unprocessable Content", "500 Oops", "502 Bad Gateway", "503 Service Unavailable", "504 Timeout",
        )
    },
    "429 Too Many Requests": [status("429 Too Many Requests", "Retry-After: 7")],
    "everything in turn": [HALF_OPEN, RESET_AFTER_COMMIT, PORTAL_PAGE, REPEATED, status("503 Later"), Fault(300)],
}  # fmt: skip


class Site:
    """A relay and a feed to one hub, its first channel through the faulty proxy."""

    def __init__(self, hub: RunningHub, proxy: FaultyProxy, states: States, asked: Asked) -> None:
        self.hub = hub
        self.proxy = proxy
        self.states = states
        self.asked = asked
        self.outbox = MemoryOutbox([agent_event(n) for n in range(1, EVENTS + 1)])
        self.inbox = MemoryInbox(cursor=f"{hub.hub.ledger.head():020d}")

    def clients(self, switch: Switch, stack: AsyncExitStack, backup: bool) -> dict[str, HubClient]:
        urls = {"http": self.proxy.url} | ({"backup": self.hub.url} if backup else {})
        made = {}
        for name, url in urls.items():
            calling = partial(switch.calling, name)
            made[name] = HubClient(url, "WH1", TOKEN, timeout_s=0.25, calling=calling)
            stack.push_async_callback(made[name].aclose)
        return made

    def received(self) -> list[int]:
        rows = self.hub.hub.ledger.connection.execute("SELECT sequence FROM received ORDER BY row")
        return [row[0] for row in rows]

    def meet(self, faults: Sequence[Fault]) -> None:
        turns = cycle(faults)
        self.proxy.faults.extend(next(turns) for _ in range(ROW))


@pytest.fixture
async def site(states: States, asked: Asked, tmp_path: Path) -> AsyncIterator[Site]:
    options = HubOptions(data=tmp_path / "hub", token=TOKEN, keep_alive_s=0.2)
    async with running(options) as hub, FaultyProxy(hub.port) as proxy:
        yield Site(hub, proxy, states, asked)


def names_of(backup: bool) -> tuple[str, ...]:
    return ("http", "backup") if backup else ("http",)


@pytest.mark.parametrize("backup", [False, True], ids=["alone", "with a second URL"])
@pytest.mark.parametrize("fault", FAULTS)
async def test_the_hub_has_every_event_once_and_in_order(site: Site, fault: str, backup: bool) -> None:
    site.meet(FAULTS[fault])
    switch = Switch(names_of(backup), lambda _: None, rng=Random(1))
    async with AsyncExitStack() as stack:
        clients = site.clients(switch, stack, backup)
        channels: dict[str, Channel] = {**clients}
        relay = Relay(
            channels, site.outbox, switch, on_state=site.states, sleep=site.asked.sleep, rng=Random(1)
        )
        work = first_of(relay.run(), keep_probing(switch, clients["http"].probe, site.asked.sleep))
        async with going(work), asyncio.timeout(30):
            await site.outbox.drained()
    assert site.received() == list(range(1, EVENTS + 1))


@pytest.mark.parametrize("backup", [False, True], ids=["alone", "with a second URL"])
@pytest.mark.parametrize("fault", FAULTS)
async def test_the_floor_has_every_feed_event_in_order(site: Site, fault: str, backup: bool) -> None:
    """Repeats are allowed: the door knows them by their ids."""
    site.meet(FAULTS[fault])
    puts = [Put("order.held", "/crm", f"SO-{n}", {"order_no": f"SO-{n}", "reason": "x"}) for n in range(600)]
    site.hub.hub.ledger.put(puts, 1)
    switch = Switch(names_of(backup), lambda _: None, rng=Random(1))
    async with AsyncExitStack() as stack:
        clients = site.clients(switch, stack, backup)
        readers = [
            FeedReader(
                client, site.inbox, on_state=site.states, sleep=site.asked.sleep, silence_s=0.6, rng=Random(1)
            )
            for client in clients.values()
        ]
        async with going(first_of(*(reader.run() for reader in readers))):
            await site.inbox.until(lambda inbox: len(set(inbox.subjects())) == 600)
    firsts = list(dict.fromkeys(site.inbox.subjects()))
    assert firsts == [f"SO-{n}" for n in range(600)]


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(lambda _hub: "http://hub.invalid", id="a name that nobody knows"),
        pytest.param(lambda hub: f"https://127.0.0.1:{hub.port}", id="TLS where there is none"),
        pytest.param(lambda _hub: "http://127.0.0.1:9", id="a port where nobody listens"),
        pytest.param(lambda _hub: "http://[::1]:9", id="an address of the other family"),
    ],
)
async def test_a_hub_that_cannot_be_reached_at_all_is_reached_over_its_second_url(
    site: Site, url: Callable[[RunningHub], str]
) -> None:
    switch = Switch(("http", "backup"), lambda _: None, rng=Random(1))
    async with (
        HubClient(
            url(site.hub), "WH1", TOKEN, timeout_s=1.0, calling=partial(switch.calling, "http")
        ) as first,
        HubClient(site.hub.url, "WH1", TOKEN) as second,
    ):
        channels: dict[str, Channel] = {"http": first, "backup": Guarded(switch, "backup", second)}
        relay = Relay(
            channels, site.outbox, switch, on_state=site.states, sleep=site.asked.sleep, rng=Random(1)
        )
        async with going(relay.run()):
            await site.outbox.drained()
    assert switch.breaker("http").state == "open"
    assert site.received() == list(range(1, EVENTS + 1))


async def test_an_event_of_ten_megabytes_is_rejected_alone_and_blocks_nobody(site: Site) -> None:
    huge = CloudEvent(
        "ev-2", "/sites/WH1/agent", "label.queued", "2026-06-18T00:00:00Z", {"order_no": "x" * 10_000_000},
        "SO-1", f"{2:020d}",
    )  # fmt: skip
    site.outbox.events[1] = site.outbox.events[1]._replace(body=encode(huge))
    switch = Switch(("http",), lambda _: None, rng=Random(1))
    async with HubClient(site.hub.url, "WH1", TOKEN) as client:
        relay = Relay({"http": client}, site.outbox, switch, on_state=site.states, sleep=site.asked.sleep)
        async with going(relay.run()), asyncio.timeout(30):
            await site.outbox.until_settled(2)
    assert [site.outbox.results[f"ev-{n}"].status for n in (1, 2)] == ["accepted", "rejected"]


async def test_a_feed_event_of_ten_megabytes_is_taken(site: Site) -> None:
    data = {"order_no": "SO-1", "reason": "x" * 10_000_000}
    site.hub.hub.ledger.put([Put("order.held", "/crm", "SO-1", data)], 1)
    site.hub.hub.ledger.put([Put("order.held", "/crm", "SO-2", {"order_no": "SO-2", "reason": "x"})], 1)
    async with HubClient(site.hub.url, "WH1", TOKEN) as client:
        reader = FeedReader(client, site.inbox, on_state=site.states, sleep=site.asked.sleep)
        async with going(reader.run()):
            await site.inbox.until(lambda inbox: inbox.subjects() == ["SO-1", "SO-2"])
