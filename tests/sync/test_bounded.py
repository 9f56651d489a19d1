"""An answer that never ends, or unpacks into more than fits, is given up."""

from __future__ import annotations

import gzip

import httpx
import pytest

from sync.bounded import events_of, read_body
from sync.client import HubClient
from sync.errors import NotTheHub
from sync.sandbox.proxy import Fault, FaultyProxy
from tests.sync.conftest import TOKEN
from tests.sync.stores import agent_event


def bomb(kind: bytes = b"application/json") -> Fault:
    """128 MiB of zeros in 128 KiB."""
    body = gzip.compress(bytes(128 * 2**20), 9)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
    return Fault(answer=head % (kind, len(body)) + body)


async def test_a_gzip_bomb_is_no_answer_of_the_hub(proxy: FaultyProxy) -> None:
    proxy.faults.append(bomb())
    async with HubClient(proxy.url, "WH1", TOKEN) as client:
        with pytest.raises(NotTheHub, match="more than any answer"):
            await client.ship([agent_event(1)])


async def test_a_gzip_bomb_in_the_feed_ends_the_stream(proxy: FaultyProxy) -> None:
    proxy.faults.append(bomb(b"text/event-stream"))
    async with HubClient(proxy.url, "WH1", TOKEN) as client, client.feed(None, 45.0) as events:
        with pytest.raises(NotTheHub, match="more than any answer"):
            await anext(events)


async def test_a_body_up_to_the_limit_is_read_whole() -> None:
    assert await read_body(httpx.Response(200, content=b"x" * 100), 100) == b"x" * 100
    with pytest.raises(NotTheHub):
        await read_body(httpx.Response(200, content=b"x" * 101), 100)


async def test_many_events_may_be_longer_together_than_one_alone() -> None:
    headers = {"Content-Type": "text/event-stream"}
    one = b"id: 1\ndata: " + b"x" * 60 + b"\n\n"
    response = httpx.Response(200, headers=headers, content=one * 50)
    assert len([event async for event in events_of(response, 100_000).aiter_sse()]) == 50
    endless = httpx.Response(200, headers=headers, content=b"data: " + b"x" * 101)
    with pytest.raises(NotTheHub):
        await anext(events_of(endless, 100).aiter_sse())
