"""A token that is written anew while the link runs is used by the next request."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.client import HubClient
from sync.credentials import FileToken, read_token
from sync.errors import HubError, Unauthorized
from sync.feed import FeedReader
from sync.sandbox.proxy import Fault, FaultyProxy
from sync.sandbox.server import RunningHub
from tests.sync.conftest import TOKEN, Asked, States, going
from tests.sync.stores import MemoryInbox, agent_event
from tests.sync.test_feed import put


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "hub-token"
    path.write_text(f"{TOKEN}\n")
    return path


async def ships(client: HubClient, sequence: int) -> bool:
    return (await client.ship([agent_event(sequence)]))[0].status == "accepted"


async def test_a_new_token_is_used_by_the_next_request(hub: RunningHub, file: Path) -> None:
    file.write_text("of yesterday".replace(" ", "-"))
    async with HubClient(hub.url, "WH1", FileToken(file)) as client:
        with pytest.raises(Unauthorized):
            await ships(client, 1)
        file.write_text(TOKEN)
        assert await ships(client, 1)


async def test_a_token_that_changed_behind_the_same_stamp_is_read_when_the_hub_refuses_the_old_one(
    hub: RunningHub, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.credentials.stamp", lambda _: (1,))
    file.write_text("x" * len(TOKEN))
    token = FileToken(file)
    assert token.token() == "x" * len(TOKEN)
    file.write_text(TOKEN)
    async with HubClient(hub.url, "WH1", token) as client:
        assert await ships(client, 1)


async def test_a_new_token_beside_the_service_managers_copy_is_found_when_that_is_refused(
    hub: RunningHub, file: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    copy.write_text("of-the-start")
    file.write_text("also-old")
    async with HubClient(hub.url, "WH1", FileToken(copy, also=file)) as client:
        with pytest.raises(Unauthorized):
            await ships(client, 1)
        file.write_text(TOKEN)
        assert await ships(client, 1)
        assert await ships(client, 2)


async def test_while_the_file_is_away_or_half_written_the_last_token_goes_on(
    hub: RunningHub, file: Path
) -> None:
    async with HubClient(hub.url, "WH1", FileToken(file)) as client:
        assert await ships(client, 1)
        file.write_text("")
        assert await ships(client, 2)
        file.unlink()
        assert await ships(client, 3)


@pytest.mark.parametrize("content", [b"", b"\n", b"two words", "Schlüssel".encode(), b"\xff\xfe", b"a\nb"])
async def test_a_file_without_a_token_is_a_failure_that_says_so_and_never_quotes_it(
    hub: RunningHub, file: Path, content: bytes
) -> None:
    file.write_bytes(content)
    async with HubClient(hub.url, "WH1", FileToken(file)) as client:
        with pytest.raises(HubError, match="holds no token") as caught:
            await ships(client, 1)
    text = content.decode("utf-8", "replace").strip()
    assert not text or text not in str(caught.value)
    assert caught.value.is_failure


@given(st.binary(min_size=1, max_size=40))
def test_a_file_is_a_token_that_a_header_can_carry_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, written: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "token"
    path.write_bytes(written)
    line = written.rstrip(b"\r\n")
    if line and all(0x21 <= byte <= 0x7E for byte in line):
        assert read_token(path).encode() == line
    else:
        with pytest.raises(ValueError, match=f"{path}: holds no token: one line of ASCII without spaces"):
            read_token(path)


async def test_a_stream_that_the_hub_ends_goes_on_with_the_new_token(
    hub: RunningHub, proxy: FaultyProxy, file: Path, asked: Asked, states: States
) -> None:
    inbox = MemoryInbox()
    async with HubClient(proxy.url, "WH1", FileToken(file)) as client:
        feed = FeedReader(client, inbox, on_state=states, sleep=asked.sleep, rng=Random(1))
        async with going(feed.run()):
            await inbox.until(lambda i: i.snapshots == 1)
            hub.hub._authorization = b"Bearer of-today"
            await proxy.cut()
            await asked.until(3)
            assert not states.seen[-1].up
            file.write_text("of-today")
            put(hub, 1, 1)
            await inbox.until(lambda i: len(i.events) == 1)


async def test_a_request_that_is_refused_is_not_made_again_with_the_same_token(
    proxy: FaultyProxy, file: Path
) -> None:
    no = Fault(answer=b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
    proxy.faults.extend([no] * 5)
    async with HubClient(proxy.url, "WH1", FileToken(file)) as client:
        with pytest.raises(Unauthorized):
            await ships(client, 1)
    assert proxy.connections == 1


@pytest.mark.parametrize("status", [b"401 Unauthorized", b"404 Not Found", b"422 No", b"503 Later"])
async def test_a_hub_that_quotes_the_token_does_not_bring_it_into_our_texts(
    proxy: FaultyProxy, status: bytes
) -> None:
    body = b'{"type": "odd", "detail": "nobody knows Bearer %b"}' % TOKEN.encode()
    proxy.faults.append(Fault(answer=_answer(status, body)))
    async with HubClient(proxy.url, "WH1", TOKEN) as client:
        with pytest.raises(HubError, match=r"nobody knows Bearer \*\*\*") as refused:
            await ships(client, 1)
    assert TOKEN not in repr(refused.value)
    assert TOKEN not in repr(getattr(refused.value, "problem", None))


async def test_results_that_quote_the_token_do_not_bring_it_into_the_journal(proxy: FaultyProxy) -> None:
    rejected = b'{"results": [{"id": "%b", "status": "rejected", "problem": {"detail": "%b"}}]}'
    body = rejected % (agent_event(1).id.encode(), TOKEN.encode())
    proxy.faults.append(Fault(answer=_answer(b"200 OK", body)))
    async with HubClient(proxy.url, "WH1", TOKEN) as client:
        (result,) = await client.ship([agent_event(1)])
    assert result.problem == {"detail": "***"}


def _answer(status: bytes, body: bytes) -> bytes:
    return b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body)
