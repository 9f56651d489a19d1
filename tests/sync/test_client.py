"""What an answer means to the link, also when it is not the hub that answers."""

from __future__ import annotations

import pytest

from sync.client import HubClient
from sync.errors import Busy, HubError, NotTheHub, Refused, SequenceGap, TooLarge, Unacceptable, Unauthorized
from sync.sandbox.proxy import Fault, FaultyProxy
from tests.sync.conftest import TOKEN
from tests.sync.stores import agent_event


def answer(status: str, body: bytes = b"", headers: bytes = b"") -> Fault:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n".encode()
    return Fault(answer=head + headers + b"\r\n" + body)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (answer("401 Unauthorized"), Unauthorized),
        (answer("403 Forbidden", b"<html>"), Unauthorized),
        (
            answer("409 Conflict", b'{"type": "https://hub/problems/sequence-gap", "expected": "007"}'),
            SequenceGap,
        ),
        (answer("409 Conflict", b'{"type": "sequence-gap"}'), NotTheHub),
        (answer("409 Conflict", b'{"type": "odd"}'), Refused),
        (answer("404 Not Found", b"[" * 5000), Refused),
        (answer("413 Too Large"), TooLarge),
        (answer("415 Unsupported", b"\xff"), Unacceptable),
        (answer("429 Slow Down"), Busy),
        (answer("502 Bad Gateway", b"<html>"), Busy),
        (answer("302 Found"), NotTheHub),
        (answer("200 OK", b"<html>"), NotTheHub),
        (answer("200 OK", b'{"results": []}'), NotTheHub),
        (answer("200 OK", b'{"results": [{"id": "ev-9", "status": "accepted"}]}'), NotTheHub),
        (answer("200 OK", b'{"results": [{"id": "ev-1", "status": "perhaps"}]}'), NotTheHub),
        (Fault(answer=b"SSH-2.0-OpenSSH\r\n"), HubError),
        (answer("200 OK", b"garbage", b"Content-Encoding: gzip\r\n"), NotTheHub),
    ],
)
async def test_every_answer_is_results_or_a_hub_error(
    proxy: FaultyProxy, given: Fault, error: type[HubError]
) -> None:
    proxy.faults.append(given)
    async with HubClient(proxy.url, "WH1", TOKEN) as client:
        with pytest.raises(error):
            await client.ship([agent_event(1)])


async def test_a_busy_hub_says_how_long(proxy: FaultyProxy) -> None:
    proxy.faults.append(answer("503 Later", headers=b"Retry-After: 7\r\n"))
    async with HubClient(proxy.url, "WH1", TOKEN) as client:
        with pytest.raises(Busy) as caught:
            await client.ship([agent_event(1)])
    assert caught.value.retry_after_s == 7


async def test_a_gap_names_the_expected_number(client: HubClient) -> None:
    with pytest.raises(SequenceGap) as caught:
        await client.ship([agent_event(4)])
    assert caught.value.expected == 1


async def test_an_unknown_site_is_refused_in_words(proxy: FaultyProxy) -> None:
    async with HubClient(proxy.url, "WH 2/ä", TOKEN) as client:
        with pytest.raises(Refused, match=r"404"):
            await client.ship([agent_event(1)])
