"""A token that is written anew while the link runs is used by the next request."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.client import HubClient
from sync.credentials import FileToken
from sync.errors import HubError, Unauthorized
from sync.sandbox.server import RunningHub
from tests.sync.conftest import TOKEN
from tests.sync.stores import agent_event


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
