"""No secret stands in any line of the log, whoever logs it and however loud it is."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.config import parse
from agent.logs import keep_secret, redacted, set_up_log
from agent.notify import Operators, send_by_apprise
from sync.client import HubClient
from sync.credentials import FileToken
from sync.errors import HubError
from sync.sandbox.proxy import Fault, FaultyProxy
from tests.sync.stores import agent_event

TOKEN = "s3cret-token-0001"


@pytest.fixture
def loud(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Every logger at its loudest, and what the agent's log gets of it."""
    monkeypatch.setenv("FLOORHAND_LOG_LEVEL", "DEBUG")
    root, lines = logging.getLogger(), io.StringIO()
    before, level = root.handlers[:], root.level
    root.handlers.clear()  # set_up_log would close those of pytest
    set_up_log("json")
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(lines)
    logging.getLogger("httpx").setLevel(logging.DEBUG)
    yield lines
    root.handlers[:], root.level = before, level
    logging.getLogger("httpx").setLevel(logging.NOTSET)


async def test_a_failing_hub_at_debug_level_gives_no_token_away(loud: io.StringIO, tmp_path: Path) -> None:
    (tmp_path / "hub-token").write_text(TOKEN)
    echo = b'{"detail": "who is Bearer %b?"}' % TOKEN.encode()
    answers = [
        b"HTTP/1.1 401 No\r\nContent-Length: %d\r\n\r\n%b" % (len(echo), echo),
        b"HTTP/1.1 500 No\r\n\r\n",
    ]
    async with (
        FaultyProxy(9) as proxy,
        HubClient(proxy.url, "WH1", FileToken(tmp_path / "hub-token", keep_secret)) as client,
    ):
        proxy.faults.extend(Fault(answer=answer) for answer in answers)
        for _ in answers:
            with pytest.raises(HubError) as caught:
                await client.ship([agent_event(1)])
            assert TOKEN not in str(caught.value)
            logging.getLogger("somebody").error(
                "headers: %s", {"Authorization": f"Bearer {TOKEN}"}, exc_info=caught.value
            )
    lines = loud.getvalue()
    assert "httpcore" in lines
    assert TOKEN not in lines
    assert all(json.loads(line) for line in lines.splitlines())


async def test_a_service_that_cannot_be_reached_gives_no_url_away(
    loud: io.StringIO,
) -> None:
    url = "json://user:p4ssword-77@127.0.0.1:9/"
    Operators([url], "WH1")
    await asyncio.to_thread(send_by_apprise, url, "t", "x")
    lines = loud.getvalue()
    assert lines
    assert "p4ssword-77" not in lines


def test_secrets_of_the_configuration_are_known_as_soon_as_they_are_read(tmp_path: Path) -> None:
    (tmp_path / "broker").write_text("br0ker-password\n")
    data = {
        "site": {"id": "W"},
        "hub": {"url": "http://h"},
        "broker": {"url": "mqtt://b", "password_file": "broker"},
    }
    config = parse(data, tmp_path / "f.toml")
    config.secret(config.broker.password_file)
    assert redacted("CONNECT u br0ker-password") == "CONNECT u ***"


def test_what_is_too_short_to_be_a_secret_hides_nothing() -> None:
    keep_secret("a")
    assert redacted("a day") == "a day"
